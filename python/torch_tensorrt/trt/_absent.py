# SPDX-License-Identifier: Apache-2.0
"""Layers of nvinfer1 that engines do not have: the name is there and says so."""

from typing import Any, NoReturn

_PLUGINS = "engines run no plugins; keep the op in PyTorch (torch_executed_ops), which runs it"
_CONTROL = "engines have no control flow; keep it in PyTorch, or unroll it while converting"
_QUANTIZED = "engines have no INT8, FP8 or FP4 arithmetic yet"
_DATA = "the size of its result depends on data, which an engine cannot give"

_REASONS = {
    "add_plugin": _PLUGINS,
    "add_plugin_v2": _PLUGINS,
    "add_plugin_v3": _PLUGINS,
    "add_plugin_ext": _PLUGINS,
    "add_loop": _CONTROL,
    "add_if_conditional": _CONTROL,
    "add_assertion": "engines check the sizes of their inputs only",
    "add_quantize": _QUANTIZED,
    "add_dequantize": _QUANTIZED,
    "add_dynamic_quantize": _QUANTIZED,
    "add_non_zero": _DATA,
    "add_nms": _DATA,
    "add_scatter": "there is no scatter layer; compare indices with a range and use add_select",
    "add_one_hot": "compare with a constant range (add_elementwise, EQUAL) instead",
    "add_grid_sample": "there is no grid sampling layer",
    "add_lrn": "there is no local response normalization layer",
    "add_ragged_softmax": "there is no ragged softmax layer; mask with add_select",
    "add_reverse_sequence": "there is no reverse sequence layer; add_slice with stride -1 reverses",
    "add_kv_cache_update": "engines have no aliased inputs and outputs",
    "add_dist_collective": "engines run on one device",
    "add_rotary_embedding": "use add_slice, add_elementwise and add_concatenation",
    "add_moe": "there is no mixture-of-experts layer",
}


def _absent(name: str, reason: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{name} is not supported: {reason}")

    method.__name__, method.__doc__ = name, f"NotImplementedError: {reason}."
    return method


class AbsentMethods:
    """Each of these raises NotImplementedError with its reason."""


for _name, _reason in _REASONS.items():
    setattr(AbsentMethods, _name, _absent(_name, _reason))


_NO_REFIT = "engines are not refitted; build again, or see torch_tensorrt's own settings"
_NO_CALIBRATION = "engines have no implicit INT8 quantization"
_CLASSES = {
    **dict.fromkeys(
        "IPluginV2 IPluginV2Ext IPluginV2DynamicExt IPluginV3 IPluginV3OneBuild IPluginV3OneCore"
        " IPluginV3OneRuntime IPluginCreator IPluginCreatorV3One IPluginRegistry PluginField"
        " PluginFieldCollection IPluginV2Layer IPluginV3Layer PluginTensorDesc"
        " DynamicPluginTensorDesc DimsExprs IExprBuilder IDimensionExpr".split(),
        _PLUGINS,
    ),
    **dict.fromkeys(
        "ILoop ILoopOutputLayer IIteratorLayer IRecurrenceLayer ITripLimitLayer IIfConditional"
        " IIfConditionalInputLayer IIfConditionalOutputLayer IConditionLayer".split(),
        _CONTROL,
    ),
    **dict.fromkeys("IQuantizeLayer IDequantizeLayer IDynamicQuantizeLayer".split(), _QUANTIZED),
    **dict.fromkeys(
        "IInt8Calibrator IInt8EntropyCalibrator IInt8EntropyCalibrator2 IInt8MinMaxCalibrator"
        " IInt8LegacyCalibrator".split(),
        _NO_CALIBRATION,
    ),
    **dict.fromkeys("INonZeroLayer INMSLayer IOutputAllocator".split(), _DATA),
    "IScatterLayer": _REASONS["add_scatter"],
    "IOneHotLayer": _REASONS["add_one_hot"],
    "IGridSampleLayer": _REASONS["add_grid_sample"],
    "ILRNLayer": _REASONS["add_lrn"],
    "IRaggedSoftMaxLayer": _REASONS["add_ragged_softmax"],
    "IReverseSequenceLayer": _REASONS["add_reverse_sequence"],
    "IAssertionLayer": _REASONS["add_assertion"],
    "Refitter": _NO_REFIT,
    "IRefitter": _NO_REFIT,
    "IAlgorithmSelector": "kernels are chosen by timing",
    "IGpuAllocator": "memory comes from torch",
    "IErrorRecorder": "errors are exceptions",
    "IProfiler": "use TorchTensorRTModule.enable_profiling",
    "Profiler": "use TorchTensorRTModule.enable_profiling",
    "IProgressMonitor": "progress is shown on the terminal",
    "OnnxParser": "models come from PyTorch; see torch_tensorrt.compile",
    "OnnxParserFlag": "models come from PyTorch; see torch_tensorrt.compile",
}


def _absent_class(name: str, reason: str) -> type:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{name} is not supported: {reason}")

    text = f"NotImplementedError when it is made: {reason}."
    return type(name, (), {"__init__": refuse, "__doc__": text, "__module__": "torch_tensorrt.trt"})


# There so that annotations, isinstance and subclasses can name them.
ABSENT_CLASSES = {name: _absent_class(name, reason) for name, reason in _CLASSES.items()}
