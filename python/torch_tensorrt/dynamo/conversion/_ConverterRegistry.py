# SPDX-License-Identifier: Apache-2.0
"""Registering converters: the Python side of the one native table (c_api_network.h)."""

from __future__ import annotations

import ctypes
import inspect
import types
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Callable, Iterator, Optional

import torch

from ...trt import _native
from . import _callback


class ConverterPriority(IntEnum):
    """Of converters of one op, HIGH ones are asked first; of equals, the one registered last."""

    STANDARD = 0
    HIGH = 1


@dataclass(frozen=True)
class ConverterSupport:
    """A registered converter."""

    converter_implementation: Callable
    capability_validator: Optional[Callable] = None
    supports_dynamic_shapes: bool = False
    priority: int = ConverterPriority.STANDARD
    ids: tuple[int, ...] = ()


# key -> converters, those asked first in front
_registered: dict[Any, list[ConverterSupport]] = {}
_kept: list[Any] = []  # ctypes callbacks: native code may call them as long as it lives


def overloads(key: Any) -> list[torch._ops.OpOverload]:
    """The ops that a key stands for; empty for a function that never is a node of our graphs."""
    key = getattr(key, "_opoverload", key)  # torch.library.custom_op
    if isinstance(key, torch._ops.OpOverload):
        return [key]
    if isinstance(key, torch._ops.OpOverloadPacket):
        return [getattr(key, name) for name in key.overloads()]
    if not callable(key):
        raise TypeError(
            f"a converter is for {key!r}; wanted an op such as torch.ops.aten.relu.default,"
            " torch.ops.aten.relu (all overloads) or a function of torch"
        )
    name, module = getattr(key, "__name__", ""), getattr(key, "__module__", "") or ""
    from_torch = module.startswith("torch") or isinstance(
        key, (types.BuiltinFunctionType, types.MethodDescriptorType)
    )
    packet = getattr(torch.ops.aten, name, None) if from_torch and module != "_operator" else None
    return overloads(packet) if packet is not None else []


def dynamo_tensorrt_converter(
    key: Any,
    *,
    enabled: bool = True,
    capability_validator: Optional[Callable] = None,
    priority: ConverterPriority = ConverterPriority.STANDARD,
    supports_dynamic_shapes: bool = False,
    requires_output_allocator: bool = False,
    requires_native_multidevice: bool = False,
) -> Callable[[Callable], Callable]:
    """Registers ``fn(ctx, target, args, kwargs, name) -> ITensor or sequence of ITensors``.

    Args:
        key: an OpOverload, an OpOverloadPacket (all its overloads), a ``torch.library.custom_op``
            or a function of torch that is an ATen op of that name. Other functions, such as
            ``operator.add``, are never nodes of our graphs: a warning says that nothing happens.
        enabled: False registers nothing.
        capability_validator: ``f(node, settings) -> bool`` (or ``f(node)``); the node has target,
            args, kwargs and meta["val"] as a torch.fx.Node has. False leaves the node to the
            next converter.
        priority: HIGH ones come first.
        supports_dynamic_shapes: False: not for nodes with sizes known only at run time, unless the
            setting ``assume_dynamic_shape_support`` is on.
        requires_output_allocator, requires_native_multidevice: True refuses every node with that
            reason, because engines can do neither.

    The function gets ITensors for tensors, torch tensors for weights, ITensors (INT64, no dims) for
    sizes known only at run time, and lists, numbers, dtypes and None as the op has them. An
    exception in it keeps the node in PyTorch; the report has its text.
    """

    def register(function: Callable) -> Callable:
        if not enabled:
            return function
        needs = {
            "an output allocator": requires_output_allocator,
            "several devices": requires_native_multidevice,
        }
        reason = next((f"it needs {n}, which engines lack" for n, on in needs.items() if on), "")
        _register(
            key,
            _callback.Converter(
                function,
                capability_validator,
                reason,
                supports_dynamic_shapes,
                _callback.call_dynamo,
            ),
            priority,
        )
        return function

    return register


def _register(key: Any, converter: _callback.Converter, priority: int) -> None:
    ops = overloads(key)
    if not ops:
        warnings.warn(
            f"a converter is for {key!r}, which is never a node of an exported graph: it will not"
            " be called. Register it for the op that stands there instead.",
            stacklevel=4,
        )
    validate = _native.VALIDATE(converter.validate)
    convert = _native.CONVERT(converter.convert)
    _kept.extend((validate, convert))
    place = origin(converter.function)
    ids = tuple(_register_native(op.name(), place, priority, validate, convert) for op in ops)
    support = ConverterSupport(
        converter.function, converter.validator, converter.dynamic, priority, ids
    )
    entries = _registered.setdefault(key, [])
    before = next((i for i, e in enumerate(entries) if e.priority <= priority), len(entries))
    entries.insert(before, support)


def _register_native(op: str, place: str, priority: int, validate: Any, convert: Any) -> int:
    """Registers natively for run-time sizes too: the validator knows the setting that allows them."""
    number = ctypes.c_int()
    texts = (op.encode(), place.encode())
    _native.call(
        "register_converter",
        *texts,
        int(priority),
        1,
        validate,
        convert,
        None,
        ctypes.byref(number),
    )
    return number.value


def origin(function: Callable) -> str:
    """Where a converter comes from: "file.py:12"."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return getattr(function, "__qualname__", repr(function))
    return f"{code.co_filename.rpartition('/')[2]}:{code.co_firstlineno}"


def remove_converter(function: Callable) -> int:
    """Removes every registration of ``function``; returns how many there were."""
    count = 0
    for key, entries in list(_registered.items()):
        for entry in [e for e in entries if e.converter_implementation is function]:
            for number in entry.ids:
                _native.call("unregister_converter", number)
            entries.remove(entry)
            count += 1
        if not entries:
            del _registered[key]
    return count


class _Converters(Mapping):
    """Ops that have a converter. ``[key]`` gives those registered in Python, first ones first;
    ``in`` and iteration include the built-in ones, by op name ("aten::relu")."""

    def __getitem__(self, key: Any) -> list[ConverterSupport]:
        if key not in _registered and key in self:
            return []
        return list(_registered[key])

    def __contains__(self, key: object) -> bool:
        if key in _registered:
            return True
        names = set(self._native())
        if isinstance(key, str):
            return key in names
        try:
            return any(op.name() in names for op in overloads(key))
        except TypeError:
            return False

    def __iter__(self) -> Iterator[Any]:
        yield from _registered
        yield from self._native()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @staticmethod
    def _native() -> list[str]:
        return _native.json_from("converters")["builtin"]

    def user(self) -> list[str]:
        """Converters of users, of every language, in the order in which they are asked."""
        return _native.json_from("converters")["user"]


DYNAMO_CONVERTERS = _Converters()
DYNAMO_ATEN_CONVERTERS = DYNAMO_CONVERTERS
