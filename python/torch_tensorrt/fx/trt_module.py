# SPDX-License-Identifier: Apache-2.0
"""TRTModule: an engine as a module, by its FX name."""

from __future__ import annotations

from typing import Any, Optional, Sequence

import torch

from ..logging import LOGGER
from ..runtime import TorchTensorRTModule


class TRTModule(TorchTensorRTModule):
    """Runs a serialized engine.

    Args:
        engine: the plan as bytes or uint8 tensor, as of
            ``torch_tensorrt.convert_method_to_trt_engine``.
        input_names, output_names: checked against the engine's own, if given.
        cuda_graph_batch_size: no effect: a CUDA graph is recorded for each shape that comes again.

    ``forward`` takes the inputs in this order; one output is returned as itself, several as a tuple.
    """

    def __init__(
        self,
        engine: Any = None,
        input_names: Optional[Sequence[str]] = None,
        output_names: Optional[Sequence[str]] = None,
        cuda_graph_batch_size: int = -1,
    ):
        if engine is not None and not isinstance(engine, (bytes, bytearray, torch.Tensor)):
            raise TypeError(f"engine is {type(engine).__name__}; wanted bytes or a uint8 tensor")
        if cuda_graph_batch_size != -1:
            LOGGER.warning("cuda_graph_batch_size has no effect: engines record graphs themselves")
        super().__init__(engine, input_names, output_names)

    @property
    def input_names(self) -> list[str]:
        return self.input_binding_names

    @property
    def output_names(self) -> list[str]:
        return self.output_binding_names

    def forward(self, *inputs: torch.Tensor) -> Any:
        outputs = super().forward(*inputs)
        return tuple(outputs) if isinstance(outputs, list) else outputs
