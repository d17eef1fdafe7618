# SPDX-License-Identifier: Apache-2.0
"""Calling the native compiler, and what it returns."""

from __future__ import annotations

import ctypes
import json
from typing import Any, Optional

import torch

from .. import _build_thread, _library
from ._program import ConstantStructs


class CompilationError(RuntimeError):
    """The compiler refused or failed; the message names the node and the values seen and wanted."""


class Result:
    """A finished build; frees it when the last plan taken from it is gone."""

    def __init__(self, handle: int):
        self._handle = handle
        self.report = json.loads(_library.tenon().tenon_result_report(handle))

    def plan(self, segment: int) -> torch.Tensor:
        """The plan of an engine segment as a uint8 tensor; no copy."""
        data, size = ctypes.c_void_p(), ctypes.c_size_t()
        status = _library.tenon().tenon_result_plan(
            self._handle, segment, ctypes.byref(data), ctypes.byref(size)
        )
        if status:
            raise CompilationError(_library.last_error())
        view = (ctypes.c_uint8 * size.value).from_address(data.value)
        view.result = self  # the tensor holds the view, the view holds the result
        return torch.frombuffer(view, dtype=torch.uint8)

    def __del__(self) -> None:
        _library.tenon().tenon_result_free(self._handle)


def build(
    program_json: str,
    constants: dict[str, torch.Tensor],
    options: dict[str, Any],
    symbols: Optional[dict[str, list[int]]] = None,
) -> Result:
    """Compiles a program. Raises CompilationError, or KeyboardInterrupt when the user stops it."""
    rest = json.dumps(
        {"symbols": symbols or {}, "options": options, "threads": torch.get_num_threads()}
    )
    request = f'{{"program": {program_json}, {rest[1:]}'
    data, structs = request.encode(), ConstantStructs(constants)

    def compile_program(progress: Any) -> Result:
        handle = ctypes.c_void_p()
        status = _library.tenon().tenon_compile(
            data, len(data), structs.array, structs.count, progress, None, ctypes.byref(handle)
        )
        if status:  # the message belongs to this thread
            raise CompilationError(_library.last_error())
        return Result(handle.value)

    return _build_thread.run(compile_program)
