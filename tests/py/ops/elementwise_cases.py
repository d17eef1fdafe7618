# SPDX-License-Identifier: Apache-2.0
"""Cases of test_core_ops.py: a result has the sizes of its operands."""

import torch
import torch.nn.functional as F
from op_cases import Case, around_infinity, booleans, integers_in, positive, randn, unit, x, xy

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
    "add_integers": xy(lambda a, b: a + b, integers_in(), integers_in()),
    "add_promotes": xy(lambda a, b: a + b, randn, integers_in()),
    "sub": xy(lambda a, b: a - b),
    "sub_alpha": xy(lambda a, b: torch.sub(a, b, alpha=3)),
    "rsub": x(lambda a: 2.0 - a),
    "mul": xy(lambda a, b: a * b),
    "mul_scalar": x(lambda a: a * 0.3),
    "div": xy(lambda a, b: a / b),
    "div_integers": xy(lambda a, b: a / b, integers_in(), integers_in(1, 9)),
    "div_scalar": x(lambda a: a / 3),
    "div_floor": xy(lambda a, b: torch.div(a, b, rounding_mode="floor")),
    "div_trunc": xy(lambda a, b: torch.div(a, b, rounding_mode="trunc")),
    "div_trunc_integers": xy(
        lambda a, b: torch.div(a, b, rounding_mode="trunc"), integers_in(), integers_in(1, 4)
    ),
    "floor_divide": xy(lambda a, b: a // b, integers_in(), integers_in(1, 4)),
    "floor_divide_negative": x(lambda a: a // -3, make=integers_in()),
    "remainder": xy(lambda a, b: a % b),
    "remainder_integers": xy(lambda a, b: a % b, integers_in(), integers_in(2, 5)),
    "remainder_negative": x(lambda a: a % -3, make=integers_in()),
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
    "abs_integers": x(torch.abs, make=integers_in()),
    "sign_integers": x(torch.sign, make=integers_in()),
    "round_half_to_even": x(lambda a: torch.round(a / 2), make=integers_in()),
    "isinf": x(torch.isinf, make=around_infinity),
    "isnan_special": x(torch.isnan, make=around_infinity),
    "isfinite_special": x(torch.isfinite, make=around_infinity),
    "nan_to_num": x(lambda a: torch.nan_to_num(a, 1.0, 2.0, -3.0), make=around_infinity),
    "logical_not": x(torch.logical_not, make=integers_in(-1, 2)),
    "bitwise_not": x(torch.bitwise_not, make=integers_in()),
    "bitwise_not_bool": x(torch.bitwise_not, make=booleans),
}  # fmt: skip

COMPARE = {
    **{
        name: xy(getattr(torch, name), integers_in(-2, 3), integers_in(-2, 3))
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    },
    **{
        f"{name}_scalar": x(lambda a, name=name: getattr(torch, name)(a, 0.5))
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    },
    "logical_and": xy(torch.logical_and, booleans, booleans),
    "logical_or": xy(torch.logical_or, booleans, booleans),
    "logical_xor": xy(torch.logical_xor, booleans, booleans),
    "bitwise_and": xy(lambda a, b: a & b, integers_in(), integers_in()),
    "bitwise_or": xy(lambda a, b: a | b, integers_in(), integers_in()),
    "bitwise_xor": xy(lambda a, b: a ^ b, integers_in(), integers_in()),
    "bitwise_and_bool": xy(lambda a, b: a & b, booleans, booleans),
    "where": xy(lambda a, b: torch.where(a > 0.2, a, b)),
    "where_scalars": x(lambda a: torch.where(a > 0.2, a, 3.0)),
    "masked_fill": xy(lambda a, b: a.masked_fill(b, -5.0), randn, booleans),
    "clamp": x(lambda a: a.clamp(-0.5, 0.7)),
    "clamp_min": x(lambda a: a.clamp(min=-0.5)),
    "clamp_max": x(lambda a: a.clamp(max=0.5)),
    "clamp_tensor": xy(lambda a, b: a.clamp(-b, b)),
    "clamp_integers": x(lambda a: a.clamp(-2, 3), make=integers_in()),
}
