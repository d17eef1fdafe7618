# SPDX-License-Identifier: Apache-2.0
"""Precisions of the FX call."""

from __future__ import annotations

from enum import Enum
from typing import Any, Iterable, Optional

import torch

from .._enums import dtype


class LowerPrecision(Enum):
    """What engines may compute in, beside the dtypes of the model."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"
    BF16 = "bf16"

    @classmethod
    def from_str(cls, name: str) -> Optional[LowerPrecision]:
        """The precision of a name such as "fp16"; None if there is none."""
        return next((p for p in cls if p.value == name), None)


_ENABLED = {
    LowerPrecision.FP32: {torch.float32},
    LowerPrecision.FP16: {torch.float32, torch.float16},
}


def enabled_precisions(precision: Any) -> set[torch.dtype]:
    """The setting that a LowerPrecision stands for."""
    if precision not in _ENABLED:
        raise ValueError(
            f"lower_precision is {precision!r}; wanted LowerPrecision.FP32 or LowerPrecision.FP16"
        )
    return _ENABLED[precision]


def lower_precision(enabled: Any) -> LowerPrecision:
    """The LowerPrecision that ``enabled_precisions`` stand for."""
    values = enabled if isinstance(enabled, Iterable) else [enabled]
    wanted = {dtype._from(v).to(torch.dtype) for v in values}
    if not wanted <= {torch.float32, torch.float16}:
        seen = ", ".join(sorted(map(str, wanted)))
        raise ValueError(f"ir='fx' takes enabled_precisions of float32 and float16, not {seen}")
    return LowerPrecision.FP16 if torch.float16 in wanted else LowerPrecision.FP32
