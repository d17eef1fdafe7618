# SPDX-License-Identifier: Apache-2.0
"""The order of dims."""

from ..converter_utils import get_positive_dim
from ._make import result


def permute(ctx, target, source_ir, name, input, permutation):
    """Dim i of the result is dim ``permutation[i]`` of the input."""
    layer = ctx.net.add_shuffle(input)
    layer.second_transpose = get_positive_dim(permutation, len(input.shape))
    return result(layer, target, source_ir, name)
