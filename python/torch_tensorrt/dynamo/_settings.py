# SPDX-License-Identifier: Apache-2.0
"""Settings of a compilation. Names, defaults and meaning come from the native table; here they are
checked, converted from Python's types, and turned into the JSON that the compiler reads."""

import dataclasses
import difflib
import functools
import inspect
import math
import warnings
from enum import Enum
from typing import Any, Callable

import torch

from .. import _library
from .._Device import Device
from .._enums import dtype
from ._op_names import with_whole_ops

# Accepted so that older code runs: name -> what it stands for now (None: no effect).
DEPRECATED = {
    "debug": "debug",
    "truncate_long_and_double": "truncate_double",
    "use_python_runtime": None,
    "refit": None,
    "make_refittable": None,
}

_LARGEST = 2**63 - 1  # an int that is given as infinity


@functools.cache
def table() -> dict[str, dict]:
    """Setting -> its row in the native table."""
    return {row["name"]: row for row in _library.options_table()}


def _deprecated(name: str) -> None:
    now = DEPRECATED[name]
    advice = {None: "has no effect", name: "use torch_tensorrt.logging.debug()"}.get(
        now, f"use {now}"
    )
    warnings.warn(f"setting '{name}' is deprecated: {advice}", DeprecationWarning, stacklevel=4)


def check_names(settings: dict[str, Any]) -> None:
    """TypeError names the first unknown setting and the nearest known one."""
    for name in settings:
        if name not in table() and name not in DEPRECATED:
            near = difflib.get_close_matches(name, [*table(), *DEPRECATED], n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise TypeError(f"unknown setting '{name}'{hint}")


def resolve(settings: dict[str, Any]) -> dict[str, Any]:
    """Checked, JSON-ready settings."""
    check_names(settings)
    resolved = {}
    for name, value in settings.items():
        if name in DEPRECATED:
            _deprecated(name)
            if DEPRECATED[name] is None:
                continue
            name = DEPRECATED[name]
        resolved[name] = _convert(table()[name], value)
    return resolved


def _convert(row: dict, value: Any) -> Any:
    kind = row["type"]
    name = row["name"]
    if value is None:
        return row["default"]
    if name == "dryrun" and isinstance(value, bool):
        return "1" if value else ""
    if kind == "strs":
        texts = [_text(v) for v in ([value] if isinstance(value, str) else value)]
        return sorted(set(with_whole_ops(texts) if name == "torch_executed_ops" else texts))
    if kind == "str":
        return _text(value)
    if kind == "int" and value == math.inf:
        return _LARGEST
    wanted: Any = {"bool": bool, "int": int, "float": (int, float)}[kind]
    if not isinstance(value, wanted) or (kind != "bool" and isinstance(value, bool)):
        raise TypeError(f"setting '{name}' is {value!r}; wanted {kind}")
    return value


def _text(value: Any) -> str:
    """The form in which a value of the public API goes into the JSON."""
    if isinstance(value, torch._ops.OpOverload):
        return f"torch.ops.{value}"
    if isinstance(value, torch._ops.OpOverloadPacket):
        return value._qualified_op_name
    if isinstance(value, torch.dtype) or isinstance(value, dtype):
        return str(dtype._from(value).to(torch.dtype)).removeprefix("torch.")
    if isinstance(value, (Device, torch.device)):
        return str(value)
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    return str(value)


def with_settings(function: Callable) -> Callable:
    """Gives ``function(**settings)`` a signature that lists every setting with its default."""
    signature = inspect.signature(function)
    named = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    taken = {p.name for p in named}
    settings = [
        inspect.Parameter(row["name"], inspect.Parameter.KEYWORD_ONLY, default=row["default"])
        for row in _library.options_table()
        if row["name"] not in taken
    ]
    function.__signature__ = signature.replace(parameters=[*named, *settings])
    return function


def _make_settings_class() -> type:
    def default(row: dict) -> Any:
        value = row["default"]
        if isinstance(value, list):
            return dataclasses.field(default_factory=set)
        return dataclasses.field(default=value)

    fields = [(row["name"], Any, default(row)) for row in _library.options_table()]
    made = dataclasses.make_dataclass("CompilationSettings", fields)
    made.__module__ = __name__
    made.__doc__ = "Settings of a compilation.\n\n" + "\n".join(
        f"{row['name']}: {'accepted, no effect: ' * (row['status'] == 'inert')}{row['doc']}"
        for row in table().values()
    )
    return made


CompilationSettings = _make_settings_class()
