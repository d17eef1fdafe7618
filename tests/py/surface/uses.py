# SPDX-License-Identifier: Apache-2.0
"""Finds which public names a Python file uses, by following its imports, assignments, calls and
annotations. A use is an attribute, a call or ``getattr`` with the name's text; an entry in a list
or a sentence is none."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import types
from pathlib import Path
from typing import Any, Iterable, Optional, Union

import torch

# Names that other objects have too: here the receiver must be known to be ours.
COMMON = {
    n
    for k in (torch.Tensor, torch.nn.Module, str, list, dict, Path, BaseException, type(re))
    for n in dir(k)
} | {"op", "args", "kwargs", "target", "h", "w", "k", "level", "engine"}
# What stands for the value of an expression: an object of the package, or an instance of a class.
Meaning = Union["Object", "Instance"]


class Object:
    """A module, class or function of the package, by the path it was reached on."""

    def __init__(self, path: str, value: Any):
        self.path, self.value = path, value


class Instance:
    """An instance of a class of the package."""

    def __init__(self, kind: type):
        self.kind = kind


def _is_ours(value: Any) -> bool:
    name = (
        value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", "")
    )
    return str(name).partition(".")[0] == "torch_tensorrt"


class Uses(ast.NodeVisitor):
    """Collects, over any number of files: ``paths`` of module-level names, ``members`` (class,
    name) of known receivers, ``loose`` names of attributes whose receiver is unknown, and
    ``keywords`` of calls and of dictionaries of options."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.members: set[tuple[type, str]] = set()
        self.loose: set[str] = set()
        self.keywords: set[str] = set()
        self._known: dict[str, list[Meaning]] = {}

    def file(self, path: Path) -> None:
        self.code(path.read_text())

    def code(self, text: str) -> None:
        outer, self._known = self._known, {}
        tree = ast.parse(text)
        self._docstrings = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        self._learn(tree)
        self.visit(tree)
        self._known = outer

    # What names mean -------------------------------------------------------------------------

    def _learn(self, tree: ast.AST) -> None:
        """Fills ``_known`` with imports, then with what assignments, annotations and ``with`` give.
        Twice, because a function may be used above the place that defines what it returns."""
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Import):
                for name in node.names:
                    self._import(name.name, name.asname)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    self._import_from(node.module, name.name, name.asname or name.name)
        for _ in range(2):
            for node in nodes:
                self._learn_from(node)

    def _import(self, module: str, alias: Optional[str]) -> None:
        root = module.partition(".")[0]
        if root in ("torch_tensorrt", "tensorrt"):
            name = module if alias else root
            path = "torch_tensorrt.trt" if root == "tensorrt" else name
            self._know(alias or root, [Object(path, importlib.import_module(path))])

    def _import_from(self, module: str, name: str, alias: str) -> None:
        if module.partition(".")[0] != "torch_tensorrt":
            return
        self._know(alias, self._attribute([Object(module, importlib.import_module(module))], name))

    def _learn_from(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._bind(node.optional_vars, node.context_expr)
        elif isinstance(node, ast.NamedExpr):
            self._bind(node.target, node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            self._know(node.target.id, self._instances(self._meaning(node.annotation)))
        elif isinstance(node, ast.FunctionDef):
            for argument in (*node.args.args, *node.args.kwonlyargs):
                note = argument.annotation  # or it is a fixture of that name
                made = self._known.get(f"{argument.arg}()", [])
                self._know(argument.arg, self._instances(self._meaning(note)) if note else made)
            if node.returns is not None:
                self._know(f"{node.name}()", self._instances(self._meaning(node.returns)))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            value, kind = node.args
            if isinstance(value, ast.Name):  # what is asserted holds
                self._know(value.id, self._instances(self._meaning(kind)))

    def _bind(self, target: ast.AST, value: ast.AST) -> None:
        if isinstance(target, ast.Name):
            self._know(target.id, self._meaning(value))
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for t, v in zip(target.elts, value.elts):
                self._bind(t, v)

    def _know(self, name: str, meanings: Iterable[Meaning]) -> None:
        known = self._known.setdefault(name, [])
        for new in meanings:
            if all(vars(new) != vars(old) for old in known):
                known.append(new)

    @staticmethod
    def _instances(meanings: Iterable[Meaning]) -> list[Meaning]:
        return [
            Instance(m.value)
            for m in meanings
            if isinstance(m, Object) and isinstance(m.value, type)
        ]

    # What expressions mean -------------------------------------------------------------------

    def _meaning(self, node: ast.AST) -> list[Meaning]:
        if isinstance(node, ast.Name):
            return self._known.get(node.id, [])
        if isinstance(node, ast.Attribute):
            return self._attribute(self._meaning(node.value), node.attr)
        if isinstance(node, ast.Call):
            return self._called(node)
        if isinstance(node, ast.IfExp):
            return [*self._meaning(node.body), *self._meaning(node.orelse)]
        return []

    def _attribute(self, receivers: Iterable[Meaning], name: str) -> list[Meaning]:
        """The meaning of ``receiver.name``; notes the use."""
        found: list[Meaning] = []
        for receiver in receivers:
            if isinstance(receiver, Instance):
                self._use_member(receiver.kind, name)
                member = inspect.getattr_static(receiver.kind, name, None)
                if isinstance(member, property):
                    found += self._returned(member.fget)
                elif callable(member) or isinstance(member, (classmethod, staticmethod)):
                    found.append(Object("", getattr(receiver.kind, name)))
                continue
            value = getattr(receiver.value, name, None)
            if isinstance(receiver.value, types.ModuleType):
                self.paths.add(f"{receiver.path}.{name}")
            else:
                kind = receiver.value if isinstance(receiver.value, type) else type(receiver.value)
                self._use_member(kind, name)
            if value is not None and (_is_ours(value) or _is_ours(type(value))):
                found.append(Object(f"{receiver.path}.{name}", value))
        return found

    def _use_member(self, kind: type, name: str) -> None:
        self.members |= {(base, name) for base in kind.__mro__}

    def _called(self, node: ast.Call) -> list[Meaning]:
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                return self._attribute(self._meaning(node.args[0]), name.value)
        found: list[Meaning] = []
        if isinstance(node.func, ast.Name):
            found += self._known.get(f"{node.func.id}()", [])
        for called in self._meaning(node.func):
            if isinstance(called, Object) and isinstance(called.value, type):
                found.append(Instance(called.value))
            elif isinstance(called, Object):
                found += self._returned(called.value)
        return found

    def _returned(self, function: Any) -> list[Meaning]:
        """Instances of the class of ours that a function's return annotation names."""
        function = inspect.unwrap(getattr(function, "__func__", function))
        note = getattr(function, "__annotations__", {}).get("return", None)
        if not isinstance(note, str):
            return [Instance(note)] if isinstance(note, type) and _is_ours(note) else []
        values = []
        for dotted in re.findall(r"[\w.]+", note):
            first, *rest = dotted.split(".")
            value = getattr(function, "__globals__", {}).get(first)
            for name in rest:
                value = getattr(value, name, None)
            values.append(value)
        return [Instance(v) for v in values if isinstance(v, type) and _is_ours(v)]

    # Uses ------------------------------------------------------------------------------------

    def visit_Attribute(self, node: ast.Attribute) -> None:
        receivers = self._meaning(node.value)
        if receivers:
            self._attribute(receivers, node.attr)
        elif node.attr not in COMMON:
            self.loose.add(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self._called(node)
        self.keywords |= {k.arg for k in node.keywords if k.arg}
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        self.keywords |= {k.value for k in node.keys if isinstance(k, ast.Constant)}
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Programs that tests run in a fresh interpreter are strings."""
        text = node.value
        if isinstance(text, str) and "import" in text and id(node) not in self._docstrings:
            try:
                ast.parse(text)
            except SyntaxError:
                return
            kept = self._docstrings
            self.code(text)
            self._docstrings = kept
