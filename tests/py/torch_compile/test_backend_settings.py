# SPDX-License-Identifier: Apache-2.0
"""Settings given as options, failures, and the ways to the backend."""

import logging
from pathlib import Path

import pytest
import torch
from dynamo_fixtures import builds_so_far, fresh_dynamo  # noqa: F401
from models import CLOSE, Mlp, batch
from torch import nn

import torch_tensorrt
from torch_tensorrt.dynamo import _native

NAMES = ["torch_tensorrt", "tensorrt", "aot_torch_tensorrt_aten"]
X = torch.linspace(-1, 1, 32).view(4, 8)


def run(model, x=X, **options):
    options = {"min_block_size": 1, "timing_cache_path": "none", **options}
    with torch.no_grad():
        return torch.compile(model, backend="torch_tensorrt", options=options)(x)


def left_in_torch(report):
    return {n["target"]: n["reason"] for n in report["nodes"] if not n["engine"]}


@pytest.mark.parametrize("name", NAMES)
def test_names(name, builds):
    model = Mlp().eval()
    assert name in torch._dynamo.list_backends()
    with torch.no_grad():
        seen = torch.compile(model, backend=name, options={"min_block_size": 1})(X)
        torch.testing.assert_close(seen, model(X), **CLOSE)
    assert len(builds) == 1


def test_a_bare_import_registers(fresh_python):
    code = """
import sys, torch, torch_tensorrt
assert "torch._dynamo" not in sys.modules
print([n in torch._dynamo.list_backends() for n in ("torch_tensorrt", "tensorrt")])
f = torch.compile(torch.nn.Linear(8, 8).eval(), backend="tensorrt", options={"min_block_size": 1})
with torch.no_grad():
    print(f(torch.zeros(2, 8)).shape)
"""
    assert fresh_python(code).split("\n")[:2] == ["[True, True]", "torch.Size([2, 8])"]


def test_torch_dynamo_imported_first(fresh_python):
    code = """
import torch, torch._dynamo
import torch_tensorrt
print("tensorrt" in torch._dynamo.list_backends())
"""
    assert fresh_python(code).strip() == "True"


def test_documentation_runs():
    text = (Path(__file__).resolve().parents[3] / "docs" / "torch_compile.md").read_text()
    names: dict = {}
    exec(text.split("```python")[1].split("```")[0], names)
    assert names["y"].shape == (4, 8)


def test_default_min_block_size(builds):
    torch.compile(Mlp().eval(), backend="tensorrt")(X)
    assert [s["kind"] for s in builds[0]["segments"]] == ["torch"]


@pytest.mark.parametrize(
    "ops",
    [
        {"torch.ops.aten.relu.default"},
        {torch.ops.aten.relu.default},
        {torch.ops.aten.relu},
        ["aten::relu"],
    ],
)
def test_torch_executed_ops(ops, builds):
    run(Mlp().eval(), torch_executed_ops=ops)
    assert list(left_in_torch(builds[0])) == ["torch.ops.aten.relu.default"]
    assert "torch_executed_ops" in left_in_torch(builds[0])["torch.ops.aten.relu.default"]


@pytest.mark.parametrize("op", ["torch.ops.aten.addmm.default", torch.ops.aten.addmm.default])
def test_torch_executed_ops_by_the_names_of_their_parts(op, builds):
    run(Mlp().eval(), torch_executed_ops={op})
    assert list(left_in_torch(builds[0])) == ["torch.ops.aten.linear.default"]


def test_torch_executed_modules(builds):
    run(Mlp().eval(), torch_executed_modules=["up"])
    assert list(left_in_torch(builds[0])) == ["torch.ops.aten.linear.default"]


def test_min_block_size_infinity_with_debug_is_a_dry_run(builds, caplog):
    model = Mlp().eval()
    with pytest.warns(DeprecationWarning, match="debug"):
        seen = run(model, min_block_size=float("inf"), debug=True)
    torch.testing.assert_close(seen, model(X))
    assert [s["kind"] for s in builds[0]["segments"]] == ["torch"]
    assert "lowered graph:" in caplog.text and "final graph:" in caplog.text
    assert "torch.ops.aten.linear.default" in caplog.text


def test_debug_prints_without_any_logging_set_up(fresh_python):
    code = """
import sys, warnings
warnings.simplefilter("ignore")
sys.stderr = sys.stdout
import torch, torch_tensorrt
torch_tensorrt.compile(torch.nn.Linear(8, 8), inputs=[torch.zeros(2, 8)], min_block_size=1, debug=True)
print("=#=")
torch_tensorrt.compile(torch.nn.Linear(8, 8), inputs=[torch.zeros(2, 8)], min_block_size=1)
"""
    with_debug, without = fresh_python(code).split("=#=")
    assert "lowered graph:" in with_debug and "_run_on_acc_0" in with_debug
    assert without.strip() == ""


def test_dryrun(builds, capsys):
    model = Mlp().eval()
    torch.testing.assert_close(run(model, dryrun=True), model(X))
    assert "Dry-Run Results" in capsys.readouterr().out
    assert builds[0]["dryrun"]


def test_truncate_long_and_double(builds):
    model, x = Mlp().double().eval(), X.double()
    with pytest.warns(DeprecationWarning, match="truncate_double"):
        seen = run(model, x, truncate_long_and_double=True)
    assert seen.dtype == torch.float64
    torch.testing.assert_close(seen, model(x), rtol=1e-4, atol=1e-5)
    assert not left_in_torch(builds[0])


def test_settings_that_change_no_result(builds):
    model = Mlp().eval()
    with pytest.warns(DeprecationWarning, match="use_python_runtime"):
        seen = run(
            model,
            use_python_runtime=True,
            enabled_precisions={torch.float32},
            optimization_level=1,
            num_avg_timing_iters=1,
        )
    torch.testing.assert_close(seen, model(X), **CLOSE)
    assert len(builds) == 1


def test_unknown_setting():
    with pytest.raises(Exception, match="'min_blok_size'; did you mean 'min_block_size'"):
        run(Mlp().eval(), min_blok_size=1)
    with pytest.raises(Exception, match="takes options=..., not mode"):
        torch.compile(Mlp().eval(), backend="tensorrt", mode="max-autotune")(X)


@pytest.fixture
def broken_build(monkeypatch):
    def fail(*_):
        raise _native.CompilationError("the disk of the build machine is full")

    monkeypatch.setattr(_native, "build", fail)


def test_failed_build_runs_the_original(broken_build, caplog):
    model = Mlp().eval()
    fast = torch.compile(model, backend="tensorrt", options={"min_block_size": 1})
    with torch.no_grad():
        for _ in range(2):
            torch.testing.assert_close(fast(X), model(X))
    warnings = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert [w.getMessage() for w in warnings] == [
        "building failed, so a graph runs in PyTorch: the disk of the build machine is full"
    ]


def test_pass_through_build_failures(broken_build):
    with pytest.raises(Exception, match="the disk of the build machine is full"):
        run(Mlp().eval(), pass_through_build_failures=True)


def test_failed_rebuild_runs_the_original(monkeypatch, caplog):
    model = Mlp().eval()
    fast = torch.compile(model, backend="tensorrt", options={"min_block_size": 1})
    with torch.no_grad():
        fast(X)
        monkeypatch.setattr(_native, "build", lambda *_: 1 / 0)
        model.up.weight.add_(1)
        for _ in range(2):
            torch.testing.assert_close(fast(X), model(X))
    assert caplog.text.count("building failed, so a graph runs in PyTorch") == 1


def test_require_full_compilation():
    def function(x):
        return torch.fft.fft(torch.relu(x)).real

    with pytest.raises(Exception, match="fft"):
        run(function, require_full_compilation=True)
    torch.testing.assert_close(run(function), function(X))


def test_compile_with_ir(builds):
    model = Mlp().eval()
    fast = torch_tensorrt.compile(
        model, ir="torch_compile", inputs=[X], min_block_size=1, enabled_precisions={torch.float32}
    )
    with torch.no_grad():
        for rows in (4, 2, 4):
            torch.testing.assert_close(fast(X[:rows]), model(X[:rows]), **CLOSE)
    assert len(builds) == 2


def test_compile_with_ir_and_a_range(builds):
    model = Mlp().eval()
    fast = torch_tensorrt.compile(model, ir="torch_compile", inputs=[batch(8)], min_block_size=1)
    with torch.no_grad():
        for rows in (4, 2, 3):
            torch.testing.assert_close(fast(X[:rows]), model(X[:rows]), **CLOSE)
    assert len(builds) == 1


def test_compile_with_ir_checks_its_arguments():
    with pytest.raises(TypeError, match="did you mean 'min_block_size'"):
        torch_tensorrt.compile(Mlp(), ir="torch_compile", inputs=[X], min_blok_size=1)
    with pytest.raises(TypeError, match="not str"):
        torch_tensorrt.compile("resnet", ir="torch_compile", inputs=[X])
    for ir in ("fx", "torch_compile"):
        with pytest.raises(ValueError, match=f"ir='{ir}' has no serialized engine"):
            torch_tensorrt.convert_method_to_trt_engine(Mlp(), ir=ir, inputs=[X])


def test_tensor_subclasses_stay_in_torch(caplog):
    from torch.testing._internal.two_tensor import TwoTensor

    def function(x):
        return torch.relu(x) + 1

    x = TwoTensor(X.clone(), X.clone())
    seen = run(function, x)
    assert isinstance(seen, TwoTensor)
    torch.testing.assert_close(seen.a, function(X))
    assert "tensor subclass TwoTensor" in caplog.text


def test_models_on_several_devices(caplog):
    class Meta(nn.Module):
        def forward(self, x):
            return torch.relu(x) + torch.zeros(4, 8, device="meta").shape[0]

    torch.testing.assert_close(run(Meta(), X), torch.relu(X) + 4)


def test_a_graph_on_several_devices_says_so(caplog, builds):
    def function(x):
        return torch.relu(x) + 1, torch.zeros(3, device="meta")

    assert run(function)[1].is_meta
    assert "its tensors are on several devices: 'x' is on cpu, 'zeros' is on meta" in caplog.text
    assert not builds
