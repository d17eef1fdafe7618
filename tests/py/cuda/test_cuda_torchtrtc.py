# SPDX-License-Identifier: Apache-2.0
"""torchtrtc on a GPU: a `.pt2` and a TorchScript module on CUDA in, compiled ones out."""

import sys
from pathlib import Path

import pytest
import torch

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "cpp")]

from hybrid_programs import Hybrid  # noqa: E402
from models import LeNet, batch  # noqa: E402
from torchtrtc_runner import TOOL, compile_pt2, export, torchtrtc  # noqa: E402

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
    pytest.mark.skipif(not TOOL.exists(), reason=f"{TOOL} is not built"),
]
CLOSE = {"rtol": 1e-2, "atol": 1e-2}


@pytest.mark.parametrize(
    ("build", "shape", "flags", "kinds"),
    [
        (LeNet, (1, 28, 28), (), ["engine"]),
        (Hybrid, (8,), ("--no-threshold-check", "--mbs", 1), ["engine", "torch", "engine"]),
    ],
)
@torch.no_grad()
def test_pt2(tmp_path, build, shape, flags, kinds):
    model = build().eval().cuda()
    export(tmp_path / "m.pt2", model, [batch(*shape)])
    out, report = compile_pt2(tmp_path / "m.pt2", *flags)
    assert [s["kind"] for s in report["segments"]] == kinds
    compiled = torch.export.load(out).module(check_guards=False)
    for rows in (4, 1, 7):
        x = torch.randn(rows, *shape, device="cuda")
        torch.testing.assert_close(compiled(x), model(x), **CLOSE)


@torch.no_grad()
def test_torchscript(tmp_path):
    model = LeNet().eval().cuda()
    torch.jit.save(torch.jit.script(model), tmp_path / "m.ts")
    shapes = "[(1,1,28,28);(4,1,28,28);(8,1,28,28)]"
    torchtrtc(tmp_path / "m.ts", tmp_path / "out.ts", shapes)
    compiled = torch.jit.load(tmp_path / "out.ts")
    for rows in (4, 2):
        x = torch.randn(rows, 1, 28, 28, device="cuda")
        torch.testing.assert_close(compiled(x), model(x), **CLOSE)
