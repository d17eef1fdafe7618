# SPDX-License-Identifier: Apache-2.0
"""Every saved form is read by a fresh interpreter that imports torch and torch_tensorrt only."""

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
    (tmp_path / "no").write_bytes(b"not a model")
    with pytest.raises(ValueError, match="neither an exported program"):
        torch_tensorrt.load(str(tmp_path / "no"))


def test_damaged_plans_are_refused():
    _, compiled = compile_mlp()
    plan = compiled._run_on_acc_0.engine.plan().clone()
    plan[plan.numel() // 2] ^= 0xFF
    for bad in (plan, plan[:100].clone(), torch.zeros(1000, dtype=torch.uint8)):
        with pytest.raises(RuntimeError):
            torch.classes.tensorrt.Engine(bad)
    with pytest.raises(RuntimeError, match="uint8"):
        torch.classes.tensorrt.Engine(torch.zeros(8))
