# SPDX-License-Identifier: Apache-2.0
"""Calling the native compiler: in a thread of its own, so that Ctrl-C is seen at once and stops the
build at its next step, with a progress line on a terminal."""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading
import time
from typing import Any, Optional

import torch

from .. import _library
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


class _ProgressLine:
    """One line on stderr, overwritten; silent if stderr is no terminal, unless
    TORCH_TENSORRT_PROGRESS=1."""

    def __init__(self) -> None:
        wish = os.environ.get("TORCH_TENSORRT_PROGRESS")
        self._on = wish == "1" or (wish is None and sys.stderr is not None and sys.stderr.isatty())
        self._start = time.monotonic()
        self._width = 0

    def show(self, stage: str, done: int, total: int) -> None:
        if not self._on:
            return
        count = f" {done}/{total}" if total else ""
        text = f"torch_tensorrt: {stage}{count}, {time.monotonic() - self._start:.1f} s"
        print("\r" + text.ljust(self._width), end="", file=sys.stderr, flush=True)
        self._width = len(text)

    def clear(self) -> None:
        if self._on and self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)


class _Build:
    """One call of tenon_compile."""

    def __init__(self, request: bytes, constants: ConstantStructs):
        self._request, self._constants = request, constants
        self._cancel = False
        self._line = _ProgressLine()
        self._callback = _library.PROGRESS(self._progress)
        self._status, self._error = -1, ""
        self._handle = ctypes.c_void_p()

    def _progress(self, stage: bytes, done: int, total: int, _user: Any) -> int:
        if not self._cancel:
            self._line.show(stage.decode(errors="replace"), done, total)
        return 0 if self._cancel else 1

    def _compile(self) -> None:
        self._status = _library.tenon().tenon_compile(
            self._request,
            len(self._request),
            self._constants.array,
            self._constants.count,
            self._callback,
            None,
            ctypes.byref(self._handle),
        )
        if self._status:  # the message belongs to this thread
            self._error = _library.last_error()

    def run(self) -> Result:
        worker = threading.Thread(target=self._compile, name="torch_tensorrt build", daemon=True)
        worker.start()
        try:
            worker.join()
        except BaseException:
            # The worker reads the constants, so it must end before they may go.
            self._cancel = True
            worker.join()
            if self._status == 0:
                _library.tenon().tenon_result_free(self._handle)
            raise
        finally:
            self._line.clear()
        if self._status:
            raise CompilationError(self._error)
        return Result(self._handle.value)


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
    return _Build(request.encode(), ConstantStructs(constants)).run()
