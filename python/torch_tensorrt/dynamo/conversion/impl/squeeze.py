# SPDX-License-Identifier: Apache-2.0
"""Dims of size 1 removed."""

from ..converter_utils import get_positive_dim
from ._make import result


def squeeze(ctx, target, source_ir, name, input, dim):
    """Without the dims of ``dim`` (a number or a list) whose size is 1."""
    rank = len(input.shape)
    dims = get_positive_dim((dim,) if isinstance(dim, int) else dim, rank)
    layer = ctx.net.add_shuffle(input)
    sizes = input.shape.exprs
    layer.zero_is_placeholder = False
    layer.reshape_dims = [d for i, d in enumerate(sizes) if not (i in dims and d == 1)]
    return result(layer, target, source_ir, name)
