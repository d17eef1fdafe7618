# SPDX-License-Identifier: Apache-2.0
"""docs/compatibility.md says the truth: what it calls same or different exists, what it calls absent
does not."""

import dataclasses
import inspect
import re
from pathlib import Path

import pytest
import torch

import torch_tensorrt
import torch_tensorrt.dynamo.types

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([^`]+)` \| (same|different|absent) \| (.*)\|$")
FLAGS = (ROOT / "tools" / "torchtrtc" / "arguments.cpp").read_text()
HEADERS = "\n".join(p.read_text() for p in sorted((ROOT / "include").rglob("*.h")))


def rows():
    """(section, name, state, note) of each row."""
    found, section = [], ""
    for line in (ROOT / "docs" / "compatibility.md").read_text().splitlines():
        if line.startswith("## "):
            section = line[3:]
        if line.startswith("| `"):
            match = ROW.match(line)
            assert match, f"a row has another form: {line}"
            found += [(section, name, *match.groups()[1:]) for name in expanded(match[1])]
    return found


def expanded(name: str) -> list[str]:
    """``A.{b, c}`` -> A.b, A.c"""
    many = re.fullmatch(r"(.*)\{(.*)\}(.*)", name)
    return [many[1] + one + many[3] for one in many[2].split(", ")] if many else [name]


def exists(section: str, name: str) -> bool:
    if section == "C++":
        return re.search(rf"\b{re.escape(name.split('::')[-1])}\b", HEADERS) is not None
    if section == "torchtrtc":
        return re.search(rf'"(\w[\w-]*,)*{name.lstrip("-")}(,[\w-]+)*"', FLAGS) is not None
    if section.startswith("Torch library"):
        space = torch.classes if name.startswith("torch.classes") else torch.ops
        return hasattr(space.tensorrt, name.split(".")[-1])
    name, _, argument = name.partition("(")
    value = torch_tensorrt
    for part in name.split("."):
        if not hasattr(value, part) and part not in fields(value):
            return False
        value = getattr(value, part, None)
    return not argument or argument.removesuffix("=)") in inspect.signature(value).parameters


def fields(value: object) -> set[str]:
    """What instances of a class have: its annotations, and what its methods set on self."""
    if not isinstance(value, type):
        return set()
    made = dataclasses.is_dataclass(value)  # perhaps without a source
    text = "" if made else inspect.getsource(value)
    return {*getattr(value, "__annotations__", {}), *re.findall(r"\bself\.(\w+)", text)}


@pytest.mark.parametrize("section, name, state, note", rows(), ids=lambda v: str(v)[:40])
def test_a_row_is_true(section, name, state, note):
    assert exists(section, name) == (state != "absent")
    assert state == "same" or note.strip(), "a difference or an absence is explained"


def test_settings_without_effect_have_a_row_that_says_so():
    notes = {n.removeprefix("dynamo.CompilationSettings."): note for _, n, _, note in rows()}
    for row in torch_tensorrt._library.options_table():
        if row["status"] == "inert":
            assert notes.get(row["name"], "").startswith("accepted, no effect: "), row["name"]


def test_settings_with_an_effect_are_listed():
    text = (ROOT / "docs" / "compatibility.md").read_text()
    section = text.split("## Settings")[1].split("The others")[0]
    listed = set(re.findall(r"`(\w+)`", section)) - {"CompilationSettings"}
    table = torch_tensorrt._library.options_table()
    live = {row["name"] for row in table if row["status"] == "live"} - {"dump_dir"}
    assert listed - {"dump_dir"} == live
