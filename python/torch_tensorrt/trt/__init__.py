# SPDX-License-Identifier: Apache-2.0
"""A module shaped like the ``tensorrt`` package, over the network API of our own engine, for
converters and scripts written against those names. Enumerators have nvinfer1's values; what engines
cannot do raises NotImplementedError with the reason. Differences: docs/user_converters.md."""

from .. import _library
from . import _enums, _layers, _windows
from ._absent import ABSENT_CLASSES
from ._builder import (
    Builder,
    HostMemory,
    IBuilderConfig,
    IHostMemory,
    IOptimizationProfile,
    ITimingCache,
    Logger,
    get_plugin_registry,
    init_libnvinfer_plugins,
)
from ._enums import *  # noqa: F403
from ._enums import DataType
from ._layer import ILayer
from ._layers import *  # noqa: F403
from ._network import INetworkDefinition
from ._runtime import EngineInspector, ICudaEngine, IExecutionContext, Runtime
from ._tensor import ITensor
from ._values import (
    Dims,
    Dims2,
    Dims3,
    Dims4,
    DimsHW,
    Permutation,
    Weights,
    nptype,
    volume,
)
from ._windows import *  # noqa: F403

globals().update(ABSENT_CLASSES)

__version__ = _library.version()

float32, float16, int8, int32 = DataType.FLOAT, DataType.HALF, DataType.INT8, DataType.INT32
bool, uint8, fp8, bfloat16 = DataType.BOOL, DataType.UINT8, DataType.FP8, DataType.BF16  # noqa: A001
int64, int4, fp4, e8m0 = DataType.INT64, DataType.INT4, DataType.FP4, DataType.E8M0

IBuilder, IRuntime, ILogger = Builder, Runtime, Logger
BuilderConfig, OptimizationProfile = IBuilderConfig, IOptimizationProfile

__all__ = [  # noqa: PLE0604
    *_enums.__all__,
    *_layers.__all__,
    *_windows.__all__,
    *ABSENT_CLASSES,
    "Builder",
    "BuilderConfig",
    "Dims",
    "Dims2",
    "Dims3",
    "Dims4",
    "DimsHW",
    "EngineInspector",
    "HostMemory",
    "IBuilder",
    "IBuilderConfig",
    "ICudaEngine",
    "IExecutionContext",
    "IHostMemory",
    "ILayer",
    "ILogger",
    "INetworkDefinition",
    "IOptimizationProfile",
    "IRuntime",
    "ITensor",
    "ITimingCache",
    "Logger",
    "OptimizationProfile",
    "Permutation",
    "Runtime",
    "Weights",
    "__version__",
    "bfloat16",
    "bool",
    "e8m0",
    "float16",
    "float32",
    "fp4",
    "fp8",
    "get_plugin_registry",
    "init_libnvinfer_plugins",
    "int32",
    "int4",
    "int64",
    "int8",
    "nptype",
    "uint8",
    "volume",
]
