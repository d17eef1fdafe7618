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


def _declared(words: list[str], scope: _Scope) -> Iterator[str]:
    """Names that a declaration of these tokens introduces."""
    if not words or words[0] in ("friend", "static_assert") or "operator" in words:
        return
    if words[0] == "template":  # after its parameters
        depth = 0
        for i, word in enumerate(words):
            depth += {"<": 1, ">": -1}.get(word, 0)
            if word == ">" and not depth:
                yield from _declared(words[i + 1 :], scope)
                return
    if words[0] in ("using", "typedef"):
        new = words[1] if words[0] == "using" else words[-1]
        if "=" in words or words[0] == "typedef":
            yield new if new != ")" else words[words.index("*") + 1]
        elif "::" in words and "namespace" not in words:
            yield words[-1]
        return
    if words[0] in ("class", "struct", "enum", "union") and "(" not in words:
        return  # a forward declaration
    if "(" in words:
        name = words[words.index("(") - 1]
        if words[words.index("(") - 2 : words.index("(") - 1] != ["~"] and name != scope.name:
            yield name
        return
    depth, last, is_value = 0, "", False
    for word in [*words, ","]:
        depth += {"<": 1, ">": -1, "[": 1, "]": -1}.get(word, 0)
        if depth == 0 and word in (",", "="):
            if last and not is_value:
                yield last
            last, is_value = "", word == "="
        elif depth == 0 and re.match(r"[A-Za-z_]", word):
            last = word


def declared(text: str) -> set[str]:
    """Public classes, enumerators, functions, methods, fields, aliases and macros of a header."""
    text = code(text)
    found = macros(text)
    scopes, words = [_Scope("namespace")], []
    for token in _TOKEN.findall(_DIRECTIVE.sub("", text)):
        scope = scopes[-1]
        inside = words.count("(") - words.count(")")
        if inside and (token == "{" or scope.kind == "value"):  # {} as a default argument
            if token == "{":
                scopes.append(_Scope("value"))
            elif token == "}":
                scopes.pop()
        elif token == "{":
            new = _Scope("body") if scope.kind == "body" or "(" in words else _opened(words)
            if scope.kind in ("class", "namespace") and scope.public:
                if new.kind in ("class", "enum") and new.name:
                    found.add(new.name)
                elif new.kind == "body":
                    found |= set(_declared(words, scope))
            new.public = new.public and (scope.public or scope.kind == "namespace")
            if new.kind != "body" and not scope.public:
                new = _Scope("body")
            scopes.append(new)
            words = []
        elif token == "}":
            if scope.kind == "enum" and words:
                found.add(words[0])
            scopes.pop()
            words = [] if scopes[-1].kind != "body" else words
        elif scope.kind == "enum":
            if token == "," and words:
                found.add(words[0])
            words = [] if token == "," else [*words, token]
        elif token == ";":
            if scope.kind in ("class", "namespace") and scope.public:
                found |= set(_declared(words, scope))
            words = []
        elif token == ":" and words[-1:] and words[-1] in ("public", "private", "protected"):
            scope.public, words = words[-1] == "public", []
        else:
            words.append(token)
    return {n for n in found if re.match(r"[A-Za-z]\w*$", n) and n not in _NO_NAMES}


def used(sources: list[Path]) -> set[str]:
    """Identifiers of the sources' code."""
    found: set[str] = set()
    for path in sources:
        found |= set(re.findall(r"[A-Za-z_]\w*", code(path.read_text())))
    return found
