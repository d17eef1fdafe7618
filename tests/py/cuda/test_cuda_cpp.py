# SPDX-License-Identifier: Apache-2.0
"""Engines for CUDA from C++ without Python: the .pt2 through nativert and the bare plan. The programs
are those of examples/, found in TENON_EXAMPLES (a folder with run_pt2 and run_plan)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import torch_tensorrt

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples" / "common"))

from bench import models  # noqa: E402
from example_case import write_case  # noqa: E402

PROGRAMS = Path(os.environ.get("TENON_EXAMPLES", ""))
pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"),
    pytest.mark.skipif(
        not (PROGRAMS / "run_pt2").exists(), reason="TENON_EXAMPLES names no folder with run_pt2"
    ),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cuda")
    model = models.lenet().cuda()
    x = models.images(4, 1, 28, 28)["x"].cuda()
    compiled = torch_tensorrt.compile(
        model, inputs=[x], min_block_size=1, require_full_compilation=True, disable_tf32=True
    )
    torch_tensorrt.save(compiled, str(folder / "lenet.pt2"), inputs=[x])
    compiled._run_on_acc_0.engine.plan().numpy().tofile(folder / "lenet.plan")
    write_case(folder / "case", [x.cpu()], [compiled(x).cpu()])
    return folder


def run(*command) -> str:
    libraries = [str(Path(torch.__file__).parent / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    done = subprocess.run(
        [str(c) for c in command],
        capture_output=True,
        text=True,
        env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pt2(saved):
    assert "results agree" in run(
        PROGRAMS / "run_pt2", saved / "lenet.pt2", saved / "case", 3, "cuda"
    )


def test_plan(saved):
    assert "results agree" in run(PROGRAMS / "run_plan", saved / "lenet.plan", saved / "case", 3)
