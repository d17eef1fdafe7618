# SPDX-License-Identifier: Apache-2.0
"""Partial compilation: what stays in TorchScript, by whose wish, and why."""

import pytest
import torch
from common import LeNet, batch, check, operators
from torch import Tensor, nn

import torch_tensorrt
from torch_tensorrt import ts

LIBRARY = torch.library.Library("ts_tests", "FRAGMENT")
LIBRARY.define("twice(Tensor x) -> Tensor")
LIBRARY.impl("twice", lambda x: x * 2, "CompositeExplicitAutograd")
LIBRARY.define("evens(Tensor x) -> Tensor")
LIBRARY.impl("evens", lambda x: x[::2].clone(), "CompositeExplicitAutograd")
LIBRARY.define("positive_rows(Tensor x) -> Tensor")
LIBRARY.impl("positive_rows", lambda x: x[x[:, 0] > 0], "CompositeExplicitAutograd")
LIBRARY.define("bump_(Tensor(a!) x) -> Tensor(a!)")
LIBRARY.impl("bump_", lambda x: x.add_(1), "CompositeExplicitAutograd")
LIBRARY.define("first_row(Tensor(a) x) -> Tensor(a)")
LIBRARY.impl("first_row", lambda x: x[0], "CompositeExplicitAutograd")


def reasons(module):
    return {n["target"]: n["reason"] for n in module.torch_tensorrt_report["nodes"] if n["reason"]}


class Hybrid(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Linear(8, 16)
        self.down = nn.Linear(16, 8)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(self.up(x)) + 1
        h = torch.ops.ts_tests.twice(h)
        return torch.relu(self.down(h)) - x


@pytest.mark.parametrize("dynamic", [False, True])
def test_custom_op(dynamic):
    model = Hybrid().eval()
    x = torch.randn(4, 8)
    compiled = ts.compile(torch.jit.script(model), inputs=[batch(8) if dynamic else x])
    assert operators(compiled) == (2, {"ts_tests::twice": 1})
    assert "no converter for ts_tests::twice" in reasons(compiled)["ts_tests::twice"]
    check(compiled, model, x)
    if dynamic:
        check(compiled, model, torch.randn(7, 8))


class Evens(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = torch.ops.ts_tests.evens(torch.relu(x) + 1)
        z = y.repeat(2, 1)  # its size is twice one that only the op's result shows
        return torch.relu(z) - z.size(0) + z.reshape(y.size(0), -1).sum()


def test_size_made_by_a_custom_op():
    compiled = ts.compile(torch.jit.script(Evens()), inputs=[batch(3)], min_block_size=1)
    assert operators(compiled)[0] == 2
    for size in (1, 4, 7, 8):
        check(compiled, Evens(), torch.randn(size, 3))


class Rows(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = torch.ops.ts_tests.positive_rows(torch.relu(x) - 0.5)
        return torch.relu(y) + y.size(0) + torch.nonzero(x).sum()


def test_size_that_depends_on_values():
    compiled = ts.compile(torch.jit.script(Rows()), inputs=[torch.randn(6, 3)], min_block_size=1)
    assert "depends on values" in reasons(compiled)["aten::relu"]
    for _ in range(3):
        check(compiled, Rows(), torch.randn(6, 3))


class HiddenWrites(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(x)
        z = y * 2
        torch.ops.ts_tests.bump_(y)
        return z + y


class HiddenView(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(x) * 2
        row = torch.ops.ts_tests.first_row(y)
        row.add_(10)
        return y * 3


@pytest.mark.parametrize("model", [HiddenWrites(), HiddenView()])
def test_memory_that_custom_ops_write_or_share(model):
    compiled = ts.compile(torch.jit.script(model), inputs=[torch.randn(2, 3)], min_block_size=1)
    check(compiled, model, torch.randn(2, 3))


def test_by_op():
    model = LeNet().eval()
    spec = [torch_tensorrt.Input((1, 1, 28, 28))]
    compiled = ts.compile(
        torch.jit.script(model), inputs=spec, torch_executed_ops=["aten::flatten"]
    )
    assert operators(compiled) == (2, {"aten::flatten": 1})
    assert "torch_executed_ops" in reasons(compiled)["aten::flatten.using_ints"]
    check(compiled, model, torch.randn(1, 1, 28, 28))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        return torch.relu(self.linear(x))


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(Block(), Block(), nn.Sequential(Block(), nn.Tanh()))
        self.last = nn.Linear(8, 8)

    def forward(self, x):
        return self.last(self.layers(x))


@pytest.mark.parametrize("how", ["script", "trace"])
@pytest.mark.parametrize("name", ["layers.1", "layers.2.0"])
def test_by_module_path(how, name):
    model = Deep().eval()
    x = torch.randn(2, 8)
    script = torch.jit.script(model) if how == "script" else torch.jit.trace(model, x)
    compiled = ts.compile(script, inputs=[x], torch_executed_modules=[name], min_block_size=1)
    assert operators(compiled) == (2, {"aten::linear": 1, "aten::relu": 1})
    nodes = compiled.torch_tensorrt_report["nodes"]
    assert {n["module"] for n in nodes if not n["engine"]} <= {name, name + ".linear"}
    check(compiled, model, x)


def test_by_module_class():
    model = Deep().eval()
    compiled = ts.compile(
        torch.jit.script(model), inputs=[torch.randn(2, 8)], min_block_size=1,
        torch_executed_modules=["Block"],
    )  # fmt: skip
    assert operators(compiled)[1] == {"aten::linear": 3, "aten::relu": 3}


def test_min_block_size():
    model = Deep().eval()
    x = torch.randn(2, 8)
    script = torch.jit.script(model)
    compiled = ts.compile(script, inputs=[x], min_block_size=100)
    assert operators(compiled)[0] == 0
    assert all("min_block_size=100" in r for r in reasons(compiled).values())
    check(compiled, model, x)


def test_require_full_compilation():
    with pytest.raises(RuntimeError, match=r"cannot run in an engine.*\n.*ts_tests::twice"):
        ts.compile(
            torch.jit.script(Hybrid().eval()), inputs=[torch.randn(4, 8)],
            require_full_compilation=True,
        )  # fmt: skip


class Odd(nn.Module):
    """A dtype that engines do not have, and numbers read from tensors."""

    def forward(self, x: Tensor) -> Tensor:
        short = (x * 10).to(torch.int16)
        biggest = int(short.max().item())
        return torch.relu(x + biggest) + short.to(torch.float32).mean()


def test_values_known_only_at_run_time():
    compiled = ts.compile(torch.jit.script(Odd()), inputs=[torch.randn(2, 3)], min_block_size=1)
    assert "tensors of Short stay in PyTorch" in reasons(compiled)["aten::to.dtype"]
    check(compiled, Odd(), torch.randn(2, 3))
    check(compiled, Odd(), torch.randn(2, 3))
