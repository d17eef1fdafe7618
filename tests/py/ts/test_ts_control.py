# SPDX-License-Identifier: Apache-2.0
"""prim::If and prim::Loop: folded and unrolled where that is known, else kept with their bodies
compiled."""

from typing import List, Tuple

import pytest
import torch
from common import batch, check, operators
from torch import Tensor, nn

from torch_tensorrt import ts


def compile_script(model, *inputs, **settings):
    settings.setdefault("min_block_size", 1)
    return ts.compile(torch.jit.script(model.eval()), inputs=list(inputs), **settings)


class Decided(nn.Module):
    def __init__(self, depth: int):
        super().__init__()
        self.depth = depth

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 2 and x.size(1) > 2 and not self.training:
            x = x + 1
        else:
            x = x - 1
        i = 0
        while i < self.depth:
            x = torch.relu(x) * i + 1
            i += 1
        return x


@pytest.mark.parametrize("dynamic", [False, True])
def test_decided(dynamic):
    x = torch.randn(4, 3)
    compiled = compile_script(Decided(3), batch(3) if dynamic else x)
    assert operators(compiled) == (1, {})
    check(compiled, Decided(3).eval(), x)


class BySize(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.size(0) > 4:
            y = torch.relu(x) + 1
        else:
            y = torch.tanh(x) - 1
        return y * 2


def test_branch_on_a_size():
    compiled = compile_script(BySize(), batch(3))
    engines, left = operators(compiled)
    assert left["prim::If"] == 1 and engines == 3
    for size in (1, 4, 5, 8):
        check(compiled, BySize(), torch.randn(size, 3))


def test_branch_on_a_size_that_ranges_decide():
    compiled = compile_script(BySize(), batch(3, low=5, best=6, high=8))
    assert operators(compiled) == (1, {})
    check(compiled, BySize(), torch.randn(7, 3))


class ByValue(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(3, 3)
        self.two = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tuple[Tensor, int]:
        h = torch.relu(x)
        if bool(h.sum() > 1):
            y, n = self.one(h), 1
        else:
            y, n = self.two(h) + x, 2
        return torch.relu(y + 1), n


@pytest.mark.parametrize("dynamic", [False, True])
def test_branch_on_a_value(dynamic):
    model = ByValue().eval()
    compiled = compile_script(model, batch(3) if dynamic else torch.randn(2, 3))
    engines, left = operators(compiled)
    assert left["prim::If"] == 1 and engines >= 4
    for x in (torch.ones(2, 3), -torch.ones(2, 3)):
        check(compiled, model, x)
    blocks = compiled.torch_tensorrt_report["blocks"]
    assert [b["segments"][0]["kind"] for b in blocks] == ["engine", "engine"]


class WhileValue(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, int]:
        n = 0
        while bool(x.abs().max() > 1):
            x = x * 0.5 + 0.01
            n += 1
        return x.relu() + 1, n


def test_loop_on_a_value():
    compiled = compile_script(WhileValue(), torch.randn(2, 3))
    engines, left = operators(compiled)
    assert left["prim::Loop"] == 1 and engines >= 2
    for factor in (0.1, 5.0, 100.0):
        check(compiled, torch.jit.script(WhileValue()), torch.ones(2, 3) * factor)


class ForSize(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros(3)
        for i in range(x.size(0)):
            h = torch.tanh(h + x[i])
        return h * 2


def test_loop_over_a_dynamic_size():
    compiled = compile_script(ForSize(), batch(3))
    assert operators(compiled)[1]["prim::Loop"] == 1
    for size in (1, 3, 8):
        check(compiled, ForSize(), torch.randn(size, 3))


def test_loop_over_a_fixed_size():
    x = torch.randn(5, 3)
    compiled = compile_script(ForSize(), x)
    assert operators(compiled) == (1, {})
    check(compiled, ForSize(), x)


class NestedControl(nn.Module):
    def forward(self, x: Tensor, n: Tensor) -> Tensor:
        for i in range(3):
            if bool(n > i):
                for _ in range(2):
                    x = torch.relu(x) + i
            else:
                if x.size(0) == 2:
                    x = x * 2 - 1
        return x.sum(dim=0)


def test_nested():
    x = torch.randn(2, 3)
    compiled = compile_script(NestedControl(), x, torch.tensor(1))
    assert operators(compiled)[1]["prim::If"] == 3
    for n in range(4):
        check(compiled, NestedControl(), x, torch.tensor(n))


class Appends(nn.Module):
    def forward(self, x: Tensor) -> List[Tensor]:
        out: List[Tensor] = [x]
        if bool(x.sum() > 0):
            out.append(x + 1)
        return out


def test_list_that_grows_at_run_time():
    compiled = compile_script(Appends(), torch.randn(2, 3))
    assert operators(compiled)[1]["aten::append"] == 1
    check(compiled, Appends(), torch.ones(2, 3))
    check(compiled, Appends(), -torch.ones(2, 3))


class EarlyReturn(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(x) + 1
        if bool(y.sum() > 100):
            return y
        return y * 2 - 1


def test_early_return():
    compiled = compile_script(EarlyReturn(), torch.randn(2, 3))
    check(compiled, EarlyReturn(), torch.randn(2, 3))
    check(compiled, EarlyReturn(), torch.full((2, 3), 1000.0))


class RaisesAtRunTime(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 10):
            raise ValueError("too much")
        return torch.relu(x) + 1


def test_exception_at_run_time():
    compiled = compile_script(RaisesAtRunTime(), torch.randn(2, 3))
    check(compiled, RaisesAtRunTime(), torch.zeros(2, 3))
    with pytest.raises(torch.jit.Error, match="too much"):
        compiled(torch.full((2, 3), 100.0))


class EndlessLoop(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        for _ in range(100000):
            x = x + 1
        return x


def test_unrolling_is_bounded():
    with pytest.raises(RuntimeError, match="10000 iterations"):
        compile_script(EndlessLoop(), torch.randn(2))


class WritesInBranch(nn.Module):
    """The write must come between the uses of what is written."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        y = torch.relu(x)
        before = y * 2 + 1
        if bool(x[0, 0] > 0):
            y.add_(10)
        return before, torch.tanh(y * 2 - 1)


def test_write_in_a_branch_keeps_its_place():
    compiled = compile_script(WritesInBranch(), torch.randn(2, 3))
    for x in (torch.full((2, 3), 0.2), torch.full((2, 3), -0.2)):
        check(compiled, WritesInBranch(), x)


class WritesInputInLoop(nn.Module):
    def forward(self, x: Tensor, n: Tensor) -> Tensor:
        for i in range(int(n.item())):
            x.add_(i)
        return torch.relu(x) + 1


def test_write_in_a_loop():
    compiled = compile_script(WritesInputInLoop(), torch.randn(2, 3), torch.tensor(3))
    theirs, ours = torch.zeros(2, 3), torch.zeros(2, 3)
    want = WritesInputInLoop()(theirs, torch.tensor(4))
    torch.testing.assert_close(compiled(ours, torch.tensor(4)), want)
    torch.testing.assert_close(ours, theirs)


class Reasons(nn.Module):
    """Strings, numbers and tensors that several branches on values choose."""

    def forward(self, x: Tensor) -> Tuple[Tensor, str, float]:
        why = ""
        factor = 1.0
        if bool(x.sum() > 10):
            why = "large"
        elif bool(x.min() < 0):
            why = "negative"
            factor = 2.0
        if not why:
            x = torch.relu(x) + 1
        elif len(why) > 5:
            x = torch.tanh(x) * factor
        return x, why, factor


def test_strings_chosen_at_run_time():
    compiled = compile_script(Reasons(), torch.randn(2, 3))
    for x in (torch.ones(2, 3), torch.ones(2, 3) * 100, -torch.ones(2, 3)):
        check(compiled, torch.jit.script(Reasons()), x)


class Identity(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = x
        if y is x and x is not None:
            x = torch.relu(x) + 1
        return x


def test_one_object_is_itself():
    compiled = compile_script(Identity(), torch.randn(2, 3))
    assert operators(compiled) == (1, {})
    check(compiled, Identity(), torch.randn(2, 3))
