# SPDX-License-Identifier: Apache-2.0
"""Compiling programs of torch.export."""

from ._compiler import compile, convert_exported_program_to_serialized_trt_engine
from ._native import CompilationError
from ._settings import CompilationSettings
from ._tracer import trace

__all__ = [
    "CompilationError",
    "CompilationSettings",
    "compile",
    "convert_exported_program_to_serialized_trt_engine",
    "trace",
]
