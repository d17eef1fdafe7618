# SPDX-License-Identifier: Apache-2.0
"""Enumerations of the public API, convertible to and from what torch and numpy call the same."""

from __future__ import annotations

import platform as _host
from enum import Enum, auto
from typing import Any, Optional

import torch


def _is_trt(kind: type) -> bool:
    return kind.__module__ == "torch_tensorrt.trt"


class _Convertible(Enum):
    """Enum whose members stand for values of other libraries, see ``_torch()``, and for enumerators
    of ``torch_tensorrt.trt``, see ``_trt_name``."""

    @classmethod
    def _torch(cls) -> dict[Any, Any]:
        """torch value -> member"""
        return {}

    @classmethod
    def _default(cls) -> Any:
        """What ``use_default`` stands for: the first member, if nothing else is said."""
        return next(iter(cls))

    def _trt_name(self) -> str:
        """The name of the enumerator of ``torch_tensorrt.trt`` that means the same."""
        return self.name.upper()

    @classmethod
    def try_from(cls, value: Any, use_default: bool = False) -> Optional[Any]:
        """The member for ``value``; None, or with ``use_default`` the default, if there is none."""
        found = value if isinstance(value, cls) else cls._find(value)
        return cls._default() if found is None and use_default else found

    @classmethod
    def _find(cls, value: Any) -> Optional[Any]:
        if _is_trt(type(value)):
            kind = cls._trt_kind()
            same = (m for m in cls if isinstance(value, kind) and m._trt_name() == value.name)
            return next(same, None)
        try:
            return cls._torch().get(value)
        except TypeError:  # not hashable
            return None

    @classmethod
    def _trt_kind(cls) -> type:
        from . import trt  # late: trt needs the native library

        return getattr(trt, _TRT_KINDS[cls.__name__])

    @classmethod
    def _from(cls, value: Any, use_default: bool = False) -> Any:
        """The member for ``value``; TypeError if there is none and ``use_default`` is off."""
        found = cls.try_from(value, use_default)
        if found is None:
            raise TypeError(f"{value!r} is not a {cls.__name__}")
        return found

    def try_to(self, kind: type, use_default: bool = False) -> Optional[Any]:
        """This as a value of ``kind``; None, or with ``use_default`` what the default is there, if
        there is none."""
        found = self if kind is type(self) else self._convert(kind)
        return self._default()._convert(kind) if found is None and use_default else found

    def _convert(self, kind: type) -> Optional[Any]:
        if _is_trt(kind):
            members = self._trt_kind().__members__ if kind is self._trt_kind() else {}
            return members.get(self._trt_name())
        for value, member in self._torch().items():
            if member is self and isinstance(value, kind):
                return value
        return None

    def to(self, kind: type, use_default: bool = False) -> Any:
        """This as a value of ``kind`` (``torch.dtype``, ``trt.DataType``, ...); TypeError if there
        is none and ``use_default`` is off."""
        found = self.try_to(kind, use_default)
        if found is None:
            raise TypeError(f"{self} has no {kind.__name__} form")
        return found

    def __eq__(self, other: Any) -> bool:
        return self is type(self).try_from(other)

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.name))


_TRT_KINDS = {
    "dtype": "DataType",
    "memory_format": "TensorFormat",
    "DeviceType": "DeviceType",
    "EngineCapability": "EngineCapability",
}


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
    def _default(cls):
        return cls.f32

    def _trt_name(self) -> str:
        return _TRT_DTYPES.get(self.name, "")

    @classmethod
    def _find(cls, value: Any) -> Optional[dtype]:
        found = super()._find(value)
        is_numpy = type(value).__module__.partition(".")[0] == "numpy"
        if found is None and (isinstance(value, type) or is_numpy):
            found = _from_numpy(value)
        return found

    def _convert(self, kind: type) -> Optional[Any]:
        if kind.__module__.partition(".")[0] == "numpy":
            as_torch = super()._convert(torch.dtype)
            if as_torch in (None, torch.bfloat16, torch.float8_e4m3fn):
                return None
            return torch.empty(0, dtype=as_torch).numpy().dtype
        return super()._convert(kind)

    __hash__ = _Convertible.__hash__


_TRT_DTYPES = {
    "u8": "UINT8",
    "i8": "INT8",
    "i32": "INT32",
    "i64": "INT64",
    "f16": "HALF",
    "f32": "FLOAT",
    "b": "BOOL",
    "bf16": "BF16",
    "f8": "FP8",
    "f4": "FP4",
}
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


class DeviceType(_Convertible):
    """Kind of device."""

    UNKNOWN = auto()
    GPU = auto()
    DLA = auto()
    CPU = auto()

    @classmethod
    def _default(cls):
        return cls.GPU


class EngineCapability(_Convertible):
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
