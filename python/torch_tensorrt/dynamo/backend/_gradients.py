# SPDX-License-Identifier: Apache-2.0
"""Engines have no gradients. A graph that somebody may want to differentiate runs as it is.

While grad mode is on, that is a graph with an input that requires grad, or with a parameter that
requires grad and whose module is in training mode. A model in eval mode is compiled though its
parameters require grad, as they do in most programs that only run a model; its outputs do not."""

from __future__ import annotations

from typing import Any, Optional

import torch
from torch import fx


class Gradients:
    """Decides at each call whether the engines may run."""

    def __init__(self, gm: fx.GraphModule, state: Any, inputs: Any, values: Any):
        """``inputs`` says which of the ``values`` are parameters and buffers; the last values are
        those of ``state``."""
        self._parameters: list[tuple[torch.Tensor, Optional[torch.nn.Module]]] = []
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
            module = _owner(placeholders[i]) if held < 0 else state.owners[held]
            self._parameters.append((values[i], module))
            if module is None and values[i].requires_grad:
                self.obstacle = f"'{inputs.labels[i]}' requires grad and is of no module"
        self.are_dropped = any(p.requires_grad for p, _ in self._parameters)

    def wanted(self) -> bool:
        """Whether a parameter is being trained now."""
        return any(m.training and p.requires_grad for p, m in self._parameters if m is not None)


def _owner(placeholder: fx.Node) -> Optional[torch.nn.Module]:
    """The module that a parameter belongs to, found where dynamo found the parameter."""
    from torch._dynamo.symbolic_convert import InstructionTranslator

    source = placeholder.meta["grapharg"].source  # expressions over the frame's names
    scope = InstructionTranslator.current_tx().output
    names = {"L": scope.local_scope, "G": scope.global_scope}
    while (source := getattr(source, "base", None)) is not None:
        try:
            found = eval(source.name, names)  # noqa: S307 - dynamo's own expression
        except Exception:  # a source that is no expression over the scope; the next may be
            continue
        if isinstance(found, torch.nn.Module):
            return found
    return None
