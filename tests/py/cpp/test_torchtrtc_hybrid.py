# SPDX-License-Identifier: Apache-2.0
"""The random programs of test_hybrid.py, compiled by torchtrtc instead of Python."""

import os

import pytest
import test_hybrid
import torch
from conftest import SEED
from hybrid_programs import check_random
from torchtrtc_runner import torchtrtc

COUNT = 400 if os.environ.get("TENON_TEST_FULL") == "1" else 12


@pytest.fixture
def build_with_tool(tmp_path, monkeypatch):
    def build(model, recipe):
        path, out = tmp_path / "m.pt2", tmp_path / "out.pt2"
        torch.export.save(test_hybrid.export(model), path)
        kept = [word for op in sorted(recipe.kept) for word in ("--teo", op)]
        # The op that no engine knows is written in Python, so only Python can run the program.
        flags = ("--mbs", recipe.min_block_size, *kept, "--no-threshold-check")
        torchtrtc(path, out, *flags)
        return torch.export.load(out).module(check_guards=False)

    monkeypatch.setattr(test_hybrid, "build", build)


@torch.no_grad()
def test_random_programs(build_with_tool):
    first = SEED * 1000 + 500
    check_random(range(first, first + COUNT), test_hybrid.problem)
