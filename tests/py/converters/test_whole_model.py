# SPDX-License-Identifier: Apache-2.0
"""LeNet with every op converted in Python, static and with a dynamic batch, against eager; and the
layers that the engine has then."""

import json

import pytest
import torch
from converter_fixtures import both_devices, only_this_test  # noqa: F401
from models import LeNet, batch

import torch_tensorrt
from torch_tensorrt import trt
from torch_tensorrt.dynamo.conversion import converter_utils as utils
from torch_tensorrt.dynamo.conversion import dynamo_tensorrt_converter, impl

ATEN = torch.ops.aten


def register():
    """Converters for LeNet's ops; returns the list of ops they were called for."""
    called = []

    def converter(op):
        def wrap(function):
            @dynamo_tensorrt_converter(op, supports_dynamic_shapes=True)
            def convert(ctx, target, args, kwargs, name):
                called.append(target)
                return function(ctx, target, name, *args, **kwargs)

        return wrap

    @converter(ATEN.conv2d.default)
    def conv2d(ctx, target, name, x, weight, bias=None, stride=(1, 1), padding=(0, 0), *rest):
        kernel = utils.to_trt_weights(ctx, weight, name + "_kernel")
        shift = utils.to_trt_weights(ctx, bias, name + "_bias")
        layer = ctx.net.add_convolution_nd(x, weight.shape[0], weight.shape[2:], kernel, shift)
        layer.stride_nd, layer.padding_nd = stride, padding
        utils.set_layer_name(layer, target, name)
        return layer.get_output(0)

    @converter(ATEN.relu.default)
    def relu(ctx, target, name, x):
        return impl.activation.relu(ctx, target, None, name, x)

    @converter(ATEN.max_pool2d.default)
    def max_pool2d(ctx, target, name, x, window, stride=None):
        layer = ctx.net.add_pooling_nd(x, trt.PoolingType.MAX, [window[0], window[-1]])
        layer.stride_nd = layer.window_size_nd
        return layer.get_output(0)

    @converter(ATEN.flatten.using_ints)
    def flatten(ctx, target, name, x, start=0, end=-1):
        assert start == 1
        size = impl.shape.shape(ctx, target, None, name + "_batch", x, 0)
        return impl.shuffle.reshape(ctx, target, None, name, x, [size, -1])

    @converter(ATEN.linear.default)
    def linear(ctx, target, name, x, weight, bias=None):
        kernel = utils.get_trt_tensor(ctx, weight, name + "_weight")
        none, transpose = trt.MatrixOperation.NONE, trt.MatrixOperation.TRANSPOSE
        y = impl.matmul.matrix_multiply(ctx, target, None, name, x, kernel, none, transpose)
        return impl.elementwise.add(ctx, target, None, name + "_bias", y, bias)

    return called


@both_devices
@pytest.mark.parametrize("dynamic", [False, True])
def test_lenet(dynamic, device):
    called = register()
    model = LeNet().eval().to(device)
    x = torch.randn(3, 1, 28, 28, device=device)
    spec = batch(1, 28, 28) if dynamic else x
    with torch.no_grad():
        module = torch_tensorrt.compile(
            model, inputs=[spec], require_full_compilation=True, device=device
        )
        torch.testing.assert_close(module(x), model(x), rtol=1e-3, atol=1e-3)
    names = ("conv2d.default", "relu.default", "max_pool2d.default", "linear.default")
    counts = [sum(str(op) == f"aten.{name}" for op in called) for name in names]
    assert counts == [2, 4, 2, 3]
    layers = json.loads(module._run_on_acc_0.get_layer_info())["Layers"]
    assert len(layers) < len(called) + 2  # fused as the built-in ones are
