# SPDX-License-Identifier: Apache-2.0
"""torchtrtc --truncate-long-double: engines compute float64 as float32."""

import pytest
import torch
from models import LeNet, batch
from torchtrtc_runner import export, torchtrtc

WIDE = torch.float64


@pytest.mark.parametrize("flag", ["--truncate-long-double", "--truncate", None])
@pytest.mark.parametrize("form", ["pt2", "ts"])
def test_truncate(form, flag, tmp_path):
    model, x = LeNet().eval().to(WIDE), torch.randn(3, 1, 28, 28, dtype=WIDE)
    file, out = tmp_path / f"m.{form}", tmp_path / f"out.{form}"
    flags = ["--mbs", 1] + ([flag] if flag else [])
    if form == "pt2":
        export(file, model, [batch(1, 28, 28, dtype=WIDE)])
        text = torchtrtc(file, out, *flags)
        compiled = torch.export.load(out).module(check_guards=False)
    else:
        torch.jit.script(model).save(str(file))
        text = torchtrtc(file, out, "[(1,1,28,28);(4,1,28,28);(8,1,28,28)]@f64", *flags)
        compiled = torch.jit.load(str(out))
    assert "no effect" not in text
    with torch.no_grad():
        seen, wanted = compiled(x), model(x)
    error = ((seen - wanted).norm() / wanted.norm()).item()
    assert seen.dtype == WIDE
    assert 1e-9 < error < 2e-6 if flag else error < 1e-13
