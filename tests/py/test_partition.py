# SPDX-License-Identifier: Apache-2.0
"""Models of which a part stays in PyTorch."""

import pytest
import torch
from models import CLOSE, Mlp, batch, segments
from torch import nn

import torch_tensorrt


@torch.library.custom_op("tenon_test::reverse", mutates_args=())
def reverse(x: torch.Tensor) -> torch.Tensor:
    return torch.flip(x, (-1,)).clone()


@reverse.register_fake
def _(x):
    return torch.empty_like(x)


class Sandwich(nn.Module):
    """Two networks with an op between them that no engine knows; weights in all three parts."""

    def __init__(self):
        super().__init__()
        self.first, self.second = Mlp(), Mlp()
        self.shift = nn.Parameter(torch.randn(8))

    def forward(self, x):
        y = self.first(x)
        z = torch.ops.tenon_test.reverse(torch.ops.tenon_test.reverse(y) + self.shift)
        return self.second(z) + y


def build(**settings):
    settings.setdefault("min_block_size", 1)
    model = Sandwich().eval()
    return model, torch_tensorrt.compile(model, inputs=[batch(8)], **settings)


def check(model, compiled):
    for rows in (1, 4, 8):
        x = torch.randn(rows, 8)
        torch.testing.assert_close(compiled(x), model(x), **CLOSE)


def test_two_engines_around_a_torch_piece():
    model, compiled = build(torch_executed_ops={"torch.ops.aten.add.Tensor"})
    kinds = segments(compiled)
    assert kinds[:3] == ["engine", "torch", "engine"], kinds
    check(model, compiled)


def test_only_weights_of_torch_pieces_stay():
    _, compiled = build(torch_executed_ops={"torch.ops.aten.add.Tensor"})
    names = [n for n, _ in compiled.named_parameters()]
    assert len(names) == 1 and names[0].endswith(".shift")


def test_reasons_are_given():
    _, compiled = build()
    nodes = {n["name"]: n for n in compiled.torch_tensorrt_report["nodes"]}
    assert not nodes["reverse"]["engine"] and nodes["reverse"]["reason"]


def test_node_types_say_what_converts():
    _, compiled = build()
    types = {t["op"]: t for t in compiled.torch_tensorrt_report["node_types"]}
    assert types["aten::relu"]["dtypes"] == ["f32"] and types["aten::relu"]["supported"] == 2
    reverse = types["tenon_test::reverse"]
    assert (reverse["supported"], reverse["unsupported"]) == (0, 2)
    assert reverse["reasons"] == ["no converter for tenon_test::reverse"]


def test_supported_ops_are_listed():
    ops = torch_tensorrt.utils.supported_ops()
    assert ops == sorted(ops) and {"aten::relu", "aten::add.Tensor"} <= set(ops)


def test_require_full_compilation_says_what_and_where():
    with pytest.raises(RuntimeError) as info:
        build(require_full_compilation=True)
    lines = str(info.value).splitlines()
    at = lines.index("  Unable to convert node: tenon_test::reverse(x: f32[s77, 8]) -> f32[s77, 8]")
    assert lines[at + 1].startswith("    where: reverse, test_partition.py:")
    assert lines[at + 2] == "    why: no converter for tenon_test::reverse"
    assert lines[at + 3].startswith("    what to do: write a converter")


def test_a_serialized_engine_needs_one_engine():
    with pytest.raises(RuntimeError, match="tenon_test.*reverse"):
        torch_tensorrt.convert_method_to_trt_engine(Sandwich().eval(), inputs=[batch(8)])


def test_large_min_block_size_leaves_all_in_torch():
    model, compiled = build(min_block_size=1000)
    assert "engine" not in segments(compiled)
    check(model, compiled)


def test_excluded_ops_stay_in_torch():
    model, compiled = build(torch_executed_ops={torch.ops.aten.relu.default})
    nodes = {n["name"]: n for n in compiled.torch_tensorrt_report["nodes"]}
    assert not nodes["relu"]["engine"]
    check(model, compiled)


@pytest.mark.parametrize("name", ["first", "first.up", "Mlp", "models.Mlp", "Linear"])
@pytest.mark.parametrize("source", ["module", "pt2"])
def test_excluded_modules_stay_in_torch(tmp_path, name, source):
    model = Sandwich().eval()
    program = torch_tensorrt.dynamo.trace(model, [batch(8)])
    if source == "pt2":
        torch.export.save(program, tmp_path / "model.pt2")
        program = torch.export.load(tmp_path / "model.pt2")
    compiled = torch_tensorrt.dynamo.compile(
        program, [batch(8)], min_block_size=1, torch_executed_modules=[name]
    )
    nodes = {n["name"]: n for n in compiled.torch_tensorrt_report["nodes"]}
    assert not nodes["linear"]["engine"] and "torch_executed_modules" in nodes["linear"]["reason"]
    assert nodes["add_1"]["engine"], "the model's own code"
    linears = [n["engine"] for key, n in nodes.items() if key.startswith("linear")]
    assert any(linears) == name.startswith("first"), "a class is meant wherever it occurs"
    check(model, compiled)


class SizesAcross(nn.Module):
    """A size made of one piece's tensor and used in another piece."""

    def __init__(self):
        super().__init__()
        self.mlp = Mlp()

    def forward(self, x):
        y = self.mlp(x)
        z = torch.ops.tenon_test.reverse(y)
        return torch.relu(z).reshape(y.shape[0] * 2, 4) * 2


def test_sizes_cross_borders():
    model = SizesAcross().eval()
    compiled = torch_tensorrt.compile(model, inputs=[batch(8)], min_block_size=1)
    check(model, compiled)
