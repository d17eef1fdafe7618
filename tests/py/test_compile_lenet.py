# SPDX-License-Identifier: Apache-2.0
"""compile(): dynamic batch, nested inputs and outputs, keywords, and outputs of unusual kinds."""

import copy

import pytest
import torch
from models import CLOSE, Counter, LeNet, Mlp, batch, compile_mlp, engines, segments
from torch import nn

import torch_tensorrt


@pytest.fixture(scope="module")
def lenet():
    torch.manual_seed(7)
    model = LeNet().eval()
    return model, torch_tensorrt.compile(model, inputs=[batch(1, 28, 28)])


@pytest.mark.parametrize("rows", [1, 2, 4, 7, 8])
def test_dynamic_batch(lenet, rows):
    model, compiled = lenet
    x = torch.randn(rows, 1, 28, 28)
    torch.testing.assert_close(compiled(x), model(x), **CLOSE)


def test_one_engine_owns_the_weights(lenet):
    _, compiled = lenet
    assert segments(compiled) == ["engine"]
    assert not list(compiled.parameters())
    assert isinstance(compiled, torch.fx.GraphModule) and not compiled.training


def test_report_names_nodes(lenet):
    report = lenet[1].torch_tensorrt_report
    assert {"conv2d", "linear"} <= {n["name"] for n in report["nodes"]}
    assert all(n["engine"] for n in report["nodes"])


def test_input_by_keyword(lenet):
    model, compiled = lenet
    x = torch.randn(2, 1, 28, 28)
    torch.testing.assert_close(compiled(x=x), model(x), **CLOSE)


def test_under_inference_mode_and_with_gradients(lenet):
    model, compiled = lenet
    x = torch.randn(2, 1, 28, 28)
    with torch.inference_mode():
        torch.testing.assert_close(compiled(x), model(x), **CLOSE)
    assert not compiled(x.requires_grad_()).requires_grad


def test_fixed_shape_from_a_tensor():
    model, x = LeNet().eval(), torch.randn(2, 1, 28, 28)
    compiled = torch_tensorrt.compile(model, inputs=[x])
    torch.testing.assert_close(compiled(x), model(x), **CLOSE)


def test_copies_share_the_engine(lenet):
    model, compiled = lenet
    copied = copy.deepcopy(compiled)
    assert engines(copied)[0] is not engines(compiled)[0]
    assert engines(copied)[0].engine is engines(compiled)[0].engine
    x = torch.randn(3, 1, 28, 28)
    torch.testing.assert_close(copied(x), model(x), **CLOSE)


class Nested(nn.Module):
    """A dict in, a keyword, a dict out with a tuple, an input, a size and a constant in it."""

    def __init__(self):
        super().__init__()
        self.mlp = Mlp()
        self.register_buffer("fixed", torch.arange(3.0))

    def forward(self, x, more, *, scale):
        y = self.mlp(x) + more["bias"]
        both = (torch.relu(y), torch.tanh(y) * scale)
        return {"both": both, "x": x, "rows": x.shape[0], "fixed": self.fixed, "none": None}


def test_nested_inputs_and_outputs():
    model = Nested().eval()
    compiled = torch_tensorrt.compile(
        model,
        arg_inputs=[batch(8), {"bias": batch(8)}],
        kwarg_inputs={"scale": torch.ones(1)},
        min_block_size=1,
    )
    assert "engine" in segments(compiled)
    for rows in (1, 3, 8):
        x, more, scale = torch.randn(rows, 8), {"bias": torch.randn(rows, 8)}, torch.full((1,), 3.0)
        seen, wanted = compiled(x, more, scale=scale), model(x, more, scale=scale)
        assert list(seen) == list(wanted) and seen["rows"] == rows and seen["none"] is None
        assert seen["x"] is x
        for key in ("both", "fixed"):
            torch.testing.assert_close(seen[key], wanted[key], **CLOSE)


class InPlace(nn.Module):
    def __init__(self):
        super().__init__()
        self.mlp = Mlp()

    def forward(self, x):
        y = self.mlp(x)
        z = torch.relu_(y)
        return z, y + 1


def test_in_place_ops():
    model = InPlace().eval()
    compiled = torch_tensorrt.compile(model, inputs=[batch(8)], min_block_size=1)
    x = torch.randn(5, 8)
    torch.testing.assert_close(compiled(x), model(x), **CLOSE)


def test_buffers_that_change():
    model = Counter().eval()
    compiled = torch_tensorrt.compile(copy.deepcopy(model), inputs=[batch(8)], min_block_size=1)
    for _ in range(3):
        x = torch.randn(5, 8)
        torch.testing.assert_close(compiled(x), model(x), **CLOSE)


def test_shared_dimension_names():
    class Sum(nn.Module):
        def forward(self, a, b):
            return torch.relu(a) + torch.tanh(b)

    specs = [batch(8, shared_dims={0: "rows"}), batch(8, shared_dims={0: "rows"})]
    compiled = torch_tensorrt.compile(Sum().eval(), inputs=specs, min_block_size=1)
    a, b = torch.randn(6, 8), torch.randn(6, 8)
    torch.testing.assert_close(compiled(a, b), torch.relu(a) + torch.tanh(b), **CLOSE)


def test_serialized_engine_runs_in_a_module():
    model, x = Mlp().eval(), torch.randn(3, 8)
    plan = torch_tensorrt.convert_method_to_trt_engine(model, inputs=[batch(8)], min_block_size=1)
    assert isinstance(plan, bytes)
    module = torch_tensorrt.runtime.TorchTensorRTModule(plan, name="mlp")
    torch.testing.assert_close(module(x), model(x), **CLOSE)
    with pytest.raises(ValueError, match="inputs are"):
        torch_tensorrt.runtime.TorchTensorRTModule(plan, ["other"])


def test_torch_compile_over_a_compiled_module():
    model, compiled = compile_mlp()
    for backend in ("eager", "aot_eager"):
        torch.compiler.reset()
        again = torch.compile(compiled, backend=backend, fullgraph=True)
        x = torch.randn(3, 8)
        torch.testing.assert_close(again(x), model(x), **CLOSE)


def test_profiling(tmp_path):
    import json

    _, compiled = compile_mlp()
    (engine,) = engines(compiled)
    engine.enable_profiling(str(tmp_path))
    for _ in range(3):
        compiled(torch.randn(4, 8))
    engine.disable_profiling()
    trace = json.loads((tmp_path / f"{engine.name}_engine_execution_profile.trace").read_text())
    assert trace and all(e["ph"] == "X" and e["dur"] >= 0 for e in trace)
    assert {e["pid"] for e in trace} == {f"{engine.name} Engine Execution"}
    info = json.loads((tmp_path / f"{engine.name}_layer_information.json").read_text())
    assert info["Layers"]


class Halving(nn.Module):
    """Sizes of the form (s - 1)//2 + 1; torch.export adds checks on them."""

    def __init__(self):
        super().__init__()
        self.convs = nn.Sequential(*[nn.Conv2d(3, 3, 3, stride=2, padding=1) for _ in range(3)])

    def forward(self, x):
        return torch.relu(self.convs(x)).mean((2, 3))


def test_dynamic_image_size():
    model = Halving().eval()
    spec = torch_tensorrt.Input(
        min_shape=(1, 3, 16, 16), opt_shape=(2, 3, 32, 32), max_shape=(4, 3, 64, 64)
    )
    compiled = torch_tensorrt.compile(
        model, inputs=[spec], min_block_size=1, require_full_compilation=True
    )
    assert segments(compiled) == ["engine"]
    for shape in ((1, 3, 16, 16), (3, 3, 17, 50), (4, 3, 64, 64)):
        x = torch.randn(shape)
        torch.testing.assert_close(compiled(x), model(x), **CLOSE)
