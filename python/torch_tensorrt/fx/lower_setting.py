# SPDX-License-Identifier: Apache-2.0
"""LowerSetting: the keywords of the FX call, their defaults, and what each means here."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .utils import LowerPrecision, enabled_precisions

# Keywords without effect, and why.
_NO_EFFECT = {
    "max_workspace_size": "an engine takes the memory that its layers need",
    "cuda_graph_batch_size": "an engine records a CUDA graph for each shape that comes again",
    "is_aten": "models are always traced to ATen ops",
    "use_experimental_fx_rt": "results always run on the C++ runtime",
}


@dataclass
class LowerSetting:
    """Keywords of ``torch_tensorrt.fx.compile``.

    Attributes:
        min_acc_module_size: fewest ops worth an engine.
        max_batch_size: largest batch of dynamic inputs; they begin at 1.
        max_workspace_size: no effect.
        explicit_batch_dimension: False: the batch is dynamic, whatever ``dynamic_batch`` says.
        lower_precision: FP16 lets engines on a GPU compute in half precision; inputs, outputs and
            parameters keep their dtypes. On the CPU there is no difference.
        verbose_log: log at debug level while compiling.
        timing_cache_prefix: if not empty, ``<prefix>.bin`` is the timing cache file.
        save_timing_cache: accepted; measured times are always saved.
        cuda_graph_batch_size: no effect.
        dynamic_batch: the first size of each tensor input is 1 to ``max_batch_size``.
        is_aten, use_experimental_fx_rt: no effect.
        correctness_atol, correctness_rtol: after compiling, outputs for the example inputs are
            compared with the module's; a difference beyond these is logged as a warning.
        truncate_double: engines compute float64 as float32; inputs and outputs keep their dtypes.
    """

    min_acc_module_size: int = 10
    max_batch_size: int = 2048
    max_workspace_size: int = 1 << 25
    explicit_batch_dimension: bool = False
    lower_precision: LowerPrecision = LowerPrecision.FP16
    verbose_log: bool = False
    timing_cache_prefix: str = ""
    save_timing_cache: bool = False
    cuda_graph_batch_size: int = -1
    dynamic_batch: bool = True
    is_aten: bool = False
    use_experimental_fx_rt: bool = False
    correctness_atol: float = 0.1
    correctness_rtol: float = 0.1
    truncate_double: bool = False

    @property
    def is_batch_dynamic(self) -> bool:
        return self.dynamic_batch or not self.explicit_batch_dimension

    def settings(self) -> dict[str, Any]:
        """The settings of ``torch_tensorrt.dynamo.compile`` that these are."""
        found: dict[str, Any] = {
            "min_block_size": self.min_acc_module_size,
            "enabled_precisions": enabled_precisions(self.lower_precision),
            "truncate_double": self.truncate_double,
        }
        if self.timing_cache_prefix:
            found["timing_cache_path"] = f"{self.timing_cache_prefix}.bin"
        return found

    def without_effect(self) -> list[str]:
        """A sentence for each keyword that was given and has no effect."""
        given = [f for f in fields(self) if getattr(self, f.name) != f.default]
        return [
            f"{f.name} has no effect: {_NO_EFFECT[f.name]}" for f in given if f.name in _NO_EFFECT
        ]
