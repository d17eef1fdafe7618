# SPDX-License-Identifier: Apache-2.0
"""Calling the native TorchScript compiler: in a thread of its own, so that Ctrl-C is seen at once
and stops the build at its next step, with a progress line on a terminal."""

from __future__ import annotations

import ctypes
import threading
from typing import Any, Callable

import torch

from .. import _library
from ..dynamo._native import CompilationError, _ProgressLine


def unwrap(module: Any) -> Any:
    """The C++ module of a ScriptModule."""
    if not isinstance(module, torch.jit.ScriptModule):
        raise TypeError(
            f"wanted a torch.jit.ScriptModule, not {type(module).__name__};"
            " use torch.jit.script or torch.jit.trace first"
        )
    return module._c


def wrap(module: Any) -> torch.jit.ScriptModule:
    return torch.jit._recursive.wrap_cpp_module(module)


class _Call:
    def __init__(self, function: Callable, arguments: tuple):
        self._function, self._arguments = function, arguments
        self._cancel = False
        self._line = _ProgressLine()
        self._callback = _library.PROGRESS(self._progress)
        self._result: Any = None
        self._error: Any = None

    def _progress(self, stage: bytes, done: int, total: int, _user: Any) -> int:
        if not self._cancel:
            self._line.show(stage.decode(errors="replace"), done, total)
        return 0 if self._cancel else 1

    def _work(self) -> None:
        address = ctypes.cast(self._callback, ctypes.c_void_p).value
        try:
            self._result = self._function(*self._arguments, address)
        except RuntimeError as error:
            self._error = CompilationError(str(error))
        except BaseException as error:  # raised again in the caller's thread
            self._error = error

    def run(self) -> Any:
        worker = threading.Thread(target=self._work, name="torch_tensorrt build", daemon=True)
        worker.start()
        try:
            worker.join()
        except BaseException:
            self._cancel = True
            worker.join()
            raise
        finally:
            self._line.clear()
        if self._error is not None:
            raise self._error
        return self._result


def call(function: Callable, *arguments: Any) -> Any:
    """``function(*arguments, progress)``; errors are CompilationError."""
    return _Call(function, arguments).run()
