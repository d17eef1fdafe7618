# SPDX-License-Identifier: Apache-2.0
"""What converts from a .pt2 in C++ converts in Python, and nothing else, on more models than are
built in test_torchtrtc_programs.py: a dry run of each."""

import json

import pytest
import torch
from torchtrtc_runner import export, placed, torchtrtc

import torch_tensorrt
from torch_tensorrt.dynamo import _compiler

SLOW = pytest.mark.slow
MODELS = [
    "mobilenet_v3_small",
    "swin_t",
    *(pytest.param(n, marks=SLOW) for n in ("convnext_tiny", "densenet121", "efficientnet_b0")),
    *(pytest.param(n, marks=SLOW) for n in ("googlenet", "regnet_y_400mf", "shufflenet_v2_x0_5")),
]


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_vision_model(name, tmp_path):
    torchvision = pytest.importorskip("torchvision")
    more = {"init_weights": False} if name == "googlenet" else {}
    model = torchvision.models.get_model(name, **more).eval()
    batch = torch_tensorrt.Input(
        min_shape=(1, 3, 64, 64), opt_shape=(2, 3, 64, 64), max_shape=(4, 3, 64, 64)
    )
    program = export(tmp_path / "m.pt2", model, [batch])
    torchtrtc(tmp_path / "m.pt2", "--dryrun", "--report", tmp_path / "report.json")
    seen = json.loads((tmp_path / "report.json").read_text())
    wanted = _compiler._build(program, None, {"dryrun": "1"}).report
    assert placed(seen) == placed(wanted) and len(placed(seen)) > 50
    assert [(s["kind"], s["nodes"]) for s in seen["segments"]] == [
        (s["kind"], s["nodes"]) for s in wanted["segments"]
    ]
