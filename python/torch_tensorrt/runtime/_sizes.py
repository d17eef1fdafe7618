# SPDX-License-Identifier: Apache-2.0
"""Size expressions of an engine ("2*s0 + 1", "floordiv(s0 - 1, 2) + 1") over ints or SymInts."""

from __future__ import annotations

import ast
import functools
from typing import Any, Sequence

import torch

_FUNCTIONS = {
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "max": torch.sym_max,
    "min": torch.sym_min,
}
_OPERATORS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
}


@functools.lru_cache(maxsize=4096)
def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def evaluate(text: str, sizes: dict[str, Any]) -> Any:
    """The value of an expression; KeyError names an unknown symbol."""
    return _walk(_parse(text), sizes)


def _walk(node: ast.expr, sizes: dict[str, Any]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name):
        return sizes[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_walk(node.operand, sizes)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_walk(node.left, sizes), _walk(node.right, sizes))
    if isinstance(node, ast.Call) and getattr(node.func, "id", None) in _FUNCTIONS:
        values = [_walk(a, sizes) for a in node.args]
        return functools.reduce(_FUNCTIONS[node.func.id], values)
    raise ValueError(f"cannot read the size expression {ast.unparse(node)!r}")


def bind(exprs: Sequence[Sequence[str]], shapes: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Values of the symbols, from the inputs' dimensions: first those that stand alone, then those
    that are the only unknown of an expression ``a*s + b``."""
    pairs = [(t, v) for dims, shape in zip(exprs, shapes) for t, v in zip(dims, shape)]
    sizes: dict[str, Any] = {}
    for text, size in pairs:
        if text.isidentifier():
            sizes.setdefault(text, size)
    for text, size in pairs:
        _bind_linear(text, size, sizes)
    return sizes


def _bind_linear(text: str, size: Any, sizes: dict[str, Any]) -> None:
    nodes = list(ast.walk(_parse(text)))
    functions = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
    unknown = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in functions} - {*sizes}
    if len(unknown) != 1 or functions:
        return
    (name,) = unknown
    at = [evaluate(text, {**sizes, name: value}) for value in (0, 1, 2)]
    if at[2] - at[1] == at[1] - at[0]:
        sizes[name] = (size - at[0]) // (at[1] - at[0])
