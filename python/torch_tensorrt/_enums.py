# SPDX-License-Identifier: Apache-2.0
"""Enumerations of the public API, convertible to and from what torch and numpy call the same."""

from __future__ import annotations

import platform as _host
from enum import Enum, auto
from typing import Any, Optional

import torch


class _Convertible(Enum):
    """Enum whose members stand for values of other libraries; see ``_torch()``."""

    @classmethod
    def _torch(cls) -> dict[Any, Any]:
        """torch value -> member"""
        raise NotImplementedError

    @classmethod
    def try_from(cls, value: Any) -> Optional[Any]:
        """The member for ``value``, or None."""
        if isinstance(value, cls):
            return value
        try:
            return cls._torch().get(value)
        except TypeError:  # not hashable
            return None

    @classmethod
    def _from(cls, value: Any) -> Any:
        """The member for ``value``; TypeError if there is none."""
        found = cls.try_from(value)
        if found is None:
            raise TypeError(f"{value!r} is not a {cls.__name__}")
        return found

    def try_to(self, kind: type) -> Optional[Any]:
        """This as a value of ``kind``, or None."""
        if kind is type(self):
            return self
        for value, member in self._torch().items():
            if member is self and isinstance(value, kind):
                return value
        return None

    def to(self, kind: type) -> Any:
        """This as a value of ``kind`` (e.g. ``torch.dtype``); TypeError if there is none."""
        found = self.try_to(kind)
        if found is None:
            raise TypeError(f"{self} has no {kind.__name__} form")
        return found

    def __eq__(self, other: Any) -> bool:
        return self is type(self).try_from(other)

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.name))


class dtype(_Convertible):
    """Element type."""

    unknown = auto()
    u8 = auto()
    i8 = auto()
    i32 = auto()
    i64 = auto()
    f16 = auto()
    f32 = auto()
    f64 = auto()
    b = auto()
    bf16 = auto()
    f8 = auto()
    f4 = auto()

    uint8 = u8
    int8 = i8
    int32 = i32
    int = i32
    int64 = i64
    long = i64
    float16 = f16
    half = f16
    fp16 = f16
    float32 = f32
    float = f32
    fp32 = f32
    float64 = f64
    double = f64
    fp64 = f64
    bool = b
    bfloat16 = bf16
    float8 = f8
    fp8 = f8
    float4 = f4
    fp4 = f4

    @classmethod
    def _torch(cls):
        return _DTYPES

    @classmethod
    def try_from(cls, value: Any) -> Optional[dtype]:
        found = super().try_from(value)
        if found is None and (isinstance(value, type) or type(value).__module__ == "numpy.dtypes"):
            found = _from_numpy(value)
        if found is None and type(value).__module__.partition(".")[0] == "numpy":
            found = _from_numpy(value)
        return found

    def try_to(self, kind: type) -> Optional[Any]:
        if kind.__module__.partition(".")[0] == "numpy":
            as_torch = super().try_to(torch.dtype)
            if as_torch in (None, torch.bfloat16, torch.float8_e4m3fn):
                return None
            return torch.empty(0, dtype=as_torch).numpy().dtype
        return super().try_to(kind)

    __hash__ = _Convertible.__hash__


_DTYPES = {
    torch.uint8: dtype.u8,
    torch.int8: dtype.i8,
    torch.int32: dtype.i32,
    torch.int64: dtype.i64,
    torch.float16: dtype.f16,
    torch.float32: dtype.f32,
    torch.float64: dtype.f64,
    torch.bool: dtype.b,
    torch.bfloat16: dtype.bf16,
    torch.float8_e4m3fn: dtype.f8,
}


def _from_numpy(value: Any) -> Optional[dtype]:
    import numpy

    try:
        name = numpy.dtype(value).name
    except TypeError:
        return None
    return dtype.__members__.get(name)


class memory_format(_Convertible):
    """Order of a tensor's elements in memory."""

    linear = auto()
    chw2 = auto()
    hwc8 = auto()
    chw4 = auto()
    chw16 = auto()
    chw32 = auto()
    dhwc8 = auto()
    cdhw32 = auto()
    hwc = auto()
    dla_linear = auto()
    dla_hwc4 = auto()
    hwc16 = auto()
    dhwc = auto()

    contiguous = linear
    channels_last = hwc
    channels_last_3d = dhwc

    @classmethod
    def _torch(cls):
        return _MEMORY_FORMATS

    __hash__ = _Convertible.__hash__


_MEMORY_FORMATS = {
    torch.contiguous_format: memory_format.linear,
    torch.channels_last: memory_format.hwc,
    torch.channels_last_3d: memory_format.dhwc,
}


class DeviceType(Enum):
    """Kind of device."""

    UNKNOWN = auto()
    GPU = auto()
    DLA = auto()
    CPU = auto()


class EngineCapability(Enum):
    """Restrictions an engine is built under; only STANDARD has an effect here."""

    STANDARD = auto()
    SAFETY = auto()
    DLA_STANDALONE = auto()


class Platform(Enum):
    """System a program runs on."""

    LINUX_X86_64 = "linux_x86_64"
    LINUX_AARCH64 = "linux_aarch64"
    WIN_X86_64 = "windows_x86_64"
    WIN_ARM64 = "windows_arm64"
    UNKNOWN = "unknown"

    @classmethod
    def current_platform(cls) -> Platform:
        machine = {"amd64": "x86_64"}.get(_host.machine().lower(), _host.machine().lower())
        name = f"{_host.system().lower()}_{machine}"
        return cls(name) if name in {p.value for p in cls} else cls.UNKNOWN

    def __str__(self) -> str:
        return self.value
