# SPDX-License-Identifier: Apache-2.0
"""The README's code runs: Python first, then both C++ programs on the files that Python wrote."""

import re
from pathlib import Path

import pytest
import torch
from test_cpp_examples import run, tool

import torch_tensorrt

README = Path(__file__).resolve().parents[2] / "README.md"
LISTS = """
cmake_minimum_required(VERSION 3.25)
project(readme LANGUAGES CXX)
find_package({package} REQUIRED)
add_executable(program main.cpp)
target_compile_features(program PRIVATE cxx_std_17)
target_link_libraries(program PRIVATE {target})
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The folder in which the README's Python ran."""
    folder = tmp_path_factory.mktemp("readme")
    code, _, others, converter = blocks("python")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        names = {}
        with torch.no_grad():
            exec(compile(code, str(README), "exec"), names)
            exec(compile(others, str(README), "exec"), names)
            exec(compile(converter, str(README), "exec"), names)
        model, x = names["model"], names["x"]
        try:
            again = torch_tensorrt.compile(model, inputs=[x])
        finally:
            torch_tensorrt.dynamo.conversion.remove_converter(names["convert_relu"])
    script = torch.jit.load(folder / "resnet18.ts")
    torch._dynamo.reset()
    with torch.no_grad():
        wanted = model(x)
        for module in (names["again"], names["eager"], names["old"], script, again):
            torch.testing.assert_close(module(x), wanted, rtol=1e-3, atol=1e-4)
    return folder


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_python_on_cuda():
    import torchvision

    code = blocks("python")[1]
    names = {"torch": torch, "torchvision": torchvision, "torch_tensorrt": torch_tensorrt}
    with torch.no_grad():
        exec(compile(code, str(README), "exec"), names)
        wanted = names["model"](names["x"])
        torch.testing.assert_close(names["fast"](names["x"]), wanted, rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize(
    ("number", "package", "target"),
    [
        (0, "torch_tensorrt", "torch_tensorrt::torch_tensorrt"),
        (1, "tenon", "tenon::tenon"),
    ],
)
def test_cpp(saved, tmp_path, monkeypatch, number, package, target):
    (tmp_path / "main.cpp").write_text(blocks("cpp")[number])
    (tmp_path / "CMakeLists.txt").write_text(LISTS.format(package=package, target=target))
    prefix = torch_tensorrt.utils.cmake_prefix_path
    run(tool("cmake"), "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={prefix}")
    run(tool("cmake"), "--build", tmp_path / "b")
    monkeypatch.chdir(saved)
    run(tmp_path / "b" / "program")
