# SPDX-License-Identifier: Apache-2.0
"""Graph of ATen ops -> torch.export.ExportedProgram, so that compiling has one path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch._export.verifier import TrainingIRVerifier
from torch.export import ExportedProgram, ModuleCallEntry, ModuleCallSignature
from torch.export import graph_signature as sig
from torch.utils import _pytree as pytree


@dataclass
class Inputs:
    """The placeholders of a graph, by position: which are constants, which are inputs of a call.
    ``labels`` are names for the user: "fc.weight"."""

    names: list[str]
    labels: list[str]
    constants: list[int]
    inputs: list[int]


def export(
    traced: fx.GraphModule,
    inputs: Inputs,
    outputs: list[Any],
    constants: dict[str, torch.Tensor],
) -> ExportedProgram:
    """A program that takes the tensors and sizes at ``inputs.inputs`` and returns a tuple of
    ``outputs``: nodes of ``traced`` and plain values. ``constants`` are the values of the other
    placeholders by name."""
    # A parameter's alias: the same memory, without its gradient.
    constants = {n: t.detach() for n, t in constants.items()}
    graph, specs = _lifted(traced, inputs, outputs, constants)
    outputs = graph.output_node().args[0]
    signature = sig.ExportGraphSignature(
        input_specs=specs,
        output_specs=[
            sig.OutputSpec(sig.OutputKind.USER_OUTPUT, _argument(v), None) for v in outputs
        ],
    )
    call = pytree.tree_flatten((tuple(range(len(inputs.inputs))), {}))[1]
    result = pytree.tree_flatten(tuple(range(len(outputs))))[1]
    root = fx.GraphModule(traced, graph)
    root.meta["forward_arg_names"] = [inputs.names[i] for i in inputs.inputs]
    user_inputs = [s.arg for s in specs if s.kind is sig.InputKind.USER_INPUT]
    user_outputs = [s.arg for s in signature.output_specs]
    return ExportedProgram(
        root=root,
        graph=graph,
        graph_signature=signature,
        state_dict={},
        range_constraints=_ranges(graph),
        module_call_graph=[
            ModuleCallEntry("", ModuleCallSignature(user_inputs, user_outputs, call, result))
        ],
        constants=constants,
        verifiers=[TrainingIRVerifier],  # which lets ops in place pass
    )


def _lifted(
    traced: fx.GraphModule, inputs: Inputs, outputs: list[Any], constants: dict
) -> tuple[fx.Graph, list]:
    """(graph with constants first, input specs); tensors that the graph holds become constants."""
    graph, new = fx.Graph(), {}
    placeholders = traced.graph.find_nodes(op="placeholder")
    specs = []

    def add(node: fx.Node, name: str, is_constant: bool) -> None:
        new[node] = graph.placeholder(name)
        new[node].meta = dict(node.meta)
        kind = sig.InputKind.CONSTANT_TENSOR if is_constant else sig.InputKind.USER_INPUT
        target = name if is_constant else None
        specs.append(sig.InputSpec(kind, _argument(new[node]), target))

    for i in inputs.constants:
        add(placeholders[i], inputs.names[i], True)
    for node in traced.graph.find_nodes(op="get_attr"):
        value = getattr(traced, node.target)
        if isinstance(value, torch.Tensor):
            name = f"{node.target}_of_graph"
            while name in constants:
                name += "_"
            constants[name] = value
            node.meta.setdefault("val", value)
            add(node, name, True)
    for i in inputs.inputs:
        add(placeholders[i], inputs.names[i], False)
    for node in traced.graph.nodes:
        if node not in new and node.op != "output":
            new[node] = graph.node_copy(node, new.__getitem__)
            _name_modules(new[node])
    graph.output(tuple(new[v] if isinstance(v, fx.Node) else v for v in outputs))
    graph.eliminate_dead_code()
    return graph, specs


def _name_modules(node: fx.Node) -> None:
    """Dynamo's ``L['self']._modules['a']`` and classes become what torch.export writes: ``a``, and
    the class's name; so messages and torch_executed_modules mean the same from both."""
    stack = node.meta.get("nn_module_stack")
    if stack:
        node.meta["nn_module_stack"] = {
            key: (source_path(path), kind if isinstance(kind, str) else _class_name(kind))
            for key, (path, kind) in stack.items()
        }


def source_path(text: str) -> str:
    """``L['self']._modules['a']._parameters['b']`` -> ``a.b``; ``L['x']`` -> ``x``."""
    text = re.sub(r"\._(modules|parameters|buffers)\b", "", text)
    text = re.sub(r"^[LG]\['\w+'\](?=[.\[])", "", text)
    return re.sub(r"\[['\"]?([^\]'\"]+)['\"]?\]", r".\1", text).removeprefix("L.").lstrip(".")


def _class_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _argument(value: Any) -> Any:
    if not isinstance(value, fx.Node):
        return sig.ConstantArgument(name="", value=value)
    kinds = {
        torch.SymInt: sig.SymIntArgument,
        torch.SymFloat: sig.SymFloatArgument,
        torch.SymBool: sig.SymBoolArgument,
    }
    kind = kinds.get(type(value.meta["val"]), sig.TensorArgument)
    return kind(name=value.name)


def _ranges(graph: fx.Graph) -> dict[Any, Any]:
    """Symbol -> its range, as torch found it."""
    found = {}
    for node in graph.nodes:
        for leaf in pytree.tree_leaves(node.meta.get("val")):
            sizes = leaf.shape if isinstance(leaf, torch.Tensor) else (leaf,)
            for size in sizes:
                if isinstance(size, torch.SymInt):
                    env = size.node.shape_env
                    for symbol in size.node.expr.free_symbols:
                        found[symbol] = env.var_to_range[symbol]
    return found
