# SPDX-License-Identifier: Apache-2.0
"""Every family of converters against eager: float64 is the reference, relative L2 error at most 1e-5,
integers and booleans exactly. Each case runs once with fixed sizes and once with the first dimension of
its inputs dynamic, as one engine with nothing left in torch."""

from dataclasses import dataclass
from typing import Callable

import pytest
import torch
import torch.nn.functional as F
from torch.utils import _pytree as pytree

import torch_tensorrt

LIMIT = 1e-5
OPT = 3  # of the dynamic dimension; it runs at 1, 3 and 5


@dataclass(frozen=True)
class Case:
    """``run`` takes the inputs and the constants; ``inputs`` makes the inputs for a size of the first
    dimension. Constants are parameters of the module, so converters may need them to be known."""

    run: Callable
    inputs: Callable[[int], list[torch.Tensor]]
    constants: tuple[torch.Tensor, ...] = ()

    def values(self, n: int) -> list[torch.Tensor]:
        """The same inputs for the same size, whatever ran before."""
        _generator.manual_seed(5)
        return self.inputs(n)


_generator = torch.Generator().manual_seed(4)  # of the constants, in order; inputs: see Case.values


def randn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=_generator)


def positive(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=_generator) + 0.1


def unit(*shape: int) -> torch.Tensor:
    """Within (-1, 1)."""
    return torch.rand(shape, generator=_generator) * 1.9 - 0.95


def integers(*shape: int, low: int = -7, high: int = 8) -> torch.Tensor:
    return torch.randint(low, high, shape, generator=_generator)


def booleans(*shape: int) -> torch.Tensor:
    return randn(*shape) > 0


def x(run: Callable, *rest: int, make: Callable = randn, constants: tuple = ()) -> Case:
    """One input [n, *rest]; [n, 4, 6] if no sizes are given."""
    rest = rest or (4, 6)
    return Case(run, lambda n: [make(n, *rest)], constants)


def xy(run: Callable, make: Callable = randn, other: Callable = positive) -> Case:
    """Two inputs [n, 4, 6]."""
    return Case(run, lambda n: [make(n, 4, 6), other(n, 4, 6)])


def _integers(low: int = -7, high: int = 8) -> Callable:
    return lambda *shape: integers(*shape, low=low, high=high)


def _around_infinity(*shape: int) -> torch.Tensor:
    values = randn(*shape)
    values[..., 0], values[..., 1], values[..., 2] = float("inf"), float("-inf"), float("nan")
    return values


def _distinct(*shape: int) -> torch.Tensor:
    """No two values alike: the order is then the same everywhere."""
    count = torch.Size(shape).numel()
    return (torch.randperm(count, generator=_generator) - count / 2).reshape(shape) / 7


ACTIVATION = {
    "relu": x(torch.relu),
    "relu_inplace": x(lambda a: F.relu(a + 1, inplace=True)),
    "relu6": x(lambda a: F.relu6(a * 4)),
    "hardtanh": x(lambda a: F.hardtanh(a, -0.5, 0.7)),
    "sigmoid": x(torch.sigmoid),
    "tanh": x(torch.tanh),
    "leaky_relu": x(lambda a: F.leaky_relu(a, 0.2)),
    "silu": x(F.silu),
    "mish": x(F.mish),
    "selu": x(F.selu),
    "hardswish": x(lambda a: F.hardswish(a * 3)),
    "hardsigmoid": x(lambda a: F.hardsigmoid(a * 3)),
    "gelu": x(F.gelu),
    "gelu_tanh": x(lambda a: F.gelu(a, approximate="tanh")),
    "elu": x(lambda a: F.elu(a, 0.7)),
    "celu": x(lambda a: F.celu(a, 0.7)),
    "softplus": x(lambda a: F.softplus(a, 2.0, 1.5)),
    "log_sigmoid": x(F.logsigmoid),
    "prelu": x(lambda a, w: F.prelu(a, w), constants=(positive(4),)),
    "prelu_one": x(lambda a, w: F.prelu(a, w), constants=(positive(1),)),
    "glu": x(lambda a: F.glu(a, -1)),
    "threshold": x(lambda a: F.threshold(a, 0.1, -2.0)),
    "hardshrink": x(lambda a: F.hardshrink(a, 0.4)),
    "softshrink": x(lambda a: F.softshrink(a, 0.4)),
    "rrelu": x(lambda a: F.rrelu(a, 0.1, 0.3)),
    "softmax": x(lambda a: F.softmax(a, -1)),
    "softmax_middle": x(lambda a: F.softmax(a, 1)),
    "softmax_first": x(lambda a: F.softmax(a, 0)),
    "log_softmax": x(lambda a: F.log_softmax(a, -1)),
}

ARITHMETIC = {
    "add": xy(lambda a, b: a + b),
    "add_alpha": xy(lambda a, b: torch.add(a, b, alpha=2.5)),
    "add_scalar": x(lambda a: a + 1.5),
    "add_broadcast": Case(lambda a, b: a + b, lambda n: [randn(n, 4, 6), randn(4, 1)]),
    "add_integers": xy(lambda a, b: a + b, _integers(), _integers()),
    "add_promotes": xy(lambda a, b: a + b, randn, _integers()),
    "sub": xy(lambda a, b: a - b),
    "sub_alpha": xy(lambda a, b: torch.sub(a, b, alpha=3)),
    "rsub": x(lambda a: 2.0 - a),
    "mul": xy(lambda a, b: a * b),
    "mul_scalar": x(lambda a: a * 0.3),
    "div": xy(lambda a, b: a / b),
    "div_integers": xy(lambda a, b: a / b, _integers(), _integers(1, 9)),
    "div_scalar": x(lambda a: a / 3),
    "div_floor": xy(lambda a, b: torch.div(a, b, rounding_mode="floor")),
    "div_trunc": xy(lambda a, b: torch.div(a, b, rounding_mode="trunc")),
    "div_trunc_integers": xy(
        lambda a, b: torch.div(a, b, rounding_mode="trunc"), _integers(), _integers(1, 4)
    ),
    "floor_divide": xy(lambda a, b: a // b, _integers(), _integers(1, 4)),
    "floor_divide_negative": x(lambda a: a // -3, make=_integers()),
    "remainder": xy(lambda a, b: a % b),
    "remainder_integers": xy(lambda a, b: a % b, _integers(), _integers(2, 5)),
    "remainder_negative": x(lambda a: a % -3, make=_integers()),
    "fmod": xy(lambda a, b: torch.fmod(a, b)),
    "fmod_scalar": x(lambda a: torch.fmod(a, 0.7)),
    "atan2": xy(torch.atan2, randn, randn),
    "maximum": xy(torch.maximum, randn, randn),
    "minimum": xy(torch.minimum, randn, randn),
    "pow_scalar": x(lambda a: a**3),
    "pow_fraction": x(lambda a: a**0.7, make=positive),
    "pow_tensor": xy(lambda a, b: b**a),
    "pow_of_scalar": x(lambda a: 2.0**a),
    "addcmul": Case(
        lambda a, b, c: torch.addcmul(a, b, c, value=0.5),
        lambda n: [randn(n, 4), positive(n, 4), randn(n, 4)],
    ),
    "addcdiv": Case(
        lambda a, b, c: torch.addcdiv(a, b, c, value=0.5),
        lambda n: [randn(n, 4), randn(n, 4), positive(n, 4)],
    ),
    "lerp_scalar": xy(lambda a, b: torch.lerp(a, b, 0.3)),
    "lerp_tensor": Case(
        lambda a, b, w: torch.lerp(a, b, w),
        lambda n: [randn(n, 4), positive(n, 4), positive(n, 4)],
    ),
}

UNARY = {
    **{
        name: x(getattr(torch, name))
        for name in (
            "abs", "neg", "sin", "cos", "tan", "exp", "expm1", "erf", "sinh", "cosh", "asinh", "atan",
            "ceil", "floor", "round", "trunc", "sign", "square", "frac", "exp2", "isfinite", "isnan",
        )
    },
    **{
        name: x(getattr(torch, name), make=positive)
        for name in ("sqrt", "rsqrt", "reciprocal", "log", "log2", "log10", "log1p")
    },
    **{name: x(getattr(torch, name), make=unit) for name in ("asin", "acos", "atanh")},
    "acosh": x(lambda a: torch.acosh(a + 1), make=positive),
    "abs_integers": x(torch.abs, make=_integers()),
    "sign_integers": x(torch.sign, make=_integers()),
    "round_half_to_even": x(lambda a: torch.round(a / 2), make=_integers()),
    "isinf": x(torch.isinf, make=_around_infinity),
    "isnan_special": x(torch.isnan, make=_around_infinity),
    "isfinite_special": x(torch.isfinite, make=_around_infinity),
    "nan_to_num": x(lambda a: torch.nan_to_num(a, 1.0, 2.0, -3.0), make=_around_infinity),
    "logical_not": x(torch.logical_not, make=_integers(-1, 2)),
    "bitwise_not": x(torch.bitwise_not, make=_integers()),
    "bitwise_not_bool": x(torch.bitwise_not, make=booleans),
}  # fmt: skip

COMPARE = {
    **{
        name: xy(getattr(torch, name), _integers(-2, 3), _integers(-2, 3))
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    },
    **{
        f"{name}_scalar": x(lambda a, name=name: getattr(torch, name)(a, 0.5))
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    },
    "logical_and": xy(torch.logical_and, booleans, booleans),
    "logical_or": xy(torch.logical_or, booleans, booleans),
    "logical_xor": xy(torch.logical_xor, booleans, booleans),
    "bitwise_and": xy(lambda a, b: a & b, _integers(), _integers()),
    "bitwise_or": xy(lambda a, b: a | b, _integers(), _integers()),
    "bitwise_xor": xy(lambda a, b: a ^ b, _integers(), _integers()),
    "bitwise_and_bool": xy(lambda a, b: a & b, booleans, booleans),
    "where": xy(lambda a, b: torch.where(a > 0.2, a, b)),
    "where_scalars": x(lambda a: torch.where(a > 0.2, a, 3.0)),
    "masked_fill": xy(lambda a, b: a.masked_fill(b, -5.0), randn, booleans),
    "clamp": x(lambda a: a.clamp(-0.5, 0.7)),
    "clamp_min": x(lambda a: a.clamp(min=-0.5)),
    "clamp_max": x(lambda a: a.clamp(max=0.5)),
    "clamp_tensor": xy(lambda a, b: a.clamp(-b, b)),
    "clamp_integers": x(lambda a: a.clamp(-2, 3), make=_integers()),
}

W2, B = randn(8, 4, 3, 3) / 6, randn(8)
CONVOLUTION = {
    "conv1d": x(F.conv1d, 4, 15, constants=(randn(8, 4, 3), B)),
    "conv2d": x(F.conv2d, 4, 9, 11, constants=(W2, B)),
    "conv2d_no_bias": x(F.conv2d, 4, 9, 11, constants=(W2,)),
    "conv2d_strides": x(
        lambda a, w, b: F.conv2d(a, w, b, (2, 1), (1, 2), (1, 2)), 4, 9, 11, constants=(W2, B)
    ),
    "conv2d_groups": x(
        lambda a, w: F.conv2d(a, w, groups=2, padding=1), 4, 9, 9, constants=(randn(6, 2, 3, 3),)
    ),
    "conv2d_depthwise": x(
        lambda a, w: F.conv2d(a, w, groups=8, padding=1), 8, 9, 9, constants=(randn(8, 1, 3, 3),)
    ),
    "conv2d_same": x(
        lambda a, w, b: F.conv2d(a, w, b, padding="same"), 4, 8, 9, constants=(W2, B)
    ),
    "conv2d_relu_add": x(
        lambda a, w, b: torch.relu(F.conv2d(a, w, b, padding=1) + F.conv2d(a, w, padding=1)),
        4, 9, 9, constants=(W2, B),
    ),
    "conv3d": x(F.conv3d, 3, 5, 6, 7, constants=(randn(4, 3, 3, 3, 3), randn(4))),
    "conv_transpose1d": x(
        lambda a, w: F.conv_transpose1d(a, w, stride=2), 4, 9, constants=(randn(4, 3, 3),)
    ),
    "conv_transpose2d": x(
        lambda a, w, b: F.conv_transpose2d(a, w, b, stride=2, padding=1, output_padding=1),
        4, 5, 7, constants=(randn(4, 6, 3, 3), randn(6)),
    ),
    "conv_transpose3d": x(F.conv_transpose3d, 3, 4, 3, 5, constants=(randn(3, 2, 2, 2, 2),)),
}  # fmt: skip

NORMALIZATION = {
    "batch_norm": x(
        lambda a, m, v, w, b: F.batch_norm(a, m, v, w, b),
        5, 6, 7, constants=(randn(5), positive(5), randn(5), positive(5)),
    ),
    "batch_norm_plain": x(
        lambda a, m, v: F.batch_norm(a, m, v, eps=1e-3), 5, constants=(randn(5), positive(5))
    ),
    "conv_batch_norm_relu": x(
        lambda a, k, m, v, w, b: torch.relu(F.batch_norm(F.conv2d(a, k, padding=1), m, v, w, b)),
        4, 9, 9, constants=(W2, randn(8), positive(8), randn(8), positive(8)),
    ),
    "layer_norm": x(
        lambda a, w, b: F.layer_norm(a, (6,), w, b), constants=(positive(6), randn(6))
    ),
    "layer_norm_two": x(lambda a: F.layer_norm(a, (4, 6))),
    "rms_norm": x(lambda a, w: F.rms_norm(a, (6,), w, 1e-5), constants=(positive(6),)),
    "group_norm": x(
        lambda a, w, b: F.group_norm(a, 3, w, b), 6, 5, 4, constants=(positive(6), randn(6))
    ),
    "instance_norm": x(F.instance_norm, 4, 5, 6),
}  # fmt: skip

MATMUL = {
    "linear": x(F.linear, 7, 6, constants=(randn(5, 6), randn(5))),
    "linear_no_bias": x(F.linear, 6, constants=(randn(5, 6),)),
    "linear_gelu": x(
        lambda a, w, b: F.gelu(F.linear(a, w, b)), 6, constants=(randn(5, 6), randn(5))
    ),
    "matmul": Case(lambda a, b: a @ b, lambda n: [randn(n, 4, 6), randn(n, 6, 3)]),
    "matmul_constant": x(lambda a, w: a @ w, constants=(randn(6, 5),)),
    "matmul_broadcast": Case(lambda a, b: a @ b, lambda n: [randn(n, 2, 4, 6), randn(6, 3)]),
    "matmul_vector": x(lambda a, v: a @ v, constants=(randn(6),)),
    "mm": Case(torch.mm, lambda n: [randn(n, 6), randn(6, 3)]),
    "bmm": Case(torch.bmm, lambda n: [randn(n, 4, 6), randn(n, 6, 3)]),
    "mv": Case(torch.mv, lambda n: [randn(n, 6), randn(6)]),
    "dot": Case(torch.dot, lambda n: [positive(n), positive(n)]),
    "outer": Case(torch.outer, lambda n: [randn(n), randn(5)]),
    "addmm": Case(
        lambda a, b, c: torch.addmm(a, b, c, beta=0.5, alpha=2.0),
        lambda n: [randn(n, 3), randn(n, 6), randn(6, 3)],
    ),
    "baddbmm": Case(
        lambda a, b, c: torch.baddbmm(a, b, c, beta=0.5),
        lambda n: [randn(n, 4, 3), randn(n, 4, 6), randn(n, 6, 3)],
    ),
    "einsum": Case(
        lambda a, b: torch.einsum("nij,njk->nik", a, b), lambda n: [randn(n, 4, 6), randn(n, 6, 3)]
    ),
    "einsum_heads": Case(
        lambda a, b: torch.einsum("bqhd,bkhd->bhqk", a, b),
        lambda n: [randn(n, 5, 2, 4), randn(n, 7, 2, 4)],
    ),
    "attention": Case(
        F.scaled_dot_product_attention,
        lambda n: [randn(n, 2, 5, 8), randn(n, 2, 7, 8), randn(n, 2, 7, 8)],
    ),
    "attention_causal": Case(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        lambda n: [randn(n, 2, 6, 8), randn(n, 2, 6, 8), randn(n, 2, 6, 8)],
    ),
    "attention_scale": Case(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.2),
        lambda n: [randn(n, 2, 5, 8), randn(n, 2, 7, 8), randn(n, 2, 7, 8)],
    ),
    "attention_mask": Case(
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m),
        lambda n: [randn(n, 2, 5, 8), randn(n, 2, 7, 8), randn(n, 2, 7, 8), randn(n, 1, 5, 7)],
    ),
    "attention_bool_mask": Case(
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m > -1),
        lambda n: [randn(n, 2, 5, 8), randn(n, 2, 7, 8), randn(n, 2, 7, 8), randn(n, 1, 5, 7)],
    ),
}

POOLING = {
    "max_pool1d": x(lambda a: F.max_pool1d(a, 3, 2, 1), 4, 11),
    "max_pool2d": x(lambda a: F.max_pool2d(a, 3, 2, 1), 4, 11, 9),
    "max_pool2d_ceil": x(lambda a: F.max_pool2d(a, 3, 2, ceil_mode=True), 4, 12, 8),
    "max_pool2d_dilation": x(lambda a: F.max_pool2d(a, 3, 1, 1, 2), 4, 11, 9),
    "max_pool3d": x(lambda a: F.max_pool3d(a, 2), 3, 6, 7, 8),
    "avg_pool1d": x(lambda a: F.avg_pool1d(a, 3, 2, 1), 4, 11),
    "avg_pool2d": x(lambda a: F.avg_pool2d(a, 3, 2, 1), 4, 11, 9),
    "avg_pool2d_exclusive": x(
        lambda a: F.avg_pool2d(a, 3, 2, 1, count_include_pad=False), 4, 11, 9
    ),
    "avg_pool2d_ceil": x(lambda a: F.avg_pool2d(a, 3, 2, ceil_mode=True), 4, 12, 8),
    "avg_pool3d": x(lambda a: F.avg_pool3d(a, 2), 3, 6, 7, 8),
    "adaptive_avg_pool1d": x(lambda a: F.adaptive_avg_pool1d(a, 3), 4, 12),
    "adaptive_avg_pool2d": x(lambda a: F.adaptive_avg_pool2d(a, (1, 1)), 4, 7, 5),
    "adaptive_avg_pool2d_cells": x(lambda a: F.adaptive_avg_pool2d(a, (3, 2)), 4, 9, 8),
    "adaptive_avg_pool3d": x(lambda a: F.adaptive_avg_pool3d(a, 1), 3, 4, 5, 6),
    "adaptive_max_pool1d": x(lambda a: F.adaptive_max_pool1d(a, 3), 4, 12),
    "adaptive_max_pool2d": x(lambda a: F.adaptive_max_pool2d(a, (3, 2)), 4, 9, 8),
    "adaptive_max_pool3d": x(lambda a: F.adaptive_max_pool3d(a, 1), 3, 4, 5, 6),
}

REDUCTION = {
    "sum": x(torch.sum),
    "sum_dims": x(lambda a: a.sum((0, 2), keepdim=True)),
    "sum_integers": x(lambda a: a.sum(-1), make=_integers()),
    "sum_bools": x(lambda a: a.sum(-1), make=booleans),
    "mean": x(torch.mean, make=positive),
    "mean_dim": x(lambda a: a.mean(1)),
    "prod": x(lambda a: a.prod(1)),
    "amax": x(lambda a: a.amax((0, 1))),
    "amin": x(lambda a: a.amin(-1, keepdim=True)),
    "max_all": x(torch.max),
    "min_all": x(torch.min),
    "max_dim": x(lambda a: tuple(a.max(1)), make=_distinct),
    "min_dim": x(lambda a: tuple(a.min(1)), make=_distinct),
    "argmax": x(lambda a: a.argmax(-1), make=_distinct),
    "argmin": x(lambda a: a.argmin(1, keepdim=True), make=_distinct),
    "argmax_ties": x(lambda a: a.argmax(-1), make=_integers(0, 2)),
    "any": x(lambda a: a.any(-1), make=booleans),
    "all": x(lambda a: a.all(1), make=booleans),
    "any_all": x(torch.any, make=booleans),
    "logsumexp": x(lambda a: torch.logsumexp(a, -1)),
    "cumsum": x(lambda a: a.cumsum(1), make=positive),
    "cumsum_first": x(lambda a: a.cumsum(0), make=positive),
    "topk": x(lambda a: tuple(a.topk(3, -1)), make=_distinct),
    "topk_smallest": x(lambda a: tuple(a.topk(2, 1, largest=False)), make=_distinct),
    "sort": x(lambda a: tuple(a.sort(-1, descending=True)), make=_distinct),
    "argsort": x(lambda a: a.argsort(1), make=_distinct),
    "aminmax": x(lambda a: tuple(torch.aminmax(a, dim=1))),
    "count_nonzero": x(lambda a: torch.count_nonzero(a, dim=-1), make=_integers(-1, 2)),
    "var": x(lambda a: a.var(-1)),
    "var_biased": x(lambda a: a.var((1, 2), correction=0, keepdim=True)),
    "std": x(lambda a: a.std(1)),
    "var_mean": x(lambda a: torch.var_mean(a, -1)),
    "norm": x(lambda a: a.norm(dim=-1)),
    "norm_1": x(lambda a: a.norm(1, dim=-1)),
    "vector_norm": x(lambda a: torch.linalg.vector_norm(a, 3, dim=(1, 2))),
    "vector_norm_inf": x(lambda a: torch.linalg.vector_norm(a, float("inf"), dim=1)),
    "cosine_similarity": xy(lambda a, b: F.cosine_similarity(a, b, dim=-1)),
}

SHAPE = {
    "view": x(lambda a: a.view(a.shape[0], 24)),
    "reshape_batch": x(lambda a: a.reshape(-1, 6)),
    "reshape_as": xy(lambda a, b: a.reshape(-1, 2).reshape_as(b)),
    "ravel": x(torch.ravel),
    "flatten": x(lambda a: a.flatten(1)),
    "flatten_all": x(torch.flatten),
    "unflatten": x(lambda a: a.unflatten(2, (2, 3))),
    "squeeze": x(lambda a: a.squeeze(1), 1, 6),
    "unsqueeze": x(lambda a: a.unsqueeze(-2)),
    "permute": x(lambda a: a.permute(2, 0, 1)),
    "transpose": x(lambda a: a.transpose(1, 2)),
    "transpose_batch": x(lambda a: a.transpose(0, 2)),
    "swapaxes": x(lambda a: a.swapaxes(0, 1)),
    "t": x(lambda a: a.t(), 6),
    "mT": x(lambda a: a.mT),
    "movedim": x(lambda a: a.movedim(0, -1)),
    "expand": x(lambda a: a.expand(-1, 5, 6), 1, 6),
    "broadcast_to": x(lambda a: a.broadcast_to(2, *a.shape)),
    "expand_as": Case(lambda a, b: a.expand_as(b), lambda n: [randn(n, 1), randn(n, 4)]),
    "repeat": x(lambda a: a.repeat(1, 2, 3)),
    "tile": x(lambda a: a.tile(2)),
    "repeat_interleave": x(lambda a: a.repeat_interleave(2, 1)),
    "cat": xy(lambda a, b: torch.cat([a, b, a], 1)),
    "cat_batch": xy(lambda a, b: torch.cat([a, b], 0)),
    "stack": xy(lambda a, b: torch.stack([a, b], 1)),
    "hstack": xy(lambda a, b: torch.hstack([a, b])),
    "split": x(lambda a: a.split(4, -1)),
    "split_sizes": x(lambda a: a.split([1, 3], 1)),
    "chunk": x(lambda a: a.chunk(3, -1)),
    "unbind": x(lambda a: a.unbind(1)),
    "select": x(lambda a: a[:, -1]),
    "select_first": x(lambda a: a[0]),
    "slice": x(lambda a: a[:, 1:4, ::2]),
    "slice_negative": x(lambda a: a[..., -3:-1]),
    "narrow": x(lambda a: a.narrow(2, 1, 3)),
    "flip": x(lambda a: a.flip(1, 2)),
    "roll": x(lambda a: a.roll((1, -2), (1, 2))),
    "diff": x(lambda a: a.diff(dim=-1)),
    "meshgrid": Case(
        lambda a, b: torch.meshgrid(a, b, indexing="ij"), lambda n: [randn(n), randn(4)]
    ),
    "pad": x(lambda a: F.pad(a, (1, 2, 0, 3), value=0.5)),
    "pad_crop": x(lambda a: F.pad(a, (-1, 2))),
    "pad_reflect": x(lambda a: F.pad(a, (2, 1, 1, 2), mode="reflect"), 3, 5, 6),
    "pad_replicate": x(lambda a: F.pad(a, (2, 1, 1, 2), mode="replicate"), 3, 5, 6),
    "nearest": x(lambda a: F.interpolate(a, scale_factor=2.0), 3, 5, 6),
    "nearest_size": x(lambda a: F.interpolate(a, size=(7, 4)), 3, 5, 6),
    "bilinear": x(
        lambda a: F.interpolate(a, size=(9, 8), mode="bilinear", align_corners=False), 3, 5, 6
    ),
    "bilinear_corners": x(
        lambda a: F.interpolate(a, scale_factor=2.0, mode="bilinear", align_corners=True), 3, 5, 6
    ),
    "linear1d": x(lambda a: F.interpolate(a, size=9, mode="linear"), 3, 6),
    "trilinear": x(lambda a: F.interpolate(a, size=(4, 5, 6), mode="trilinear"), 2, 3, 4, 5),
    "bicubic": x(lambda a: F.interpolate(a, size=(9, 8), mode="bicubic"), 3, 5, 6),
    "pixel_shuffle": x(lambda a: F.pixel_shuffle(a, 2), 8, 3, 4),
    "pixel_unshuffle": x(lambda a: F.pixel_unshuffle(a, 2), 3, 4, 6),
    "channel_shuffle": x(lambda a: F.channel_shuffle(a, 3), 6, 3, 4),
}

INDEX = {
    "embedding": x(F.embedding, 4, make=_integers(0, 9), constants=(randn(9, 6),)),
    "index_select": x(lambda a, i: a.index_select(2, i), constants=(torch.tensor([3, 0, 3]),)),
    "gather": Case(
        lambda a, i: a.gather(1, i), lambda n: [randn(n, 4, 6), integers(n, 2, 6, low=0, high=4)]
    ),
    "index_one": Case(lambda a, i: a[i], lambda n: [randn(7, 6), integers(n, 2, low=0, high=7)]),
    "index_middle": x(lambda a, i: a[:, i], constants=(torch.tensor([3, 0, 3]),)),
    "index_two": Case(
        lambda a, i, j: a[i, j],
        lambda n: [randn(7, 6), integers(n, low=0, high=7), integers(n, low=-6, high=6)],
    ),
    "select_scatter": Case(
        lambda a, b: torch.select_scatter(a, b, 1, 2), lambda n: [randn(n, 4, 6), positive(n, 6)]
    ),
    "slice_scatter": Case(
        lambda a, b: torch.slice_scatter(a, b, 1, 1, 3), lambda n: [randn(n, 4, 6), randn(n, 2, 6)]
    ),
    "slice_scatter_step": Case(
        lambda a, b: torch.slice_scatter(a, b, 1, 0, 4, 2),
        lambda n: [randn(n, 4, 6), positive(n, 2, 6)],
    ),
    "one_hot": x(lambda a: F.one_hot(a, 9), 4, make=_integers(0, 9)),
}

CREATION = {
    "arange": x(lambda a: a + torch.arange(6)),
    "arange_step": x(lambda a: a + torch.arange(1, 13, 2)),
    "arange_dynamic": x(lambda a: a[:, 0, 0] + torch.arange(a.shape[0])),
    "full": x(lambda a: a + torch.full((a.shape[0], 1, 1), 2.5)),
    "full_like": x(lambda a: a + torch.full_like(a, 2.5)),
    "new_full": x(lambda a: a + a.new_full((6,), 2.5)),
    "zeros": x(lambda a: torch.cat([a, torch.zeros(a.shape[0], 1, 6)], 1)),
    "ones": x(lambda a: a + torch.ones(4, 6)),
    "zeros_like": x(lambda a: torch.cat([a, torch.zeros_like(a)], 1)),
    "ones_like": x(lambda a: a + torch.ones_like(a)),
    "new_zeros": x(lambda a: torch.cat([a, a.new_zeros(a.shape)], 1)),
    "new_ones": x(lambda a: a * a.new_ones(4, 1)),
    "scalar_tensor": x(lambda a: a + torch.scalar_tensor(3.0)),
    "tril": x(torch.tril),
    "triu": x(lambda a: a.triu(1)),
}

COPY = {
    "clone": x(lambda a: torch.relu(a).clone()),
    "contiguous": x(lambda a: a.transpose(1, 2).contiguous() * 2),
    "to_int": x(lambda a: (a * 3).to(torch.int64)),
    "to_int32": x(lambda a: (a * 3).to(torch.int32)),
    "to_float": x(lambda a: a.float() * 0.5, make=_integers()),
    "to_bool": x(lambda a: a.bool(), make=_integers(-1, 2)),
    "type_as": xy(lambda a, b: a.type_as(b) * 2, _integers()),
    "dropout": x(lambda a: F.dropout(a, 0.5, training=False) * 2),
    "detach": x(lambda a: a.detach() * 2),
}

FAMILIES = {
    "activation": ACTIVATION,
    "arithmetic": ARITHMETIC,
    "unary": UNARY,
    "compare": COMPARE,
    "convolution": CONVOLUTION,
    "normalization": NORMALIZATION,
    "matmul": MATMUL,
    "pooling": POOLING,
    "reduction": REDUCTION,
    "shape": SHAPE,
    "index": INDEX,
    "creation": CREATION,
    "copy": COPY,
}
CASES = {f"{f}-{n}": case for f, family in FAMILIES.items() for n, case in family.items()}

# What converters refuse, and the reason they give; a case that works must leave this table.
KNOWN = {
    "compare-bitwise_and": "and is not defined on i64, wanted bool",
    "compare-bitwise_or": "or is not defined on i64, wanted bool",
    "compare-bitwise_xor": "xor is not defined on i64, wanted bool",
    "index-slice_scatter_step": "slice_scatter with a step",
}
SUPPORTED = [name for name in CASES if name not in KNOWN]


class Op(torch.nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        self.run = case.run
        self.names = [f"constant{i}" for i in range(len(case.constants))]
        for name, value in zip(self.names, case.constants):
            self.register_buffer(name, value)

    def forward(self, *inputs):
        return self.run(*inputs, *(getattr(self, name) for name in self.names))


def _double(value: torch.Tensor) -> torch.Tensor:
    return value.double() if value.is_floating_point() else value


def _reference(case: Case, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    constants = map(_double, case.constants)
    return pytree.tree_leaves(case.run(*map(_double, inputs), *constants))


def _check(seen: torch.Tensor, eager: torch.Tensor, wanted: torch.Tensor) -> None:
    assert (seen.shape, seen.dtype) == (eager.shape, eager.dtype)
    if not seen.is_floating_point():
        torch.testing.assert_close(seen, eager, rtol=0, atol=0)
        return
    assert torch.equal(seen.isfinite(), wanted.isfinite())
    finite = wanted.isfinite()
    difference = (seen.double() - wanted)[finite].norm()
    error = (difference / wanted[finite].norm().clamp(min=1e-30)).item()
    assert error <= LIMIT, f"relative L2 error {error:.2e}"


def _compile(case: Case, specs: list) -> torch.nn.Module:
    module = torch_tensorrt.compile(
        Op(case).eval(),
        inputs=specs,
        min_block_size=1,
        require_full_compilation=True,
        optimization_level=0,
        timing_cache_path="none",
    )
    assert [s["kind"] for s in module.torch_tensorrt_report["segments"]] == ["engine"]
    return module


def _compare(case: Case, module: torch.nn.Module, inputs: list[torch.Tensor]) -> None:
    seen = pytree.tree_leaves(module(*inputs))
    eager = pytree.tree_leaves(case.run(*inputs, *case.constants))
    for s, e, w in zip(seen, eager, _reference(case, inputs), strict=True):
        _check(s, e, w)


def _ranges(case: Case) -> list:
    """An Input per tensor; dimensions that follow the first one's size are dynamic and equal."""
    specs = []
    for low, best, high in zip(case.values(1), case.values(OPT), case.values(5)):
        if low.shape == high.shape:
            specs.append(best)
            continue
        assert low.shape[1:] == high.shape[1:]
        specs.append(
            torch_tensorrt.Input(
                min_shape=low.shape,
                opt_shape=best.shape,
                max_shape=high.shape,
                dtype=best.dtype,
                shared_dims={0: "n"},
            )
        )
    return specs


@pytest.mark.parametrize("name", SUPPORTED)
def test_fixed_sizes(name):
    case = CASES[name]
    inputs = case.values(OPT)
    _compare(case, _compile(case, inputs), inputs)


@pytest.mark.parametrize("name", SUPPORTED)
def test_dynamic_first_dimension(name):
    case = CASES[name]
    module = _compile(case, _ranges(case))
    for size in (1, OPT, 5):
        _compare(case, module, case.values(size))


@pytest.mark.parametrize("name", KNOWN)
def test_refusals_give_their_reason(name):
    with pytest.raises(torch_tensorrt.dynamo.CompilationError, match=KNOWN[name]):
        _compile(CASES[name], CASES[name].values(OPT))
