# SPDX-License-Identifier: Apache-2.0
"""Converters in C++: built against the package with CMake and with a plain line of g++, loaded before
and after the import, and what they and their mistakes do. cases.py runs the models."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils import cpp_extension

import torch_tensorrt

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
INCLUDE, INCLUDE_CORE = torch_tensorrt.utils.include_paths()
DOCS = (ROOT / "docs" / "user_converters.md").read_text()
PACKAGE = str(Path(torch_tensorrt.__file__).resolve().parents[1])
CACHE = [shutil.which("ccache")] if shutil.which("ccache") else []


def run(*command: object) -> str:
    """What the command printed; PYTHONPATH leads to the package under test."""
    done = subprocess.run(
        [str(c) for c in command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": PACKAGE},
    )
    text = done.stderr + done.stdout
    assert done.returncode == 0, text
    return text


def block(language: str) -> str:
    """The first one of that language in the C++ half of the documentation."""
    half = DOCS[DOCS.index("\n## C++\n") :]
    return re.search(rf"^```{language}\n(.*?)^```", half, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture(scope="module")
def flatten(tmp_path_factory):
    """The documented converter, built with CMake."""
    folder = tmp_path_factory.mktemp("flatten")
    launcher = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={CACHE[0]}"] if CACHE else []
    beside = Path(sys.executable).parent / "cmake"
    cmake = str(beside) if beside.exists() else "cmake"
    prefix = torch_tensorrt.utils.cmake_prefix_path
    source = ROOT / "examples" / "custom_converters"
    run(cmake, "-S", source, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}", *launcher)
    run(cmake, "--build", folder)
    return folder / "libflatten_converter.so"


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """The converters of others.cpp, built with the lines of the documentation."""
    folder = tmp_path_factory.mktemp("others")
    for name in ("others.cpp", "more_checks.h"):
        shutil.copy(HERE / name, folder)
    lines = block("sh").replace("flatten_converter", "others").replace("python -c", "$PYTHON -c")
    lines = lines.replace("g++", " ".join([*CACHE, "g++"]))
    run("bash", "-euc", f"cd {folder}; PYTHON={sys.executable}; {lines}")
    return folder / "libothers.so"


@pytest.fixture(scope="module", params=["cpu", "cuda"])
def cases(others, request):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no GPU")
    text = run(sys.executable, HERE / "cases.py", others, request.param)
    return json.loads(text.splitlines()[-1])


FLATTEN = """
import ctypes, sys
if sys.argv[2] == "before":
    ctypes.CDLL(sys.argv[1])
import torch, torch_tensorrt
if sys.argv[2] == "after":
    ctypes.CDLL(sys.argv[1])

class Model(torch.nn.Module):
    def forward(self, x):
        return torch.flatten(x + 1, 1) * 2

def check(inputs, x):
    compiled = torch_tensorrt.compile(Model().eval(), inputs=inputs, min_block_size=1)
    assert torch.equal(compiled(x), Model()(x))
    report = compiled.torch_tensorrt_report
    return {n["target"]: n["reason"] for n in report["nodes"] if not n["engine"]}, compiled

x = torch.randn(2, 3, 4)
reasons, compiled = check([x], x)
assert not reasons, reasons
fixed = torch_tensorrt.Input(min_shape=(1, 3, 4), opt_shape=(2, 3, 4), max_shape=(4, 3, 4))
reasons, _ = check([fixed], x)
print(reasons["torch.ops.aten.flatten.using_ints"])
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_documented_flatten(flatten, fresh_python, monkeypatch, when):
    """Freed memory is overwritten, so that sizes() of a temporary would show."""
    monkeypatch.setenv("MALLOC_PERTURB_", "165")
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")  # it would hold them back
    reason = fresh_python(FLATTEN, flatten, when)
    assert "its conversion failed: the converter of libflatten_converter.so failed" in reason
    assert "negative dimension -1" in reason  # as with nvinfer1: run-time sizes are -1


def test_documented_flatten_overrides_with_a_log_line(flatten):
    text = run(sys.executable, ROOT / "examples" / "custom_converters" / "run.py", flatten)
    assert "aten::flatten.using_ints (libflatten_converter.so) overrides the built-in one" in text
    assert "results agree" in text


def test_the_documentation_shows_the_example():
    source = ROOT / "examples" / "custom_converters" / "flatten_converter.cpp"
    assert source.read_text().endswith(block("cpp"))


@pytest.mark.parametrize(
    "folder, header",
    [
        (INCLUDE, "torch_tensorrt/core/conversion/converters/converters.h"),
        (INCLUDE_CORE, "core/conversion/converters/converters.h"),
        (INCLUDE_CORE, "core/conversion/evaluators/evaluators.h"),
    ],
)
def test_headers_are_found_with_one_folder(tmp_path, folder, header):
    source = tmp_path / "one.cpp"
    source.write_text(f'#include "{header}"\n')
    torch_folders = [f"-isystem{p}" for p in cpp_extension.include_paths()]
    run("g++", "-std=c++20", *torch_folders, f"-I{folder}", "-M", source)


MIXED = {  # what the real header defines, before and after ours
    "#define NV_INFER_H\n#include <tenon/nvinfer1.h>\n": "include one of them",
    "#include <tenon/nvinfer1.h>\nnamespace nvinfer1 { class ITensor {}; }\n": "redefinition",
}


@pytest.mark.parametrize("text", MIXED, ids=["before", "after"])
def test_the_real_header_is_refused(tmp_path, text):
    source = tmp_path / "one.cpp"
    source.write_text(text)
    with pytest.raises(AssertionError, match=MIXED[text]):
        run("g++", f"-I{INCLUDE}", "-fsyntax-only", source)


def test_helpers(cases):
    assert cases["helpers"] == ""


def test_override_is_seen_in_log_and_numbers(cases):
    line = "INFO: converter for aten::relu (libothers.so) overrides the built-in one"
    assert line in cases["log"]
    before, after = cases["relu"]
    assert before == 0 and abs(after["error"] - 100) < 1e-3 and after["engines"] == 1


@pytest.mark.parametrize(
    "case", ["lists", "bias", "mixed", "dynamic", "sizes", "join", "defaults", "results"]
)
def test_weights_lists_and_several_results(cases, case):
    assert cases[case]["engines"] == 1 and not cases[case]["reasons"]
    assert cases[case]["error"] < 1e-2  # TF32 on a GPU


FAILURES = {
    "refuses": "it returned false for convcpp::refuses(Tensor x) -> Tensor",
    "throws": "the converter of libothers.so failed: cannot do a tensor of the network",
    "torch_fails": "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
    "broken": "its schema 'convcpp::broken(Tensor x -> Tensor' cannot be read",
    "numbers": "x: a tensor of the network; a: float; b: int; c: str; d: bool; e: None; "
    "f: List[int]; g: int; h: Device; 2 3 word 1 17 4 5 5 cpu (others.cpp:",
}


@pytest.mark.parametrize("op", FAILURES)
def test_failures_leave_the_node_in_torch_with_the_reason(cases, op):
    result = cases[op]
    assert result["error"] == 0 and result["engines"] == 1
    reason = result["reasons"][f"torch.ops.convcpp.{op}.default"]
    assert FAILURES[op] in reason
    assert "libothers.so" in reason


def test_failure_under_full_compilation_is_the_error(cases):
    assert "cannot do a tensor of the network" in cases["required"]
    assert "while converting %throws convcpp::throws" in cases["required"]


def test_sizes_known_only_at_run_time_are_not_given(cases):
    reason = cases["sized"]["reasons"]["torch.ops.convcpp.sized.default"]
    assert "libothers.so says no: argument n is known only at run time" in reason


@pytest.mark.skipif(not hasattr(torch_tensorrt, "ts"), reason="no TorchScript in this package")
def test_torchscript(flatten, others):
    out = json.loads(
        run(sys.executable, HERE / "script_cases.py", flatten, others).splitlines()[-1]
    )
    for way in ("scripted", "traced"):  # relu is 100 more, times 2
        assert out[way] == pytest.approx([200, 200], abs=1e-2)
    assert out["evaluator"] == pytest.approx([1000, 1000], abs=1e-2)


TOOL = Path(torch_tensorrt.utils.cmake_prefix_path) / "bin" / "torchtrtc"


@pytest.mark.skipif(not TOOL.exists(), reason="torchtrtc is not in this package")
def test_torchtrtc(flatten, tmp_path):
    class Model(torch.nn.Module):
        def forward(self, x):
            return torch.flatten(x + 1, 1) * 2

    program, script = tmp_path / "m.pt2", tmp_path / "m.ts"
    torch.export.save(torch.export.export(Model().eval(), (torch.randn(2, 3, 4),)), program)
    torch.jit.script(Model().eval()).save(script)
    library = f"--custom-converters={flatten}"
    for arguments in ([program, tmp_path / "o.pt2"], [script, tmp_path / "o.ts", "(2,3,4)@f32"]):
        text = run(TOOL, *arguments, "--mbs=1", "--info", library)
        assert "(libflatten_converter.so) overrides the built-in one" in text
        assert "largest deviation" in text
