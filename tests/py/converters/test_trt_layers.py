# SPDX-License-Identifier: Apache-2.0
"""Each add_* method of torch_tensorrt.trt against what torch computes."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from trt_networks import build_and_run

from torch_tensorrt import trt

E, U, R = trt.ElementWiseOperation, trt.UnaryOperation, trt.ReduceOperation
A, M = trt.ActivationType, trt.MatrixOperation


def constant(net, values, dtype=np.int64):
    values = np.array(values, dtype)
    return net.add_constant(values.shape, values).get_output(0)


def with_attrs(layer, **attrs):
    for name, value in attrs.items():
        setattr(layer, name, value)
        seen = getattr(layer, name)
        assert seen == value or list(seen) == list(value), (name, seen, value)
    return layer


def pooled(net, x):
    layer = net.add_pooling_nd(x, trt.PoolingType.AVERAGE, (3, 3))
    return with_attrs(
        layer, stride_nd=(2, 2), padding_nd=(1, 1), average_count_excludes_padding=False
    )


def ceiled(net, x):
    layer = net.add_pooling(x, trt.PoolingType.MAX, trt.DimsHW(3, 3))
    return with_attrs(layer, stride=(2, 2), padding_mode=trt.PaddingMode.EXPLICIT_ROUND_UP)


def shuffled(net, x):
    layer = net.add_shuffle(x)
    layer.first_transpose = trt.Permutation([0, 2, 1, 3])
    layer.reshape_dims = (0, 0, -1)
    layer.second_transpose = (1, 0, 2)
    return layer


def resized(net, x):
    layer = net.add_resize(x)
    layer.resize_mode = trt.ResizeMode.LINEAR
    layer.coordinate_transformation = trt.ResizeCoordinateTransformation.ALIGN_CORNERS
    layer.shape = (2, 4, 16, 12)
    return layer


def scaled_up(net, x):
    layer = net.add_resize(x)
    layer.scales = [1, 1, 2, 2]
    return layer


def resized_by_tensor(net, x):
    sizes = net.add_elementwise(
        net.add_shape(x).get_output(0), constant(net, [1, 1, 2, 2]), E.PROD
    ).get_output(0)
    layer = net.add_resize(x)
    layer.set_input(1, sizes)
    return layer


def layer_norm(net, x):
    scale = constant(net, np.full((1, 1, 1, 8), 2), np.float32)
    bias = constant(net, np.full((1, 1, 1, 8), 1), np.float32)
    return with_attrs(net.add_normalization(x, scale, bias, 1 << 3), epsilon=1e-3)


def filled(net, x):
    layer = net.add_fill((5,), trt.FillOperation.LINSPACE)
    layer.alpha, layer.beta = 2.0, 0.5
    return layer


def sliced_by_tensors(net, x):
    layer = net.add_slice(x, (), (), (1, 1, 1, 1))
    layer.set_input(1, constant(net, [0, 1, 0, 0]))
    layer.set_input(2, constant(net, [2, 3, 8, 8]))
    return layer


def deconvolved(net, x):
    layer = net.add_deconvolution_nd(x, 2, (2, 2), WEIGHT_T.numpy())
    return with_attrs(layer, stride_nd=(2, 2))


def grouped(net, x):
    layer = net.add_convolution_nd(x, 4, (3, 3), WEIGHT_G.numpy(), np.zeros(4, np.float32))
    return with_attrs(layer, num_groups=2, dilation_nd=(2, 2), pre_padding=(1, 0))


def convolution_of_tensors(net, x):
    layer = net.add_convolution_nd(x, 4, (3, 3), trt.Weights())
    kernel = net.add_constant(tuple(WEIGHT.shape), WEIGHT)
    layer.set_input(1, kernel.get_output(0))
    return layer


def top(net, x):
    layer = net.add_topk(x, trt.TopKOperation.MIN, 1, 1 << 3)
    layer.set_input(1, constant(net, [3]))
    return [layer.get_output(0), layer.get_output(1)]


def attention(net, x):
    return net.add_attention(x, x, x, trt.AttentionNormalizationOp.SOFTMAX, True)


def concatenated(net, x):
    return with_attrs(net.add_concatenation([x, x]), axis=2)


WEIGHT = torch.linspace(-1, 1, 4 * 4 * 9).reshape(4, 4, 3, 3)
WEIGHT_G = torch.linspace(-1, 1, 4 * 2 * 9).reshape(4, 2, 3, 3)
WEIGHT_T = torch.linspace(-1, 1, 4 * 2 * 4).reshape(4, 2, 2, 2)
CHANNELS = np.arange(4, dtype=np.float32)

# name: (layers of x [2, 4, 8, 8], what torch says)
CASES = {
    "relu": (lambda n, x: n.add_activation(x, A.RELU), torch.relu),
    "leaky": (
        lambda n, x: with_attrs(n.add_activation(x, A.LEAKY_RELU), alpha=0.25),
        lambda x: F.leaky_relu(x, 0.25),
    ),
    "clip": (
        lambda n, x: with_attrs(n.add_activation(x, A.CLIP), alpha=-0.5, beta=0.5),
        lambda x: x.clamp(-0.5, 0.5),
    ),
    "gelu": (lambda n, x: n.add_activation(x, A.GELU_ERF), F.gelu),
    "sum": (lambda n, x: n.add_elementwise(x, x, E.SUM), lambda x: x + x),
    "greater": (
        lambda n, x: n.add_elementwise(x, constant(n, [[[[0]]]], np.float32), E.GREATER),
        lambda x: x > 0,
    ),
    "exp": (lambda n, x: n.add_unary(x, U.EXP), torch.exp),
    "isnan": (lambda n, x: n.add_unary(x, U.ISNAN), torch.isnan),
    "mean": (lambda n, x: n.add_reduce(x, R.AVG, 0b1100, True), lambda x: x.mean((2, 3), True)),
    "prod": (lambda n, x: n.add_reduce(x, R.PROD, 0b0010, False), lambda x: x.prod(1)),
    "softmax": (lambda n, x: n.add_softmax(x), lambda x: x.softmax(1)),
    "softmax3": (lambda n, x: with_attrs(n.add_softmax(x), axes=8), lambda x: x.softmax(3)),
    "topk": (top, lambda x: list(x.topk(3, 3, largest=False))),
    "concatenation": (concatenated, lambda x: torch.cat([x, x], 2)),
    "gather": (
        lambda n, x: n.add_gather(x, constant(n, [2, 0]), 1),
        lambda x: x.index_select(1, torch.tensor([2, 0])),
    ),
    "matmul": (
        lambda n, x: n.add_matrix_multiply(x, M.NONE, x, M.TRANSPOSE),
        lambda x: x @ x.transpose(2, 3),
    ),
    "shuffle": (shuffled, lambda x: x.permute(0, 2, 1, 3).reshape(2, 8, 32).permute(1, 0, 2)),
    "slice": (
        lambda n, x: n.add_slice(x, (0, 1, 2, 0), (2, 2, 3, 4), (1, 1, 2, 2)),
        lambda x: x[:, 1:3, 2:8:2, 0:8:2],
    ),
    "slice by tensors": (sliced_by_tensors, lambda x: x[:, 1:4]),
    "select": (
        lambda n, x: n.add_select(
            n.add_elementwise(x, constant(n, [[[[0]]]], np.float32), E.LESS).get_output(0), x, x
        ),
        lambda x: x,
    ),
    "cast": (lambda n, x: n.add_cast(x, trt.float16), lambda x: x.half()),
    "identity": (lambda n, x: n.add_identity(x), lambda x: x),
    "padding": (
        lambda n, x: n.add_padding_nd(x, (1, 2), (0, -1)),
        lambda x: F.pad(x, (2, -1, 1, 0)),
    ),
    "pooling": (pooled, lambda x: F.avg_pool2d(x, 3, 2, 1)),
    "ceil": (ceiled, lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True)),
    "convolution": (
        lambda n, x: n.add_convolution_nd(x, 4, (3, 3), WEIGHT.numpy(), CHANNELS),
        lambda x: F.conv2d(x, WEIGHT, torch.from_numpy(CHANNELS)),
    ),
    "grouped": (
        grouped,
        lambda x: F.conv2d(F.pad(x, (0, 0, 1, 0)), WEIGHT_G, dilation=2, groups=2),
    ),
    "kernel tensor": (convolution_of_tensors, lambda x: F.conv2d(x, WEIGHT)),
    "deconvolution": (deconvolved, lambda x: F.conv_transpose2d(x, WEIGHT_T, stride=2)),
    "fully connected": (
        lambda n, x: n.add_fully_connected(x, 3, np.ones((3, 256), np.float32)),
        lambda x: F.linear(x.flatten(1), torch.ones(3, 256)).reshape(2, 3, 1, 1),
    ),
    "scale": (
        lambda n, x: n.add_scale(x, trt.ScaleMode.CHANNEL, CHANNELS, CHANNELS),
        lambda x: (x + 1) * torch.from_numpy(CHANNELS).reshape(4, 1, 1),
    ),
    "uniform scale": (
        lambda n, x: n.add_scale_nd(
            x, trt.ScaleMode.UNIFORM, scale=np.float32([3]), power=np.float32([2])
        ),
        lambda x: (3 * x) ** 2,
    ),
    "normalization": (
        layer_norm,
        lambda x: F.layer_norm(x, (8,), torch.full((8,), 2.0), torch.ones(8), 1e-3),
    ),
    "resize": (
        resized,
        lambda x: F.interpolate(x, (16, 12), mode="bilinear", align_corners=True),
    ),
    "nearest": (scaled_up, lambda x: F.interpolate(x, scale_factor=2)),
    "resize by tensor": (resized_by_tensor, lambda x: F.interpolate(x, (16, 16))),
    "fill": (filled, lambda x: torch.linspace(2, 4, 5)),
    "shape": (lambda n, x: n.add_shape(x), lambda x: torch.tensor([2, 4, 8, 8])),
    "parametric relu": (
        lambda n, x: n.add_parametric_relu(x, constant(n, [[[[0.5]]]], np.float32)),
        lambda x: F.leaky_relu(x, 0.5),
    ),
    "unsqueeze": (lambda n, x: n.add_unsqueeze(x, constant(n, [0])), lambda x: x[None]),
    "squeeze": (
        lambda n, x: n.add_squeeze(
            n.add_reduce(x, R.SUM, 0b1000, True).get_output(0), constant(n, [-1])
        ),
        lambda x: x.sum(3),
    ),
    "cumulative": (
        lambda n, x: n.add_cumulative(x, constant(n, 3), trt.CumulativeOperation.SUM, False, False),
        lambda x: x.cumsum(3),
    ),
    "einsum": (
        lambda n, x: n.add_einsum([x, x], "bchw,bdhw->cbd"),
        lambda x: torch.einsum("bchw,bdhw->cbd", x, x),
    ),
    "einsum of one": (
        lambda n, x: n.add_einsum([x], "bchw->wb"),
        lambda x: torch.einsum("bchw->wb", x),
    ),
    "attention": (
        attention,
        lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True, scale=1.0),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_layer(name):
    make, wanted = CASES[name]
    x = torch.randn(2, 4, 8, 8)
    expected = wanted(x)
    expected = expected if isinstance(expected, list) else [expected]
    seen = build_and_run(make, x)
    assert len(seen) == len(expected)
    for a, b in zip(seen, expected):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)
