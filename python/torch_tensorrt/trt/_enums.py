# SPDX-License-Identifier: Apache-2.0
"""Enumerations with the names and values of nvinfer1. What our layers cannot do is listed too, so
that code that names it imports; using it raises NotImplementedError with the reason."""

from enum import IntEnum


def _enum(name: str, names: str, start: int = 0) -> type[IntEnum]:
    made = IntEnum(name, [(n, i) for i, n in enumerate(names.split(), start)])
    made.__module__ = "torch_tensorrt.trt"
    made.__str__ = lambda self: f"{type(self).__name__}.{self.name}"
    return made


DataType = _enum("DataType", "FLOAT HALF INT8 INT32 BOOL UINT8 FP8 BF16 INT64 INT4 FP4 E8M0")
ActivationType = _enum(
    "ActivationType",
    "RELU SIGMOID TANH LEAKY_RELU ELU SELU SOFTSIGN SOFTPLUS CLIP HARD_SIGMOID SCALED_TANH"
    " THRESHOLDED_RELU GELU_ERF GELU_TANH",
)
ElementWiseOperation = _enum(
    "ElementWiseOperation",
    "SUM PROD MAX MIN SUB DIV POW FLOOR_DIV AND OR XOR EQUAL GREATER LESS",
)
UnaryOperation = _enum(
    "UnaryOperation",
    "EXP LOG SQRT RECIP ABS NEG SIN COS TAN SINH COSH ASIN ACOS ATAN ASINH ACOSH ATANH CEIL FLOOR"
    " ERF NOT SIGN ROUND ISINF ISNAN",
)
ReduceOperation = _enum("ReduceOperation", "SUM PROD MAX MIN AVG NONE")
PoolingType = _enum("PoolingType", "MAX AVERAGE MAX_AVERAGE_BLEND")
MatrixOperation = _enum("MatrixOperation", "NONE TRANSPOSE VECTOR")
PaddingMode = _enum("PaddingMode", "EXPLICIT_ROUND_DOWN EXPLICIT_ROUND_UP SAME_UPPER SAME_LOWER")
InterpolationMode = _enum("InterpolationMode", "NEAREST LINEAR CUBIC")
ResizeMode = InterpolationMode
ResizeCoordinateTransformation = _enum(
    "ResizeCoordinateTransformation", "ALIGN_CORNERS ASYMMETRIC HALF_PIXEL"
)
ResizeSelector = _enum("ResizeSelector", "FORMULA UPPER")
ResizeRoundMode = _enum("ResizeRoundMode", "HALF_UP HALF_DOWN FLOOR CEIL")
GatherMode = _enum("GatherMode", "DEFAULT ELEMENT ND")
ScatterMode = _enum("ScatterMode", "ELEMENT ND")
TopKOperation = _enum("TopKOperation", "MAX MIN")
ScaleMode = _enum("ScaleMode", "UNIFORM CHANNEL ELEMENTWISE")
SampleMode = _enum("SampleMode", "STRICT_BOUNDS WRAP CLAMP FILL REFLECT")
SliceMode = SampleMode
FillOperation = _enum("FillOperation", "LINSPACE RANDOM_UNIFORM RANDOM_NORMAL")
CumulativeOperation = _enum("CumulativeOperation", "SUM")
AttentionNormalizationOp = _enum("AttentionNormalizationOp", "NONE SOFTMAX")
LoopOutput = _enum("LoopOutput", "LAST_VALUE CONCATENATE REVERSE")
TripLimit = _enum("TripLimit", "COUNT WHILE")
BoundingBoxFormat = _enum("BoundingBoxFormat", "CORNER_PAIRS CENTER_SIZES")
LayerType = _enum(
    "LayerType",
    "CONVOLUTION CAST ACTIVATION POOLING LRN SCALE SOFTMAX DECONVOLUTION CONCATENATION ELEMENTWISE"
    " PLUGIN UNARY PADDING SHUFFLE REDUCE TOPK GATHER MATRIX_MULTIPLY RAGGED_SOFTMAX CONSTANT"
    " IDENTITY PLUGIN_V2 SLICE SHAPE PARAMETRIC_RELU RESIZE TRIP_LIMIT RECURRENCE ITERATOR"
    " LOOP_OUTPUT SELECT FILL QUANTIZE DEQUANTIZE CONDITION CONDITIONAL_INPUT CONDITIONAL_OUTPUT"
    " SCATTER EINSUM ASSERTION ONE_HOT NON_ZERO GRID_SAMPLE NMS REVERSE_SEQUENCE NORMALIZATION"
    " PLUGIN_V3 SQUEEZE UNSQUEEZE CUMULATIVE DYNAMIC_QUANTIZE",
)
NetworkDefinitionCreationFlag = _enum(
    "NetworkDefinitionCreationFlag",
    "EXPLICIT_BATCH STRONGLY_TYPED PREFER_AOT_PYTHON_PLUGINS PREFER_JIT_PYTHON_PLUGINS",
)
BuilderFlag = _enum(
    "BuilderFlag",
    "FP16 INT8 DEBUG GPU_FALLBACK REFIT DISABLE_TIMING_CACHE TF32 SPARSE_WEIGHTS SAFETY_SCOPE"
    " OBEY_PRECISION_CONSTRAINTS PREFER_PRECISION_CONSTRAINTS DIRECT_IO REJECT_EMPTY_ALGORITHMS"
    " VERSION_COMPATIBLE EXCLUDE_LEAN_RUNTIME FP8 ERROR_ON_TIMING_CACHE_MISS BF16"
    " DISABLE_COMPILATION_CACHE STRIP_PLAN REFIT_IDENTICAL WEIGHT_STREAMING INT4 REFIT_INDIVIDUAL"
    " STRICT_NANS MONITOR_MEMORY FP4 EDITABLE_TIMING_CACHE",
)
MemoryPoolType = _enum(
    "MemoryPoolType",
    "WORKSPACE DLA_MANAGED_SRAM DLA_LOCAL_DRAM DLA_GLOBAL_DRAM TACTIC_DRAM TACTIC_SHARED_MEMORY",
)
ProfilingVerbosity = _enum("ProfilingVerbosity", "LAYER_NAMES_ONLY NONE DETAILED")
TensorFormat = _enum(
    "TensorFormat",
    "LINEAR CHW2 HWC8 CHW4 CHW16 CHW32 DHWC8 CDHW32 HWC DLA_LINEAR DLA_HWC4 HWC16 DHWC",
)
TensorLocation = _enum("TensorLocation", "DEVICE HOST")
TensorIOMode = _enum("TensorIOMode", "NONE INPUT OUTPUT")
DeviceType = _enum("DeviceType", "GPU DLA")
EngineCapability = _enum("EngineCapability", "STANDARD SAFETY DLA_STANDALONE")
LayerInformationFormat = _enum("LayerInformationFormat", "ONELINE JSON")
WeightsRole = _enum("WeightsRole", "KERNEL BIAS SHIFT SCALE CONSTANT ANY")
HardwareCompatibilityLevel = _enum(
    "HardwareCompatibilityLevel", "NONE AMPERE_PLUS SAME_COMPUTE_CAPABILITY"
)
RuntimePlatform = _enum("RuntimePlatform", "SAME_AS_BUILD WINDOWS_AMD64")
TilingOptimizationLevel = _enum("TilingOptimizationLevel", "NONE FAST MODERATE FULL")
ExecutionContextAllocationStrategy = _enum(
    "ExecutionContextAllocationStrategy", "STATIC ON_PROFILE_CHANGE USER_MANAGED"
)
TacticSource = _enum(
    "TacticSource", "CUBLAS CUBLAS_LT CUDNN EDGE_MASK_CONVOLUTIONS JIT_CONVOLUTIONS"
)
PluginFieldType = _enum(
    "PluginFieldType",
    "FLOAT16 FLOAT32 FLOAT64 INT8 INT16 INT32 CHAR DIMS UNKNOWN BF16 INT64 FP8 INT4",
)
SerializationFlag = _enum("SerializationFlag", "EXCLUDE_WEIGHTS EXCLUDE_LEAN_RUNTIME INCLUDE_REFIT")
QuantizationFlag = _enum("QuantizationFlag", "CALIBRATE_BEFORE_FUSION")
Severity = _enum("Severity", "INTERNAL_ERROR ERROR WARNING INFO VERBOSE")

__all__ = [
    name
    for name, value in list(globals().items())
    if isinstance(value, type) and issubclass(value, IntEnum) and value is not IntEnum
]
