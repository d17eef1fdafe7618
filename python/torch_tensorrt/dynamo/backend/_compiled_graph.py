# SPDX-License-Identifier: Apache-2.0
"""What torch.compile calls instead of a graph."""

from __future__ import annotations

import threading
import weakref
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

_OFTEN = 10  # rebuilds that the user is told of


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
        self._rebuilds = 0
        self._lock = threading.Lock()
        self._state: Any = None  # (module or None, watch), replaced as one

    def _written_placeholders(self) -> list[int]:
        targets = written(self._traced.graph)
        placeholders = self._traced.graph.find_nodes(op="placeholder")
        return [i for i, n in enumerate(placeholders) if memory(n) & targets]

    def build(self, values: Any) -> Optional[fx.GraphModule]:
        """Builds the engines for the parameters among ``values``; None if there are none."""
        constants = {self._inputs.names[i]: values[i] for i in self._inputs.constants}
        # Before the build: a change meanwhile is seen.
        watch = Watch(list(constants.values()), self._forgetting())
        module = None
        try:
            module = self._compiled(constants)
        except Exception as error:
            self._policy.failed(error)
        self._state = (module, watch)
        return module

    def _compiled(self, constants: dict[str, torch.Tensor]) -> Optional[fx.GraphModule]:
        program = export(self._traced, self._inputs, self._tail.outputs, constants)
        module = _compiler.compile(program, **self._options)
        if not has_engines(module):
            return None
        check_engines(program, module.torch_tensorrt_report["segments"])
        return module

    def _forgetting(self) -> Callable[[], None]:
        """What drops the engines when a model is gone; torch keeps this object for longer."""
        this = weakref.ref(self)

        def forget() -> None:
            graph = this()
            if graph is not None:
                graph._state = None

        return forget

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
        if torch.is_grad_enabled() and self._gradients.wanted(values):
            self._policy.warn("a parameter of a module in training mode requires grad")
            return False
        if self._written and self._overlap(values):
            self._policy.warn("inputs share memory that the graph writes to")
            return False
        return True

    def _current(self, args: tuple) -> Optional[fx.GraphModule]:
        """The module whose engines have the parameters' present values; None if there is none."""
        tensors = [args[i] for i in self._inputs.constants]
        state = self._state
        if state is not None and not state[1].changed(tensors):
            return state[0]
        with self._lock:
            state = self._state  # another thread may have built
            changed = state[1].changed(tensors) if state else []
            if state is not None and not changed:
                return state[0]
            if changed:
                self._note(changed)
            return self.build(args)

    def _note(self, changed: list[int]) -> None:
        names = ", ".join(self._inputs.labels[self._inputs.constants[i]] for i in changed)
        LOGGER.info("building anew, because of changes in %s", names)
        self._rebuilds += 1
        if self._rebuilds == _OFTEN:
            LOGGER.warning(
                "engines were built %d times because their constants change; now %s", _OFTEN, names
            )

    def _run(self, module: fx.GraphModule, args: tuple) -> Any:
        outputs = module(*[args[i] for i in self._inputs.inputs])
        if self._tail.module is not None:
            outputs = self._tail.module(*outputs, *[args[i] for i in self._tail.arguments])
        if self._structure is not None:
            outputs = pytree.tree_unflatten(outputs, self._structure)
        return outputs

    def _overlap(self, args: tuple) -> bool:
        """Whether a tensor that the graph writes is one of its other tensors, too."""
        tensors = [a for a in args if isinstance(a, torch.Tensor) and a.layout is torch.strided]
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
