# SPDX-License-Identifier: Apache-2.0
"""torch_tensorrt.trt: values of nvinfer1's enumerators, the alias, a network from nothing to a run."""

import numpy as np
import pytest
import torch
from converter_fixtures import both_devices
from trt_networks import build_and_run, network, plan, run

from torch_tensorrt import trt

# As nvinfer1 has them; a converter may store the numbers.
VALUES = {
    trt.DataType: {"FLOAT": 0, "HALF": 1, "INT8": 2, "INT32": 3, "BOOL": 4, "BF16": 7, "INT64": 8},
    trt.ActivationType: {"RELU": 0, "LEAKY_RELU": 3, "CLIP": 8, "GELU_ERF": 12, "GELU_TANH": 13},
    trt.ElementWiseOperation: {"SUM": 0, "PROD": 1, "MAX": 2, "DIV": 5, "POW": 6, "LESS": 13},
    trt.UnaryOperation: {"EXP": 0, "RECIP": 3, "NEG": 5, "ERF": 19, "NOT": 20, "ISNAN": 24},
    trt.ReduceOperation: {"SUM": 0, "PROD": 1, "MAX": 2, "MIN": 3, "AVG": 4},
    trt.PoolingType: {"MAX": 0, "AVERAGE": 1, "MAX_AVERAGE_BLEND": 2},
    trt.MatrixOperation: {"NONE": 0, "TRANSPOSE": 1, "VECTOR": 2},
    trt.PaddingMode: {"EXPLICIT_ROUND_DOWN": 0, "EXPLICIT_ROUND_UP": 1, "SAME_UPPER": 2},
    trt.ResizeMode: {"NEAREST": 0, "LINEAR": 1, "CUBIC": 2},
    trt.ResizeCoordinateTransformation: {"ALIGN_CORNERS": 0, "ASYMMETRIC": 1, "HALF_PIXEL": 2},
    trt.GatherMode: {"DEFAULT": 0, "ELEMENT": 1, "ND": 2},
    trt.ScaleMode: {"UNIFORM": 0, "CHANNEL": 1, "ELEMENTWISE": 2},
    trt.SampleMode: {"STRICT_BOUNDS": 0, "WRAP": 1, "CLAMP": 2, "FILL": 3, "REFLECT": 4},
    trt.LayerType: {"CONVOLUTION": 0, "SHUFFLE": 13, "CONSTANT": 19, "SLICE": 22, "SELECT": 30},
    trt.TensorFormat: {"LINEAR": 0, "HWC8": 2, "HWC": 8, "DHWC": 12},
    trt.NetworkDefinitionCreationFlag: {"EXPLICIT_BATCH": 0, "STRONGLY_TYPED": 1},
    trt.MemoryPoolType: {"WORKSPACE": 0, "TACTIC_SHARED_MEMORY": 5},
}


@pytest.mark.parametrize("enum", VALUES, ids=lambda e: e.__name__)
def test_enumerators_have_nvinfer1s_values(enum):
    assert {name: int(enum[name]) for name in VALUES[enum]} == VALUES[enum]


def test_the_small_names():
    assert (trt.float32, trt.float16, trt.bool) == (
        trt.DataType.FLOAT,
        trt.DataType.HALF,
        trt.DataType.BOOL,
    )
    assert trt.nptype(trt.int32) is np.int32 and trt.volume((2, 3, 4)) == 24
    with pytest.raises(TypeError, match="numpy has no type"):
        trt.nptype(trt.bfloat16)
    dims = trt.Dims([2, 3])
    dims[1] = 4
    assert dims == (2, 4) and list(dims) == [2, 4] and dims[-1:] == [4] and len(dims) == 2
    assert trt.DimsHW(5, 6).w == 6 and tuple(trt.Dims4((1, 2, 3, 4))) == (1, 2, 3, 4)
    with pytest.raises(ValueError, match="wants 3 sizes"):
        trt.Dims3(1, 2)
    weights = trt.Weights(np.arange(6, dtype=np.float32).reshape(2, 3))
    assert (weights.size, weights.nbytes, weights.dtype) == (6, 24, trt.float32)
    assert np.array_equal(weights.numpy(), np.arange(6).reshape(2, 3))
    assert trt.Weights().size == 0
    assert isinstance(trt.__version__, str)


def test_absent_classes_may_be_named():
    class Mine(trt.IPluginV3):
        pass

    assert not isinstance(3, trt.ILoop)
    with pytest.raises(NotImplementedError, match="IPluginV3 is not supported: engines run no"):
        Mine()


def test_the_alias(fresh_python):
    code = (
        "import importlib.util; before = importlib.util.find_spec('tensorrt')\n"
        "import torch_tensorrt, tensorrt, sys\n"
        "ours = tensorrt is torch_tensorrt.trt\n"
        "assert ours == (before is None), (ours, before)\n"
        "from tensorrt import DataType\n"
        "assert importlib.util.find_spec('tensorrt') is not None\n"
        "print('done')"
    )
    assert fresh_python(code).strip() == "done"


def test_the_alias_leaves_another_package_alone(fresh_python, tmp_path, monkeypatch):
    (tmp_path / "tensorrt.py").write_text("mine = True\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code = "import torch_tensorrt, tensorrt; print(tensorrt.mine)"
    assert fresh_python(code).strip() == "True"


@both_devices
def test_network_to_plan_to_run(device):
    torch_weight, bias = torch.randn(4, 3, 3, 3), torch.randn(4)
    builder, net = network()
    x = net.add_input("x", trt.float32, (-1, 3, 8, 8))
    conv = net.add_convolution_nd(x, 4, (3, 3), torch_weight.numpy(), trt.Weights(bias.numpy()))
    conv.stride_nd, conv.padding_nd, conv.name = (2, 2), (1, 1), "conv"
    relu = net.add_activation(conv.get_output(0), trt.ActivationType.RELU)
    relu.get_output(0).name = "y"
    net.mark_output(relu.get_output(0))
    assert (net.num_layers, net.num_inputs, net.num_outputs) == (2, 1, 1)
    assert net.get_layer(0).name == "conv" and net[0].type == trt.LayerType.CONVOLUTION
    assert net.get_input(0) == x and relu.get_output(0).shape == (-1, 4, 4, 4)
    shapes = [(n, 3, 8, 8) for n in (1, 2, 4)]
    plan_bytes = plan(builder, net, device, x=shapes)
    assert plan_bytes.nbytes == len(bytes(plan_bytes)) > 0
    engine = trt.Runtime(trt.Logger()).deserialize_cuda_engine(plan_bytes)
    assert engine.num_io_tensors == 2 and engine.get_tensor_mode("y") == trt.TensorIOMode.OUTPUT
    assert engine.get_tensor_dtype("x") == trt.float32
    assert engine.get_tensor_profile_shape("x", 0) == shapes
    assert engine.serialize() == plan_bytes
    assert "Layers" in engine.create_engine_inspector().get_engine_information(
        trt.LayerInformationFormat.JSON
    )
    value = torch.randn(3, 3, 8, 8)
    wanted = torch.relu(torch.conv2d(value, torch_weight, bias, 2, 1))
    (seen,) = run(engine, value.to(device))
    torch.testing.assert_close(seen.cpu(), wanted, rtol=1e-2, atol=1e-2)
    context = engine.create_execution_context()
    assert context.infer_shapes() == ["x"]
    with pytest.raises(RuntimeError, match="inputs without a shape: x"):
        context.execute_v2([0, 0])
    context.set_input_shape("x", (9, 3, 8, 8))
    with pytest.raises(RuntimeError, match="has no address"):
        context.execute_v2([0, 0])
    with pytest.raises(ValueError, match="no tensor 'z', only x, y"):
        context.set_tensor_address("z", 0)


def test_slices_of_shapes_keep_run_time_sizes():
    _, net = network()
    x = net.add_input("x", trt.float32, (-1, 3, -1))
    x.set_dimension_name(0, "n")
    assert x.shape == (-1, 3, -1) and x.shape.exprs == ["n", 3, "x_2"]
    assert x.shape[1:] == (3, -1) and x.shape[1:].exprs == [3, "x_2"]
    assert (x.get_dimension_name(0), x.get_dimension_name(1)) == ("n", "")
    layer = net.add_shuffle(x)
    layer.reshape_dims = trt.Dims([-1, -1, 3], [*x.shape.exprs[2:], "n", 3])
    assert layer.get_output(0).shape.exprs == ["x_2", "n", 3]


def test_mistakes_are_errors_with_names():
    _, net = network()
    x = net.add_input("x", trt.float32, (2, 3))
    with pytest.raises(RuntimeError, match="there are two inputs named 'x'"):
        net.add_input("x", trt.float32, (2, 3))
    with pytest.raises(RuntimeError, match="which has no dim|does not broadcast|do not broadcast"):
        y = net.add_input("y", trt.float32, (5,))
        net.add_elementwise(x, y, trt.ElementWiseOperation.SUM).get_output(0).shape  # noqa: B018
    with pytest.raises(ValueError, match="has 4 values"):
        net.add_constant((2, 3), np.zeros(4, np.float32))
    with pytest.raises(TypeError, match="input 0 of unary is int, wanted an ITensor"):
        net.add_unary(3, trt.UnaryOperation.EXP)
    with pytest.raises(IndexError, match="has 1 outputs, no output 1"):
        net.add_identity(x).get_output(1)
    with pytest.raises(RuntimeError, match="the network has no output"):
        net.print()


ABSENT = [
    (lambda net, x: net.add_loop(), "add_loop is not supported: engines have no control flow"),
    (lambda net, x: net.add_plugin_v3([x], [], None), "engines run no plugins"),
    (lambda net, x: net.add_non_zero(x), "the size of its result depends on data"),
    (lambda net, x: net.add_quantize(x, x), "no INT8, FP8 or FP4 arithmetic"),
    (lambda net, x: net.add_scatter(x, x, x, trt.ScatterMode.ELEMENT), "there is no scatter layer"),
    (lambda net, x: net.add_softmax(x).__setattr__("axes", 3), "wanted exactly one axis"),
    (lambda net, x: net.add_gather_v2(x, x, trt.GatherMode.ND), "one axis at a time"),
    (
        lambda net, x: net.add_slice(x, (0, 0), (1, 1), (1, 1)).__setattr__(
            "mode", trt.SampleMode.FILL
        ),
        "a slice stays inside its input",
    ),
    (
        lambda net, x: net.add_fill((2,), trt.FillOperation.RANDOM_UNIFORM),
        "engines draw no random numbers",
    ),
    (lambda net, x: net.add_softmax(x).set_output_type(0, trt.int32), "use add_cast"),
    (lambda net, x: x.set_dynamic_range(0, 1), "no implicit INT8 quantization"),
    (lambda net, x: trt.OnnxParser(net, None), "models come from PyTorch"),
]


@pytest.mark.parametrize(("use", "text"), ABSENT, ids=[t for _, t in ABSENT])
def test_what_is_absent_says_so(use, text):
    _, net = network()
    with pytest.raises(NotImplementedError, match=text):
        use(net, net.add_input("x", trt.float32, (2, 3)))


def test_flags_without_effect_warn():
    config = trt.Builder(trt.Logger()).create_builder_config()
    config.set_flag(trt.BuilderFlag.FP16)
    assert config.get_flag(trt.BuilderFlag.FP16) and config.get_flag(trt.BuilderFlag.TF32)
    with pytest.warns(UserWarning, match="SPARSE_WEIGHTS has no effect here"):
        config.set_flag(trt.BuilderFlag.SPARSE_WEIGHTS)
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1 << 20)
    assert config.get_memory_pool_limit(trt.MemoryPoolType.WORKSPACE) == 1 << 20


def test_an_identity_becomes_a_cast():
    def make(net, x):
        layer = net.add_identity(x)
        layer.set_output_type(0, trt.int32)
        return layer

    (seen,) = build_and_run(make, torch.tensor([1.7, -2.2]))
    assert seen.dtype == torch.int32 and seen.tolist() == [1, -2]
