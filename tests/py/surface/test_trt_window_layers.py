# SPDX-License-Identifier: Apache-2.0
"""The layers of torch_tensorrt.trt that move a window: convolution, deconvolution, pooling."""

import sys
from pathlib import Path

import numpy as np
import pytest

from torch_tensorrt import trt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "converters"))

from trt_networks import network  # noqa: E402

T = trt.LayerType


@pytest.fixture
def net() -> trt.INetworkDefinition:
    return network()[1]


@pytest.fixture
def image(net) -> trt.ITensor:
    return net.add_input("image", trt.float32, (2, 4, 8, 8))


def test_convolution(net, image):
    kernel = np.zeros((6, 2, 3, 3), np.float32)
    layer = net.add_convolution(image, 6, (3, 3), kernel)
    assert isinstance(layer, trt.IConvolutionLayer) and layer.type == T.CONVOLUTION
    assert layer.num_output_maps == 6 and layer.kernel_size_nd == (3, 3)
    assert layer.stride == layer.stride_nd == (1, 1)
    layer.num_groups, layer.stride, layer.padding = 2, (2, 2), (1, 1)
    layer.dilation_nd = (1, 1)
    assert layer.num_groups == 2 and layer.dilation == layer.dilation_nd == (1, 1)
    assert layer.padding == layer.padding_nd == layer.pre_padding == layer.post_padding == (1, 1)
    assert layer.get_output(0).shape == (2, 6, 4, 4)
    layer.padding_mode = trt.PaddingMode.EXPLICIT_ROUND_DOWN
    assert layer.padding_mode == trt.PaddingMode.EXPLICIT_ROUND_DOWN
    with pytest.raises(NotImplementedError, match="SAME_UPPER is not supported here"):
        layer.padding_mode = trt.PaddingMode.SAME_UPPER


def test_deconvolution(net, image):
    layer = net.add_deconvolution(image, 3, (2, 2), np.zeros((4, 3, 2, 2), np.float32))
    assert isinstance(layer, trt.IDeconvolutionLayer) and layer.type == T.DECONVOLUTION
    assert layer.stride == (1, 1) and layer.padding_mode == trt.PaddingMode.EXPLICIT_ROUND_DOWN
    layer.stride_nd, layer.padding = (2, 2), (1, 1)
    assert layer.stride == (2, 2) and layer.padding == layer.padding_nd == (1, 1)
    layer.pre_padding, layer.post_padding = (0, 1), (0, 0)
    assert layer.pre_padding == (0, 1) and layer.post_padding == (0, 0)
    assert layer.get_output(0).shape == (2, 3, 16, 15)


def test_pooling(net, image):
    layer = net.add_pooling(image, trt.PoolingType.AVERAGE, (3, 3))
    assert isinstance(layer, trt.IPoolingLayer) and layer.type == T.POOLING
    layer.window_size = (2, 2)
    assert layer.window_size == layer.window_size_nd == (2, 2)
    layer.stride, layer.padding = (2, 2), (1, 1)
    assert layer.stride == (2, 2) and layer.padding == (1, 1)
    layer.pre_padding, layer.post_padding = (1, 0), (0, 0)
    assert layer.pre_padding == (1, 0) and layer.post_padding == (0, 0)
    layer.average_count_excludes_padding = True
    assert layer.average_count_excludes_padding
    assert layer.padding_mode == trt.PaddingMode.EXPLICIT_ROUND_DOWN
    assert layer.get_output(0).shape == (2, 4, 4, 4)
    layer.padding_mode = trt.PaddingMode.EXPLICIT_ROUND_UP
    assert layer.get_output(0).shape == (2, 4, 5, 4)
    with pytest.raises(NotImplementedError, match="MAX_AVERAGE_BLEND pooling"):
        net.add_pooling(image, trt.PoolingType.MAX_AVERAGE_BLEND, (2, 2))
