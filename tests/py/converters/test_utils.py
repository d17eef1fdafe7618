# SPDX-License-Identifier: Apache-2.0
"""converter_utils and impl, in networks of their own, against torch."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from trt_networks import build_and_run, network

from torch_tensorrt import trt
from torch_tensorrt.dynamo import SourceIR
from torch_tensorrt.dynamo.conversion import ConversionContext, impl
from torch_tensorrt.dynamo.conversion import converter_utils as utils

T, S = torch.ops.aten.add.Tensor, SourceIR.ATEN


def context(net):
    return ConversionContext(net)


# name: (result from (ctx, x [2, 3, 4]), what torch says)
CASES = {
    "add number": (lambda c, x: impl.elementwise.add(c, T, S, "n", x, 2), lambda x: x + 2),
    "number sub": (lambda c, x: impl.elementwise.sub(c, T, S, "n", 1.5, x), lambda x: 1.5 - x),
    "int and float": (
        lambda c, x: impl.elementwise.mul(c, T, S, "n", torch.tensor([[2]]), x),
        lambda x: x * 2,
    ),
    "ne": (lambda c, x: impl.elementwise.ne(c, T, S, "n", x, x), lambda x: x != x),
    "pow": (lambda c, x: impl.elementwise.pow(c, T, S, "n", x, 2), lambda x: x**2),
    "rsqrt": (
        lambda c, x: impl.unary.rsqrt(c, T, S, "n", impl.unary.exp(c, T, S, "e", x)),
        lambda x: torch.rsqrt(torch.exp(x)),
    ),
    "gelu": (
        lambda c, x: impl.activation.gelu(c, T, S, "n", x, "tanh"),
        lambda x: F.gelu(x, approximate="tanh"),
    ),
    "leaky": (
        lambda c, x: impl.activation.leaky_relu(c, T, S, "n", x, 0.3),
        lambda x: F.leaky_relu(x, 0.3),
    ),
    "reshape": (
        lambda c, x: impl.shuffle.reshape(c, T, S, "n", x, [6, -1]),
        lambda x: x.reshape(6, 4),
    ),
    "permute": (
        lambda c, x: impl.permutation.permute(c, T, S, "n", x, (2, 0, -2)),
        lambda x: x.permute(2, 0, 1),
    ),
    "slice": (
        lambda c, x: impl.slice.slice_op(c, T, S, "n", x, -1, 1, -1, 1),
        lambda x: x[..., 1:-1],
    ),
    "expand": (
        lambda c, x: impl.slice.expand(c, T, S, "n", x, (5, -1, -1, 4)),
        lambda x: x.expand(5, -1, -1, 4),
    ),
    "select": (lambda c, x: impl.select.select(c, T, S, "n", x, 1, -1), lambda x: x[:, -1]),
    "index_select": (
        lambda c, x: impl.select.index_select(c, T, S, "n", x, 1, torch.tensor([2, 2])),
        lambda x: x[:, [2, 2]],
    ),
    "gather": (
        lambda c, x: impl.select.gather(
            c, T, S, "n", x, 2, torch.zeros(2, 3, 1, dtype=torch.int64)
        ),
        lambda x: x[..., :1],
    ),
    "matmul": (
        lambda c, x: impl.matmul.matrix_multiply(c, T, S, "n", x, torch.ones(4)),
        lambda x: x @ torch.ones(4),
    ),
    "mean": (
        lambda c, x: impl.reduce.mean(c, T, S, "n", x, [0, -1], True),
        lambda x: x.mean((0, 2), True),
    ),
    "sum": (lambda c, x: impl.reduce.sum(c, T, S, "n", x), lambda x: x.sum()),
    "softmax": (lambda c, x: impl.softmax.softmax(c, T, S, "n", x, -1), lambda x: x.softmax(-1)),
    "cat": (lambda c, x: impl.cat.cat(c, T, S, "n", [x, x], -1), lambda x: torch.cat([x, x], -1)),
    "squeeze": (
        lambda c, x: impl.squeeze.squeeze(
            c, T, S, "n", impl.unsqueeze.unsqueeze(c, T, S, "u", x, 1), 1
        ),
        lambda x: x,
    ),
    "unsqueeze": (
        lambda c, x: impl.unsqueeze.unsqueeze(c, T, S, "n", x, -1),
        lambda x: x[..., None],
    ),
    "cast": (lambda c, x: impl.cast.to_copy(c, T, S, "n", x, trt.float16), lambda x: x.half()),
    "shape": (lambda c, x: impl.shape.shape(c, T, S, "n", x), lambda x: torch.tensor([2, 3, 4])),
    "ones": (lambda c, x: utils.prepend_ones(c, x, "n", 2), lambda x: x[None, None]),
    "broadcast": (
        lambda c, x: utils.broadcast_to_same_shape(c, T, S, "n", x, torch.ones(1))[1],
        lambda x: torch.ones(2, 3, 4),
    ),
    "append": (
        lambda c, x: utils.append(c, impl.shape.shape(c, T, S, "n", x), 7, "a"),
        lambda x: torch.tensor([2, 3, 4, 7]),
    ),
    "set_item": (
        lambda c, x: utils.set_item(c, impl.shape.shape(c, T, S, "n", x), -2, 7, "a"),
        lambda x: torch.tensor([2, 7, 4]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    make, wanted = CASES[name]
    x = torch.randn(2, 3, 4)
    (seen,) = build_and_run(lambda net, t: make(context(net), t), x)
    torch.testing.assert_close(seen, wanted(x), rtol=1e-4, atol=1e-5)


@pytest.fixture
def ctx():
    return context(network()[1])


def test_constants_and_casts(ctx):
    c = utils.get_trt_tensor(ctx, 3, "three")
    assert (c.dtype, c.shape) == (trt.int64, ())
    assert utils.get_trt_tensor(ctx, [1.0, 2.0], "list", trt.float16).dtype == trt.float16
    assert utils.create_constant(ctx, np.ones(2), "ones", torch.float32, min_rank=3).shape == (
        1,
        1,
        2,
    )
    assert utils.cast_trt_tensor(ctx, c, trt.int64, "same") is c
    weights = utils.to_trt_weights(ctx, torch.ones(3), "w")
    assert weights.size == 3 and "w" in ctx.weight_refit_map
    with pytest.raises(TypeError, match="'odd' is dict, wanted a tensor or a number"):
        utils.get_trt_tensor(ctx, {}, "odd")
    assert utils.to_numpy(torch.ones(2), torch.int64).tolist() == [1, 1]
    assert utils.to_torch(None) is None
    assert utils.to_torch(np.array([0.5])).dtype == torch.float32
    assert utils.to_torch(torch.ones(1, dtype=torch.float64)).dtype == torch.float64


def test_names_dims_and_types(ctx):
    x = ctx.net.add_input("x", trt.float32, (2, -1))
    layer = ctx.net.add_softmax(x)
    utils.set_layer_name(layer, T, "mine", SourceIR.ATEN)
    assert layer.name == "[SOFTMAX]-[aten.add.Tensor]-[mine]"
    assert utils.get_positive_dim((-1, 0), 3) == (2, 0)
    with pytest.raises(ValueError, match="dim 3 of a tensor of 3 dims"):
        utils.get_positive_dim(3, 3)
    assert utils.get_axes_for_reduce_op((0, 2)) == 0b101
    assert utils.has_dynamic_shape(x.shape) == 1
    assert utils.args_bounds_check((1, None), 1, 5) == 5

    @utils.enforce_tensor_types({0: (trt.ITensor,), 1: (np.ndarray,)})
    def convert(ctx, target, args, kwargs, name):
        return [type(a) for a in args]

    assert convert(ctx, T, (1.0, torch.ones(1)), {}, "n") == [trt.ITensor, np.ndarray]
    with pytest.raises(TypeError, match="'n_1' is ITensor, wanted ndarray"):
        convert(ctx, T, (1.0, x), {}, "n")


def test_run_time_sizes(ctx):
    x = ctx.net.add_input("x", trt.float32, (-1, 3, 4))
    size = impl.shape.shape(ctx, T, S, "size", x, 0)
    flat = impl.shuffle.reshape(ctx, T, S, "flat", x, [size, -1])
    assert flat.shape == (-1, 12) and flat.shape.exprs == ["x_0", 12]
    rest = impl.slice.slice_op(ctx, T, S, "rest", x, 0, 1, None, 1)
    assert rest.shape.exprs == ["x_0 - 1", 3, 4]
    wide = impl.slice.expand(
        ctx, T, S, "wide", utils.get_trt_tensor(ctx, [[1.0]], "one"), [size, 5]
    )
    assert wide.shape.exprs == ["x_0", 5]
    assert impl.shape.shape(ctx, T, S, "fixed", x, 1) == 3
    with pytest.raises(NotImplementedError, match="of a size known only at run time"):
        impl.slice.slice_op(ctx, T, S, "last", x, 0, -1, None, 1)
