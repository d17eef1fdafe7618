# SPDX-License-Identifier: Apache-2.0
"""C++ programs that use torch_tensorrt/torch_tensorrt.h, built with CMake as users build theirs."""

import subprocess
from pathlib import Path

import pytest
import torch
from models import LeNet, batch
from test_cpp_examples import EXAMPLES, run, tool
from torchtrtc_runner import ENVIRONMENT, export

import torch_tensorrt

HERE = Path(__file__).resolve().parent


def build(source: Path, folder: Path, program: str) -> Path:
    prefix = torch_tensorrt.utils.cmake_prefix_path
    run(tool("cmake"), "-S", source, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}")
    run(tool("cmake"), "--build", folder)
    libraries = run("ldd", folder / program)
    names = " ".join(line.split()[0] for line in libraries.splitlines())
    assert "libtorchtrt.so" in names and "libpython" not in names
    assert "libtorch_python" not in names and "not found" not in libraries
    return folder / program


def test_types_and_functions(tmp_path):
    program = build(HERE / "api", tmp_path, "api_test")
    done = subprocess.run(
        [program], cwd=tmp_path, capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    assert done.returncode == 0, done.stdout
    assert "<api> info: shown" in done.stderr and "hidden" not in done.stderr
    assert "\x1b[31merror\x1b[0m: coloured" in done.stderr


def test_example_pt2(tmp_path):
    program = build(EXAMPLES / "cpp_compile_pt2", tmp_path / "build", "compile_pt2")
    export(tmp_path / "m.pt2", LeNet(), [batch(1, 28, 28)])
    out = tmp_path / "out.pt2"
    assert "results agree" in run(program, tmp_path / "m.pt2", out, 6)
    x = torch.randn(3, 1, 28, 28)
    wanted = torch.export.load(tmp_path / "m.pt2").module(check_guards=False)(x)
    loaded = torch.export.load(out).module(check_guards=False)
    torch.testing.assert_close(loaded(x), wanted, rtol=1e-4, atol=1e-5)
    text = run(program, tmp_path / "m.pt2", tmp_path / "other.pt2", 9, fails=True)
    assert "is 1..9, the program was exported with 1..8" in text
    assert not (tmp_path / "other.pt2").exists()


@pytest.mark.parametrize("how", ["script", "trace"])
def test_example_torchscript(how, tmp_path_factory, tmp_path):
    program = _torchscript_example(tmp_path_factory)
    model = LeNet().eval()
    x = torch.randn(2, 1, 28, 28)
    module = torch.jit.script(model) if how == "script" else torch.jit.trace(model, x)
    module.save(str(tmp_path / "m.ts"))
    text = run(program, tmp_path / "m.ts", tmp_path / "out.ts")
    assert "every op converts: yes" in text and "results agree" in text
    seen = torch.jit.load(str(tmp_path / "out.ts"))(x)
    torch.testing.assert_close(seen, model(x), rtol=1e-4, atol=1e-5)


_built: list[Path] = []


def _torchscript_example(factory) -> Path:
    if not _built:
        folder = factory.mktemp("cpp_compile")
        _built.append(build(EXAMPLES / "cpp_compile", folder, "compile_ts"))
    return _built[0]
