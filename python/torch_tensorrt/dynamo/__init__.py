# SPDX-License-Identifier: Apache-2.0
"""Compiling programs of torch.export."""

from . import conversion
from ._compiler import compile, convert_exported_program_to_serialized_trt_engine
from ._native import CompilationError
from ._settings import CompilationSettings
from ._SourceIR import SourceIR
from ._tracer import trace

__all__ = [
    "CompilationError",
    "CompilationSettings",
    "SourceIR",
    "compile",
    "conversion",
    "convert_exported_program_to_serialized_trt_engine",
    "trace",
]
