# SPDX-License-Identifier: Apache-2.0
"""The table of measurements in the README: which results its rows are taken from."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def table():
    spec = importlib.util.spec_from_file_location("bench_table", ROOT / "bench" / "table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _result(commit, day, rows, cpu="A", **changes):
    peer = {"relative_l2_error": 1e-7}
    machine = {"cpu": cpu, "family_model_stepping": "1/2/3", "isa": ["avx2"], "cores": 2}
    return {
        "kind": "models",
        "date": f"2026-01-{day:02}T00:00:00+00:00",
        "commit": commit,
        "dirty": False,
        "quotable": True,
        "threads": 2,
        "machine": machine,
        "versions": {"torch": "2.11.0"},
        "rows": [
            {
                "model": model,
                "batch": batch,
                "peers": {"torch_tensorrt": {**peer, "median_ms": ms}},
                "skipped": {},
            }
            for model, batch, ms in rows
        ],
        **changes,
    }


def _text(table, folder, *results):
    for i, result in enumerate(results):
        (folder / f"{i}.json").write_text(json.dumps(result))
    return table.region(folder, unquotable=False)


def test_rows_are_the_newest_of_each_model_and_batch(table, tmp_path):
    text = _text(
        table,
        tmp_path,
        _result("new", 2, [("resnet18", 1, 5.0)]),
        _result("old", 1, [("resnet18", 1, 7.0), ("lenet", 1, 3.0)]),
    )
    assert "| LeNet | 1 | **3.000** |" in text and "| ResNet-18 | 1 | **5.000** |" in text
    assert "7.000" not in text and text.index("| LeNet") < text.index("| ResNet-18")
    assert "LeNet 1: commit old, 2026-01-01; ResNet-18 1: commit new, 2026-01-02." in text


def test_one_source_names_no_rows(table, tmp_path):
    text = _text(table, tmp_path, _result("only", 1, [("lenet", 1, 3.0), ("lenet", 8, 4.0)]))
    assert " 2 threads. commit only, 2026-01-01." in text


@pytest.mark.parametrize(
    "other",
    [{"cpu": "B"}, {"threads": 1}, {"versions": {"torch": "2.10.0"}}, {"dirty": True}],
    ids=["hardware", "threads", "versions", "uncommitted"],
)
def test_other_settings_are_not_mixed_in(table, tmp_path, other):
    text = _text(
        table,
        tmp_path,
        _result("old", 1, [("lenet", 8, 9.0)], **other),
        _result("new", 2, [("lenet", 1, 3.0)]),
    )
    assert "**3.000**" in text and "9.000" not in text and "commit old" not in text
