# SPDX-License-Identifier: Apache-2.0
"""torch_tensorrt.trt around the layers: values, tensors, networks, builder, engine, context."""

import json
import logging
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import torch_tensorrt
from torch_tensorrt import trt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "converters"))

from trt_networks import network, plan  # noqa: E402


def test_dims():
    assert trt.Dims.MAX_DIMS == 8
    with pytest.raises(ValueError, match="Dims of 9 sizes, wanted at most 8"):
        trt.Dims([1] * 9)
    size = trt.DimsHW(5, 6)
    assert (size.h, size.w) == (5, 6) and trt.Dims2(5, 6) == size
    assert trt.Dims((2, -1), [2, "n"]).exprs == [2, "n"]


def test_weights():
    values = np.arange(6, dtype=np.float32)
    weights = trt.Weights(values)
    assert weights.shape == (6,) and torch.equal(weights.tensor(), torch.arange(6.0))
    struct = weights.struct((2, 3))
    assert list(struct.shape[:2]) == [2, 3] and list(struct.strides[:2]) == [3, 1]
    borrowed = trt.Weights(trt.float32, values.ctypes.data, 6)
    assert np.array_equal(borrowed.numpy(), values)
    assert trt.Weights().struct() is None


def test_logger(caplog):
    logger = trt.Logger(trt.Logger.INFO)
    assert logger.min_severity == trt.Severity.INFO and trt.Logger.Severity is trt.Severity
    with caplog.at_level(logging.DEBUG, torch_tensorrt.logging.LOGGER.name):
        logger.log(trt.Logger.ERROR, "shown")
        logger.log(trt.Logger.WARNING, "shown too")
        logger.log(trt.Logger.VERBOSE, "hidden")
    seen = [(r.levelname, r.message) for r in caplog.records]
    assert seen == [("ERROR", "shown"), ("WARNING", "shown too")]
    assert trt.Logger(trt.Logger.INTERNAL_ERROR).min_severity == 0


def test_tensor():
    _, net = network()
    x: trt.ITensor = net.add_input("x", trt.float32, (-1, 3))
    x.name, x.dtype, x.shape = "y", trt.float16, (2, 4)
    assert (x.name, x.dtype, x.shape, x.network) == ("y", trt.float16, (2, 4), net)
    assert x.is_network_input and not x.is_network_output
    assert x.is_execution_tensor and not x.is_shape_tensor and not x.broadcast_across_batch
    assert x.location == trt.TensorLocation.DEVICE and x.dynamic_range is None
    assert x.allowed_formats == 1 << int(trt.TensorFormat.LINEAR)
    out: trt.ITensor = net.add_identity(x).get_output(0)
    with pytest.raises(NotImplementedError, match="only network inputs take another one"):
        out.dtype = trt.float32


def test_network():
    net: trt.INetworkDefinition
    builder, net = network()
    net.name = "small"
    assert net.name == "small" and net.flags == 1 and not net.has_implicit_batch_dimension
    assert net.get_flag(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    assert not net.get_flag(trt.NetworkDefinitionCreationFlag.PREFER_AOT_PYTHON_PLUGINS)
    x = net.add_input("x", trt.float32, (-1, 3))
    y = net.add_activation(x, trt.ActivationType.TANH).get_output(0)
    net.mark_output(x)
    net.mark_output(y)
    assert y.is_network_output and net.num_outputs == 2 and net.get_output(1) == y
    net.unmark_output(x)
    assert net.num_outputs == 1 and not x.is_network_output
    assert net.get_layer(0).num_outputs == 1 and "tanh" in net.print()
    size = net.size(x.shape.exprs[0])
    assert size.shape == () and size.dtype == trt.int64
    config = builder.create_builder_config()
    assert builder.is_network_supported(net, config)


def test_a_wrong_network_is_not_supported():
    builder, net = network()
    a, b = (net.add_input(n, trt.float32, (s,)) for n, s in (("a", 2), ("b", 3)))
    net.mark_output(net.add_elementwise(a, b, trt.ElementWiseOperation.SUM).get_output(0))
    assert not builder.is_network_supported(net, builder.create_builder_config())


def test_builder():
    logger = trt.Logger()
    builder = trt.Builder(logger)
    assert builder.logger is logger and builder.max_threads >= 1
    assert (builder.num_DLA_cores, builder.max_DLA_batch_size) == (0, 0)
    assert builder.platform_has_tf32 and builder.platform_has_fast_fp16
    assert not builder.platform_has_fast_int8
    builder.reset()
    assert isinstance(builder.create_network(), trt.INetworkDefinition)


def test_builder_config():
    config: trt.IBuilderConfig = trt.Builder(trt.Logger()).create_builder_config()
    assert config.builder_optimization_level == 3 and config.avg_timing_iterations == 1
    assert config.timing_cache_path == "" and config.device == "cpu"
    assert config.profiling_verbosity == trt.ProfilingVerbosity.LAYER_NAMES_ONLY
    assert config.engine_capability == trt.EngineCapability.STANDARD
    assert config.default_device_type == trt.DeviceType.GPU
    assert config.get_flag(trt.BuilderFlag.TF32)
    config.clear_flag(trt.BuilderFlag.TF32)
    assert not config.get_flag(trt.BuilderFlag.TF32) and config.flags == 0
    cache: trt.ITimingCache = config.create_timing_cache(b"")
    assert config.get_timing_cache() is None and config.set_timing_cache(cache, False)
    assert config.get_timing_cache() is cache
    assert cache.serialize() == b"" and cache.combine(cache, False) is False
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 4096)
    assert config.get_memory_pool_limit(trt.MemoryPoolType.WORKSPACE) == 4096


def test_optimization_profile():
    profile: trt.IOptimizationProfile = trt.Builder(trt.Logger()).create_optimization_profile()
    profile.set_shape("x", (1, 3), (2, 3), (4, 3))
    assert profile.get_shape("x") == [(1, 3), (2, 3), (4, 3)] and profile.get_shape("y") == []
    with pytest.raises(NotImplementedError, match="sizes come from their shapes"):
        profile.set_shape_input("x", (1,), (1,), (1,))
    config: trt.IBuilderConfig = trt.Builder(trt.Logger()).create_builder_config()
    assert config.num_optimization_profiles == 0 and config.add_optimization_profile(profile) == 0
    assert config.num_optimization_profiles == 1
    with pytest.raises(NotImplementedError, match="a second optimization profile: a plan has one"):
        config.add_optimization_profile(profile)


@pytest.fixture(scope="module")
def plan_bytes():
    builder, net = network()
    x = net.add_input("x", trt.float32, (-1, 3))
    y = net.add_activation(x, trt.ActivationType.RELU).get_output(0)
    y.name = "y"
    net.mark_output(y)
    return plan(builder, net, x=[(n, 3) for n in (1, 2, 4)])


def test_plan(plan_bytes):
    memory: trt.HostMemory = plan_bytes
    assert isinstance(memory, trt.IHostMemory) and isinstance(memory, bytes)
    assert memory.dtype == trt.int8 and memory.nbytes == len(memory)


def test_engine(plan_bytes):
    logger = trt.Logger()
    runtime = trt.Runtime(logger)
    assert runtime.logger is logger
    engine: trt.ICudaEngine = runtime.deserialize_cuda_engine(plan_bytes)
    assert isinstance(engine, trt.ICudaEngine) and engine.num_optimization_profiles == 1
    assert len(engine.name) == 16 and engine.num_layers == 1 and engine.num_io_tensors == 2
    assert [engine.get_tensor_name(i) for i in range(2)] == ["x", "y"]
    assert engine.get_tensor_shape("y") == (-1, 3)
    assert engine.get_tensor_location("x") == trt.TensorLocation.DEVICE
    assert engine.get_tensor_mode("x") == trt.TensorIOMode.INPUT
    inspector = engine.create_engine_inspector()
    assert isinstance(inspector, trt.EngineInspector)
    layer = json.loads(inspector.get_layer_information(0, trt.LayerInformationFormat.JSON))
    whole = inspector.get_engine_information(trt.LayerInformationFormat.JSON)
    assert json.loads(whole)["Layers"] == [layer]
    lines = inspector.get_engine_information(trt.LayerInformationFormat.ONELINE).splitlines()
    assert [json.loads(line) for line in lines] == [layer]


def test_context(plan_bytes):
    engine = trt.Runtime(trt.Logger()).deserialize_cuda_engine(plan_bytes)
    context: trt.IExecutionContext = engine.create_execution_context()
    assert isinstance(context, trt.IExecutionContext) and context.engine is engine
    assert context.all_shape_inputs_specified and not context.all_binding_shapes_specified
    assert context.set_input_shape("x", (2, 3)) and context.all_binding_shapes_specified
    assert context.infer_shapes() == [] and context.get_tensor_shape("y") == (2, 3)
    x, y = torch.randn(2, 3), torch.empty(2, 3)
    assert context.get_tensor_address("x") == 0
    assert context.set_tensor_address("x", x.data_ptr())
    assert context.set_tensor_address("y", y.data_ptr())
    assert context.get_tensor_address("x") == x.data_ptr()
    assert context.execute_async_v3(0) and torch.equal(y, x.relu())


def test_engine_with_config():
    builder, net = network()
    x = net.add_input("x", trt.float32, (2,))
    net.mark_output(net.add_unary(x, trt.UnaryOperation.NEG).get_output(0))
    config = builder.create_builder_config()
    config.builder_optimization_level, config.timing_cache_path = 0, "none"
    for build in (builder.build_engine_with_config, builder.build_engine):
        assert build(net, config).num_io_tensors == 2
