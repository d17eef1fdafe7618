# SPDX-License-Identifier: Apache-2.0
"""Every enumeration of torch_tensorrt.trt: nvinfer1's values, and the same ones as in our headers."""

import re
from enum import IntEnum
from pathlib import Path

import pytest

from torch_tensorrt import trt

INCLUDE = Path(__file__).resolve().parents[3] / "include" / "tenon"
# The last enumerator and its value; all are numbered from 0 without gaps.
LAST = {
    trt.ActivationType: ("GELU_TANH", 13),
    trt.AttentionNormalizationOp: ("SOFTMAX", 1),
    trt.BoundingBoxFormat: ("CENTER_SIZES", 1),
    trt.BuilderFlag: ("EDITABLE_TIMING_CACHE", 27),
    trt.CumulativeOperation: ("SUM", 0),
    trt.DataType: ("E8M0", 11),
    trt.DeviceType: ("DLA", 1),
    trt.ElementWiseOperation: ("LESS", 13),
    trt.EngineCapability: ("DLA_STANDALONE", 2),
    trt.ExecutionContextAllocationStrategy: ("USER_MANAGED", 2),
    trt.FillOperation: ("RANDOM_NORMAL", 2),
    trt.GatherMode: ("ND", 2),
    trt.HardwareCompatibilityLevel: ("SAME_COMPUTE_CAPABILITY", 2),
    trt.InterpolationMode: ("CUBIC", 2),
    trt.LayerInformationFormat: ("JSON", 1),
    trt.LayerType: ("DYNAMIC_QUANTIZE", 50),
    trt.LoopOutput: ("REVERSE", 2),
    trt.MatrixOperation: ("VECTOR", 2),
    trt.MemoryPoolType: ("TACTIC_SHARED_MEMORY", 5),
    trt.NetworkDefinitionCreationFlag: ("PREFER_JIT_PYTHON_PLUGINS", 3),
    trt.PaddingMode: ("SAME_LOWER", 3),
    trt.PluginFieldType: ("INT4", 12),
    trt.PoolingType: ("MAX_AVERAGE_BLEND", 2),
    trt.ProfilingVerbosity: ("DETAILED", 2),
    trt.QuantizationFlag: ("CALIBRATE_BEFORE_FUSION", 0),
    trt.ReduceOperation: ("NONE", 5),
    trt.ResizeCoordinateTransformation: ("HALF_PIXEL", 2),
    trt.ResizeRoundMode: ("CEIL", 3),
    trt.ResizeSelector: ("UPPER", 1),
    trt.RuntimePlatform: ("WINDOWS_AMD64", 1),
    trt.SampleMode: ("REFLECT", 4),
    trt.ScaleMode: ("ELEMENTWISE", 2),
    trt.ScatterMode: ("ND", 1),
    trt.SerializationFlag: ("INCLUDE_REFIT", 2),
    trt.Severity: ("VERBOSE", 4),
    trt.TacticSource: ("JIT_CONVOLUTIONS", 4),
    trt.TensorFormat: ("DHWC", 12),
    trt.TensorIOMode: ("OUTPUT", 2),
    trt.TensorLocation: ("HOST", 1),
    trt.TilingOptimizationLevel: ("FULL", 3),
    trt.TopKOperation: ("MIN", 1),
    trt.TripLimit: ("WHILE", 1),
    trt.UnaryOperation: ("ISNAN", 24),
    trt.WeightsRole: ("ANY", 5),
}


def test_every_enumeration_is_here():
    public = {getattr(trt, n) for n in trt.__all__}
    assert {v for v in public if isinstance(v, type) and issubclass(v, IntEnum)} == set(LAST)


@pytest.mark.parametrize("enum", LAST, ids=lambda e: e.__name__)
def test_enumerators_count_from_zero(enum):
    name, value = LAST[enum]
    assert [int(member) for member in enum] == list(range(value + 1))
    assert enum(value) is enum[name] and str(enum[name]) == f"{enum.__name__}.{name}"
    assert enum.__module__ == "torch_tensorrt.trt"


def headers() -> dict[str, dict[str, int]]:
    """Enumeration -> enumerator -> value, of the C++ network API; values of our own left out."""
    text = (INCLUDE / "network.h").read_text() + (INCLUDE / "types.h").read_text()
    found = {}
    for name, body in re.findall(r"enum class (\w+) : int32_t \{(.*?)\};", text, re.DOTALL):
        pairs = re.findall(r"\bk(\w+) = (\d+)", body)
        found[name] = {n: int(v) for n, v in pairs if int(v) < 100}
    return {name: values for name, values in found.items() if values}


@pytest.mark.parametrize("name", sorted(headers()))
def test_python_and_cpp_agree(name):
    in_python = {member.name: int(member) for member in getattr(trt, name)}
    in_cpp = headers()[name]
    assert in_cpp and in_cpp.items() <= in_python.items()


def test_other_names_of_the_same():
    assert trt.ResizeMode is trt.InterpolationMode and trt.SliceMode is trt.SampleMode
    assert (trt.int8, trt.uint8, trt.int64) == (
        trt.DataType.INT8,
        trt.DataType.UINT8,
        trt.DataType.INT64,
    )
    assert (trt.fp8, trt.int4, trt.fp4, trt.e8m0) == (
        trt.DataType.FP8,
        trt.DataType.INT4,
        trt.DataType.FP4,
        trt.DataType.E8M0,
    )
    assert trt.IBuilder is trt.Builder and trt.IRuntime is trt.Runtime
    assert trt.ILogger is trt.Logger and trt.IHostMemory is trt.HostMemory
    assert trt.BuilderConfig is trt.IBuilderConfig
    assert trt.OptimizationProfile is trt.IOptimizationProfile
