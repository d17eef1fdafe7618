# SPDX-License-Identifier: Apache-2.0
"""What converters get and use: context, registry, and the helpers of converter_utils."""

import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from torch_tensorrt import trt
from torch_tensorrt.dynamo import CompilationSettings, conversion
from torch_tensorrt.dynamo.conversion import (
    DYNAMO_ATEN_CONVERTERS,
    DYNAMO_CONVERTERS,
    ConversionContext,
    ConverterPriority,
    ConverterSupport,
    converter_utils,
    dynamo_tensorrt_converter,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "converters"))

from converter_fixtures import only_this_test  # noqa: E402, F401
from trt_networks import build_and_run, network  # noqa: E402


def test_context():
    ctx: ConversionContext = ConversionContext(network()[1], CompilationSettings(min_block_size=2))
    assert (
        isinstance(ctx.net, trt.INetworkDefinition) and ctx.compilation_settings.min_block_size == 2
    )
    assert ctx.current_node is None and ctx.symbols == ctx.aliased_outputs == {}
    assert not (ctx.requires_output_allocator or ctx.requires_native_multidevice)
    weight = torch.ones(2)
    ctx.record_weight("w", weight)
    assert ctx.weight_refit_map["w"] is weight and ctx.cpu_weights_reference_holder == [weight]
    ctx.clear_cpu_weights_reference_holder()
    assert ctx.cpu_weights_reference_holder == []


def test_registry():
    key = torch.ops.aten.relu.default

    def validate(node, settings):
        return False

    @dynamo_tensorrt_converter(key, priority=ConverterPriority.STANDARD)
    def low(ctx, target, args, kwargs, name): ...

    @dynamo_tensorrt_converter(
        key,
        capability_validator=validate,
        priority=ConverterPriority.HIGH,
        supports_dynamic_shapes=True,
    )
    def high(ctx, target, args, kwargs, name): ...

    first: ConverterSupport
    second: ConverterSupport
    first, second = DYNAMO_CONVERTERS[key]
    assert isinstance(first, ConverterSupport)
    assert (first.converter_implementation, first.capability_validator) == (high, validate)
    assert first.supports_dynamic_shapes and first.priority == ConverterPriority.HIGH
    assert second.converter_implementation is low and not second.supports_dynamic_shapes
    assert second.priority == ConverterPriority.STANDARD and first.ids != second.ids
    assert DYNAMO_ATEN_CONVERTERS is DYNAMO_CONVERTERS
    assert conversion.remove_converter(high) == conversion.remove_converter(low) == 1
    assert key in DYNAMO_CONVERTERS and DYNAMO_CONVERTERS[key] == []  # the built-in one is left


def node(*sizes):
    value = types.SimpleNamespace(shape=sizes)
    return types.SimpleNamespace(meta={"val": value}, args=())


def test_validators():
    class Symbol:
        """A size that is no number."""

    assert conversion.has_dynamic_shapes(node(2, Symbol()))
    assert not converter_utils.has_dynamic_shapes(node(2, 3))
    assert converter_utils.dynamic_unsupported(node(2, 3))
    assert not converter_utils.dynamic_unsupported(node(Symbol(), 3))


def test_broadcast_makes_ranks_equal():
    def make(net, x, y):
        a, b = converter_utils.broadcast(ConversionContext(net), x, y, "a", "b")
        assert a.shape == (2, 3) and b.shape == (1, 3)
        return net.add_elementwise(a, b, trt.ElementWiseOperation.SUM)

    x, y = torch.randn(2, 3), torch.randn(3)
    (seen,) = build_and_run(make, x, y)
    torch.testing.assert_close(seen, x + y)


def test_promoted_as_torch_does():
    def make(net, x):
        a, b = converter_utils.promoted(ConversionContext(net), x, 0.5, "n")
        assert a.dtype == b.dtype == trt.float32
        return net.add_elementwise(a, b, trt.ElementWiseOperation.PROD)

    (seen,) = build_and_run(make, torch.tensor([1, 2, 3]).reshape(3))
    assert seen.tolist() == [0.5, 1.0, 1.5]


def test_shapes():
    _, net = network()
    ctx = ConversionContext(net)
    x = net.add_input("x", trt.float32, (2, 3, 4, 5))
    assert converter_utils.flatten_dims(x, 1, -2) == (2, 12, 5)
    with pytest.raises(ValueError, match="dim 7 of a tensor of 4 dims"):
        converter_utils.flatten_dims(x, 7, 7)

    def make(net, x):
        ctx = ConversionContext(net)
        size = net.add_shape(x).get_output(0)
        first = net.add_slice(size, (0,), (1,), (1,)).get_output(0)
        return converter_utils.shape_tensor(ctx, [first, 7], "sizes")

    (seen,) = build_and_run(make, torch.ones(3, 2))
    assert seen.dtype == torch.int64 and seen.tolist() == [3, 7]
    weights = converter_utils.to_trt_weights(ctx, np.ones(3, np.float32), "w")
    assert weights.size == 3 and ctx.weight_refit_map["w"].tolist() == [1, 1, 1]
