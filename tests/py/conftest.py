# SPDX-License-Identifier: Apache-2.0
"""Finds the package of this tree, and seeds every test from one printed seed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python"
if not (PACKAGE / "torch_tensorrt" / "lib").exists():
    os.environ.setdefault("TORCH_TENSORRT_LIB_DIR", str(ROOT / "build" / "lib"))
sys.path.insert(0, str(PACKAGE))

# The same in each run; another one tries other random programs.
os.environ.setdefault("TORCH_TENSORRT_TEST_SEED", "1")
SEED = int(os.environ["TORCH_TENSORRT_TEST_SEED"])


def pytest_report_header() -> str:
    return f"TORCH_TENSORRT_TEST_SEED={SEED}"


@pytest.fixture(autouse=True)
def _seed() -> None:
    import torch

    torch.manual_seed(SEED)


def run_fresh(code: str, *arguments: object) -> str:
    """Runs code in a new interpreter that knows only the package; returns what it printed."""
    path = os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def fresh_python():
    return run_fresh


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: only with TENON_TEST_FULL=1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("TENON_TEST_FULL") != "1":
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow; set TENON_TEST_FULL=1"))
