# SPDX-License-Identifier: Apache-2.0
"""Two operands, numpy broadcasting, torch's type promotion."""

from ._make import binary

add = binary("sum", "lhs + rhs")
sub = binary("sub", "lhs - rhs")
mul = binary("prod", "lhs * rhs")
div = binary("div", "lhs / rhs (of integers: rounded towards 0)")
trunc_div = binary("trunc_div", "lhs / rhs rounded towards 0")
floor_divide = binary("floor_div", "lhs / rhs rounded down")
remainder = binary("mod", "remainder with the sign of rhs")
fmod = binary("fmod", "remainder with the sign of lhs")
pow = binary("pow", "lhs to the power of rhs")
max = binary("max", "the larger one")
min = binary("min", "the smaller one")
logical_and = bitwise_and = binary("and", "and")
logical_or = bitwise_or = binary("or", "or")
logical_xor = bitwise_xor = binary("xor", "exclusive or")
eq = binary("equal", "lhs == rhs")
ne = binary("not_equal", "lhs != rhs")
gt = binary("greater", "lhs > rhs")
ge = binary("greater_equal", "lhs >= rhs")
lt = binary("less", "lhs < rhs")
le = binary("less_equal", "lhs <= rhs")
atan2 = binary("atan2", "the angle of (rhs, lhs)")
