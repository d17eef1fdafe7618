# SPDX-License-Identifier: Apache-2.0
"""docs/compatibility.md says the truth: what it calls same or different exists, what it calls absent
does not."""

import re
from pathlib import Path

import pytest
import torch

import torch_tensorrt

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([^`]+)` \| (same|different|absent) \| (.*)\|$")
HEADERS = "\n".join(p.read_text() for p in sorted((ROOT / "include").rglob("*.h")))


def rows():
    text = (ROOT / "docs" / "compatibility.md").read_text()
    found = [ROW.match(line).groups() for line in text.splitlines() if ROW.match(line)]
    tables = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(found) == len(tables), "a row has another form"
    return found


def exists(name: str) -> bool:
    if "::" in name or name.startswith(("Register", "Conversion", "lib")):
        return re.search(rf"\b{re.escape(name.split('::')[-1])}\b", HEADERS) is not None
    if name.startswith("torch.classes."):
        return hasattr(torch.classes.tensorrt, name.split(".")[-1])
    if name.startswith("torch.ops."):
        return hasattr(torch.ops.tensorrt, name.split(".")[-1])
    value = torch_tensorrt
    for part in name.split("."):
        if not hasattr(value, part):
            return False
        value = getattr(value, part)
    return True


@pytest.mark.parametrize("name, state, note", rows(), ids=lambda v: str(v)[:60])
def test_a_row_is_true(name, state, note):
    assert exists(name) == (state != "absent")
    assert state == "same" or note.strip(), "a difference or an absence is explained"


def test_settings_with_an_effect_are_listed():
    text = (ROOT / "docs" / "compatibility.md").read_text()
    section = text.split("## Settings")[1].split("The others")[0]
    listed = set(re.findall(r"`(\w+)`", section)) - {"CompilationSettings"}
    table = torch_tensorrt._library.options_table()
    live = {row["name"] for row in table if row["status"] == "live"} - {"dump_dir"}
    assert listed - {"dump_dir"} == live
