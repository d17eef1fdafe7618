# SPDX-License-Identifier: Apache-2.0
"""Calling the native TorchScript compiler."""

from __future__ import annotations

import ctypes
from typing import Any, Callable

import torch

from .. import _build_thread
from ..dynamo._native import CompilationError


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


def call(function: Callable, *arguments: Any) -> Any:
    """``function(*arguments, progress)``, with the address of the C callback; errors are
    CompilationError, or KeyboardInterrupt when the user stops it."""

    def build(progress: Any) -> Any:
        try:
            return function(*arguments, ctypes.cast(progress, ctypes.c_void_p).value)
        except RuntimeError as error:
            raise CompilationError(str(error)) from None

    return _build_thread.run(build)
