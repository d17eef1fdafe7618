# SPDX-License-Identifier: Apache-2.0
"""Each function of torch_tensorrt.ts as documented, and what it says to bad input."""

import logging

import pytest
import torch
from common import CLOSE, LeNet, batch, check, operators
from torch import nn

import torch_tensorrt
from torch_tensorrt import ts


@pytest.fixture(scope="module")
def lenet():
    return torch.jit.script(LeNet().eval())


class Several(nn.Module):
    def forward(self, x, y):
        return torch.relu(x) + y, x * y

    @torch.jit.export
    def halve(self, x):
        return torch.relu(x * 0.5) + 1


SPEC = [torch_tensorrt.Input((1, 1, 28, 28))]


def test_convert_and_embed(lenet):
    plan = ts.convert_method_to_trt_engine(lenet, "forward", inputs=SPEC)
    assert isinstance(plan, bytes)
    x = torch.randn(1, 1, 28, 28)
    module = ts.embed_engine_in_new_module(plan)
    torch.testing.assert_close(module(x), lenet(x).detach(), **CLOSE)
    check(module, lambda x: module(x), x)


def test_binding_names():
    script = torch.jit.script(Several())
    x, y = torch.randn(2, 3), torch.randn(2, 3)
    plan = ts.convert_method_to_trt_engine(script, inputs=[x, y])
    engine = torch.classes.tensorrt.Engine(torch.frombuffer(bytearray(plan), dtype=torch.uint8))
    assert engine.input_names() == ["x", "y"]
    first, second = engine.output_names()
    swapped = ts.embed_engine_in_new_module(plan, ["y", "x"], [second, first])
    torch.testing.assert_close(swapped(y, x), script(x, y)[::-1])
    assert [a.name for a in swapped.forward.schema.arguments] == ["self", "y", "x"]
    with pytest.raises(RuntimeError, match="no input 'z'; it has: x, y"):
        ts.embed_engine_in_new_module(plan, ["x", "z"])
    with pytest.raises(RuntimeError, match="1 output names are given, the engine has 2"):
        ts.embed_engine_in_new_module(plan, output_binding_names=["x"])


class OutOfOrder(nn.Module):
    def forward(self, x):
        a = torch.relu(x) + 1
        b = torch.tanh(a) * 2
        return {"b": b, "a": [a, b - a]}


def test_outputs_of_a_plan_are_in_the_methods_order():
    script = torch.jit.script(OutOfOrder())
    x = torch.randn(2, 3)
    plan = ts.convert_method_to_trt_engine(script, inputs=[x])
    want = script(x)
    got = ts.embed_engine_in_new_module(plan)(x)
    torch.testing.assert_close(list(got), [want["b"], *want["a"]])


@pytest.mark.parametrize(
    ("returned", "what"),
    [("x, y", "an input"), ("y, y", "a result a second time"), ("y, 3", "a constant"),
     ("y, x.size(0)", "a size")],
)  # fmt: skip
def test_results_that_no_plan_has(returned, what):
    module = torch.jit.script(type("Returns", (nn.Module,), {})())
    module.define(f"def forward(self, x):\n    y = torch.relu(x) + 1\n    return {returned}\n")
    spec = batch(3) if "size" in what else torch.randn(2, 3)
    with pytest.raises(RuntimeError, match=f"the method returns {what}"):
        ts.convert_method_to_trt_engine(module, inputs=[spec])


def test_damaged_plan():
    with pytest.raises(RuntimeError):
        ts.embed_engine_in_new_module(b"no plan at all")


def test_other_method():
    script = torch.jit.script(Several().eval())
    x = torch.randn(2, 3)
    compiled = ts.compile(script, inputs=[x], method_name="halve", min_block_size=1)
    torch.testing.assert_close(compiled.halve(x), script.halve(x))
    plan = ts.convert_method_to_trt_engine(script, "halve", inputs=[x])
    torch.testing.assert_close(ts.embed_engine_in_new_module(plan)(x), script.halve(x))


def test_backend(lenet):
    spec = {"forward": ts.TensorRTCompileSpec(inputs=[batch(1, 28, 28)])}
    lowered = torch._C._jit_to_backend("tensorrt", lenet, spec)
    x = torch.randn(3, 1, 28, 28)
    check(lowered, lenet, x)
    with pytest.raises(RuntimeError, match="9"):
        lowered(torch.randn(9, 1, 28, 28))


def test_backend_of_several_outputs():
    script = torch.jit.script(Several())
    x, y = torch.randn(2, 3), torch.randn(2, 3)
    spec = {"forward": ts.TensorRTCompileSpec(inputs=[x, y])}
    check(torch._C._jit_to_backend("tensorrt", script, spec), script, x, y)


def test_check_method_op_support(lenet, caplog):
    assert ts.check_method_op_support(lenet, "forward")

    class Inverse(nn.Module):
        def forward(self, x):
            return torch.linalg.inv(x) + 1

    script = torch.jit.script(Inverse())
    with caplog.at_level(logging.WARNING, logger="torch_tensorrt"):
        assert not ts.check_method_op_support(script, "forward")
    assert "no converter for aten::linalg_inv" in caplog.text


def test_dryrun(lenet, capsys):
    assert ts.compile(lenet, inputs=SPEC, dryrun=True) is lenet
    assert "Dry-Run Results" in capsys.readouterr().out


def test_report_has_the_graphs(lenet):
    report = ts.compile(lenet, inputs=SPEC).torch_tensorrt_report
    assert "aten::conv2d" in report["lowered_graph"]
    assert "tensorrt::execute_engine" in report["final_graph"]


def test_half_precision():
    model = LeNet().eval()
    x = torch.randn(1, 1, 28, 28)
    half = torch.jit.script(LeNet().eval().half())
    half.load_state_dict(model.state_dict())
    spec = torch_tensorrt.Input((1, 1, 28, 28), dtype=torch.half)
    compiled = ts.compile(half, inputs=[spec], min_block_size=1)
    got = compiled(x.half())
    assert got.dtype == torch.half
    torch.testing.assert_close(got.float(), model(x), rtol=2e-2, atol=2e-2)


def test_old_keywords_are_accepted(lenet):
    compiled = ts.compile(
        lenet, inputs=SPEC, device=torch_tensorrt.Device("cpu"), disable_tf32=False,
        sparse_weights=False, enabled_precisions={torch.float32}, refit=False, debug=False,
        capability=torch_tensorrt.EngineCapability.STANDARD, num_avg_timing_iters=1,
        workspace_size=0, truncate_long_and_double=True, allow_shape_tensors=False,
    )  # fmt: skip
    assert operators(compiled)[0] == 1


def test_names():
    assert ts.TorchScriptInput is torch_tensorrt.Input
    assert ts.TorchScriptDevice is torch_tensorrt.Device
    assert ts.logging is torch_tensorrt.logging


# ---- bad input


def test_not_a_script_module():
    with pytest.raises(TypeError, match="wanted a torch.jit.ScriptModule, not LeNet"):
        ts.compile(LeNet(), inputs=SPEC)


def test_unknown_setting(lenet):
    with pytest.raises(TypeError, match="unknown setting 'min_blok_size'; did you mean 'min_bl"):
        ts.compile(lenet, inputs=SPEC, min_blok_size=3)


def test_inputs_and_signature(lenet):
    with pytest.raises(ValueError, match="neither is given"):
        ts.compile(lenet)
    with pytest.raises(ValueError, match="both is given"):
        ts.compile(lenet, inputs=SPEC, input_signature=(SPEC[0],))


def test_unfit_input(lenet):
    with pytest.raises(TypeError, match="input 0 is a str; wanted Input"):
        ts.compile(lenet, inputs=["(1, 1, 28, 28)"])


def test_missing_method(lenet):
    with pytest.raises(RuntimeError, match="no method 'forwards'; it has: forward"):
        ts.compile(lenet, inputs=SPEC, method_name="forwards")


def test_wrong_number_of_inputs(lenet):
    with pytest.raises(RuntimeError, match="argument 'x' .* has neither an input nor a default"):
        ts.compile(lenet, inputs=[])
    with pytest.raises(RuntimeError, match="input 1 is given, but no argument"):
        ts.compile(lenet, inputs=[*SPEC, *SPEC])


def test_wrong_shape(lenet):
    with pytest.raises(RuntimeError, match=r"torch refuses it.*\n.*aten::conv2d \(conv1"):
        ts.compile(lenet, inputs=[torch_tensorrt.Input((1, 3, 28, 28))])


def test_wrong_dtype_and_shape_of_a_call(lenet):
    compiled = ts.compile(lenet, inputs=[batch(1, 28, 28)])
    with pytest.raises(RuntimeError, match="input 'x' is float64, wanted float32"):
        compiled(torch.zeros(1, 1, 28, 28, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="input 'x'.*9"):
        compiled(torch.zeros(9, 1, 28, 28))


def test_wrong_structure():
    with pytest.raises(RuntimeError, match="argument 'x' is Tensor, but a list is given"):
        ts.compile(torch.jit.script(Several()), inputs=[[torch.zeros(2)], torch.zeros(2)])


def test_device_that_does_not_fit(lenet):
    with pytest.raises((RuntimeError, ValueError), match="device is cuda"):
        ts.compile(lenet, inputs=SPEC, device="cuda:0")


def test_engine_of_a_hybrid_is_refused():
    class Inverse(nn.Module):
        def forward(self, x):
            return torch.relu(torch.linalg.inv(x)) + 1

    with pytest.raises(RuntimeError, match="aten::linalg_inv"):
        ts.convert_method_to_trt_engine(torch.jit.script(Inverse()), inputs=[torch.eye(3)])
