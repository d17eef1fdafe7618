# SPDX-License-Identifier: Apache-2.0
"""Names of torch_tensorrt.trt that are there to be imported: each says why it cannot be used."""

import sys
from pathlib import Path

import pytest

from torch_tensorrt import trt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "converters"))

from trt_networks import network  # noqa: E402

PLUGINS = "engines run no plugins"
CONTROL = "engines have no control flow"
QUANTIZED = "engines have no INT8, FP8 or FP4 arithmetic yet"
CALIBRATION = "engines have no implicit INT8 quantization"
DATA = "the size of its result depends on data"
REFIT = "engines are not refitted"
PROFILING = "use TorchTensorRTModule.enable_profiling"
MODELS = "models come from PyTorch"

CLASSES = [
    (trt.IPluginV2, PLUGINS),
    (trt.IPluginV2Ext, PLUGINS),
    (trt.IPluginV2DynamicExt, PLUGINS),
    (trt.IPluginV3, PLUGINS),
    (trt.IPluginV3OneBuild, PLUGINS),
    (trt.IPluginV3OneCore, PLUGINS),
    (trt.IPluginV3OneRuntime, PLUGINS),
    (trt.IPluginCreator, PLUGINS),
    (trt.IPluginCreatorV3One, PLUGINS),
    (trt.IPluginRegistry, PLUGINS),
    (trt.PluginField, PLUGINS),
    (trt.PluginFieldCollection, PLUGINS),
    (trt.IPluginV2Layer, PLUGINS),
    (trt.IPluginV3Layer, PLUGINS),
    (trt.PluginTensorDesc, PLUGINS),
    (trt.DynamicPluginTensorDesc, PLUGINS),
    (trt.DimsExprs, PLUGINS),
    (trt.IExprBuilder, PLUGINS),
    (trt.IDimensionExpr, PLUGINS),
    (trt.ILoop, CONTROL),
    (trt.ILoopOutputLayer, CONTROL),
    (trt.IIteratorLayer, CONTROL),
    (trt.IRecurrenceLayer, CONTROL),
    (trt.ITripLimitLayer, CONTROL),
    (trt.IIfConditional, CONTROL),
    (trt.IIfConditionalInputLayer, CONTROL),
    (trt.IIfConditionalOutputLayer, CONTROL),
    (trt.IConditionLayer, CONTROL),
    (trt.IQuantizeLayer, QUANTIZED),
    (trt.IDequantizeLayer, QUANTIZED),
    (trt.IDynamicQuantizeLayer, QUANTIZED),
    (trt.IInt8Calibrator, CALIBRATION),
    (trt.IInt8EntropyCalibrator, CALIBRATION),
    (trt.IInt8EntropyCalibrator2, CALIBRATION),
    (trt.IInt8MinMaxCalibrator, CALIBRATION),
    (trt.IInt8LegacyCalibrator, CALIBRATION),
    (trt.INonZeroLayer, DATA),
    (trt.INMSLayer, DATA),
    (trt.IOutputAllocator, DATA),
    (trt.IScatterLayer, "there is no scatter layer"),
    (trt.IOneHotLayer, "compare with a constant range"),
    (trt.IGridSampleLayer, "there is no grid sampling layer"),
    (trt.ILRNLayer, "there is no local response normalization layer"),
    (trt.IRaggedSoftMaxLayer, "there is no ragged softmax layer"),
    (trt.IReverseSequenceLayer, "there is no reverse sequence layer"),
    (trt.IAssertionLayer, "engines check the sizes of their inputs only"),
    (trt.Refitter, REFIT),
    (trt.IRefitter, REFIT),
    (trt.IAlgorithmSelector, "kernels are chosen by timing"),
    (trt.IGpuAllocator, "memory comes from torch"),
    (trt.IErrorRecorder, "errors are exceptions"),
    (trt.IProfiler, PROFILING),
    (trt.Profiler, PROFILING),
    (trt.IProgressMonitor, "progress is shown on the terminal"),
    (trt.OnnxParser, MODELS),
    (trt.OnnxParserFlag, MODELS),
]


@pytest.mark.parametrize(("kind", "reason"), CLASSES, ids=[k.__name__ for k, _ in CLASSES])
def test_a_class_refuses_to_be_made(kind, reason):
    with pytest.raises(NotImplementedError, match=f"^{kind.__name__} is not supported: {reason}"):
        kind()
    assert reason in kind.__doc__


LAYERS = [
    (lambda n, x: n.add_assertion(x, "text"), "add_assertion", "engines check the sizes"),
    (lambda n, x: n.add_dequantize(x, x), "add_dequantize", QUANTIZED),
    (lambda n, x: n.add_dist_collective(x), "add_dist_collective", "engines run on one device"),
    (lambda n, x: n.add_dynamic_quantize(x, 1, 16), "add_dynamic_quantize", QUANTIZED),
    (lambda n, x: n.add_grid_sample(x, x), "add_grid_sample", "there is no grid sampling layer"),
    (lambda n, x: n.add_if_conditional(), "add_if_conditional", CONTROL),
    (lambda n, x: n.add_kv_cache_update(x, x, x), "add_kv_cache_update", "no aliased inputs"),
    (lambda n, x: n.add_lrn(x, 5, 1.0, 1.0, 1.0), "add_lrn", "there is no local response"),
    (lambda n, x: n.add_moe(x), "add_moe", "there is no mixture-of-experts layer"),
    (lambda n, x: n.add_nms(x, x, x), "add_nms", DATA),
    (lambda n, x: n.add_one_hot(x, x, x, 0), "add_one_hot", "compare with a constant range"),
    (lambda n, x: n.add_plugin([x], None), "add_plugin", PLUGINS),
    (lambda n, x: n.add_plugin_ext([x], None), "add_plugin_ext", PLUGINS),
    (lambda n, x: n.add_plugin_v2([x], None), "add_plugin_v2", PLUGINS),
    (lambda n, x: n.add_ragged_softmax(x, x), "add_ragged_softmax", "mask with add_select"),
    (lambda n, x: n.add_reverse_sequence(x, x), "add_reverse_sequence", "stride -1 reverses"),
    (lambda n, x: n.add_rotary_embedding(x, x, x), "add_rotary_embedding", "use add_slice"),
]


@pytest.mark.parametrize(("add", "name", "reason"), LAYERS, ids=[n for _, n, _ in LAYERS])
def test_a_layer_that_engines_lack_says_why(add, name, reason):
    _, net = network()
    x = net.add_input("x", trt.float32, (2, 3))
    with pytest.raises(NotImplementedError, match=f"^{name} is not supported: .*{reason}"):
        add(net, x)
    assert net.num_layers == 0


def test_plugins():
    assert trt.init_libnvinfer_plugins(trt.Logger(), "") is True
    with pytest.raises(NotImplementedError, match="engines run no plugins"):
        trt.get_plugin_registry()
