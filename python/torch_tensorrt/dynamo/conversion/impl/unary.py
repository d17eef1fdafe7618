# SPDX-License-Identifier: Apache-2.0
"""One operand."""

from ._make import unary

exp, log, sqrt, rsqrt, recip = (unary(o) for o in ("exp", "log", "sqrt", "rsqrt", "recip"))
abs, neg, sign, floor, ceil = (unary(o) for o in ("abs", "neg", "sign", "floor", "ceil"))
round, trunc, erf, expm1, log1p = (unary(o) for o in ("round", "trunc", "erf", "expm1", "log1p"))
sin, cos, tan, sinh, cosh = (unary(o) for o in ("sin", "cos", "tan", "sinh", "cosh"))
asin, acos, atan, asinh, acosh = (unary(o) for o in ("asin", "acos", "atan", "asinh", "acosh"))
atanh, logical_not, isinf, isnan = (unary(o) for o in ("atanh", "not", "isinf", "isnan"))
bitwise_not = logical_not
