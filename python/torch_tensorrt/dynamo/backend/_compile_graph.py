# SPDX-License-Identifier: Apache-2.0
"""One graph of torch.compile: compiled, or run as it is with a reason."""

from __future__ import annotations

from typing import Any, Callable, Optional

import torch
from torch import fx
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from ...logging import LOGGER
from .. import _settings
from ._aliases import Unsupported, memory, written
from ._compiled_graph import CompiledGraph, Policy
from ._devices import check_graph
from ._exported import Inputs, source_path
from ._gradients import Gradients
from ._trace import State, state_of, trace

_warned: set[str] = set()


def compile_graph(
    gm: fx.GraphModule,
    sample_inputs: list[Any],
    options: Optional[dict[str, Any]] = None,
    **unknown: Any,
) -> Callable:
    """The compiled graph, or ``gm`` itself with a warning. Settings that do not exist raise."""
    if unknown:
        raise TypeError(
            f"backend 'torch_tensorrt' takes options=..., not {', '.join(sorted(unknown))}"
        )
    settings = dict(options or {})
    _settings.check_names(settings)
    must_build = settings.pop("pass_through_build_failures", False)
    must_build = must_build or settings.get("require_full_compilation", False)

    def failed(error: Exception) -> None:
        if must_build:
            raise error
        if isinstance(error, Unsupported):
            return _refused(str(error))
        LOGGER.warning("building failed, so a graph runs in PyTorch: %s", error)
        LOGGER.debug("the failure's origin", exc_info=error)

    try:
        return _compiled(gm, sample_inputs, settings, Policy(_refused, failed))
    except Exception as error:
        failed(error)
        return gm


def _refused(reason: str) -> None:
    _warn_once(f"a graph runs in PyTorch: {reason}")


def _warn_once(text: str) -> None:
    if text not in _warned:
        _warned.add(text)
        LOGGER.warning("%s", text)


def _compiled(
    gm: fx.GraphModule, values: list[Any], settings: dict[str, Any], policy: Policy
) -> Callable:
    for value in values:
        if is_traceable_wrapper_subclass(value):
            raise Unsupported(f"an input is of the tensor subclass {type(value).__name__}")
    state = state_of(gm)
    values = [*values, *state.values()]
    traced = trace(gm, state, values)
    inputs = _inputs(gm, state, traced, values)
    check_graph(traced, inputs.labels)
    gradients = Gradients(gm, state, inputs, values)
    if gradients.obstacle:
        raise Unsupported(f"{gradients.obstacle}, and engines have no gradients")
    graph = CompiledGraph(gm, state, traced, inputs, gradients, settings, policy)
    if gradients.wanted(values):  # built when that has ended
        return graph
    if graph.build(values) is None:
        return gm
    if gradients.are_dropped:
        _warn_once("outputs of compiled models do not require grad; run them under torch.no_grad()")
    return graph


def _inputs(gm: fx.GraphModule, state: State, traced: fx.GraphModule, values: list[Any]) -> Inputs:
    """Constants are what dynamo found in modules, unless the graph writes it."""
    placeholders = gm.graph.find_nodes(op="placeholder")
    fixed = [
        bool((n.meta.get("tensor_dict") or {}).get("_dynamo_static_input_type"))
        for n in placeholders
    ] + [True] * len(state.names)
    targets = written(traced.graph)
    nodes = traced.graph.find_nodes(op="placeholder")
    constants = [
        i
        for i, (node, value) in enumerate(zip(nodes, values))
        if fixed[i] and value.layout is torch.strided and not memory(node) & targets
    ]
    names = [n.name for n in placeholders] + [f"state_{i}" for i in range(len(state.names))]
    labels = [*map(_label, placeholders), *state.names]
    rest = [i for i in range(len(values)) if i not in constants]
    return Inputs(names, labels, constants, rest)


def _label(placeholder: fx.Node) -> str:
    found = placeholder.meta.get("grapharg")
    return placeholder.name if found is None else source_path(found.source.name)
