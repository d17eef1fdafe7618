# SPDX-License-Identifier: Apache-2.0
"""What torch.compile calls instead of a graph."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Callable, Optional

import torch
from torch import fx
from torch.utils import _pytree as pytree

from ...logging import LOGGER
from .. import _compiler
from ._aliases import Tail, memory, written
from ._devices import check_engines
from ._exported import Inputs, export
from ._gradients import Gradients
from ._trace import State
from ._watch import Watch


@dataclass
class Policy:
    """What to do when a graph runs in PyTorch. ``warn`` is given the reason; ``failed`` a build's
    error, which it may raise."""

    warn: Callable[[str], None]
    failed: Callable[[Exception], None]


class CompiledGraph:
    """Runs a graph's engines on the values that its parameters have now.

    Args:
        gm: dynamo's graph, which runs instead when the engines must not.
        state: tensors that ``gm`` holds itself.
        traced: the same in ATen ops; takes what ``gm`` takes, then the state.
        inputs: which placeholders are parameters and buffers.
        gradients: whether somebody wants them.
        options: settings.
        policy: what to do when ``gm`` runs instead.
    """

    def __init__(
        self,
        gm: fx.GraphModule,
        state: State,
        traced: fx.GraphModule,
        inputs: Inputs,
        gradients: Gradients,
        options: dict[str, Any],
        policy: Policy,
    ):
        self._original, self._held = gm, state
        self._traced, self._inputs = traced, inputs
        self._gradients, self._options, self._policy = gradients, options, policy
        self._tail = Tail(traced)
        leaves, structure = pytree.tree_flatten(gm.graph.output_node().args[0])
        is_flat = structure == pytree.tree_flatten(tuple(leaves))[1]  # as all of dynamo's are
        self._structure = None if is_flat else structure
        self._written = self._written_placeholders()
        self._lock = threading.Lock()
        self._state: Any = None  # (module or None, watch), replaced as one

    def _written_placeholders(self) -> list[int]:
        targets = written(self._traced.graph)
        placeholders = self._traced.graph.find_nodes(op="placeholder")
        return [i for i, n in enumerate(placeholders) if memory(n) & targets]

    def build(self, values: Any) -> bool:
        """Builds the engines for the parameters among ``values``; whether there are any."""
        constants = {self._inputs.names[i]: values[i] for i in self._inputs.constants}
        watch = Watch(list(constants.values()))  # before the build: a change meanwhile is seen
        module = None
        try:
            program = export(self._traced, self._inputs, self._tail.outputs, constants)
            module = _compiler.compile(program, **self._options)
            if not has_engines(module):
                module = None
            else:
                check_engines(program, module.torch_tensorrt_report["segments"])
        except Exception as error:
            module = None
            self._policy.failed(error)
        self._state = (module, watch)
        return module is not None

    def __call__(self, *args: Any) -> Any:
        values = (*args, *self._held.values()) if self._held.names else args
        module = self._current(values) if self._may_run(values) else None
        if module is None:
            return self._original(*args)
        if not torch.is_grad_enabled():
            return self._run(module, values)
        with torch.no_grad():
            return self._run(module, values)

    def _may_run(self, values: tuple) -> bool:
        """Whether engines are right for this call."""
        if torch.is_grad_enabled() and self._gradients.wanted():
            self._policy.warn("a parameter of a module in training mode requires grad")
            return False
        if self._written and self._overlap(values):
            self._policy.warn("inputs share memory that the graph writes to")
            return False
        return True

    def _current(self, args: tuple) -> Optional[fx.GraphModule]:
        """The module whose engines have the parameters' present values; None if there is none."""
        tensors = [args[i] for i in self._inputs.constants]
        if self._state is None or self._state[1].changed(tensors):
            with self._lock:
                changed = self._state[1].changed(tensors) if self._state else []
                if changed:
                    names = [self._inputs.labels[self._inputs.constants[i]] for i in changed]
                    LOGGER.info("building anew, because of changes in %s", ", ".join(names))
                if changed or self._state is None:
                    self.build(args)
        return self._state[0]

    def _run(self, module: fx.GraphModule, args: tuple) -> Any:
        outputs = module(*[args[i] for i in self._inputs.inputs])
        if self._tail.module is not None:
            outputs = self._tail.module(*outputs, *[args[i] for i in self._tail.arguments])
        return (
            outputs if self._structure is None else pytree.tree_unflatten(outputs, self._structure)
        )

    def _overlap(self, args: tuple) -> bool:
        """Whether a tensor that the graph writes is one of its other tensors, too."""
        tensors = [a for a in args if isinstance(a, torch.Tensor)]
        addresses = [t.untyped_storage().data_ptr() for t in tensors]
        targets = {args[i].untyped_storage().data_ptr() for i in self._written}
        return any(addresses.count(t) > 1 for t in targets)


def has_engines(module: fx.GraphModule) -> bool:
    """Whether a part was compiled; says why not, otherwise."""
    report = getattr(module, "torch_tensorrt_report", None)
    if report is None:  # a dry run, which prints its report
        return False
    found = any(s["kind"] == "engine" for s in report["segments"])
    if not found:
        LOGGER.info("no part of a graph was compiled\n%s", report["dryrun"])
    return found
