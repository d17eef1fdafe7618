# SPDX-License-Identifier: Apache-2.0
"""Whole models through torch.compile: ops arrive whole, one engine, right numbers, and nothing is
compiled twice without need."""

import sys
from pathlib import Path

import pytest
import torch
from dynamo_fixtures import builds_so_far, each_device, fresh_dynamo  # noqa: F401
from models import LeNet
from torch import nn

import torch_tensorrt  # noqa: F401 - registers the backend

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from bench import models as zoo  # noqa: E402

CLOSE = {"cpu": {"rtol": 1e-3, "atol": 1e-4}, "cuda": {"rtol": 1e-2, "atol": 1e-2}}  # TF32


@torch.library.custom_op("tenon_test::swap_halves", mutates_args=())
def swap_halves(x: torch.Tensor) -> torch.Tensor:
    a, b = x.chunk(2, 1)
    return torch.cat([b, a], 1)


@swap_halves.register_fake
def _(x):
    return torch.empty_like(x)


class Hybrid(nn.Module):
    """Convolutions with an op between them that no engine knows."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(8 * 8 * 8, 10)

    def forward(self, x):
        x = torch.ops.tenon_test.swap_halves(self.first(x))
        return self.head(self.second(x))


CASES = {
    "lenet": (LeNet, lambda n: {"x": torch.randn(n, 1, 28, 28)}),
    "resnet18": (zoo.resnet18, lambda n: zoo.images(n, 3, 64, 64)),
    "bert": (lambda: zoo.bert_base(layers=2), lambda n: zoo.tokens(n, 16)),
    "hybrid": (Hybrid, lambda n: {"x": torch.randn(n, 3, 8, 8)}),
}


def check(model, compiled, inputs, device):
    inputs = {k: v.to(device) for k, v in inputs.items()}
    with torch.no_grad():
        seen, wanted = compiled(**inputs), model(**inputs)
    assert type(seen) is type(wanted)
    for s, w in zip(zoo.flat(seen), zoo.flat(wanted), strict=True):
        torch.testing.assert_close(s, w, **CLOSE[device])


def engines(report):
    return sum(s["kind"] == "engine" for s in report["segments"])


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("name", CASES)
def test_model(name, dynamic, device, builds):
    build, inputs = CASES[name]
    model = build().eval().to(device)
    options = {"min_block_size": 1, "timing_cache_path": "none", "optimization_level": 0}
    compiled = torch.compile(model, backend="tensorrt", dynamic=dynamic, options=options)
    for batch in (4, 8, 4):
        check(model, compiled, inputs(batch), device)
    assert len(builds) == (1 if dynamic else 2)
    assert [engines(report) for report in builds] == [2 if name == "hybrid" else 1] * len(builds)
    ops = {node["target"] for node in builds[0]["nodes"]}
    assert (
        "torch.ops.aten.linear.default" in ops
        and not {"torch.ops.aten.addmm.default", "torch.ops.aten.t.default"} & ops
    )
    if name == "bert":
        assert "torch.ops.aten.layer_norm.default" in ops


def test_the_op_that_no_engine_knows_stays_in_torch(builds):
    compiled = torch.compile(Hybrid().eval(), backend="tensorrt", options={"min_block_size": 1})
    with torch.no_grad():
        compiled(torch.randn(2, 3, 8, 8))
    left = [n["target"] for n in builds[0]["nodes"] if not n["engine"]]
    assert left == ["torch.ops.tenon_test.swap_halves.default"]


def test_automatic_dynamic_shapes_compile_twice(builds):
    """By default torch makes a size dynamic when it has seen two."""
    model = LeNet().eval()
    compiled = torch.compile(model, backend="torch_tensorrt", options={"min_block_size": 1})
    for batch in (4, 8, 4, 5, 7):
        check(model, compiled, {"x": torch.randn(batch, 1, 28, 28)}, "cpu")
    assert len(builds) == 2


def test_marked_dynamic_sizes_have_their_range(builds):
    model = LeNet().eval()
    compiled = torch.compile(model, backend="torch_tensorrt", options={"min_block_size": 1})
    x = torch.randn(4, 1, 28, 28)
    torch._dynamo.mark_dynamic(x, 0, min=2, max=9)
    check(model, compiled, {"x": x}, "cpu")
    check(model, compiled, {"x": torch.randn(9, 1, 28, 28)}, "cpu")
    assert len(builds) == 1
    assert "max=9" in builds[0]["dryrun"]
