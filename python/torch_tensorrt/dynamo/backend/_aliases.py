# SPDX-License-Identifier: Apache-2.0
"""Outputs that share memory with an input or with another output. Engines return fresh memory, so
such outputs are made in PyTorch, after the engines, by the graph's own views: the tail."""

from __future__ import annotations

from typing import Any, Iterator, Optional

import torch
from torch import fx
from torch.utils import _pytree as pytree

from .._strides import restored


class Unsupported(RuntimeError):
    """The graph must run in PyTorch as it is; the message says why."""


def memory(node: Any) -> set[int]:
    """What identifies the memory of a node's tensor, or of its tensors."""
    values = pytree.tree_leaves(node.meta.get("val")) if isinstance(node, fx.Node) else []
    tensors = [v for v in values if isinstance(v, torch.Tensor) and v.layout is torch.strided]
    return {t.untyped_storage()._cdata for t in tensors}


def written(graph: fx.Graph) -> set[int]:
    """The memory that the graph writes to."""
    found: set[int] = set()
    for node in graph.nodes:
        if torch.Tag.inplace_view in getattr(node.target, "tags", ()):
            raise Unsupported(f"{node.target} changes the shape of a tensor in place")
        found = found.union(*map(memory, _targets(node)))
    return found


def _targets(node: fx.Node) -> Iterator[fx.Node]:
    """The tensors that an op writes to."""
    schema = getattr(node.target, "_schema", None)
    if schema is None or not schema.is_mutable:
        return
    for i, argument in enumerate(schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            value = node.args[i] if i < len(node.args) else node.kwargs.get(argument.name)
            yield from (v for v in pytree.tree_leaves(value) if isinstance(v, fx.Node))


class Tail:
    """What is left to do when the outputs that own their memory are there."""

    def __init__(self, traced: fx.GraphModule):
        self._traced = traced
        self._graph = fx.Graph()
        self._new: dict[fx.Node, fx.Node] = {}
        self._taken: list[fx.Node] = []
        self._placeholders = traced.graph.find_nodes(op="placeholder")
        self._inputs = set().union(*map(memory, self._placeholders))
        self._wanted: list[Any] = list(traced.graph.output_node().args[0])
        self._shared = self._shared_memory()
        self.arguments: list[int] = []  # placeholders that the tail takes
        self.outputs: list[Any] = []  # what the rest must deliver: nodes and plain values
        self.module: Optional[fx.GraphModule] = None
        if self._shared:
            self._build()
        else:
            self.outputs = self._wanted

    def _shared_memory(self) -> set[int]:
        found: dict[int, set] = {}
        for value in self._wanted:
            for key in memory(value):
                found.setdefault(key, set()).add(value)
        shared = {m for m, nodes in found.items() if len(nodes) > 1 or m in self._inputs}
        if (shared - self._inputs) & written(self._traced.graph):
            raise Unsupported("outputs share memory that the graph writes to")
        return shared

    def _build(self) -> None:
        results = [self._value(v) if isinstance(v, fx.Node) else v for v in self._wanted]
        self._graph.output(tuple(results))
        given = [n for n in self._taken if n.op == "placeholder"]
        self.outputs = [n for n in self._taken if n.op != "placeholder"]
        self.arguments = [self._placeholders.index(n) for n in given]
        ordered = fx.Graph()  # the rest's outputs come first, then inputs
        copies = {}
        for node in (*self.outputs, *given):
            copies[self._new[node]] = ordered.placeholder(node.name)
        for node in self.outputs:  # the views need the order in memory that they were traced on
            new = copies[self._new[node]]
            copies[self._new[node]] = restored(ordered, new, node.meta.get("val"))
        for old in self._graph.nodes:
            if old not in copies:
                copies[old] = ordered.node_copy(old, copies.__getitem__)
        self.module = fx.GraphModule(self._traced, ordered)

    def _value(self, node: fx.Node) -> fx.Node:
        """The node in the tail's graph: a view made there, or something that is handed in."""
        if node in self._new:
            return self._new[node]
        parents = [n for n in node.all_input_nodes if memory(n) & memory(node)]
        if memory(node) & self._shared and parents:
            if any(t in parents for t in _targets(node)):  # has written by then
                self._new[node] = self._value(parents[0])
            else:
                for needed in node.all_input_nodes:
                    self._value(needed)
                self._new[node] = self._graph.node_copy(node, self._new.__getitem__)
        else:
            self._new[node] = self._graph.placeholder(node.name)
            self._taken.append(node)
        return self._new[node]
