# SPDX-License-Identifier: Apache-2.0
"""Device: where an engine runs."""

from __future__ import annotations

import re
from typing import Any, Optional

import torch

from ._enums import DeviceType

_PATTERN = re.compile(r"(cpu|cuda|gpu|dla)(?::(\d+))?")


class Device:
    """``Device("cpu")``, ``Device("cuda:0")``, ``Device("dla:1")`` or ``Device(gpu_id=0)``."""

    def __init__(
        self,
        spec: Optional[str] = None,
        *,
        gpu_id: Optional[int] = None,
        dla_core: Optional[int] = None,
        allow_gpu_fallback: bool = False,
    ):
        if spec is not None and (gpu_id is not None or dla_core is not None):
            raise ValueError("a Device is given by its string or by gpu_id/dla_core, not by both")
        if spec is not None:
            self._parse(spec)
        elif gpu_id is None and dla_core is None:
            raise ValueError('a Device needs a string such as "cpu" or "cuda:0", or a gpu_id')
        else:
            self.device_type = DeviceType.GPU if dla_core is None else DeviceType.DLA
            # A DLA core belongs to the first GPU.
            self.gpu_id = 0 if dla_core is not None else int(gpu_id)
            self.dla_core = -1 if dla_core is None else int(dla_core)
        self.allow_gpu_fallback = bool(allow_gpu_fallback)

    def _parse(self, spec: str) -> None:
        match = _PATTERN.fullmatch(spec)
        if not match:
            raise ValueError(f'unknown device {spec!r}; wanted "cpu", "cuda:0", "gpu:0" or "dla:0"')
        kind, index = match[1], int(match[2] or 0)
        self.gpu_id, self.dla_core = (index, -1)
        self.device_type = DeviceType.GPU
        if kind == "cpu":
            self.device_type, self.gpu_id = DeviceType.CPU, -1
        elif kind == "dla":
            self.device_type, self.gpu_id, self.dla_core = DeviceType.DLA, 0, index

    @classmethod
    def _from(cls, value: Any) -> Device:
        """A Device for a Device, a torch.device, a string, or None (the CPU)."""
        if isinstance(value, Device):
            return value
        if value is None:
            return cls("cpu")
        if isinstance(value, int):
            return cls(gpu_id=value)
        if isinstance(value, (torch.device, str)):
            return cls(str(value))
        raise TypeError(f"{value!r} is not a device")

    def to(self, kind: type) -> torch.device:
        """This as a ``torch.device``."""
        if kind is not torch.device:
            raise TypeError(f"a Device has no {kind.__name__} form")
        if self.device_type is DeviceType.CPU:
            return torch.device("cpu")
        return torch.device("cuda", self.gpu_id)

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, torch.device):
            return self.to(torch.device) == other
        return isinstance(other, Device) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((self.device_type, self.gpu_id, self.dla_core))

    def __str__(self) -> str:
        if self.device_type is DeviceType.DLA:
            return f"dla:{self.dla_core}"
        return str(self.to(torch.device))

    def __repr__(self) -> str:
        return f'Device("{self}")'
