# SPDX-License-Identifier: Apache-2.0
"""Engines have no gradients. A graph that somebody may want to differentiate runs as it is.

While grad mode is on, that is a graph with an input that requires grad, or with a parameter that
requires grad and whose module, or one around it, is in training mode. A model in eval mode is compiled though its
parameters require grad, as they do in most programs that only run a model; its outputs do not."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import fx


class Gradients:
    """Decides at each call whether the engines may run."""

    def __init__(self, gm: fx.GraphModule, state: Any, inputs: Any, values: Any):
        """``inputs`` says which of the ``values`` are parameters and buffers; the last values are
        those of ``state``."""
        # Of each parameter, the modules around it; by weak reference, so that a model can go.
        self._modules: dict[int, list[weakref.ref]] = {}
        self.obstacle = ""  # to running engines at any call
        self.are_dropped = False
        if not torch.is_grad_enabled():  # dynamo compiles anew when this changes
            return
        placeholders = gm.graph.find_nodes(op="placeholder")
        for i in inputs.inputs:
            if isinstance(values[i], torch.Tensor) and values[i].requires_grad:
                self.obstacle = f"input '{inputs.labels[i]}' requires grad"
        for i in inputs.constants:
            held = i - len(placeholders)
            around = _around(placeholders[i]) if held < 0 else [state.owners[held]]
            self._modules[i] = [weakref.ref(module) for module in around]
            if not around and values[i].requires_grad:
                self.obstacle = f"'{inputs.labels[i]}' requires grad and is of no module"
        self.are_dropped = any(values[i].requires_grad for i in self._modules)

    def wanted(self, values: Any) -> bool:
        """Whether a parameter among ``values`` is being trained now."""
        return any(
            values[i].requires_grad and any(m.training for r in modules if (m := r()) is not None)
            for i, modules in self._modules.items()
        )


def _around(placeholder: fx.Node) -> list[torch.nn.Module]:
    """The module of a parameter and those around it, found where dynamo found the parameter."""
    from torch._dynamo.symbolic_convert import InstructionTranslator

    source = placeholder.meta["grapharg"].source  # expressions over the frame's names
    scope = InstructionTranslator.current_tx().output
    names = {"L": scope.local_scope, "G": scope.global_scope}
    modules: dict[int, torch.nn.Module] = {}
    while (source := getattr(source, "base", None)) is not None:
        try:
            found = eval(source.name, names)  # noqa: S307 - dynamo's own expression
        except Exception:  # a source that is no expression over the scope; the next may be
            continue
        if isinstance(found, torch.nn.Module):
            modules[id(found)] = found
    return list(modules.values())
