# SPDX-License-Identifier: Apache-2.0
"""The TorchScript frontend: ScriptModule in, ScriptModule that runs engines out."""

from .. import logging
from .._build_info import dump_build_info, get_build_info, set_device
from .._Device import Device as TorchScriptDevice
from .._Input import Input as TorchScriptInput
from ._compiler import (
    TensorRTCompileSpec,
    check_method_op_support,
    compile,
    convert_method_to_trt_engine,
    embed_engine_in_new_module,
)

__all__ = [
    "TensorRTCompileSpec",
    "TorchScriptDevice",
    "TorchScriptInput",
    "check_method_op_support",
    "compile",
    "convert_method_to_trt_engine",
    "dump_build_info",
    "embed_engine_in_new_module",
    "get_build_info",
    "logging",
    "set_device",
]
