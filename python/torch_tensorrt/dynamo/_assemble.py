# SPDX-License-Identifier: Apache-2.0
"""Builds the hybrid module from the compiler's report: each engine segment becomes a call of a
``_run_on_acc_N`` child, each torch segment a call of a ``_run_on_gpu_N`` child made of the user's
own nodes. Nodes that make sizes, and the program's inputs and outputs, stay at the top level."""

from __future__ import annotations

import operator
from typing import Any, Callable

import torch
from torch import fx

from ..runtime import TorchTensorRTModule
from ._compiled_module import CompiledModule
from ._strides import restored

_CHECKS = ("_assert_scalar", "_assert_tensor_metadata", "_guards_fn")


def assemble(
    program: torch.export.ExportedProgram,
    report: dict,
    make_engine: Callable[[int, dict], TorchTensorRTModule],
) -> fx.GraphModule:
    """The compiled module; ``make_engine(index, segment)`` makes the child of an engine segment."""
    source = program.module(check_guards=False)
    dropped = _drop_dead(source.graph, _engine_nodes(report), _unused_writes(report))
    for segment in report["segments"]:
        segment["nodes"] = [n for n in segment["nodes"] if n not in dropped]
    nodes = _by_name(program, source)
    copies = _separate_in_place(source.graph, nodes, report, dropped)
    return _Assembly(source, nodes, report, copies, make_engine).build()


def _drop_dead(graph: fx.Graph, in_engines: set[str], unused: set[str]) -> set[str]:
    """Removes nodes that only check sizes and types (engines check their inputs themselves), the
    ``unused`` ones, and what they alone needed; returns the names of those removed."""
    dropped = set()
    for node in reversed(graph.nodes):
        name = getattr(node.target, "_opname", node.target)
        is_check = name in _CHECKS or str(name).startswith("sym_constrain_range")
        is_needed = node.users or node.name in in_engines or node.op in ("placeholder", "output")
        if not is_needed and (is_check or node.name in unused or not node.is_impure()):
            graph.erase_node(node)
            dropped.add(node.name)
    return dropped


def _unused_writes(report: dict) -> set[str]:
    """In-place ops that are in no segment: nothing reads what they write."""
    used = {n for s in report["segments"] for n in s["nodes"]}
    return {name for name, _ in report["in_place"]} - used


def _engine_nodes(report: dict) -> set[str]:
    return {n for s in report["segments"] if s["kind"] == "engine" for n in s["nodes"]}


def _by_name(program: torch.export.ExportedProgram, source: fx.GraphModule) -> dict[str, fx.Node]:
    """The module's nodes by their names in the program; inputs may have other names in the module
    ("input" becomes "input_1")."""
    inputs = {n.target: n.name for n in program.graph.nodes if n.op == "placeholder"}
    return {
        inputs.get(n.target, n.name) if n.op == "placeholder" else n.name: n
        for n in source.graph.nodes
    }


def _separate_in_place(
    graph: fx.Graph, nodes: dict[str, fx.Node], report: dict, dropped: set[str]
) -> dict[fx.Node, fx.Node]:
    """Makes the result of an in-place op a value of its own, which later uses of the target mean. An
    engine returns it as such; in PyTorch the op writes to a copy, because what reads the target before
    it may run after it, in a later segment. Returns copy -> op."""
    order = {n: i for i, n in enumerate(graph.nodes)}
    in_engines = _engine_nodes(report)
    copies = {}
    for name, target in report["in_place"]:
        if name in dropped:
            continue
        node = nodes[name]
        later = lambda user: order.get(user, -1) > order[node]  # noqa: E731, B023
        nodes[target].replace_all_uses_with(node, delete_user_cb=later)
        if name not in in_engines:
            with graph.inserting_before(node):
                copy = graph.call_function(torch.ops.aten.clone.default, (node.args[0],))
            copy.meta = dict(node.args[0].meta)
            node.args = (copy, *node.args[1:])
            copies[copy] = node
    return copies


class _Assembly:
    def __init__(
        self,
        source: fx.GraphModule,
        nodes: dict[str, fx.Node],
        report: dict,
        copies: dict[fx.Node, fx.Node],
        make_engine: Callable[[int, dict], TorchTensorRTModule],
    ):
        self._copies = copies
        self._source = source
        self._make_engine = make_engine
        self._segments = report["segments"]
        self._nodes = nodes
        self._owner: dict[fx.Node, int] = {}
        self._graph = fx.Graph()
        self._attributes: dict[str, Any] = {}  # of the result, by dotted name
        self._new: dict[fx.Node, fx.Node] = {}  # source node -> node of the result
        self._done: set[int] = set()
        self._assign_owners()

    def _assign_owners(self) -> None:
        for index, segment in enumerate(self._segments):
            for name in segment["nodes"]:
                self._owner[self._nodes[name]] = index
        self._owner |= {copy: self._owner[op] for copy, op in self._copies.items()}
        # The compiler's graph has no getitem nodes: an op has several outputs there.
        for node in self._source.graph.nodes:
            if node.target is operator.getitem and node.args[0] in self._owner:
                self._owner.setdefault(node, self._owner[node.args[0]])

    def build(self) -> fx.GraphModule:
        nodes = self._source.graph.nodes
        for node in nodes:
            if node.op == "placeholder":
                self._emit(node)
        for index in range(len(self._segments)):
            self._emit_segment(index)
        for node in nodes:  # e.g. the copy into a buffer that the program changes
            if node not in self._owner and node.op == "call_function" and node.is_impure():
                self._emit(node)
        self._emit(next(iter(reversed(nodes))))
        if not _flatten_signature(self._graph, self._source.graph._codegen):
            self._graph._codegen = self._source.graph._codegen
        self._graph.lint()
        module = CompiledModule(self._attributes, self._graph, "CompiledModule")
        return module.eval()

    def _emit(self, node: fx.Node) -> fx.Node:
        if node in self._new:
            return self._new[node]
        if node in self._owner:
            self._emit_segment(self._owner[node])
            return self._new[node]
        for needed in node.all_input_nodes:
            self._emit(needed)
        if node.op == "get_attr":
            self._attributes[node.target] = _attribute(self._source, node.target)
        self._new[node] = self._graph.node_copy(node, self._new.__getitem__)
        return self._new[node]

    def _emit_segment(self, index: int) -> None:
        if index in self._done:
            return
        self._done.add(index)
        segment = self._segments[index]
        if not segment["nodes"]:
            return
        if segment["kind"] == "engine":
            inputs = [self._nodes[name] for name in segment["inputs"]]
            outputs = [self._nodes[name] for name in segment["outputs"]]
            child: torch.nn.Module = self._make_engine(index, segment)
            self._check_outputs(index, outputs)
        else:
            inputs, outputs, child = self._torch_child(index)
        self._attributes[segment["name"]] = child
        arguments = tuple(self._emit(node) for node in inputs)
        call = self._graph.call_module(segment["name"], arguments)
        self._bind_outputs(call, outputs, segment["kind"] == "engine")

    def _bind_outputs(self, call: fx.Node, outputs: list[fx.Node], of_engine: bool) -> None:
        single = len(outputs) == 1
        for i, node in enumerate(outputs):
            new = call if single else self._graph.call_function(operator.getitem, (call, i))
            if of_engine and any(map(self._runs_in_torch, node.users)):
                new = restored(self._graph, new, node.meta.get("val"))
            if "val" in node.meta:
                new.meta["val"] = node.meta["val"]
            self._new[node] = new

    def _runs_in_torch(self, node: fx.Node) -> bool:
        owner = self._owner.get(node)
        return owner is not None and self._segments[owner]["kind"] == "torch"

    def _members(self, index: int) -> list[fx.Node]:
        return [n for n in self._source.graph.nodes if self._owner.get(n) == index]

    def _used_outside(self, index: int) -> list[fx.Node]:
        is_outside = lambda user: self._owner.get(user) != index  # noqa: E731
        return [n for n in self._members(index) if any(map(is_outside, n.users))]

    def _check_outputs(self, index: int, outputs: list[fx.Node]) -> None:
        missing = [n.name for n in self._used_outside(index) if n not in outputs]
        if missing:
            name = self._segments[index]["name"]
            raise AssertionError(f"{name} does not return {missing}, which other nodes use")

    def _torch_child(self, index: int) -> tuple[list[fx.Node], list[fx.Node], fx.GraphModule]:
        """(inputs, outputs, module) of a torch segment."""
        members, outputs = self._members(index), self._used_outside(index)
        uses = [i for n in members for i in n.all_input_nodes if self._owner.get(i) != index]
        needed = list(dict.fromkeys(uses))
        weights = [n for n in needed if self._moves_under(index, n)]
        inputs = [n for n in needed if n not in weights]
        graph = fx.Graph()
        inside = {node: graph.placeholder(node.name) for node in inputs}
        for node in (*weights, *members):
            inside[node] = graph.node_copy(node, inside.__getitem__)
        results = tuple(inside[n] for n in outputs)
        graph.output(results[0] if len(results) == 1 else results)
        targets = [n.target for n in graph.nodes if n.op in ("get_attr", "call_module")]
        attributes = {t: _attribute(self._source, t) for t in targets}
        name = self._segments[index]["name"]
        return inputs, outputs, fx.GraphModule(attributes, graph, name)

    def _moves_under(self, index: int, node: fx.Node) -> bool:
        """Whether a parameter is used by this segment alone, so that it can live in its child."""
        if node.op != "get_attr":
            return False
        owners = {self._owner.get(user) for user in node.users} - {index}
        return all(o is not None and self._segments[o]["kind"] == "engine" for o in owners)


def _flatten_signature(graph: fx.Graph, codegen: Any) -> bool:
    """A program that takes tensors and returns a tensor or a tuple of them needs no pytree, which
    costs microseconds a call. Returns whether this is one."""
    info = codegen.pytree_info
    placeholders = [n for n in graph.nodes if n.op == "placeholder"]
    groups = info.in_spec.children() if info.in_spec.num_children == 2 else []
    leaves = [leaf for group in groups for leaf in group.children()]
    names, out = info.orig_args, info.out_spec
    plain_in = len(names) == len(leaves) == len(placeholders) and all(s.is_leaf() for s in leaves)
    plain_out = out.is_leaf() or (
        out.type in (tuple, list) and all(s.is_leaf() for s in out.children())
    )
    if not (plain_in and plain_out):
        return False
    for node, name in zip(placeholders, names):
        node.target = name
    output = next(iter(reversed(graph.nodes)))
    values = output.args[0]
    output.args = (values[0] if out.is_leaf() else out.type(values),)
    return True


def _attribute(root: torch.nn.Module, path: str) -> Any:
    value: Any = root
    for part in path.split("."):
        value = getattr(value, part)
    return value
