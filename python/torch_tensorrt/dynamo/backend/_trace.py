# SPDX-License-Identifier: Apache-2.0
"""Dynamo's graph of Python calls -> graph of ATen ops that are still whole (linear, conv2d,
scaled_dot_product_attention), on the fake tensors that dynamo made, so that sizes keep their
symbols and ranges."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any, Iterator

import sympy
import torch
from torch import fx, nn
from torch._subclasses import FakeTensor, FakeTensorMode
from torch.fx import traceback as fx_traceback
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.utils.stateless import _reparametrize_module
from torch.utils import _pytree as pytree


@dataclass
class State:
    """The parameters and buffers that a graph holds itself; dynamo hands them over instead, unless
    it is told not to. They become placeholders behind those that the graph has."""

    names: list[str]
    owners: list[nn.Module]

    def values(self) -> list[torch.Tensor]:
        """As they are now."""
        names = (n.rpartition(".")[2] for n in self.names)
        return [getattr(owner, name) for owner, name in zip(self.owners, names)]


def state_of(gm: fx.GraphModule) -> State:
    """``gm``'s own parameters and buffers."""
    names = [name for name, _ in (*gm.named_parameters(), *gm.named_buffers())]
    return State(names, [gm.get_submodule(n.rpartition(".")[0]) for n in names])


def trace(gm: fx.GraphModule, state: State, samples: list[Any]) -> fx.GraphModule:
    """``gm`` in ATen ops; its outputs are a flat tuple. ``samples`` are what dynamo was given and
    the values of ``state``."""
    values = _fake_values(gm, samples)
    _fix_unsolved_sizes(values, samples)
    # Autocast changes dtypes beneath the level at which ops are whole.
    if not _uses_autocast(gm):
        traced = _make_fx(gm, state, values, pre_dispatch=True)
        _drop_no_ops(traced.graph)
        if all(_is_op(n.target) for n in traced.graph.nodes if n.op == "call_function"):
            return traced
    return _make_fx(gm, state, values, pre_dispatch=False)


def _fake_values(gm: fx.GraphModule, samples: list[Any]) -> list[Any]:
    """Dynamo's fake tensors; where it made none, new ones of fixed sizes."""
    placeholders = gm.graph.find_nodes(op="placeholder")
    known = [n.meta.get("example_value") for n in placeholders]
    known += [None] * (len(samples) - len(known))
    mode = next((v.fake_mode for v in known if isinstance(v, FakeTensor)), None)
    mode = mode or FakeTensorMode()
    values = []
    for fake, sample in zip(known, samples, strict=True):
        if isinstance(sample, torch.Tensor) and not isinstance(sample, FakeTensor):
            sample = mode.from_tensor(sample, static_shapes=True) if fake is None else fake
        values.append(sample)
    return values


def _fix_unsolved_sizes(values: list[Any], samples: list[Any]) -> None:
    """Sizes that must satisfy an equation which torch does not solve (a linear layer behind pooling
    wants just 400 features) keep the values that they have: an engine needs plain expressions. Sizes
    that the user marked as dynamic are left alone."""
    env = next((v.node.shape_env for v in samples if isinstance(v, torch.SymInt)), None)
    if env is None:
        return
    marked: set[Any] = set()
    for value, sample in zip(values, samples):
        for axis in getattr(sample, "_dynamo_dynamic_indices", ()):
            size = value.shape[axis]
            marked |= size.node.expr.free_symbols if isinstance(size, torch.SymInt) else set()
    for guard in list(env.guards):
        if _fixes_sizes(guard.expr, env.backed_var_to_val):
            for symbol in guard.expr.free_symbols & env.backed_var_to_val.keys() - marked:
                env.evaluate_expr(symbol)


def _fixes_sizes(expr: Any, sizes: dict[Any, Any]) -> bool:
    """Whether this is an equation with a number that does not hold at other sizes: twice the present
    ones, so that those which only ask for divisibility do hold."""
    if not isinstance(expr, sympy.Eq) or not (expr.lhs.is_number or expr.rhs.is_number):
        return False
    return expr.subs({s: 2 * sizes[s] for s in expr.free_symbols if s in sizes}) == sympy.false


def _uses_autocast(gm: fx.GraphModule) -> bool:
    ambient = any(torch.is_autocast_enabled(d) for d in ("cpu", "cuda"))
    enter = torch.amp.autocast_mode._enter_autocast
    nodes = (n for m in gm.modules() if isinstance(m, fx.GraphModule) for n in m.graph.nodes)
    return ambient or any(n.target is enter for n in nodes)


def _make_fx(
    gm: fx.GraphModule, state: State, values: list[Any], pre_dispatch: bool
) -> fx.GraphModule:
    count = len(values) - len(state.names)

    def call(*args: Any) -> tuple:
        with _reparametrize_module(gm, dict(zip(state.names, args[count:]))):
            outputs = fx.Interpreter(gm).run(*args[:count])  # hands stack traces and modules on
        return tuple(pytree.tree_leaves(outputs))

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
