# SPDX-License-Identifier: Apache-2.0
"""Sizes as tensors."""

from ..converter_utils import create_constant, get_positive_dim
from ._make import result


def shape(ctx, target, source_ir, name, input_val, dim=None):
    """The sizes as an INT64 list; with ``dim`` the one size, a number if it is fixed, else an INT64
    list of one."""
    whole = ctx.net.add_shape(input_val)
    if dim is None:
        return result(whole, target, source_ir, name)
    dim = get_positive_dim(dim, len(input_val.shape))
    if input_val.shape[dim] >= 0:
        return input_val.shape[dim]
    at = create_constant(ctx, [dim], f"{name}_dim")
    return result(ctx.net.add_gather(whole.get_output(0), at, 0), target, source_ir, name)
