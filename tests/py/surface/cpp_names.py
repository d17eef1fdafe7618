# SPDX-License-Identifier: Apache-2.0
"""Lists the public names that C and C++ headers declare, and the identifiers that sources use. No
compiler is at hand in a test of Python, and our headers are plain enough to be read as tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

_NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z_]\w*|::|\S")
_NO_NAMES = {"const", "constexpr", "static", "virtual", "explicit", "noexcept", "override", "final"}
_NO_NAMES |= {"inline", "default", "delete", "typename", "mutable", "operator", "void", "auto"}


def code(text: str) -> str:
    """Without comments and the contents of strings."""
    return _NOISE.sub(lambda m: " " if m[0].startswith("/") else '""', text)


def macros(text: str) -> set[str]:
    """Macros that are neither include guards nor undefined again."""
    found = set(re.findall(r"^[ \t]*#[ \t]*define[ \t]+([A-Za-z]\w*)", text, re.MULTILINE))
    found -= set(re.findall(r"^[ \t]*#[ \t]*undef[ \t]+(\w+)", text, re.MULTILINE))
    return {name for name in found if not name.endswith("_H")}


class _Scope:
    def __init__(self, kind: str, name: str = "", public: bool = True):
        self.kind, self.name, self.public = kind, name, public


def _opened(words: list[str]) -> _Scope:
    """The scope that a brace after these tokens opens."""
    if "namespace" in words or words[:1] == ["extern"]:
        hidden = "detail" in words or words[-1:] == ["namespace"]
        return _Scope("body" if hidden else "namespace")
    if "enum" in words:
        after = [w for w in words[words.index("enum") + 1 :] if w not in ("class", "struct")]
        return _Scope("enum", after[0] if after else "")
    key = next((w for w in words if w in ("class", "struct", "union")), None)
    if key is None or "(" in words[: words.index(key)] or "=" in words:
        return _Scope("body")
    rest = words[words.index(key) + 1 :]
    rest = rest[: rest.index(":")] if ":" in rest else rest
    name = next((w for w in rest if re.match(r"[A-Za-z_]", w) and not w.endswith("_API")), "")
    return _Scope("class", name, public=key != "class")


def _without_template(words: list[str]) -> list[str]:
    depth = 0
    for i, word in enumerate(words):
        depth += {"<": 1, ">": -1}.get(word, 0)
        if word == ">" and not depth:
            return words[i + 1 :]
    return []


def _alias(words: list[str]) -> Iterator[str]:
    """``using A = ...``, ``using b::A``, ``typedef ... A`` and ``typedef R (*A)(...)``."""
    if words[0] == "typedef":
        yield words[words.index("*", words.index("(")) + 1] if words[-1] == ")" else words[-1]
    elif "=" in words:
        yield words[1]
    elif "namespace" not in words:
        yield words[-1]


def _variables(words: list[str]) -> Iterator[str]:
    """The last word before each comma or initialiser."""
    depth, last, is_value = 0, "", False
    for word in [*words, ","]:
        depth += {"<": 1, ">": -1, "[": 1, "]": -1}.get(word, 0)
        if depth == 0 and word in (",", "="):
            if last and not is_value:
                yield last
            last, is_value = "", word == "="
        elif depth == 0 and re.match(r"[A-Za-z_]", word):
            last = word


def _names(words: list[str], owner: str) -> Iterator[str]:
    """Names that a declaration of these tokens introduces; not constructors, operators, friends and
    forward declarations."""
    if words[:1] == ["template"]:
        words = _without_template(words)
    if not words or words[0] in ("friend", "static_assert") or "operator" in words:
        return
    if words[0] in ("namespace", "extern") and "=" not in words:
        return
    if words[0] in ("using", "typedef"):
        yield from _alias(words)
    elif "(" in words:
        before = words[: words.index("(")]
        if before[-2:-1] != ["~"] and before[-1] != owner:
            yield before[-1]
    elif words[0] not in ("class", "struct", "enum", "union"):
        yield from _variables(words)


class _Reader:
    """Goes through the tokens with the scopes they stand in."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._scopes, self._words = [_Scope("namespace")], []

    def token(self, token: str) -> None:
        scope, words = self._scopes[-1], self._words
        in_parentheses = words.count("(") > words.count(")")
        if scope.kind == "value" or (in_parentheses and token == "{"):
            self._default_argument(token)
        elif token == "{":
            self._open()
        elif token == "}":
            self._close()
        elif token in (";", ",") and scope.kind == "enum":
            self._enumerator()
        elif token == ";":
            self._declaration()
        elif token == ":" and words[-1:] and words[-1] in ("public", "private", "protected"):
            scope.public, self._words = words[-1] == "public", []
        else:
            words.append(token)

    def _default_argument(self, token: str) -> None:
        if token == "{":
            self._scopes.append(_Scope("value"))
        elif token == "}":
            self._scopes.pop()

    def _open(self) -> None:
        scope, words = self._scopes[-1], self._words
        new = _Scope("body") if scope.kind == "body" or "(" in words else _opened(words)
        if new.kind == "body":
            self._declaration()
        elif not scope.public:
            new = _Scope("body")
        elif new.name:
            self.found.add(new.name)
        self._scopes.append(new)
        self._words = []

    def _close(self) -> None:
        if self._scopes.pop().kind == "enum":
            self._enumerator()
        self._words = []

    def _enumerator(self) -> None:
        self.found |= set(self._words[:1])
        self._words = []

    def _declaration(self) -> None:
        scope = self._scopes[-1]
        if scope.kind in ("class", "namespace") and scope.public:
            self.found |= set(_names(self._words, scope.name))
        self._words = []


def declared(text: str) -> set[str]:
    """Public classes, enumerators, functions, methods, fields, aliases and macros of a header."""
    text = code(text)
    reader = _Reader()
    for token in _TOKEN.findall(_DIRECTIVE.sub("", text)):
        reader.token(token)
    found = reader.found | macros(text)
    return {n for n in found if re.match(r"[A-Za-z]\w*$", n) and n not in _NO_NAMES}


# After "." "->" "::" "&" or "<", or before a call, "::", a template argument, a brace or what a type
# declares; macros anywhere. Not the name of a local variable or an argument that is the same.
_USE = re.compile(
    r"(?:\.|->|::|&|<)\s*([A-Za-z_]\w*)"
    r"|\b([A-Z][A-Z0-9_]+\b|[A-Za-z_]\w*\b(?=\s*(?:[({<]|::)|[\s*&]+(?:const\s+)?[A-Za-z_]))"
)


def used(sources: list[Path]) -> set[str]:
    """Names that the sources' code uses as members, functions, types or macros."""
    found: set[str] = set()
    for path in sources:
        for member, other in _USE.findall(code(path.read_text())):
            found |= {member, other}
    return found
