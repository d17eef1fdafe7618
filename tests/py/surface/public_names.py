# SPDX-License-Identifier: Apache-2.0
"""Lists the public names: of the Python package by walking it, of the C and C++ API by reading the
headers."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import types
from pathlib import Path
from typing import Any, Iterator, Optional

import torch_tensorrt

ROOT = Path(__file__).resolve().parents[3]


def modules() -> Iterator[types.ModuleType]:
    """torch_tensorrt and all modules below it without an underscore in their path."""
    yield torch_tensorrt
    for info in pkgutil.walk_packages(torch_tensorrt.__path__, "torch_tensorrt."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            yield importlib.import_module(info.name)


def _imported(module: types.ModuleType) -> set[str]:
    """What the module's source imports: names of other places."""
    tree = ast.parse(inspect.getsource(module))
    froms = (n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom)))
    return {(a.asname or a.name).partition(".")[0] for node in froms for a in node.names}


def names_of(module: types.ModuleType) -> list[str]:
    """The public names of a module: ``__all__`` if there is one, else what it defines itself."""
    listed = getattr(module, "__all__", None) or set(vars(module)) - _imported(module)
    return sorted(n for n in listed if not n.startswith("_"))


def _ours(kind: Any) -> bool:
    return isinstance(kind, type) and kind.__module__.partition(".")[0] == "torch_tensorrt"


def _fields(kind: type) -> set[str]:
    """Attributes that ``__init__`` sets on self."""
    init = vars(kind).get("__init__")
    if not isinstance(init, types.FunctionType):
        return set()
    try:
        tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(init)))
    except (OSError, SyntaxError):  # made by dataclasses: its fields are annotations
        return set()
    stores = (n for n in ast.walk(tree) if isinstance(n, ast.Attribute))
    return {
        n.attr
        for n in stores
        if isinstance(n.ctx, ast.Store) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }


def members_of(kind: type, public: set[type]) -> list[str]:
    """Public methods, properties, fields and enumerators that a class of ours defines itself or has
    from a base that is not public."""
    found: set[str] = set()
    for base in kind.__mro__:
        if _ours(base) and (base is kind or base not in public):
            found |= set(vars(base)) | set(getattr(base, "__annotations__", {})) | _fields(base)
    return sorted(n for n in found if not n.startswith("_"))


def python_names() -> dict[str, Optional[str]]:
    """Each public name with its class, if it is a member of one: "torch_tensorrt.Input.rank" ->
    "torch_tensorrt.Input"; the name of a module-level object has None. What several modules offer
    by the same name counts once, under its shortest path."""
    objects: dict[str, Any] = {}
    seen: set[tuple[int, str]] = set()
    for module in sorted(modules(), key=lambda m: m.__name__.count(".")):
        for name in names_of(module):
            value = getattr(module, name)
            if isinstance(value, types.ModuleType) or (id(value), name) in seen:
                continue
            seen.add((id(value), name))
            objects[f"{module.__name__}.{name}"] = value
    public = {v for v in objects.values() if isinstance(v, type)}
    found: dict[str, Optional[str]] = dict.fromkeys(objects)
    listed: set[type] = set()  # members of a class that has two names count once
    for path, value in objects.items():
        if _ours(value) and value not in listed:
            listed.add(value)
            found |= {f"{path}.{member}": path for member in members_of(value, public)}
    return found
