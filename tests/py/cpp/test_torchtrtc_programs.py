# SPDX-License-Identifier: Apache-2.0
"""A .pt2 compiled by C++ alone: it converts what Python converts, and runs in Python as the model."""

import functools
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from models import CLOSE, LeNet, Mlp, batch
from program_cases import CASES, Hybrid, Sizes, of
from torch import nn
from torchtrtc_runner import TOOL, compile_pt2, export, placed, torchtrtc

import torch_tensorrt

pytest_plugins = ["torchtrtc_fixtures"]

SCRIPT = Path(__file__).resolve().parents[3] / "tools" / "torchtrtc" / "torchtrtc.py"


def example(spec: torch_tensorrt.Input, field: str) -> torch.Tensor:
    dynamic = isinstance(spec.shape, dict)
    return spec.example_tensor(field) if dynamic else spec.example_tensor()


def call(module: nn.Module, inputs: Any, field: str) -> Any:
    if isinstance(inputs, dict):
        result = module(**{k: example(v, field) for k, v in inputs.items()})
        return list(result.values()) if isinstance(result, dict) else result
    return module(*[example(v, field) for v in inputs])


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_converts_as_python_does_and_runs(case, dynamic, tmp_path, request):
    flags = list(case.flags)
    if case.custom:
        flags += ["--custom-torch-ops", request.getfixturevalue("op_library")]
    model, inputs = case.build(dynamic)
    program = export(tmp_path / "model.pt2", model, inputs)
    out, report = compile_pt2(tmp_path / "model.pt2", *flags)

    settings = {"min_block_size": 1} if case.flags else {}
    python = torch_tensorrt.dynamo.compile(program, **settings)
    assert placed(report) == placed(python.torch_tensorrt_report)
    kinds = [s["kind"] for s in report["segments"]]
    assert kinds.count("engine") == case.engines, kinds

    fields = ("min_shape", "opt_shape", "max_shape") if dynamic else ("opt_shape",)
    loaded = torch.export.load(out).module(check_guards=False)
    fresh = torch.export.load(tmp_path / "model.pt2").module(check_guards=False)
    for field in fields:  # the example tensors are the same where the seed is
        torch.manual_seed(1)
        seen = call(loaded, inputs, field)
        torch.manual_seed(1)
        wanted = call(fresh, inputs, field)
        for a, b in zip(_leaves(seen), _leaves(wanted), strict=True):
            torch.testing.assert_close(a, b, **CLOSE)


def _leaves(value: Any) -> list:
    return torch.utils._pytree.tree_leaves(value)


def test_weights_of_engines_leave_the_archive(op_library, tmp_path):
    export(tmp_path / "m.pt2", Hybrid(), [batch(8)])
    flags = ("--mbs", 1, "--teo", "torch.ops.aten.add.Tensor", "--custom-torch-ops", op_library)
    out, _ = compile_pt2(tmp_path / "m.pt2", *flags)
    assert list(torch.export.load(out).state_dict) == ["shift"]
    with zipfile.ZipFile(out) as archive:
        weights = [n for n in archive.namelist() if "/data/weights/weight_" in n]
        objects = [n for n in archive.namelist() if "/data/constants/custom_obj_" in n]
        assert archive.testzip() is None
    assert (len(weights), len(objects)) == (1, 2)


def test_what_is_not_an_engine_is_kept(op_library, tmp_path):
    program = torch_tensorrt.dynamo.trace(Hybrid().eval(), [batch(8)])
    torch.export.save(program, tmp_path / "m.pt2", extra_files={"note.txt": "kept"})
    out, _ = compile_pt2(tmp_path / "m.pt2", "--mbs", 1, "--custom-torch-ops", op_library)
    extra = {"note.txt": ""}
    after = torch.export.load(out, extra_files=extra)
    assert extra["note.txt"] == "kept"
    assert after.range_constraints == program.range_constraints
    assert after.call_spec.in_spec == program.call_spec.in_spec
    assert after.graph_signature.user_inputs == program.graph_signature.user_inputs
    stacks = {n.name: n.meta.get("nn_module_stack") for n in program.graph.nodes}
    traces = {n.name: n.meta.get("stack_trace") for n in program.graph.nodes}
    kept = [n for n in after.graph.nodes if n.name.startswith("reverse")]
    assert len(kept) == 2
    for node in kept:
        assert list(node.meta["nn_module_stack"]) == list(stacks[node.name])
        assert node.meta["stack_trace"] == traces[node.name]


def test_the_result_can_be_exported_decomposed_and_compiled_again(tmp_path):
    export(tmp_path / "m.pt2", LeNet(), [batch(1, 28, 28)])
    once, _ = compile_pt2(tmp_path / "m.pt2", "--teo", "aten::relu", "--mbs", 1)
    twice, report = compile_pt2(once, "--mbs", 1)
    assert any(n["target"].endswith("execute_engine.default") for n in report["nodes"])
    x = torch.randn(3, 1, 28, 28)
    wanted = torch.export.load(tmp_path / "m.pt2").module(check_guards=False)(x)
    program = torch.export.load(twice)
    torch.testing.assert_close(program.module(check_guards=False)(x), wanted, **CLOSE)
    decomposed = program.run_decompositions({})
    torch.testing.assert_close(decomposed.module(check_guards=False)(x), wanted, **CLOSE)


def test_outputs_of_engines_are_described_as_dense(op_library, tmp_path):
    """Whoever lowers the program further trusts the strides that it states."""
    model, inputs = of(Sizes)(True)
    export(tmp_path / "m.pt2", model, inputs)
    out, _ = compile_pt2(tmp_path / "m.pt2", "--mbs", 1, "--custom-torch-ops", op_library)
    program = torch.export.load(out)
    engines = [n for n in program.graph.nodes if "execute_engine" in str(n.target)]
    items = [user for n in engines for user in n.users]
    assert items and all(n.meta["val"].is_contiguous() for n in items)
    x = torch.randn(3, 8)
    for seen in _leaves(program.module(check_guards=False)(x)):
        assert not isinstance(seen, torch.Tensor) or seen.is_contiguous()


def test_ranges_narrow_the_program(tmp_path):
    export(tmp_path / "m.pt2", Mlp(), [batch(8, high=16)])
    spec = "[(2,8);(3,8);(6,8)]@f32"
    out, _ = compile_pt2(tmp_path / "m.pt2", spec, "--mbs", 1)
    (range_,) = torch.export.load(out).range_constraints.values()
    assert (range_.lower, range_.upper) == (2, 6)
    module = torch.export.load(out).module(check_guards=False)
    assert module(torch.zeros(6, 8)).shape == (6, 8)
    with pytest.raises(RuntimeError, match="<= 6, but got 7"):
        module(torch.zeros(7, 8))


def test_engine_alone(tmp_path):
    model = Mlp()
    export(tmp_path / "m.pt2", model, [batch(8)])
    torchtrtc(tmp_path / "m.pt2", tmp_path / "m.plan", "--save-engine")
    plan = torch.frombuffer(bytearray((tmp_path / "m.plan").read_bytes()), dtype=torch.uint8)
    module = torch_tensorrt.runtime.TorchTensorRTModule(plan)
    x = torch.randn(3, 8)
    torch.testing.assert_close(module(x), model(x), **CLOSE)


def test_a_program_may_be_replaced_by_its_result(tmp_path):
    model = Mlp()
    path = tmp_path / "m.pt2"
    export(path, model, [batch(8)])
    torchtrtc(path, path, "--mbs", 1)
    program = torch.export.load(path)
    assert not program.state_dict and [p.name for p in tmp_path.iterdir()] == ["m.pt2"]
    x = torch.randn(3, 8)
    torch.testing.assert_close(program.module(check_guards=False)(x), model(x), **CLOSE)


def test_dryrun_writes_nothing_and_says_why(op_library, tmp_path):
    export(tmp_path / "m.pt2", Hybrid(), [batch(8)])
    text = torchtrtc(tmp_path / "m.pt2", "--dryrun", "--mbs", 1)
    assert "Dry-Run Results" in text and "tenon_cpp_test" in text
    assert [p.name for p in tmp_path.iterdir()] == ["m.pt2"]


def test_min_block_size_alone_has_effect(op_library, tmp_path):
    export(tmp_path / "m.pt2", Hybrid(), [batch(8)])
    _, report = compile_pt2(tmp_path / "m.pt2", "--mbs", 4, "--custom-torch-ops", op_library)
    reasons = [n["reason"] for n in report["nodes"]]
    assert any("min_block_size=4" in r for r in reasons)


def test_reasons_are_printed(op_library, tmp_path):
    export(tmp_path / "m.pt2", Hybrid(), [batch(8)])
    flags = ("--tem", "second", "--mbs", 1, "--custom-torch-ops", op_library)
    text = torchtrtc(tmp_path / "m.pt2", tmp_path / "o.pt2", *flags)
    assert "in PyTorch: reverse (torch.ops.tenon_cpp_test.reverse.default)" in text
    assert "torch_executed_modules" in text


def test_half_precision(tmp_path):
    export(tmp_path / "m.pt2", LeNet(), [batch(1, 28, 28)])
    out, _ = compile_pt2(tmp_path / "m.pt2", "-p", "f32", "-p", "bf16")
    x = torch.randn(3, 1, 28, 28)
    wanted = torch.export.load(tmp_path / "m.pt2").module(check_guards=False)(x)
    seen = torch.export.load(out).module(check_guards=False)(x)
    torch.testing.assert_close(seen, wanted, rtol=0.1, atol=0.02)


def test_needs_no_python():
    libraries = subprocess.run(["ldd", TOOL], capture_output=True, text=True, check=True).stdout
    assert "libtorchtrt.so" in libraries and "not found" not in libraries
    names = " ".join(line.split()[0] for line in libraries.splitlines())
    assert "libpython" not in names and "libtorch_python" not in names


@pytest.mark.skipif(not SCRIPT.exists(), reason="only the tree has the script's source")
def test_console_script_imports_nothing(tmp_path):
    """It finds the package's folder and becomes the program there."""
    package = tmp_path / "torch_tensorrt"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('must not be imported')")
    command = [sys.executable, str(SCRIPT), "--version"]
    environment = {"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]}
    run = functools.partial(
        subprocess.run, command, env=environment, capture_output=True, text=True, check=False
    )
    without = run()
    assert without.returncode == 1 and "libcxxopts-dev" in without.stderr
    (package / "bin" / "torchtrtc").symlink_to(TOOL)
    done = run()
    assert done.returncode == 0, done.stderr
    assert torch_tensorrt.__version__ in done.stdout
