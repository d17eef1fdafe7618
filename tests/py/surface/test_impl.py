# SPDX-License-Identifier: Apache-2.0
"""Each building block of conversion.impl against the function of torch that it stands for."""

import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from torch_tensorrt import trt
from torch_tensorrt.dynamo import SourceIR
from torch_tensorrt.dynamo.conversion import ConversionContext, impl

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "converters"))

from trt_networks import build_and_run  # noqa: E402

A, E, U, R = impl.activation, impl.elementwise, impl.unary, impl.reduce


def through(block, *inputs, **named):
    """What a network of the one block gives; arguments that are no tensors are passed as they are."""
    tensors = [x for x in inputs if isinstance(x, torch.Tensor)]

    def make(net, *given):
        given = iter(given)
        args = [next(given) if isinstance(x, torch.Tensor) else x for x in inputs]
        return block(ConversionContext(net), "target", SourceIR.ATEN, "name", *args, **named)

    (seen,) = build_and_run(make, *tensors)
    return seen


def check(block, function, *inputs, **named):
    seen = through(block, *inputs, **named)
    torch.testing.assert_close(seen, function(*inputs), rtol=1e-4, atol=1e-5)


def real():
    return torch.linspace(-2.5, 2.5, 24).reshape(4, 6)


ACTIVATIONS = [
    (A.relu, F.relu, ()),
    (A.sigmoid, torch.sigmoid, ()),
    (A.tanh, torch.tanh, ()),
    (A.leaky_relu, lambda x, a: F.leaky_relu(x, a), (0.2,)),
    (A.elu, lambda x, a: F.elu(x, a), (0.7,)),
    (A.selu, F.selu, ()),
    (A.softsign, F.softsign, ()),
    (A.softplus, lambda x: F.softplus(x), ()),
    (A.clip, lambda x, low, high: x.clip(low, high), (-1.0, 0.5)),
    (A.hard_sigmoid, F.hardsigmoid, ()),
    (A.scaled_tanh, lambda x, a, b: a * torch.tanh(b * x), (1.5, 0.5)),
    (A.thresholded_relu, lambda x, a: F.threshold(x, a, 0.0), (1.0,)),
    (A.gelu_erf, F.gelu, ()),
    (A.gelu_tanh, lambda x: F.gelu(x, approximate="tanh"), ()),
    (A.silu, F.silu, ()),
    (A.hard_swish, F.hardswish, ()),
    (A.mish, F.mish, ()),
]


@pytest.mark.parametrize(("block", "function", "values"), ACTIVATIONS)
def test_activation(block, function, values):
    check(block, function, real(), *values)


def test_gelu():
    check(A.gelu, F.gelu, real())
    seen = through(A.gelu, real(), approximate="tanh")
    torch.testing.assert_close(seen, F.gelu(real(), approximate="tanh"), rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="approximate is 'sine', wanted 'none' or 'tanh'"):
        A.gelu(None, "", None, "", None, approximate="sine")


def between(low, high):
    return torch.linspace(low, high, 24).reshape(4, 6)


UNARY = [
    (U.exp, torch.exp, real()),
    (U.log, torch.log, between(0.1, 4)),
    (U.sqrt, torch.sqrt, between(0, 4)),
    (U.rsqrt, torch.rsqrt, between(0.1, 4)),
    (U.recip, torch.reciprocal, between(0.1, 4)),
    (U.abs, torch.abs, real()),
    (U.neg, torch.neg, real()),
    (U.sign, torch.sign, real()),
    (U.floor, torch.floor, real()),
    (U.ceil, torch.ceil, real()),
    (U.round, torch.round, real()),
    (U.trunc, torch.trunc, real()),
    (U.erf, torch.erf, real()),
    (U.expm1, torch.expm1, real()),
    (U.log1p, torch.log1p, between(-0.9, 4)),
    (U.sin, torch.sin, real()),
    (U.cos, torch.cos, real()),
    (U.tan, torch.tan, between(-1, 1)),
    (U.sinh, torch.sinh, real()),
    (U.cosh, torch.cosh, real()),
    (U.asin, torch.asin, between(-1, 1)),
    (U.acos, torch.acos, between(-1, 1)),
    (U.atan, torch.atan, real()),
    (U.asinh, torch.asinh, real()),
    (U.acosh, torch.acosh, between(1, 4)),
    (U.atanh, torch.atanh, between(-0.9, 0.9)),
    (U.isinf, torch.isinf, torch.tensor([1.0, torch.inf, -torch.inf, torch.nan])),
    (U.isnan, torch.isnan, torch.tensor([1.0, torch.inf, -torch.inf, torch.nan])),
    (U.logical_not, torch.logical_not, torch.tensor([True, False])),
    (U.bitwise_not, torch.bitwise_not, torch.tensor([True, False])),
]


@pytest.mark.parametrize(("block", "function", "x"), UNARY, ids=[f.__name__ for _, f, _ in UNARY])
def test_unary(block, function, x):
    check(block, function, x)


a, b = torch.tensor([[7.0, -7.5, 2.0], [0.5, -3.0, 4.0]]), torch.tensor([2.0, 2.0, -3.0])
yes = torch.tensor([True, True, False, False])
no = torch.tensor([True, False, True, False])
BINARY = [
    (E.add, torch.add, a, b),
    (E.sub, torch.sub, a, b),
    (E.mul, torch.mul, a, b),
    (E.div, torch.div, a, b),
    (E.trunc_div, lambda x, y: torch.div(x, y, rounding_mode="trunc"), a, b),
    (E.floor_divide, torch.floor_divide, a, b),
    (E.remainder, torch.remainder, a, b),
    (E.fmod, torch.fmod, a, b),
    (E.pow, torch.pow, a.abs(), b),
    (E.max, torch.maximum, a, b),
    (E.min, torch.minimum, a, b),
    (E.atan2, torch.atan2, a, b),
    (E.eq, torch.eq, a, b),
    (E.ne, torch.ne, a, b),
    (E.gt, torch.gt, a, b),
    (E.ge, torch.ge, a, b),
    (E.lt, torch.lt, a, b),
    (E.le, torch.le, a, b),
    (E.logical_and, torch.logical_and, yes, no),
    (E.logical_or, torch.logical_or, yes, no),
    (E.logical_xor, torch.logical_xor, yes, no),
    (E.bitwise_and, torch.bitwise_and, yes, no),
    (E.bitwise_or, torch.bitwise_or, yes, no),
    (E.bitwise_xor, torch.bitwise_xor, yes, no),
    (E.mul, torch.mul, torch.tensor([1, 2, 3]), 0.5),  # promoted as torch does
]


@pytest.mark.parametrize(("block", "function", "x", "y"), BINARY)
def test_elementwise(block, function, x, y):
    check(block, function, x, y)


@pytest.mark.parametrize(
    ("block", "function"),
    [
        (R.sum, torch.sum),
        (R.prod, torch.prod),
        (R.amax, torch.amax),
        (R.amin, torch.amin),
        (R.mean, torch.mean),
    ],
)
def test_reduce(block, function):
    check(block, function, real(), 1, True)
    torch.testing.assert_close(
        through(block, real()), function(real()), rtol=1e-4, atol=1e-5
    )  # over all dims


def test_moving():
    x = torch.arange(24.0).reshape(2, 3, 4)
    index = torch.tensor([2, 0])
    check(impl.permutation.permute, lambda t, p: t.permute(p), x, (2, -3, 1))
    check(impl.shuffle.reshape, lambda t, s: t.reshape(s), x, (4, -1))
    check(impl.squeeze.squeeze, lambda t, d: t.squeeze(d), x[:, :1], 1)
    check(impl.unsqueeze.unsqueeze, lambda t, d: t.unsqueeze(d), x, -1)
    check(impl.slice.slice_op, lambda t, d, i, j, s: t[:, i:j:s], x, 1, 0, 3, 2)
    check(impl.slice.expand, lambda t, s: t.expand(s), x[:, :1], (2, 5, -1))
    check(impl.select.select, lambda t, d, i: t.select(d, i), x, 1, -1)
    check(impl.select.index_select, lambda t, d, i: t.index_select(d, i), x, 1, index)
    check(impl.select.gather, lambda t, d, i: t.gather(d, i), x, 1, index.reshape(2, 1, 1))


def test_cat():
    def join(ctx, target, source_ir, name, x, y):
        return impl.cat.cat(ctx, target, source_ir, name, [x, y], -1)

    check(join, lambda x, y: torch.cat([x, y], -1), real(), real())


def test_the_others():
    x = torch.randn(2, 3, 4)
    check(impl.matmul.matrix_multiply, torch.matmul, x, x.transpose(1, 2).contiguous())
    check(impl.matmul.matrix_multiply, torch.matmul, x, torch.randn(4))
    transpose = trt.MatrixOperation.TRANSPOSE
    seen = through(impl.matmul.matrix_multiply, x, x, other_matrix_op=transpose)
    torch.testing.assert_close(seen, x @ x.transpose(1, 2), rtol=1e-4, atol=1e-5)
    check(impl.softmax.softmax, lambda t, d: t.softmax(d), x, 1)
    check(impl.shape.shape, lambda t: torch.tensor(t.shape), x)
    assert through(impl.cast.to_copy, x, trt.float16).dtype == torch.float16
    check(impl.cast.to_copy, lambda t, *_: t, x, trt.float32, True)
