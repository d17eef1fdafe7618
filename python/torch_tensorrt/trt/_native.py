# SPDX-License-Identifier: Apache-2.0
"""The C functions of c_api_network.h: typed once, failures as RuntimeError with the native message."""

from __future__ import annotations

import ctypes
import functools
import json
import math
from typing import Any, Optional, Sequence

from .. import _library
from .._library import TensorStruct

_int, _size, _text, _ptr = ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p
_handle, _i32, _i64 = ctypes.c_uint64, ctypes.c_int32, ctypes.c_int64
_p = ctypes.POINTER

VALIDATE = ctypes.CFUNCTYPE(_int, _text, _ptr)
CONVERT = ctypes.CFUNCTYPE(_int, _handle, _text, _ptr)

# Arguments of the functions that return a code.
_ARGUMENTS: dict[str, list[Any]] = {
    "tenon_network_create": [_p(_handle)],
    "tenon_network_free": [_handle],
    "tenon_network_info": [_handle, _p(_text)],
    "tenon_network_set_name": [_handle, _text],
    "tenon_network_print": [_handle, _p(_text)],
    "tenon_network_add_input": [_handle, _text, _i32, _i32, _p(_i64), _p(_handle)],
    "tenon_network_mark_output": [_handle, _handle, _int],
    "tenon_network_add_layer": [_handle, _text, _p(_handle), _size, _text, _p(_handle)],
    "tenon_network_add_composite": [_handle, _text, _p(_handle), _size, _text, _p(_handle)],
    "tenon_network_add_constant": [_handle, _p(TensorStruct), _p(_handle)],
    "tenon_network_add_weighted": [
        _handle,
        _text,
        _handle,
        _i64,
        _i32,
        _p(_i64),
        _p(TensorStruct),
        _p(TensorStruct),
        _p(_handle),
    ],
    "tenon_layer_info": [_handle, _p(_text)],
    "tenon_layer_set_name": [_handle, _text],
    "tenon_layer_set": [_handle, _text],
    "tenon_layer_get": [_handle, _text, _p(_text)],
    "tenon_layer_set_input": [_handle, _i32, _handle],
    "tenon_tensor_info": [_handle, _p(_text)],
    "tenon_tensor_set_name": [_handle, _text],
    "tenon_tensor_set_type": [_handle, _i32, _text],
    "tenon_tensor_set_dimension_name": [_handle, _i32, _text],
    "tenon_network_build": [_handle, _text, _p(_handle)],
    "tenon_plan_data": [_handle, _p(_ptr), _p(_size)],
    "tenon_plan_free": [_handle],
    "tenon_convert_return": [_handle, _p(_handle), _size],
    "tenon_convert_data": [_handle, _size, _p(_ptr), _p(_size)],
    "tenon_register_converter": [_text, _text, _int, _int, VALIDATE, CONVERT, _ptr, _p(_int)],
    "tenon_unregister_converter": [_int],
    "tenon_converters": [_p(_text)],
}


@functools.cache
def library() -> ctypes.CDLL:
    """libtenon.so with the functions of the network API typed."""
    tenon = _library.tenon()
    for name, arguments in _ARGUMENTS.items():
        function = getattr(tenon, name)
        function.restype, function.argtypes = _int, arguments
    tenon.tenon_callback_message.restype = None
    tenon.tenon_callback_message.argtypes = [_text]
    tenon.tenon_current_settings.restype = _text
    tenon.tenon_current_settings.argtypes = []
    return tenon


def call(name: str, *arguments: Any) -> None:
    """Calls a function; RuntimeError with its message if it fails."""
    if getattr(library(), f"tenon_{name}")(*arguments):
        raise RuntimeError(_library.last_error())


def handle_from(name: str, *arguments: Any) -> int:
    """Calls a function whose last argument receives a handle."""
    out = _handle()
    call(name, *arguments, ctypes.byref(out))
    return out.value


def json_from(name: str, *arguments: Any) -> Any:
    """Calls a function whose last argument receives a JSON text."""
    out = _text()
    call(name, *arguments, ctypes.byref(out))
    return from_json(json.loads(out.value))


def text_from(name: str, *arguments: Any) -> str:
    out = _text()
    call(name, *arguments, ctypes.byref(out))
    return out.value.decode()


def data_from(name: str, *arguments: Any) -> tuple[Optional[int], int]:
    """Address and bytes that a function hands out."""
    data, size = _ptr(), _size()
    call(name, *arguments, ctypes.byref(data), ctypes.byref(size))
    return data.value, size.value


def handles(values: Sequence[int]) -> Any:
    return (_handle * max(len(values), 1))(*values)


def integers(values: Sequence[int]) -> Any:
    return (_i64 * max(len(values), 1))(*values)


def to_json(value: Any) -> bytes:
    """JSON with the spelling of numbers that JSON lacks."""
    return json.dumps(_spelled(value), allow_nan=False).encode()


def _spelled(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}
    if isinstance(value, dict):
        return {k: _spelled(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_spelled(v) for v in value]
    return value


def from_json(value: Any) -> Any:
    """The inverse of the spelling of ``to_json``."""
    if isinstance(value, dict):
        if value.keys() == {"float"}:
            return float(value["float"])
        return {k: from_json(v) for k, v in value.items()}
    return [from_json(v) for v in value] if isinstance(value, list) else value
