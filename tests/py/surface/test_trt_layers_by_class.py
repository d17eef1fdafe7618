# SPDX-License-Identifier: Apache-2.0
"""Each layer class of torch_tensorrt.trt: what makes it, its type, and its properties. What layers
compute is in tests/py/converters/test_trt_layers.py."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from torch_tensorrt import trt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "converters"))

from trt_networks import build_and_run, network  # noqa: E402

T = trt.LayerType


@pytest.fixture
def net() -> trt.INetworkDefinition:
    return network()[1]


@pytest.fixture
def image(net) -> trt.ITensor:
    return net.add_input("image", trt.float32, (2, 4, 8, 8))


def constant(net, values, dtype=np.float32):
    values = np.array(values, dtype)
    return net.add_constant(values.shape, values).get_output(0)


def test_every_layer(net, image):
    layer: trt.ILayer = net.add_activation(image, trt.ActivationType.SIGMOID)
    layer.name, layer.metadata = "sigmoid", "kept"
    assert (layer.name, layer.metadata, layer.network) == ("sigmoid", "kept", net)
    assert (layer.num_inputs, layer.num_outputs) == (1, 1)
    assert layer.get_input(0) == image and layer.get_output_type(0) == trt.float32
    layer.set_input(0, constant(net, [1, 2]))
    assert layer.get_output(0).shape == (2,)


def test_types_follow_from_tensors(net, image):
    layer: trt.ILayer = net.add_unary(image, trt.UnaryOperation.NEG)
    assert layer.precision == trt.float32 and not layer.precision_is_set
    layer.precision = trt.float32  # what is so already
    layer.set_output_type(0, trt.float32)
    assert not layer.output_type_is_set(0)
    layer.reset_precision()
    layer.reset_output_type(0)
    with pytest.raises(NotImplementedError, match="networks are strongly typed; use add_cast"):
        layer.precision = trt.float16
    assert layer.get_output_type(0) == trt.float32


def test_activation(net, image):
    layer = net.add_activation(image, trt.ActivationType.CLIP)
    assert isinstance(layer, trt.IActivationLayer) and layer.type == T.ACTIVATION
    layer.alpha, layer.beta = 0.25, 6.0
    assert (layer.alpha, layer.beta) == (0.25, 6.0)


def test_elementwise_and_unary(net, image):
    layer = net.add_elementwise(image, image, trt.ElementWiseOperation.SUM)
    assert isinstance(layer, trt.IElementWiseLayer) and layer.type == T.ELEMENTWISE
    layer.op = trt.ElementWiseOperation.SUB
    assert layer.op == trt.ElementWiseOperation.SUB
    unary = net.add_unary(image, trt.UnaryOperation.EXP)
    assert isinstance(unary, trt.IUnaryLayer) and unary.type == T.UNARY
    unary.op = trt.UnaryOperation.ABS
    assert unary.op == trt.UnaryOperation.ABS


def test_reduce(net, image):
    layer = net.add_reduce(image, trt.ReduceOperation.SUM, 0b1100, True)
    assert isinstance(layer, trt.IReduceLayer) and layer.type == T.REDUCE
    assert (layer.op, layer.axes, layer.keep_dims) == (trt.ReduceOperation.SUM, 0b1100, True)
    layer.op, layer.axes, layer.keep_dims = trt.ReduceOperation.MAX, 0b0010, False
    assert layer.get_output(0).shape == (2, 8, 8)
    with pytest.raises(NotImplementedError, match="there is nothing to reduce"):
        layer.op = trt.ReduceOperation.NONE


def test_softmax(net, image):
    layer = net.add_softmax(image)
    assert isinstance(layer, trt.ISoftMaxLayer) and layer.type == T.SOFTMAX
    assert layer.axes == 0b10  # nvinfer1's default: the third dim from the end
    layer.axes = 0b1000
    assert layer.axes == 0b1000


def test_topk(net, image):
    layer = net.add_topk(image, trt.TopKOperation.MAX, 3, 0b1000)
    assert isinstance(layer, trt.ITopKLayer) and layer.type == T.TOPK
    assert (layer.op, layer.k, layer.axes) == (trt.TopKOperation.MAX, 3, 0b1000)
    layer.op, layer.k, layer.axes = trt.TopKOperation.MIN, 2, 0b0010
    assert (layer.op, layer.axes) == (trt.TopKOperation.MIN, 0b0010)
    assert layer.get_output(1).shape == (2, 2, 8, 8) and layer.get_output(1).dtype == trt.int64


def test_concatenation_and_gather(net, image):
    layer = net.add_concatenation([image, image])
    assert isinstance(layer, trt.IConcatenationLayer) and layer.type == T.CONCATENATION
    layer.axis = 3
    assert layer.axis == 3 and layer.get_output(0).shape == (2, 4, 8, 16)
    gather = net.add_gather(image, constant(net, [1, 0, 1], np.int64), 1)
    assert isinstance(gather, trt.IGatherLayer) and gather.type == T.GATHER
    assert (gather.axis, gather.mode, gather.num_elementwise_dims) == (1, trt.GatherMode.DEFAULT, 0)
    assert gather.get_output(0).shape == (2, 3, 8, 8)
    gather.num_elementwise_dims = 0
    with pytest.raises(NotImplementedError, match="num_elementwise_dims 1 of a gather: wanted 0"):
        gather.num_elementwise_dims = 1


def test_matrix_multiply(net, image):
    none, transpose = trt.MatrixOperation.NONE, trt.MatrixOperation.TRANSPOSE
    layer = net.add_matrix_multiply(image, none, image, none)
    assert isinstance(layer, trt.IMatrixMultiplyLayer) and layer.type == T.MATRIX_MULTIPLY
    layer.op0, layer.op1 = transpose, none
    assert (layer.op0, layer.op1) == (transpose, none)


def test_shuffle(net, image):
    layer = net.add_shuffle(image)
    assert isinstance(layer, trt.IShuffleLayer) and layer.type == T.SHUFFLE
    assert layer.zero_is_placeholder
    layer.first_transpose, layer.reshape_dims = (1, 0, 2, 3), (0, 0, -1)
    layer.second_transpose = (2, 0, 1)
    assert layer.first_transpose == (1, 0, 2, 3) and layer.second_transpose == (2, 0, 1)
    assert layer.reshape_dims == (4, 2, 64) and layer.get_output(0).shape == (64, 4, 2)
    layer.zero_is_placeholder = False
    assert not layer.zero_is_placeholder


def test_slice(net, image):
    layer = net.add_slice(image, (0, 0, 0, 0), (1, 1, 1, 1), (1, 1, 1, 1))
    assert isinstance(layer, trt.ISliceLayer) and layer.type == T.SLICE
    layer.start, layer.shape, layer.stride = (0, 1, 0, 0), (2, 2, 4, 8), (1, 2, 2, 1)
    assert layer.start == (0, 1, 0, 0) and layer.stride == (1, 2, 2, 1)
    assert layer.shape == (2, 2, 4, 8) == layer.get_output(0).shape
    assert layer.mode == trt.SampleMode.STRICT_BOUNDS
    layer.mode = trt.SampleMode.STRICT_BOUNDS
    with pytest.raises(NotImplementedError, match="CLAMP is not supported: a slice stays inside"):
        layer.mode = trt.SampleMode.CLAMP


def test_resize(net, image):
    layer = net.add_resize(image)
    assert isinstance(layer, trt.IResizeLayer) and layer.type == T.RESIZE
    layer.interpolation_mode = trt.InterpolationMode.LINEAR
    assert layer.resize_mode == layer.interpolation_mode == trt.InterpolationMode.LINEAR
    assert layer.coordinate_transformation == trt.ResizeCoordinateTransformation.HALF_PIXEL
    layer.scales = [1, 1, 2, 0.5]
    assert layer.scales == [1, 1, 2, 0.5] and layer.shape == (2, 4, 16, 4)
    layer.nearest_rounding = trt.ResizeRoundMode.FLOOR
    assert layer.nearest_rounding == trt.ResizeRoundMode.FLOOR
    with pytest.raises(NotImplementedError, match="CEIL: NEAREST rounds with FLOOR"):
        layer.nearest_rounding = trt.ResizeRoundMode.CEIL
    with pytest.raises(NotImplementedError, match="ASYMMETRIC with .*LINEAR is not supported"):
        layer.coordinate_transformation = trt.ResizeCoordinateTransformation.ASYMMETRIC


def test_padding(net, image):
    layer = net.add_padding(image, (1, 2), (3, 0))
    assert isinstance(layer, trt.IPaddingLayer) and layer.type == T.PADDING
    assert layer.pre_padding == layer.pre_padding_nd == (0, 0, 1, 2)
    assert layer.post_padding == layer.post_padding_nd == (0, 0, 3, 0)
    layer.pre_padding_nd, layer.post_padding_nd = (0, 0, 0, 1), (0, 0, 0, -2)
    assert layer.get_output(0).shape == (2, 4, 8, 7)


def test_fill(net):
    layer = net.add_fill((3,), trt.FillOperation.LINSPACE)
    assert isinstance(layer, trt.IFillLayer) and layer.type == T.FILL
    assert layer.operation == trt.FillOperation.LINSPACE
    layer.shape, layer.alpha, layer.beta = (5,), 2.0, 0.5
    assert (layer.alpha, layer.beta) == (2.0, 0.5) and layer.shape == (5,)
    assert layer.get_output(0).shape == (5,)


def test_normalization(net, image):
    ones, zeros = constant(net, [1.0] * 8), constant(net, [0.0] * 8)
    layer = net.add_normalization(image, ones, zeros, 1 << 3)
    assert isinstance(layer, trt.INormalizationLayer) and layer.type == T.NORMALIZATION
    layer.epsilon = 0.5
    assert (layer.epsilon, layer.axes, layer.num_groups) == (0.5, 1 << 3, 1)
    layer.num_groups = 1
    with pytest.raises(NotImplementedError, match="num_groups 2 of a normalization: wanted 1"):
        layer.num_groups = 2


def test_attention_with_a_mask():
    def masked(net, x, mask):
        layer = net.add_attention_v2(x, x, x, trt.AttentionNormalizationOp.SOFTMAX, False)
        assert isinstance(layer, trt.IAttentionLayer) and layer.type is None
        assert layer.mask is None and not layer.causal and layer.decomposable
        layer.mask, layer.decomposable = mask, True
        assert layer.mask == mask
        return layer

    x, mask = torch.randn(1, 2, 5, 8), torch.randn(1, 1, 5, 5)
    (seen,) = build_and_run(masked, x, mask)
    wanted = torch.nn.functional.scaled_dot_product_attention(x, x, x, attn_mask=mask, scale=1.0)
    torch.testing.assert_close(seen, wanted, rtol=1e-4, atol=1e-5)


def test_attention_without_softmax(net, image):
    with pytest.raises(NotImplementedError, match="attention without softmax"):
        net.add_attention(image, image, image, trt.AttentionNormalizationOp.NONE, False)
    layer = net.add_attention(image, image, image, trt.AttentionNormalizationOp.SOFTMAX, True)
    layer.causal = False
    assert not layer.causal


def test_cast_and_identity(net, image):
    cast = net.add_cast(image, trt.float16)
    assert isinstance(cast, trt.ICastLayer) and cast.type == T.CAST and cast.to_type == trt.float16
    cast.to_type = trt.int32
    assert cast.get_output(0).dtype == trt.int32
    same = net.add_identity(image)
    assert isinstance(same, trt.IIdentityLayer) and same.type == T.IDENTITY
    same.set_output_type(0, trt.int64)
    assert same.get_output_type(0) == trt.int64


def test_constant(net):
    layer = net.add_constant((2, 3), trt.Weights(np.ones(6, np.float32)))
    assert isinstance(layer, trt.IConstantLayer) and layer.type == T.CONSTANT
    assert layer.shape == (2, 3) and np.array_equal(layer.weights.numpy(), np.ones(6))


def test_layers_made_of_others(net, image):
    axes = constant(net, [0], np.int64)
    slope = constant(net, np.full((1, 4, 1, 1), 0.1))
    shape = net.add_shape(image)
    assert isinstance(shape, trt.IShapeLayer) and shape.type == T.SHAPE
    relu = net.add_parametric_relu(image, slope)
    assert isinstance(relu, trt.IParametricReLULayer) and relu.type == T.PARAMETRIC_RELU
    wide = net.add_unsqueeze(image, axes)
    assert isinstance(wide, trt.IUnsqueezeLayer) and wide.type == T.UNSQUEEZE
    narrow = net.add_squeeze(wide.get_output(0), axes)
    assert isinstance(narrow, trt.ISqueezeLayer) and narrow.type == T.SQUEEZE
    assert narrow.get_output(0).shape == image.shape
    einsum = net.add_einsum([image, image], "abcd,abcd->ab")
    assert isinstance(einsum, trt.IEinsumLayer) and einsum.type == T.EINSUM
    assert einsum.equation == "abcd,abcd->ab" and einsum.get_output(0).shape == (2, 4)
    total = net.add_cumulative(image, constant(net, 1, np.int64), trt.CumulativeOperation.SUM, 0, 0)
    assert isinstance(total, trt.ICumulativeLayer) and total.type == T.CUMULATIVE
    assert total.op == trt.CumulativeOperation.SUM


def test_scale_and_select(net, image):
    values = np.full(4, 2.0, np.float32)
    scale = net.add_scale(image, trt.ScaleMode.CHANNEL, values, values)
    assert isinstance(scale, trt.IScaleLayer) and scale.type == T.SCALE
    assert (scale.mode, scale.channel_axis) == (trt.ScaleMode.CHANNEL, 1)
    condition = net.add_elementwise(image, image, trt.ElementWiseOperation.LESS).get_output(0)
    select = net.add_select(condition, image, image)
    assert isinstance(select, trt.ISelectLayer) and select.type == T.SELECT


def test_any_layer_by_its_name():
    def snake(net, x):
        return net.add_layer("unary", [x], operation="sin")

    x = torch.randn(3, 4)
    (seen,) = build_and_run(snake, x)
    torch.testing.assert_close(seen, x.sin(), rtol=1e-5, atol=1e-6)
