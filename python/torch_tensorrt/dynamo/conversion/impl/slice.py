# SPDX-License-Identifier: Apache-2.0
"""Slices."""

from ..converter_utils import get_positive_dim, shape_tensor
from ._make import result


def slice_op(ctx, target, source_ir, name, input, dim, start, stop, step):
    """input[start:stop:step] along ``dim``. Of a run-time size, all up to the end (stop None or
    beyond any size) or a start and stop that count from the front."""
    rank = len(input.shape)
    dim, step = get_positive_dim(dim, rank), step or 1
    size = input.shape[dim]
    if size >= 0:
        start, stop, step = slice(start, stop, step).indices(size)
        return _fixed(ctx, target, source_ir, name, input, dim, start, stop, step)
    start = start or 0
    if start < 0 or (stop is not None and stop < 0) or step != 1:
        raise NotImplementedError(f"[{start}:{stop}:{step}] of a size known only at run time")
    if stop is not None and stop < 2**31:
        return _fixed(ctx, target, source_ir, name, input, dim, start, stop, step)
    sizes = list(input.shape.exprs)
    sizes[dim] = f"{sizes[dim]} - {start}"
    layer = ctx.net.add_slice(input, _at(rank, dim, start), (), [1] * rank)
    layer.shape = sizes
    return result(layer, target, source_ir, name)


def _at(rank, dim, value, rest=0):
    return [value if i == dim else rest for i in range(rank)]


def _fixed(ctx, target, source_ir, name, x, dim, start, stop, step):
    rank, sizes = len(x.shape), list(x.shape.exprs)
    sizes[dim] = len(range(start, stop, step))
    layer = ctx.net.add_slice(x, _at(rank, dim, start), (), _at(rank, dim, step, 1))
    layer.shape = sizes
    return result(layer, target, source_ir, name)


def expand(ctx, target, source_ir, name, input_t, shape):
    """The tensor broadcast to ``shape``; -1 keeps a size."""
    sizes, rank = list(input_t.shape.exprs), len(input_t.shape)
    lead = len(shape) - rank
    wanted = [sizes[i - lead] if d == -1 else d for i, d in enumerate(shape)]
    if all(isinstance(d, (int, str)) for d in wanted):
        layer = ctx.net.add_layer("expand", [input_t], dims=wanted)
    else:
        layer = ctx.net.add_layer("expand", [input_t])
        layer.set_input(1, shape_tensor(ctx, wanted, f"{name}_shape"))
    return result(layer, target, source_ir, name)
