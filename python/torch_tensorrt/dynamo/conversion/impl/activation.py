# SPDX-License-Identifier: Apache-2.0
"""Activations."""

from ._make import activation

relu, sigmoid, tanh = activation("relu"), activation("sigmoid"), activation("tanh")
leaky_relu = activation("leaky_relu", "alpha", alpha=0.01)
elu = activation("elu", "alpha", alpha=1.0)
selu, softsign = activation("selu"), activation("softsign")
softplus = activation("softplus", "alpha", "beta", alpha=1.0, beta=1.0)
clip = activation("clip", "alpha", "beta")
hard_sigmoid = activation("hard_sigmoid", "alpha", "beta", alpha=1 / 6, beta=0.5)
scaled_tanh = activation("scaled_tanh", "alpha", "beta", alpha=1.0, beta=1.0)
thresholded_relu = activation("thresholded_relu", "alpha")
gelu_erf, gelu_tanh, silu = activation("gelu_erf"), activation("gelu_tanh"), activation("silu")
hard_swish, mish = activation("hard_swish"), activation("mish")


def gelu(ctx, target, source_ir, name, input_val, approximate="none"):
    """gelu; approximate is "none" or "tanh"."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is {approximate!r}, wanted 'none' or 'tanh'")
    kind = gelu_tanh if approximate == "tanh" else gelu_erf
    return kind(ctx, target, source_ir, name, input_val)
