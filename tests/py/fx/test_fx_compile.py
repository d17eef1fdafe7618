# SPDX-License-Identifier: Apache-2.0
"""The FX call: its keywords, and what can be done with its results."""

import inspect
import sys
from pathlib import Path

import pytest
import torch
from models import CLOSE, LeNet, Mlp, engines
from torch import nn

import torch_tensorrt
from torch_tensorrt import fx
from torch_tensorrt.fx.lower import Lowerer
from torch_tensorrt.fx.lower_setting import LowerSetting
from torch_tensorrt.fx.utils import LowerPrecision

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from bench import models as zoo  # noqa: E402

DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
    ),
]
X = torch.linspace(-1, 1, 32).view(4, 8)


def check(model, compiled, *inputs, rtol=1e-3, atol=1e-4):
    with torch.no_grad():
        seen, wanted = compiled(*inputs), model(*inputs)
    if wanted.is_cuda:  # convolutions in TF32
        rtol, atol = max(rtol, 1e-2), max(atol, 1e-2)
    torch.testing.assert_close(seen, wanted, rtol=rtol, atol=atol)


def ranges(compiled):
    return compiled.torch_tensorrt_report["dryrun"]


def logged(caplog):
    return [r.getMessage() for r in caplog.records if r.name == "torch_tensorrt"]


def test_signature():
    defaults = {k: p.default for k, p in inspect.signature(fx.compile).parameters.items()}
    assert list(defaults)[:2] == ["module", "input"]
    del defaults["module"], defaults["input"]
    assert defaults == {
        "min_acc_module_size": 10,
        "max_batch_size": 2048,
        "max_workspace_size": 1 << 25,
        "explicit_batch_dimension": False,
        "lower_precision": LowerPrecision.FP16,
        "verbose_log": False,
        "timing_cache_prefix": "",
        "save_timing_cache": False,
        "cuda_graph_batch_size": -1,
        "dynamic_batch": True,
        "is_aten": False,
        "use_experimental_fx_rt": False,
        "correctness_atol": 0.1,
        "correctness_rtol": 0.1,
        "truncate_double": False,  # ours, last
    }


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", ["lenet", "resnet18"])
def test_models(name, device):
    build, shape = {"lenet": (LeNet, (1, 28, 28)), "resnet18": (zoo.resnet18, (3, 64, 64))}[name]
    model = build().eval().to(device)
    x = torch.randn(4, *shape, device=device)
    precision = LowerPrecision.FP32
    compiled = fx.compile(model, [x], max_batch_size=8, lower_precision=precision)
    assert len(engines(compiled)) == 1
    for batch in (1, 4, 8):
        check(model, compiled, torch.randn(batch, *shape, device=device))
    with pytest.raises(RuntimeError, match="dimension 0 is 9, wanted 1..8"):
        compiled(torch.randn(9, *shape, device=device))


def test_bert():
    model = zoo.bert_base(layers=2)
    tokens = zoo.tokens(2, 16)
    names = list(inspect.signature(model.forward).parameters)
    given = [tokens[n] for n in names if n in tokens]
    assert names[: len(given)] == [n for n in names if n in tokens]
    compiled = fx.compile(model, given, max_batch_size=4, lower_precision=LowerPrecision.FP32)
    with torch.no_grad():
        seen, wanted = zoo.flat(compiled(*given)), zoo.flat(model(*given))
    for s, w in zip(seen, wanted, strict=True):
        torch.testing.assert_close(s, w, rtol=1e-3, atol=1e-3)


@torch.library.custom_op("tenon_test::negate_rows", mutates_args=())
def negate_rows(x: torch.Tensor) -> torch.Tensor:
    return -x


@negate_rows.register_fake
def _(x):
    return torch.empty_like(x)


def test_hybrid():
    class Hybrid(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = Mlp(), Mlp()

        def forward(self, x):
            return self.second(torch.ops.tenon_test.negate_rows(self.first(x)))

    model = Hybrid().eval()
    compiled = fx.compile(model, [X], min_acc_module_size=1, max_batch_size=16)
    assert len(engines(compiled)) == 2
    check(model, compiled, torch.randn(16, 8))


@pytest.mark.parametrize(
    "explicit, dynamic, is_dynamic",
    [(False, True, True), (False, False, True), (True, True, True), (True, False, False)],
)
def test_batch_keywords(explicit, dynamic, is_dynamic):
    model = Mlp()
    compiled = fx.compile(
        model,
        [X],
        min_acc_module_size=1,
        explicit_batch_dimension=explicit,
        dynamic_batch=dynamic,
    )
    assert not model.training
    check(model, compiled, X)
    if is_dynamic:
        check(model, compiled, torch.randn(7, 8))
    else:
        with pytest.raises(RuntimeError, match="dimension 0 is 7, wanted 4"):
            compiled(torch.randn(7, 8))


def test_compile_with_ir():
    model = Mlp().eval()
    compiled = torch_tensorrt.compile(
        model,
        ir="fx",
        inputs=[X],
        enabled_precisions={torch.float32},
        explicit_batch_dimension=True,
        min_acc_module_size=1,
    )
    assert len(engines(compiled)) == 1
    check(model, compiled, torch.randn(3, 8))


def test_half_model_and_inputs(caplog):
    model = Mlp().eval().half()
    compiled = torch_tensorrt.compile(
        model, ir="fx", inputs=[X.half()], enabled_precisions={torch.half}, min_acc_module_size=1
    )
    assert compiled(X.half()).dtype == torch.half
    check(model, compiled, X.half(), rtol=1e-2, atol=1e-2)
    assert "lower_precision LowerPrecision.FP16 has no effect here: on the CPU" in caplog.text


def test_wrong_keywords():
    with pytest.raises(
        TypeError, match="'max_batch_sizes' of ir='fx'; did you mean 'max_batch_size"
    ):
        torch_tensorrt.compile(Mlp(), ir="fx", inputs=[X], max_batch_sizes=2)
    with pytest.raises(ValueError, match="float32 and float16, not torch.int8"):
        torch_tensorrt.compile(Mlp(), ir="fx", inputs=[X], enabled_precisions={torch.int8})
    with pytest.raises(ValueError, match="lower_precision is .*INT8.*wanted LowerPrecision.FP32"):
        fx.compile(Mlp(), [X], lower_precision=LowerPrecision.INT8)
    with pytest.raises(ValueError, match="not both"):
        torch_tensorrt.compile(
            *(Mlp(), "fx", [X]),
            enabled_precisions={torch.half},
            lower_precision=LowerPrecision.FP16,
        )
    with pytest.raises(ValueError, match="kwarg_inputs"):
        torch_tensorrt.compile(Mlp(), ir="fx", kwarg_inputs={"x": X})
    with pytest.raises(TypeError, match="not str"):
        torch_tensorrt.compile("model", ir="fx", inputs=[X])


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"batch 4, wanted 1\.\.2 \(max_batch_size\)"):
        fx.compile(Mlp(), [X], max_batch_size=2)

    class Two(nn.Module):
        def forward(self, a, b):
            return torch.relu(a).sum() + torch.relu(b)

    with pytest.raises(ValueError, match="input 1 has batch 3, input 0 has 4"):
        fx.compile(Two(), [X, X[:3]])
    compiled = fx.compile(
        *(Two(), [X, X[:3]]), 1, explicit_batch_dimension=True, dynamic_batch=False
    )
    check(Two(), compiled, X, X[:3])


def test_a_model_of_fixed_batch():
    class Fixed(nn.Module):
        def forward(self, x):
            return torch.relu(x.reshape(2, 2, 8)) + 1

    with pytest.raises(ValueError, match="dynamic_batch=False keeps sizes fixed"):
        fx.compile(Fixed(), [X])


def test_keywords_without_effect_say_so(caplog):
    fx.compile(
        *(Mlp(), [X]),
        min_acc_module_size=1,
        max_workspace_size=1 << 30,
        cuda_graph_batch_size=4,
        is_aten=True,
        use_experimental_fx_rt=True,
    )
    for name in (
        "max_workspace_size",
        "cuda_graph_batch_size",
        "is_aten",
        "use_experimental_fx_rt",
    ):
        assert caplog.text.count(f"{name} has no effect: ") == 1


def test_timing_cache_prefix(tmp_path):
    fx.compile(LeNet(), [torch.randn(2, 1, 28, 28)], timing_cache_prefix=str(tmp_path / "times"))
    assert (tmp_path / "times.bin").exists()


def test_verbose_log(caplog):
    fx.compile(Mlp(), [X], min_acc_module_size=1, verbose_log=True)
    assert "final graph:" in caplog.text
    caplog.clear()
    fx.compile(Mlp(), [X], min_acc_module_size=1)
    assert not logged(caplog)


def test_correctness_is_compared(caplog, monkeypatch):
    model = Mlp().eval()
    compile_program = torch_tensorrt.dynamo.compile

    def wrong(*args, **kwargs):
        good = compile_program(*args, **kwargs)
        return lambda x: good(x) + 0.5

    fx.compile(model, [X], min_acc_module_size=1, correctness_atol=1e-3, correctness_rtol=1e-3)
    assert not logged(caplog)
    monkeypatch.setattr(torch_tensorrt.dynamo, "compile", wrong)
    fx.compile(model, [X], min_acc_module_size=1)
    assert "output 0 differs from the module's by up to 0.5" in caplog.text


def test_torch_save_and_load(tmp_path, fresh_python):
    model = Mlp().eval()
    compiled = fx.compile(model, [X], min_acc_module_size=1)
    torch.save(compiled, tmp_path / "model.pt")
    again = torch.load(tmp_path / "model.pt", weights_only=False)
    torch.testing.assert_close(again(X), compiled(X), rtol=0, atol=0)
    torch.save(compiled(X), tmp_path / "wanted.pt")
    code = """
import sys, torch, torch_tensorrt
model = torch.load(sys.argv[1] + "/model.pt", weights_only=False)
x = torch.linspace(-1, 1, 32).view(4, 8)
print(torch.equal(model(x), torch.load(sys.argv[1] + "/wanted.pt")))
"""
    assert fresh_python(code, tmp_path).strip() == "True"


def test_jit_trace(tmp_path):
    model = Mlp().eval()
    compiled = fx.compile(model, [X], min_acc_module_size=1)
    traced = torch.jit.trace(compiled, [X])
    torch.jit.save(traced, tmp_path / "model.ts")
    check(model, torch.jit.load(tmp_path / "model.ts"), torch.randn(6, 8))


def test_input_tensor_spec():
    specs = fx.InputTensorSpec.from_tensors_with_dynamic_batch_size([X], (1, 4, 8))
    assert specs[0].shape == (-1, 8)
    assert specs[0].shape_ranges == [((1, 8), (4, 8), (8, 8))]
    assert specs[0].to_random_tensor().shape == (4, 8)
    assert fx.InputTensorSpec.from_tensors([X])[0].shape == (4, 8)
    model = Mlp().eval()
    compiled = fx.compile(model, specs, min_acc_module_size=1)
    check(model, compiled, torch.randn(8, 8))
    static = fx.compile(model, fx.InputTensorSpec.from_tensors([X]), min_acc_module_size=1)
    with pytest.raises(RuntimeError, match="dimension 0 is 8, wanted 4"):
        static(torch.randn(8, 8))
    with pytest.raises(ValueError, match="has 0 shape_ranges; wanted one"):
        fx.compile(model, [fx.InputTensorSpec((-1, 8), torch.float32)])


def test_input():
    model = Mlp().eval()
    spec = torch_tensorrt.Input(min_shape=(2, 8), opt_shape=(4, 8), max_shape=(6, 8))
    compiled = fx.compile(model, [spec], min_acc_module_size=1)
    check(model, compiled, torch.randn(6, 8))


def test_lower_setting():
    model = Mlp().eval()
    compiled = Lowerer.create(LowerSetting(min_acc_module_size=1, max_batch_size=8))(model, [X])
    check(model, compiled, torch.randn(8, 8))


def test_trt_module():
    class Two(nn.Module):
        def forward(self, x):
            return torch.relu(x), torch.sigmoid(x)

    plan = torch_tensorrt.convert_method_to_trt_engine(Two(), inputs=[X], min_block_size=1)
    module = fx.TRTModule(plan)
    assert module.input_names == ["x"] and len(module.output_names) == 2
    seen = module(X)
    assert isinstance(seen, tuple)
    torch.testing.assert_close(seen, Two()(X), **CLOSE)
    with pytest.raises(ValueError, match="inputs are"):
        fx.TRTModule(plan, input_names=["y"])
    with pytest.raises(TypeError, match="engine is int"):
        fx.TRTModule(3)


def test_feature_flag():
    assert torch_tensorrt.ENABLED_FEATURES.fx_frontend
