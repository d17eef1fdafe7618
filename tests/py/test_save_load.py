# SPDX-License-Identifier: Apache-2.0
"""Every saved form is read by a fresh interpreter that imports torch and torch_tensorrt only."""

import builtins
import errno
import io
import re
import zipfile

import pytest
import torch
from conftest import run_fresh
from models import CLOSE, batch, compile_mlp
from test_partition import Sandwich

import torch_tensorrt

READ = {
    "pickle": "torch.load(path, weights_only=False)",
    "pt2": "torch_tensorrt.load(path).module()",
    "pt2_remembered": "torch.export.load(path).module()",
    "ts": "torch.jit.load(path)",
    "ts_load": "torch_tensorrt.load(path)",
}
CODE = f"""
import sys
import torch, torch_tensorrt
folder = sys.argv[1] + "/"
inputs = torch.load(folder + "inputs")
read = {{ {", ".join(f"{kind!r}: lambda path: {how}" for kind, how in READ.items())} }}
results = {{}}
for kind in read:
    module = read[kind](folder + kind)
    results[kind] = [module(x).detach() for x in inputs]
torch.save(results, folder + "outputs")
"""


def write(folder):
    """Saves one model in every form; returns it."""
    model, compiled = compile_mlp()
    torch.save(compiled, folder / "pickle")
    torch_tensorrt.save(compiled, str(folder / "pt2"), inputs=[batch(8)])
    torch_tensorrt.save(compiled, str(folder / "pt2_remembered"))
    for name in ("ts", "ts_load"):
        path = str(folder / name)
        example = torch.randn(4, 8)
        torch_tensorrt.save(compiled, path, output_format="torchscript", inputs=[example])
    return model


@pytest.fixture(scope="module")
def read_elsewhere(tmp_path_factory):
    """(wanted, {form: seen}) of one model, each form read by one fresh interpreter."""
    folder = tmp_path_factory.mktemp("saved")
    model = write(folder)
    inputs = [torch.randn(rows, 8) for rows in (1, 2, 5, 8)]
    torch.save(inputs, folder / "inputs")
    run_fresh(CODE, folder)
    return [model(x).detach() for x in inputs], torch.load(folder / "outputs")


@pytest.mark.parametrize("kind", READ)
def test_fresh_interpreter_reads(read_elsewhere, kind):
    wanted, seen = read_elsewhere
    for a, b in zip(seen[kind], wanted, strict=True):
        torch.testing.assert_close(a, b, **CLOSE)


def test_hybrid_module(tmp_path):
    model = Sandwich().eval()
    compiled = torch_tensorrt.compile(model, inputs=[batch(8)], min_block_size=1)
    torch_tensorrt.save(compiled, str(tmp_path / "m.pt2"))
    loaded = torch_tensorrt.load(str(tmp_path / "m.pt2")).module()
    x = torch.randn(3, 8)
    torch.testing.assert_close(loaded(x), model(x), **CLOSE)


def test_state_dict_holds_the_plan():
    model, compiled = compile_mlp()
    other, into = compile_mlp()
    into.load_state_dict(compiled.state_dict())
    x = torch.randn(3, 8)
    torch.testing.assert_close(into(x), model(x), **CLOSE)


def test_exported_program_is_saved_as_it_is(tmp_path):
    model, compiled = compile_mlp()
    program = torch_tensorrt.dynamo.trace(compiled, [batch(8)])
    targets = [str(n.target) for n in program.graph.nodes if n.op == "call_function"]
    assert "tensorrt.execute_engine.default" in targets
    torch_tensorrt.save(program, str(tmp_path / "m.pt2"))
    x = torch.randn(2, 8)
    loaded = torch_tensorrt.load(str(tmp_path / "m.pt2"))
    torch.testing.assert_close(loaded.module()(x), model(x), **CLOSE)


def test_refusals(tmp_path):
    model, compiled = compile_mlp()
    with pytest.raises(ValueError, match="'onnx'; wanted one of"):
        torch_tensorrt.save(compiled, "m", output_format="onnx")
    with pytest.raises(TypeError, match="compile it first"):
        torch_tensorrt.save(model, "m", inputs=[batch(8)])


def zipped(path, *entries):
    with zipfile.ZipFile(path, "w") as archive:
        for entry in entries:
            archive.writestr(entry, b"?")


def pickled(path):
    torch.save(torch.nn.Linear(1, 1), path)


def truncated(path):
    torch.jit.script(torch.nn.Linear(1, 1)).save(str(path))
    path.write_bytes(path.read_bytes()[:-100])


UNREADABLE = {
    "folder": (lambda p: p.mkdir(), IsADirectoryError, "Is a directory: '{}'"),
    "missing": (lambda p: None, FileNotFoundError, "No such file or directory: '{}'"),
    "empty": (lambda p: p.touch(), ValueError, "{} is empty"),
    "text": (lambda p: p.write_text("not a model"), ValueError, "{} is no zip archive"),
    "plan": (
        lambda p: p.write_bytes(b"TENONPLN" + bytes(99)),
        ValueError,
        "{} is a serialized eng",
    ),
    "foreign": (
        lambda p: zipped(p, "word/document.xml"),
        ValueError,
        "{} is a zip archive, but nei",
    ),
    "pickle": (pickled, ValueError, "read it with torch.load"),
    "truncated": (truncated, ValueError, "{} is a damaged zip archive"),
    "program": (
        lambda p: zipped(p, "m/archive_format"),
        ValueError,
        "{} is an exported program that",
    ),
    "script": (
        lambda p: zipped(p, "m/constants.pkl"),
        ValueError,
        "{} is a TorchScript module that",
    ),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_files_that_cannot_be_loaded(kind, tmp_path):
    make, error, message = UNREADABLE[kind]
    path = tmp_path / "file"
    make(path)
    with pytest.raises(error, match=re.escape(message.format(path))):
        torch_tensorrt.load(str(path))


def test_file_without_permission(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied", "m.pt2")

    monkeypatch.setattr(builtins, "open", refuse)  # root may read everything
    with pytest.raises(PermissionError, match="m.pt2"):
        torch_tensorrt.load("m.pt2")


@pytest.mark.parametrize("form", ["exported_program", "torchscript"])
def test_load_from_a_file_object(form, tmp_path):
    model, compiled = compile_mlp()
    x = torch.randn(4, 8)
    torch_tensorrt.save(compiled, str(tmp_path / "m"), output_format=form, inputs=[x])
    loaded = torch_tensorrt.load(io.BytesIO((tmp_path / "m").read_bytes()))
    module = loaded.module() if form == "exported_program" else loaded
    torch.testing.assert_close(module(x), model(x), **CLOSE)
    extra = {"note": ""}
    assert torch_tensorrt.load(tmp_path / "m", extra_files=extra) is not None


SAYS = """
import sys
import torch_tensorrt
try:
    torch_tensorrt.load(sys.argv[1] + "/m")
except ValueError as error:
    print(error)
"""


def test_engine_for_another_instruction_set(tmp_path, monkeypatch):
    _, compiled = compile_mlp()
    torch_tensorrt.save(compiled, str(tmp_path / "m"), inputs=[batch(8)])
    monkeypatch.setenv("TENON_ISA", "generic")
    said = run_fresh(SAYS, tmp_path)
    if not said:
        pytest.skip("the engine was built for generic")
    assert f"{tmp_path}/m is an exported program that cannot be read: the plan was built" in said
    assert "this machine has 'generic'; build the engine again here" in said


def test_damaged_plans_are_refused():
    _, compiled = compile_mlp()
    plan = compiled._run_on_acc_0.engine.plan().clone()
    plan[plan.numel() // 2] ^= 0xFF
    for bad in (plan, plan[:100].clone(), torch.zeros(1000, dtype=torch.uint8)):
        with pytest.raises(RuntimeError):
            torch.classes.tensorrt.Engine(bad)
    with pytest.raises(RuntimeError, match="uint8"):
        torch.classes.tensorrt.Engine(torch.zeros(8))
