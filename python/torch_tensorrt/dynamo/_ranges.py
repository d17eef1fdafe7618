# SPDX-License-Identifier: Apache-2.0
"""Ranges and best sizes of a program's symbols, from what the user says about its inputs."""

from __future__ import annotations

from typing import Any

import torch
from torch.export.graph_signature import InputKind
from torch.utils import _pytree as pytree

from .._Input import Input
from . import _specs


def user_inputs(program: torch.export.ExportedProgram) -> list[tuple[str, Any]]:
    """(name, example value) of each input of a call, flattened, in order."""
    values = {n.name: n.meta.get("val") for n in program.graph.nodes if n.op == "placeholder"}
    specs = program.graph_signature.input_specs
    names = [s.arg.name for s in specs if s.kind is InputKind.USER_INPUT]
    return [(name, values.get(name)) for name in names]


def symbols(program: torch.export.ExportedProgram, args: Any, kwargs: Any) -> dict[str, list[int]]:
    """Symbol -> [min, opt, max], where the Inputs have a range. ValueError if the Inputs and the
    program contradict each other."""
    # The program orders keyword inputs as its own call did.
    order = program.call_spec.in_spec.child(1).context if program.call_spec.in_spec else [*kwargs]
    if set(order) != set(kwargs):
        raise ValueError(f"kwarg_inputs are {sorted(kwargs)}, the program's are {sorted(order)}")
    given = pytree.tree_leaves((args, {k: kwargs[k] for k in order}), is_leaf=_specs.is_leaf)
    wanted = user_inputs(program)
    if len(given) != len(wanted):
        raise ValueError(f"{len(given)} inputs are given, the program takes {len(wanted)}")
    found: dict[str, list[int]] = {}
    for spec, (name, value) in zip(given, wanted):
        if isinstance(value, torch.Tensor) and isinstance(spec, (Input, torch.Tensor)):
            _compare(program, name, spec, value, found)
    return found


def _compare(program: Any, name: str, spec: Any, value: torch.Tensor, found: dict) -> None:
    if isinstance(spec, torch.Tensor):
        spec = Input(spec.shape, dtype=spec.dtype)
    if spec.rank != value.dim():
        raise ValueError(f"input '{name}' has {spec.rank} dimensions, the program's {value.dim()}")
    for axis, size in enumerate(value.shape):
        low, best, high = spec.range_of(axis)
        where = f"input '{name}' dimension {axis}"
        if isinstance(size, torch.SymInt):
            _dynamic(program, where, size.node.expr, (low, best, high), found)
        elif not low == high == size:
            seen = low if low == high else f"{low}..{high}"
            raise ValueError(f"{where} is {seen}, the program was exported with {size}")


def _dynamic(program: Any, where: str, expr: Any, sizes: tuple, found: dict) -> None:
    limits = program.range_constraints.get(expr)
    if not expr.is_Symbol or limits is None:
        return
    low, best, high = sizes
    # As the importer reads a program's bounds (src/frontends/export/importer.cpp).
    least = 1 if limits.lower <= 2 else int(limits.lower)
    if low < least or high > limits.upper:
        raise ValueError(
            f"{where} is {low}..{high}, the program was exported with"
            f" {limits.lower}..{limits.upper}"
        )
    if low == high:  # a tensor, or a fixed size: only the best size is known
        if limits.upper.is_finite:
            found.setdefault(str(expr), [least, best, int(limits.upper)])
        return
    found[str(expr)] = [low, best, high]
