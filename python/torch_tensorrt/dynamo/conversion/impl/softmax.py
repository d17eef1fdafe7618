# SPDX-License-Identifier: Apache-2.0
"""Softmax."""

from ..converter_utils import get_positive_dim
from ._make import result


def softmax(ctx, target, source_ir, name, input, dim, half_to_float=False):
    """softmax along ``dim``."""
    if half_to_float:
        raise NotImplementedError("softmax with half_to_float: cast the input first")
    layer = ctx.net.add_softmax(input)
    layer.axes = 1 << get_positive_dim(dim, len(input.shape))
    return result(layer, target, source_ir, name)
