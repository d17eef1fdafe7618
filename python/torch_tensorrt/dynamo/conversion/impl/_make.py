# SPDX-License-Identifier: Apache-2.0
"""Functions of one layer each, made from its operation."""

from __future__ import annotations

from typing import Any, Callable

from .... import trt
from ..converter_utils import get_trt_tensor, promoted, set_layer_name


def binary(operation: str, what: str) -> Callable:
    """f(ctx, target, source_ir, name, lhs_val, rhs_val) over numpy broadcasting."""

    def function(
        ctx: Any, target: Any, source_ir: Any, name: str, lhs_val: Any, rhs_val: Any
    ) -> trt.ITensor:
        lhs, rhs = promoted(ctx, lhs_val, rhs_val, name)
        layer = ctx.net.add_layer("elementwise", [lhs, rhs], operation=operation)
        set_layer_name(layer, target, name, source_ir)
        return layer.get_output(0)

    function.__doc__ = f"{what}, elementwise, in the type that torch computes in."
    return function


def unary(operation: str) -> Callable:
    """f(ctx, target, source_ir, name, input_val)."""

    def function(ctx: Any, target: Any, source_ir: Any, name: str, input_val: Any) -> trt.ITensor:
        x = get_trt_tensor(ctx, input_val, name)
        layer = ctx.net.add_layer("unary", [x], operation=operation)
        set_layer_name(layer, target, name, source_ir)
        return layer.get_output(0)

    function.__doc__ = f"{operation} of each element."
    return function


def activation(kind: str, *parameters: str, **defaults: float) -> Callable:
    """f(ctx, target, source_ir, name, input_val, *parameters)."""

    def function(
        ctx: Any,
        target: Any,
        source_ir: Any,
        name: str,
        input_val: Any,
        *values: float,
        **named: Any,
    ) -> trt.ITensor:
        given = {**defaults, **dict(zip(parameters, values)), **named}
        x = get_trt_tensor(ctx, input_val, name)
        attrs = {k: float(v) for k, v in given.items()}
        layer = ctx.net.add_layer("activation", [x], trt.IActivationLayer, type=kind, **attrs)
        set_layer_name(layer, target, name, source_ir)
        return layer.get_output(0)

    function.__doc__ = f"{kind}({', '.join(('x', *parameters))})."
    return function


def result(layer: Any, target: Any, source_ir: Any, name: str) -> trt.ITensor:
    """The named layer's first output."""
    set_layer_name(layer, target, name, source_ir)
    return layer.get_output(0)
