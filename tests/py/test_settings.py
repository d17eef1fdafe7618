# SPDX-License-Identifier: Apache-2.0
"""Settings: unknown and deprecated names, types, and their effect on compile."""

import pytest
import torch
from models import Mlp, batch

import torch_tensorrt
from torch_tensorrt.dynamo._settings import resolve


def test_unknown_setting_suggests_the_nearest():
    with pytest.raises(TypeError, match="'min_blok_size'; did you mean 'min_block_size'"):
        torch_tensorrt.compile(Mlp().eval(), inputs=[batch(8)], min_blok_size=1)


@pytest.mark.parametrize("name", ["use_python_runtime", "refit", "make_refittable"])
def test_deprecated_settings_without_effect(name):
    with pytest.warns(DeprecationWarning, match=name):
        assert resolve({name: True}) == {}


def test_deprecated_settings_that_have_a_successor():
    with pytest.warns(DeprecationWarning, match="use truncate_double"):
        assert resolve({"truncate_long_and_double": True}) == {"truncate_double": True}
    with pytest.warns(DeprecationWarning, match="logging.debug"):
        assert resolve({"debug": True}) == {"debug": True}


def test_values_of_the_public_api_become_text():
    ops = {torch.ops.aten.relu.default, torch.ops.aten.add, "aten::mul"}
    assert resolve({"torch_executed_ops": ops})["torch_executed_ops"] == [
        "aten::add",
        "aten::mul",
        "torch.ops.aten.relu.default",
    ]
    precisions = {torch.float16, torch_tensorrt.dtype.f32}
    assert resolve({"enabled_precisions": precisions}) == {
        "enabled_precisions": ["float16", "float32"]
    }
    assert resolve({"device": torch_tensorrt.Device("cpu")}) == {"device": "cpu"}
    assert resolve({"dryrun": True}) == {"dryrun": "1"}
    assert resolve({"engine_capability": torch_tensorrt.EngineCapability.STANDARD}) == {
        "engine_capability": "standard"
    }


def test_none_means_the_default():
    assert resolve({"max_aux_streams": None, "optimization_level": None}) == {
        "max_aux_streams": -1,
        "optimization_level": 3,
    }


@pytest.mark.parametrize(
    "name, value, wanted", [("min_block_size", "5", "int"), ("require_full_compilation", 1, "bool")]
)
def test_wrong_types(name, value, wanted):
    with pytest.raises(TypeError, match=f"'{name}' is .*wanted {wanted}"):
        resolve({name: value})


def test_unknown_ir():
    with pytest.raises(ValueError, match="'onnx'; wanted one of default"):
        torch_tensorrt.compile(Mlp().eval(), ir="onnx", inputs=[batch(8)])


class _Ts:
    """Stands for the TorchScript frontend; keeps what it was given."""

    def compile(self, module, **keywords):
        return "compiled", module, keywords

    def convert_method_to_trt_engine(self, module, method_name, **keywords):
        return "plan", module, method_name, keywords


@pytest.mark.parametrize("ir", ["default", "ts", "torchscript"])
def test_torchscript_goes_to_its_frontend(ir, monkeypatch):
    monkeypatch.setattr(torch_tensorrt, "ts", _Ts(), raising=False)
    module = torch.jit.script(Mlp().eval()) if ir == "default" else Mlp().eval()
    x = torch.zeros(2, 8)
    seen = torch_tensorrt.compile(module, ir=ir, inputs=[x], min_block_size=1)
    assert isinstance(seen[1], torch.jit.ScriptModule)
    assert seen[2] == {"inputs": [x], "min_block_size": 1}
    seen = torch_tensorrt.compile(module, ir, input_signature=(x,), enabled_precisions={torch.half})
    assert seen[2] == {"input_signature": (x,), "enabled_precisions": {torch.half}}
    plan = torch_tensorrt.convert_method_to_trt_engine(module, "forward", ir=ir, inputs=[x])
    assert plan[2:] == ("forward", {"inputs": [x]})
    with pytest.raises(ValueError, match="kwarg_inputs"):
        torch_tensorrt.compile(module, ir=ir, kwarg_inputs={"x": x})


def test_inputs_and_arg_inputs_exclude_each_other():
    with pytest.raises(ValueError, match="not both"):
        torch_tensorrt.compile(Mlp().eval(), inputs=[batch(8)], arg_inputs=[batch(8)])
    with pytest.raises(ValueError, match="inputs are needed"):
        torch_tensorrt.compile(Mlp().eval())


def test_inputs_that_contradict_the_program():
    program = torch_tensorrt.dynamo.trace(Mlp().eval(), [batch(8)])
    with pytest.raises(ValueError, match="dimension 0 is 1..16, the program was exported with"):
        torch_tensorrt.dynamo.compile(program, [batch(8, high=16)])
    with pytest.raises(ValueError, match="dimension 1 is 9, the program was exported with 8"):
        torch_tensorrt.dynamo.compile(program, [batch(9)])
    with pytest.raises(ValueError, match="2 inputs are given, the program takes 1"):
        torch_tensorrt.dynamo.compile(program, [batch(8), batch(8)])


def test_dryrun_builds_nothing(capsys, tmp_path):
    model, path = Mlp().eval(), tmp_path / "report.txt"
    result = torch_tensorrt.compile(
        model, inputs=[batch(8)], dryrun=str(path), require_full_compilation=True
    )
    printed = capsys.readouterr().out
    assert "Dry-Run Results" in printed
    assert path.read_text().strip() == printed.strip()
    assert not any(name.startswith("_run_on_acc") for name, _ in result.named_children())
    x = torch.randn(3, 8)
    torch.testing.assert_close(result(x), model(x))


def test_dryrun_does_not_overwrite(capsys, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("mine")
    torch_tensorrt.compile(Mlp().eval(), inputs=[batch(8)], dryrun=str(path))
    assert path.read_text() == "mine"
    assert "was not overwritten" in capsys.readouterr().out


def test_settings_without_effect_say_so(caplog):
    torch_tensorrt.compile(Mlp().eval(), inputs=[batch(8)], dryrun=True, workspace_size=1 << 20)
    assert "workspace_size" in caplog.text
