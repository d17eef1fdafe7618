# SPDX-License-Identifier: Apache-2.0
"""ConversionContext: what a converter works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from ... import trt
from .._settings import CompilationSettings


@dataclass
class ConversionContext:
    """The context of one node's conversion.

    net: the network that the node's engine becomes; layers are added to it.
    compilation_settings: settings of the compilation that runs.
    current_node: the node, shaped like a torch.fx.Node (op, name, target, args, kwargs, meta).
    symbols: name of a run-time size -> (min, opt, max).

    The other fields are there for code that reads or fills them; engines are not refitted, so
    ``weight_refit_map`` has no effect.
    """

    net: trt.INetworkDefinition
    compilation_settings: Any = field(default_factory=CompilationSettings)
    current_node: Any = None
    symbols: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    requires_output_allocator: bool = False
    requires_native_multidevice: bool = False
    weight_refit_map: dict[str, torch.Tensor] = field(default_factory=dict)
    cpu_weights_reference_holder: list[Any] = field(default_factory=list)
    aliased_outputs: dict[int, int] = field(default_factory=dict)

    def record_weight(self, name: str, weight: torch.Tensor) -> None:
        """Notes which tensor a weight came from."""
        self.weight_refit_map[name] = weight
        self.cpu_weights_reference_holder.append(weight)

    def clear_cpu_weights_reference_holder(self) -> None:
        self.cpu_weights_reference_holder.clear()
