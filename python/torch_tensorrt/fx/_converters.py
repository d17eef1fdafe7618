# SPDX-License-Identifier: Apache-2.0
"""Converters of the older form, ``fn(network, target, args, kwargs, name)``. They stand in the same
table as those of ``torch_tensorrt.dynamo.conversion`` and work from every way in."""

from __future__ import annotations

from typing import Any, Callable

from ..dynamo.conversion import _callback
from ..dynamo.conversion._ConverterRegistry import DYNAMO_CONVERTERS, ConverterPriority, _register

# Ops that have a converter: one table for all of them.
CONVERTERS = DYNAMO_CONVERTERS


def tensorrt_converter(
    key: Any,
    no_implicit_batch_dim: bool = False,
    no_explicit_batch_dim: bool = False,
    enabled: bool = True,
) -> Callable[[Callable], Callable]:
    """Registers ``fn(network, target, args, kwargs, name) -> ITensor or sequence of ITensors``.

    Args:
        key: as for ``dynamo_tensorrt_converter``. Graphs consist of ATen ops, so the arguments are
            those of the ATen op in its schema's order, also for a key such as ``torch.relu``.
        no_implicit_batch_dim, no_explicit_batch_dim: batch is always explicit; a converter without
            it is not registered.
        enabled: False registers nothing.

    Sizes known only at run time are allowed, as they always were here.
    """

    def register(function: Callable) -> Callable:
        if enabled and not no_explicit_batch_dim:
            converter = _callback.Converter(function, None, "", True, _callback.call_fx)
            _register(key, converter, ConverterPriority.STANDARD)
        return function

    return register
