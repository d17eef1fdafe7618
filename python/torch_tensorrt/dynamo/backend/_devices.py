# SPDX-License-Identifier: Apache-2.0
"""Engines run on one device. A graph that makes tensors elsewhere runs in PyTorch, except for numbers
(CPU tensors without dimensions), which may meet tensors of any device."""

from __future__ import annotations

from typing import Any, Iterator

import torch
from torch import fx
from torch.utils import _pytree as pytree

from ._aliases import Unsupported

_CPU = torch.device("cpu")


def check_graph(traced: fx.GraphModule, labels: list[str]) -> None:
    """Raises Unsupported if values of the graph are on several devices. ``labels`` are what the user
    calls its placeholders."""
    names = dict(zip(traced.graph.find_nodes(op="placeholder"), labels))
    outputs = set(traced.graph.output_node().all_input_nodes)
    found: dict[torch.device, str] = {}
    for node in traced.graph.nodes:
        for tensor in _tensors(node):
            is_number = tensor.dim() == 0 and tensor.device == _CPU and node not in outputs
            if not is_number:
                found.setdefault(tensor.device, names.get(node, node.name))
    if len(found) > 1:
        places = ", ".join(f"'{name}' is on {device}" for device, name in found.items())
        raise Unsupported(f"its tensors are on several devices: {places}")


def check_engines(program: torch.export.ExportedProgram, segments: list[dict]) -> None:
    """Raises Unsupported if an engine on a GPU would be given a number that is on the CPU."""
    nodes = {n.name: n for n in program.graph.nodes}
    for segment in segments:
        if segment["kind"] != "engine":
            continue
        names = [*segment["inputs"], *segment["nodes"]]
        on = {t.device: name for name in names for t in _tensors(nodes[name])}
        given = {t.device: name for name in segment["inputs"] for t in _tensors(nodes[name])}
        if _CPU in given and len(on) > 1:
            raise Unsupported(f"an engine on a GPU would be given '{given[_CPU]}' on the CPU")


def _tensors(node: fx.Node) -> Iterator[Any]:
    values = pytree.tree_leaves(node.meta.get("val"))
    return (v for v in values if isinstance(v, torch.Tensor))
