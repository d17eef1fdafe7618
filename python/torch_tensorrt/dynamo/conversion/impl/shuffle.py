# SPDX-License-Identifier: Apache-2.0
"""Reshapes."""

from .... import trt
from ..converter_utils import get_trt_tensor
from ._make import result


def reshape(ctx, target, source_ir, name, input, shape):
    """The elements in another shape; sizes are numbers, one -1, or tensors of sizes."""
    layer = ctx.net.add_shuffle(input)
    layer.zero_is_placeholder = False
    if isinstance(shape, trt.ITensor) or any(isinstance(d, trt.ITensor) for d in shape):
        layer.set_input(1, get_trt_tensor(ctx, shape, f"{name}_shape"))
    else:
        layer.reshape_dims = shape
    return result(layer, target, source_ir, name)
