# SPDX-License-Identifier: Apache-2.0
"""Engines return tensors whose dimensions are in memory in their own order. Where PyTorch goes on with
one, it finds the order that it would have made itself, on which ``view`` depends."""

from __future__ import annotations

from typing import Any

import torch
from torch import fx


def restored(graph: fx.Graph, node: fx.Node, value: Any) -> fx.Node:
    """``node``, or what brings it into the order of its example ``value``: a copy at run time."""
    order = _order(value)
    if order == sorted(order):
        return node
    aten = torch.ops.aten
    inverse = [order.index(axis) for axis in range(len(order))]
    ordered = graph.call_function(aten.permute.default, (node, order))
    dense = graph.call_function(aten.contiguous.default, (ordered,))
    return graph.call_function(aten.permute.default, (dense, inverse))


def _order(value: Any) -> list[int]:
    """Dimensions from the outermost in memory to the innermost."""
    if not isinstance(value, torch.Tensor) or value.layout is not torch.strided:
        return []
    strides = [_number(s) for s in value.stride()]
    moving = [a for a, n in enumerate(value.shape) if _number(n) != 1 and strides[a]]
    ordered = iter(sorted(moving, key=lambda axis: -strides[axis]))  # others stay where they are
    return [next(ordered) if axis in moving else axis for axis in range(value.dim())]


def _number(size: Any) -> int:
    """A size, or the example of a size that is dynamic; 1 where there is none."""
    if isinstance(size, torch.SymInt):
        hint = size.node.hint
        return 1 if hint is None else int(hint)
    return size
