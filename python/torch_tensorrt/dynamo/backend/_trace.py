# SPDX-License-Identifier: Apache-2.0
"""Dynamo's graph of Python calls -> graph of ATen ops that are still whole (linear, conv2d,
scaled_dot_product_attention), on the fake tensors that dynamo made, so that sizes keep their
symbols and ranges."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator

import sympy
import torch
from torch import fx
from torch._subclasses import FakeTensor
from torch.fx import traceback as fx_traceback
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils import _pytree as pytree


def trace(gm: fx.GraphModule, samples: list[Any]) -> fx.GraphModule:
    """``gm`` in ATen ops; its outputs are a flat tuple. ``samples`` are what dynamo was given."""
    _fix_unsolved_sizes(gm, samples)
    values = [n.meta["example_value"] for n in gm.graph.find_nodes(op="placeholder")]
    # Autocast changes dtypes beneath the level at which ops are whole.
    if not _uses_autocast(gm):
        traced = _make_fx(gm, values, pre_dispatch=True)
        _drop_no_ops(traced.graph)
        if all(_is_op(n.target) for n in traced.graph.nodes if n.op == "call_function"):
            return traced
    return _make_fx(gm, values, pre_dispatch=False)


def _fix_unsolved_sizes(gm: fx.GraphModule, samples: list[Any]) -> None:
    """Sizes that must satisfy an equation which torch does not solve (a linear layer behind pooling
    wants just 400 features) keep the values that they have: an engine needs plain expressions. Sizes
    that the user marked as dynamic are left alone."""
    env = next((v.node.shape_env for v in samples if isinstance(v, torch.SymInt)), None)
    if env is None:
        return
    marked: set[Any] = set()
    for node, value in zip(gm.graph.find_nodes(op="placeholder"), samples):
        for axis in getattr(value, "_dynamo_dynamic_indices", ()):
            size = node.meta["example_value"].shape[axis]
            marked |= size.node.expr.free_symbols if isinstance(size, torch.SymInt) else set()
    for guard in list(env.guards):
        if isinstance(guard.expr, sympy.Eq) and guard.expr.rhs.is_number | guard.expr.lhs.is_number:
            for symbol in guard.expr.free_symbols & env.backed_var_to_val.keys() - marked:
                env.evaluate_expr(symbol)


def _uses_autocast(gm: fx.GraphModule) -> bool:
    ambient = any(torch.is_autocast_enabled(d) for d in ("cpu", "cuda"))
    enter = torch.amp.autocast_mode._enter_autocast
    nodes = (n for m in gm.modules() if isinstance(m, fx.GraphModule) for n in m.graph.nodes)
    return ambient or any(n.target is enter for n in nodes)


def _make_fx(gm: fx.GraphModule, values: list[Any], pre_dispatch: bool) -> fx.GraphModule:
    def call(*args: Any) -> tuple:
        outputs = fx.Interpreter(gm).run(*args)  # hands stack traces and module names on
        return tuple(pytree.tree_leaves(outputs, is_leaf=lambda v: v is None))

    trace = make_fx(
        call, tracing_mode="real", pre_dispatch=pre_dispatch, _allow_non_fake_inputs=True
    )
    with torch.no_grad(), _fake(values), fx_traceback.preserve_node_meta():
        return trace(*values)


@contextlib.contextmanager
def _fake(values: list[Any]) -> Iterator[None]:
    """Inside, tensors that the graph makes of plain numbers mix with fake ones."""
    mode = next((v.fake_mode for v in values if isinstance(v, FakeTensor)), None)
    if mode is None:
        yield
        return
    before, mode.allow_non_fake_inputs = mode.allow_non_fake_inputs, True
    try:
        with mode:
            yield
    finally:
        mode.allow_non_fake_inputs = before


def _drop_no_ops(graph: fx.Graph) -> None:
    """What does nothing where there are no gradients and no training."""
    aten = torch.ops.aten
    for node in reversed(graph.nodes):
        is_dropout = node.target is aten.dropout.default and node.args[2] is False
        if node.target is aten.detach_.default or is_dropout:  # detach_ ends torch.tensor(...)
            node.replace_all_uses_with(node.args[0])
            graph.erase_node(node)
        elif node.target is torch._C._set_grad_enabled:
            graph.erase_node(node)


def _is_op(target: Any) -> bool:
    """Whether this is an op or arithmetic on sizes, and not one of the Python calls (of vmap, say)
    that stand beside ops at this level."""
    is_arithmetic = getattr(target, "__module__", None) in (
        "_operator",
        "math",
        "torch",
        "builtins",
    )
    return isinstance(target, torch._ops.OperatorBase) or is_arithmetic
