# SPDX-License-Identifier: Apache-2.0
"""Reductions over ``dim``: a number, a list, or None for all dims."""

from .... import trt
from ..converter_utils import get_axes_for_reduce_op, get_positive_dim
from ._make import result


def _reduction(op):
    def function(ctx, target, source_ir, name, input_val, dim=None, keepdim=False):
        rank = len(input_val.shape)
        dims = range(rank) if dim is None or dim == [] else dim
        dims = (dims,) if isinstance(dims, int) else tuple(dims)
        axes = get_axes_for_reduce_op(get_positive_dim(dims, rank))
        layer = ctx.net.add_reduce(input_val, op, axes, keepdim)
        return result(layer, target, source_ir, name)

    function.__doc__ = f"{op.name.lower()} over dim (None: all)."
    return function


sum, prod = _reduction(trt.ReduceOperation.SUM), _reduction(trt.ReduceOperation.PROD)
amax, amin = _reduction(trt.ReduceOperation.MAX), _reduction(trt.ReduceOperation.MIN)
mean = _reduction(trt.ReduceOperation.AVG)
