# SPDX-License-Identifier: Apache-2.0
"""What the user says about a program's inputs: trees of Input, tensor and plain values, and what
torch.export and the compiler need to know of them."""

from __future__ import annotations

import itertools
from typing import Any, Optional, Sequence

import torch
from torch.export import Dim
from torch.utils import _pytree as pytree

from .._Input import Input
from ..runtime import TorchTensorRTModule


def is_leaf(value: Any) -> bool:
    return isinstance(value, Input)


def normalise(
    inputs: Optional[Sequence[Any]],
    arg_inputs: Optional[Sequence[Any]],
    kwarg_inputs: Optional[dict[str, Any]],
    required: bool = True,
) -> tuple[tuple, dict]:
    """(args, kwargs); ``inputs`` and ``arg_inputs`` mean the same and exclude each other."""
    if inputs is not None and arg_inputs is not None:
        raise ValueError("give inputs or arg_inputs, not both: they mean the same")
    args = arg_inputs if inputs is None else inputs
    if args is None and kwarg_inputs is None and required:
        raise ValueError("inputs are needed: inputs=[torch_tensorrt.Input(...)] or example tensors")
    if isinstance(args, (torch.Tensor, Input)):
        args = (args,)
    return tuple(args or ()), dict(kwarg_inputs or {})


def device_of(module: torch.nn.Module) -> torch.device:
    """Where a module runs: the device of its parameters, buffers or engines; without any, the CPU."""
    for tensor in itertools.chain(module.parameters(), module.buffers()):
        return tensor.device
    for child in module.modules():
        if isinstance(child, TorchTensorRTModule) and child.engine is not None:
            return torch.device(child.engine.device())
    return torch.device("cpu")


def examples(tree: Any, device: torch.device) -> Any:
    """The tree with an example tensor on ``device`` for each Input, fit for tracing. A tensor that
    stands in two places is copied: torch.export would take both for one input, and ignore the
    other."""
    seen: set[int] = set()

    def distinct(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return _example(value, device)
        again = id(value) in seen
        seen.add(id(value))
        return value.clone() if again else value

    return pytree.tree_map(distinct, tree, is_leaf=is_leaf)


def _example(value: Any, device: torch.device) -> Any:
    if not isinstance(value, Input):
        return value
    if value.torch_tensor is not None and value.shape_mode is Input._ShapeMode.STATIC:
        return value.torch_tensor
    sizes = [_hint(*value.range_of(axis)) for axis in range(value.rank)]
    return value._random(sizes).to(device)


def _hint(low: int, best: int, high: int) -> int:
    """The size to trace with: torch.export takes 0 and 1 for fixed sizes."""
    return best if low == high or best > 1 else min(2, high)


def dynamic_shapes(arguments: dict[str, Any]) -> Optional[dict[str, Any]]:
    """torch.export's dynamic_shapes for a call with these specs by parameter name; None if every
    size is fixed."""
    leaves = pytree.tree_leaves(dict(arguments), is_leaf=is_leaf)
    dims = _Dims([v for v in leaves if is_leaf(v)])
    if not dims.any_dynamic:
        return None
    return pytree.tree_map(dims.spec_of, dict(arguments), is_leaf=is_leaf)


class _Dims:
    """torch.export does not let named dims be mixed with unnamed ones, so one shared name names
    all of them."""

    def __init__(self, specs: list[Input]):
        self.any_dynamic = any(s.shape_mode is Input._ShapeMode.DYNAMIC for s in specs)
        self._named = any(s.shared_dims for s in specs)
        self._by_name: dict[str, Any] = {}
        self._count = 0

    def spec_of(self, value: Any) -> Optional[dict[int, Any]]:
        if not isinstance(value, Input):
            return None
        ranges = {axis: value.range_of(axis) for axis in range(value.rank)}
        return {
            axis: self._dim(value, axis, low, high)
            for axis, (low, _, high) in ranges.items()
            if low != high
        } or None

    def _dim(self, value: Input, axis: int, low: int, high: int) -> Any:
        if not self._named:
            return Dim.DYNAMIC(min=low, max=high)
        name = value.shared_dims.get(axis)
        if name is None:
            self._count += 1
            name = f"dim_{self._count}"
        dim = self._by_name.setdefault(name, Dim(name, min=low, max=high))
        if (dim.min, dim.max) != (low, high):
            raise ValueError(
                f"shared dimension '{name}' has the range {dim.min}..{dim.max} in one Input and"
                f" {low}..{high} in another"
            )
        return dim


def from_tensors(tree: Any) -> Any:
    """The tree with an Input of fixed shape for each tensor."""
    return pytree.tree_map(
        lambda v: Input(v.shape, dtype=v.dtype) if isinstance(v, torch.Tensor) else v,
        tree,
        is_leaf=is_leaf,
    )
