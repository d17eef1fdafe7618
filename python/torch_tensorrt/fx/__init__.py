# SPDX-License-Identifier: Apache-2.0
"""The old FX call: its names and keywords, leading into the same compiler as everything else."""

from ._converters import CONVERTERS, tensorrt_converter
from .input_tensor_spec import InputTensorSpec
from .lower import Lowerer, compile
from .lower_setting import LowerSetting
from .trt_module import TRTModule

__all__ = [
    "CONVERTERS",
    "InputTensorSpec",
    "LowerSetting",
    "Lowerer",
    "TRTModule",
    "compile",
    "tensorrt_converter",
]
