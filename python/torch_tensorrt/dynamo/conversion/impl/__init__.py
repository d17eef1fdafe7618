# SPDX-License-Identifier: Apache-2.0
"""Thin building blocks for converters: ``impl.<family>.<op>(ctx, target, source_ir, name, ...)``."""

from . import (
    activation,
    cast,
    cat,
    elementwise,
    matmul,
    permutation,
    reduce,
    select,
    shape,
    shuffle,
    slice,
    softmax,
    squeeze,
    unary,
    unsqueeze,
)

__all__ = [
    "activation",
    "cast",
    "cat",
    "elementwise",
    "matmul",
    "permutation",
    "reduce",
    "select",
    "shape",
    "shuffle",
    "slice",
    "softmax",
    "squeeze",
    "unary",
    "unsqueeze",
]
