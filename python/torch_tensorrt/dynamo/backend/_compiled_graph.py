# SPDX-License-Identifier: Apache-2.0
"""What torch.compile calls instead of a graph."""

from __future__ import annotations

import threading
from typing import Any

import torch
from torch import fx

from ...logging import LOGGER
from .. import _compiler
from ._aliases import Tail, memory, written
from ._exported import Inputs, export
from ._gradients import Gradients
from ._watch import Watch


class CompiledGraph:
    """Runs a graph's engines on the values that its parameters have now.

    Args:
        gm: dynamo's graph, which runs instead when the engines must not.
        traced: the same in ATen ops.
        inputs: which placeholders are parameters and buffers.
        gradients: whether somebody wants them.
        options: settings.
        warn: called with the reason when ``gm`` runs.
    """

    def __init__(
        self,
        gm: fx.GraphModule,
        traced: fx.GraphModule,
        inputs: Inputs,
        gradients: Gradients,
        options: dict[str, Any],
        warn: Any,
    ):
        self._original, self._traced, self._inputs = gm, traced, inputs
        self._gradients, self._options, self._warn = gradients, options, warn
        self._tail = Tail(traced)
        self._written = self._written_placeholders()
        self._lock = threading.Lock()
        self._state: Any = None  # (module, watch), replaced as one
        self.builds = 0

    def _written_placeholders(self) -> list[int]:
        targets = written(self._traced.graph)
        placeholders = self._traced.graph.find_nodes(op="placeholder")
        return [i for i, n in enumerate(placeholders) if memory(n) & targets]

    def build(self, values: Any) -> fx.GraphModule:
        """Builds the engines for the parameters among ``values``."""
        constants = {self._inputs.names[i]: values[i] for i in self._inputs.constants}
        watch = Watch(list(constants.values()))  # before the build: a change meanwhile is seen
        program = export(self._traced, self._inputs, self._tail.outputs, constants)
        module = _compiler.compile(program, **self._options)
        self.builds += 1
        self._state = (module, watch)
        return module

    def __call__(self, *args: Any) -> Any:
        grad = torch.is_grad_enabled()
        if (grad and self._gradients.wanted()) or (self._written and self._overlap(args)):
            why = "inputs share memory that the graph writes to"
            self._warn(why if not grad else "a parameter of a module in training mode requires grad")
            return self._original(*args)
        module = self._current(args)
        if not grad:
            return self._run(module, args)
        with torch.no_grad():
            return self._run(module, args)

    def _current(self, args: tuple) -> fx.GraphModule:
        """The module whose engines have the parameters' present values."""
        constants = [args[i] for i in self._inputs.constants]
        module, watch = self._state
        if not watch.changed(constants):
            return module
        with self._lock:
            module, watch = self._state
            changed = watch.changed(constants)
            if not changed:
                return module
            names = [self._inputs.labels[self._inputs.constants[i]] for i in changed]
            LOGGER.info("building anew, because of changes in %s", ", ".join(names))
            return self.build(args)

    def _run(self, module: fx.GraphModule, args: tuple) -> Any:
        outputs = module(*[args[i] for i in self._inputs.inputs])
        if self._tail.module is None:
            return outputs
        return self._tail.module(*outputs, *[args[i] for i in self._tail.arguments])

    def _overlap(self, args: tuple) -> bool:
        """Whether a tensor that the graph writes is one of its other tensors, too."""
        tensors = [a for a in args if isinstance(a, torch.Tensor)]
        addresses = [t.untyped_storage().data_ptr() for t in tensors]
        targets = {args[i].untyped_storage().data_ptr() for i in self._written}
        return any(addresses.count(t) > 1 for t in targets)
