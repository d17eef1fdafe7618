# SPDX-License-Identifier: Apache-2.0
"""Names of types in the signatures of converters."""

from typing import Any, Sequence, Union

from .. import trt

TRTNetwork = trt.INetworkDefinition
TRTTensor = trt.ITensor
TRTLayer = trt.ILayer
TRTDataType = trt.DataType
TRTElementWiseOp = trt.ElementWiseOperation
Shape = Sequence[int]
ShapeRange = Sequence[Shape]
Target = Any
Argument = Any
TRTReturn = Union[TRTTensor, Sequence[TRTTensor]]
