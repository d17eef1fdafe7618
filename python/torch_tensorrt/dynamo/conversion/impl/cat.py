# SPDX-License-Identifier: Apache-2.0
"""Concatenation."""

from ..converter_utils import get_positive_dim, get_trt_tensor
from ._make import result


def cat(ctx, target, source_ir, name, input, dim):
    """The tensors one after the other along ``dim``."""
    tensors = [get_trt_tensor(ctx, t, f"{name}_{i}") for i, t in enumerate(input)]
    layer = ctx.net.add_concatenation(tensors)
    layer.axis = get_positive_dim(dim, len(tensors[0].shape))
    return result(layer, target, source_ir, name)
