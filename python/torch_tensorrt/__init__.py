# SPDX-License-Identifier: Apache-2.0
"""An ahead-of-time inference compiler for PyTorch."""

from . import _library

_library.load()
__version__ = _library.version()

from . import _trt_alias, dynamo, fx, logging, runtime, trt, ts, utils  # noqa: E402
from ._build_info import dump_build_info, get_build_info, set_device  # noqa: E402
from ._compile import compile, convert_method_to_trt_engine, load, save  # noqa: E402
from ._Device import Device  # noqa: E402
from ._enums import DeviceType, EngineCapability, Platform, dtype, memory_format  # noqa: E402
from ._features import ENABLED_FEATURES  # noqa: E402
from ._Input import Input  # noqa: E402
from .dynamo import backend as _backend  # noqa: E402

_backend.register()

_trt_alias.install()

__all__ = [
    "ENABLED_FEATURES",
    "Device",
    "DeviceType",
    "EngineCapability",
    "Input",
    "Platform",
    "compile",
    "convert_method_to_trt_engine",
    "dtype",
    "dump_build_info",
    "dynamo",
    "fx",
    "get_build_info",
    "load",
    "logging",
    "memory_format",
    "runtime",
    "save",
    "set_device",
    "trt",
    "ts",
    "utils",
]
