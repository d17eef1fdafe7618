# SPDX-License-Identifier: Apache-2.0
"""Converters written in Python: ``dynamo_tensorrt_converter`` and what such a function gets and
uses. They stand in the one table beside the built-in ones and work from every way in."""

from . import converter_utils, impl
from ._ConversionContext import ConversionContext
from ._ConverterRegistry import (
    DYNAMO_ATEN_CONVERTERS,
    DYNAMO_CONVERTERS,
    ConverterPriority,
    ConverterSupport,
    dynamo_tensorrt_converter,
    remove_converter,
)
from .converter_utils import has_dynamic_shapes

__all__ = [
    "DYNAMO_ATEN_CONVERTERS",
    "DYNAMO_CONVERTERS",
    "ConversionContext",
    "ConverterPriority",
    "ConverterSupport",
    "converter_utils",
    "dynamo_tensorrt_converter",
    "has_dynamic_shapes",
    "impl",
    "remove_converter",
]
