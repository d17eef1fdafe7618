# SPDX-License-Identifier: Apache-2.0
"""C++ programs that find the package with CMake run what Python compiled, without Python."""

import functools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from models import LeNet, batch

import torch_tensorrt

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES / "common"))

from example_case import write_case  # noqa: E402


def tool(name: str) -> str:
    """A tool of the Python environment, else of the system."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name) or name


def run(*command: object, fails: bool = False) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, text
    return text


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    @functools.cache
    def make(example: str, program: str) -> Path:
        folder = tmp_path_factory.mktemp(example)
        prefix = torch_tensorrt.utils.cmake_prefix_path
        run(tool("cmake"), "-S", EXAMPLES / example, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}")
        run(tool("cmake"), "--build", folder)
        return folder / program

    return make


@pytest.fixture(scope="module")
def lenet(tmp_path_factory):
    """A folder with lenet.pt2, lenet.plan and a case of three images."""
    torch.manual_seed(11)
    folder = tmp_path_factory.mktemp("lenet")
    model, x = LeNet().eval(), torch.randn(3, 1, 28, 28)
    compiled = torch_tensorrt.compile(model, inputs=[batch(1, 28, 28)])
    torch_tensorrt.save(compiled, str(folder / "lenet.pt2"))
    compiled._run_on_acc_0.engine.plan().numpy().tofile(folder / "lenet.plan")
    with torch.no_grad():
        write_case(folder / "case", [x], [model(x)])
    return folder


def wrong(folder: Path, x: torch.Tensor, y: torch.Tensor) -> Path:
    write_case(folder, [x], [y])
    return folder


def check_results(program: Path, model: Path, folder: Path, tmp_path: Path) -> None:
    """Agrees with the case; says so when it does not, and when the batch is out of range."""
    assert "results agree" in run(program, model, folder / "case", 3)
    x = torch.zeros(3, 1, 28, 28)
    bad = wrong(tmp_path / "other", x, torch.ones(3, 10))
    assert "RESULTS DIFFER" in run(program, model, bad, 1, fails=True)
    bad = wrong(tmp_path / "large", torch.zeros(9, 1, 28, 28), torch.ones(9, 10))
    assert "9" in run(program, model, bad, 1, fails=True)


def test_pt2(build, lenet, tmp_path):
    program = build("cpp_pt2", "run_pt2")
    libraries = run("ldd", program)
    assert "libtorchtrt.so" in libraries and "libtorch_cpu.so" in libraries
    assert "not found" not in libraries
    assert "libpython" not in libraries and "libtorch_python" not in libraries
    check_results(program, lenet / "lenet.pt2", lenet, tmp_path)


def test_plan(build, lenet, tmp_path):
    program = build("cpp_plan", "run_plan")
    libraries = run("ldd", program)
    names = " ".join(line.split()[0] for line in libraries.splitlines())
    assert "libtenon.so" in names and "not found" not in libraries
    assert not any(foreign in names for foreign in ("python", "torch", "c10", "cuda"))
    check_results(program, lenet / "lenet.plan", lenet, tmp_path)
    assert "x: f32 [" in run(program, lenet / "lenet.plan")


def test_network(build, tmp_path):
    program = build("network", "network")
    assert "results agree" in run(program, tmp_path / "network.plan")


def test_damaged_plan(build, lenet, tmp_path):
    data = bytearray((lenet / "lenet.plan").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "bad.plan").write_bytes(data)
    program = build("cpp_plan", "run_plan")
    assert "corrupt" in run(program, tmp_path / "bad.plan", fails=True)
