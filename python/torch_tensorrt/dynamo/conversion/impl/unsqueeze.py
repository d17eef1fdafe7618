# SPDX-License-Identifier: Apache-2.0
"""Dims of size 1 added."""

from ..converter_utils import get_positive_dim, get_trt_tensor
from ._make import result


def unsqueeze(ctx, target, source_ir, name, input, dim):
    """With a dim of size 1 at ``dim``."""
    x = get_trt_tensor(ctx, input, name)
    sizes = list(x.shape.exprs)
    sizes.insert(get_positive_dim(dim, len(sizes) + 1), 1)
    layer = ctx.net.add_shuffle(x)
    layer.zero_is_placeholder = False
    layer.reshape_dims = sizes
    return result(layer, target, source_ir, name)
