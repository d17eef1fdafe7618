# SPDX-License-Identifier: Apache-2.0
"""Modules that write their own attributes: the writes and reads stay in torch, in order, and the rest
is compiled. The compiled module has its own state, which begins as the module's was."""

import copy
from typing import Dict, List, Optional, Tuple

import pytest
import torch
from common import assert_same, batch, operators, saved
from torch import Tensor, nn

import torch_tensorrt


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin, self.out = nn.Linear(4, 4), nn.Linear(4, 3)
        self.register_buffer("total", torch.zeros(4))
        self.calls = 0


class Rebinds(Base):
    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total + x.sum(0)
        return self.out(torch.relu(self.lin(x)) + self.total)


class InPlace(Base):
    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x.sum(0))
        return self.out(torch.relu(self.lin(x)) + self.total)


class Counts(Base):
    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.out(torch.relu(self.lin(x))) * self.calls


class ReadsBeforeAndAfter(Base):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        before = self.total * 2
        self.total = torch.relu(self.lin(x)).sum(0)
        between = self.total + 1
        self.total = self.total + before
        return before, between, self.out(self.total)


class WritesOnly(Base):
    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.lin(x))
        self.total = y.sum(0)
        return self.out(y)


class ChangesShape(Base):
    """total becomes [rows, 4]: its type is not known between calls."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.out(torch.relu(self.lin(x)) + self.total[-1])
        self.total = torch.relu(x)
        return y


class InBranch(Base):
    def forward(self, x: Tensor) -> Tensor:
        if self.calls == 2:
            self.total = torch.tanh(self.lin(x)).sum(0)
            self.calls = 0
        self.calls += 1
        return self.out(torch.relu(self.lin(x)) + self.total)


class InLoops(Base):
    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            self.calls += 1
        for _ in range(int(x.sum() > 0) + 1):
            self.total = self.total * 0.5 + torch.relu(self.lin(x)).sum(0)
        return self.out(x + self.total) + self.calls


class Cache(nn.Module):
    """What several calls put into a list, and a dict."""

    seen: List[Tensor]
    by_name: Dict[str, Tensor]

    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.seen = []
        self.by_name = {"last": torch.zeros(4)}

    def forward(self, x: Tensor) -> Tuple[Tensor, int]:
        y = torch.relu(self.lin(x)) + 1
        self.seen.append(y.sum(0))
        last = self.by_name["last"]
        self.by_name["last"] = y[0]
        return torch.stack(self.seen).sum(0) + last, len(self.seen)


class Recurrent(nn.Module):
    hidden: Optional[Tuple[Tensor, Tensor]]

    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(4, 4)
        self.out = nn.Linear(4, 3)
        self.hidden = None

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.hidden
        if hidden is None:
            h, c = self.cell(x)
        else:
            h, c = self.cell(x, hidden)
        self.hidden = (h, c)
        return self.out(torch.relu(h)).softmax(1)


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = Rebinds(), InPlace(), nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.last(self.first(x))
        return self.second(y) + self.last(self.first(y)).mean()


class Alias(Base):
    """Memory shared by the caller, the state and the result."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        old = self.total
        self.total = x[0]
        y = torch.relu(self.lin(x))
        y.mul_(2)
        return self.out(y + old), self.total


class KeyCache(nn.Module):
    """Writes a slice of a buffer, and reads as much of it as there is."""

    def __init__(self):
        super().__init__()
        self.project, self.out = nn.Linear(4, 4), nn.Linear(4, 3)
        self.register_buffer("keys", torch.zeros(8, 4))
        self.at = 0

    def forward(self, x: Tensor) -> Tensor:
        k = torch.relu(self.project(x)).sum(0)
        self.keys[self.at] = k
        self.at = (self.at + 1) % 8
        known = self.keys[: self.at]
        return self.out(torch.softmax(x @ known.t(), 1) @ known) + self.keys.sum()


class Transposes(Base):
    """A state that is not contiguous, and later shares memory with another."""

    def __init__(self):
        super().__init__()
        self.register_buffer("square", torch.randn(4, 4))

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        self.square = self.square.t()
        y = self.out(torch.relu(self.lin(x)) @ self.square + 1)
        self.total = self.square[0]
        self.total.mul_(0.5)
        return y, self.total + torch.relu(self.square).sum()


class SharesMemory(Base):
    def __init__(self):
        super().__init__()
        self.register_buffer("all_totals", torch.zeros(2, 4))
        self.total = self.all_totals[0]

    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x.sum(0))
        return self.out(x + self.all_totals.sum(0))


class WritesInput(Base):
    def forward(self, x: Tensor) -> Tensor:
        view = x[0]
        self.total = view
        x.mul_(2)
        y = torch.relu(self.lin(x)) + self.total
        view.add_(1)
        return self.out(y * self.total)


class KeepsResult(Base):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        y = torch.relu(self.lin(x)).sum(0)
        old = self.total
        self.total = y
        y.add_(old)
        return self.out(self.total), y


class ChangesType(Base):
    def forward(self, x: Tensor) -> Tensor:
        y = self.out(torch.relu(self.lin(x)))
        if self.calls > 1:
            self.total = self.total.double()
        self.calls += 1
        return y + self.total.sum()


MODULES = [Rebinds, InPlace, Counts, ReadsBeforeAndAfter, WritesOnly, ChangesShape, InBranch,
           InLoops, Cache, Recurrent, Nested, Alias, KeyCache, Transposes, WritesInput,
           KeepsResult, ChangesType]  # fmt: skip


def calls(module, inputs):
    """What successive calls return, copied: later calls may write to it."""
    with torch.no_grad():
        return [copy.deepcopy(module(x)) for x in inputs]


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("make", MODULES, ids=lambda m: m.__name__)
def test_state(make, dynamic):
    eager = make().eval()
    module = torch.jit.script(copy.deepcopy(eager)).eval()
    rows = [3, 3, 3, 3, 3]
    if dynamic and make is not Recurrent:  # whose state has the rows of the call before
        rows = [3, 1, 8, 4, 2]
    inputs = [torch.randn(n, 4) for n in rows]
    given = [[x.clone() for x in inputs] for _ in range(4)]  # some write to them
    spec = batch(4) if dynamic else torch_tensorrt.Input((3, 4))
    compiled = torch_tensorrt.compile(module, ir="ts", inputs=[spec], min_block_size=1)
    # Of the state of Recurrent nothing is known, so all that follows it stays in torch.
    assert operators(compiled)[0] >= 1 or make is Recurrent
    first = calls(compiled, given[0][:2])
    loaded = saved(compiled)  # state and all
    wanted = calls(eager, given[1])
    assert_same(first + calls(compiled, given[0][2:]), wanted)
    assert_same(given[0], given[1])
    assert_same(calls(loaded, given[2][2:]), wanted[2:])
    assert_same(calls(module, given[3]), wanted)  # compiling and calling left it alone


def test_state_is_an_attribute():
    compiled = torch_tensorrt.compile(
        torch.jit.script(Nested().eval()), ir="ts", inputs=[batch(4)], min_block_size=1
    )
    x = torch.ones(3, 4)
    compiled(x)
    torch.testing.assert_close(compiled.first_total.sum() > 0, torch.tensor(True))
    assert set(dict(compiled.named_buffers())) == {"first_total", "second_total"}
    compiled.first_total.zero_()
    compiled.second_total.zero_()
    first = compiled(x)
    compiled.first_total = torch.zeros(4)
    compiled.second_total = torch.zeros(4)
    torch.testing.assert_close(compiled(x), first)


def test_a_state_of_another_size_is_an_error():
    compiled = torch_tensorrt.compile(
        torch.jit.script(Rebinds().eval()), ir="ts", inputs=[batch(4)], min_block_size=1
    )
    compiled.total = torch.zeros(2, 4)
    with pytest.raises(RuntimeError, match="wanted"):
        compiled(torch.ones(3, 4))


def test_attributes_that_share_memory_are_refused():
    with pytest.raises(RuntimeError, match="'total'.* shares memory with 'all_totals'"):
        torch_tensorrt.compile(
            torch.jit.script(SharesMemory().eval()), ir="ts", inputs=[batch(4)], min_block_size=1
        )


def test_the_caller_sees_the_state():
    compiled = torch_tensorrt.compile(
        torch.jit.script(Alias().eval()), ir="ts", inputs=[batch(4)], min_block_size=1
    )
    x = torch.randn(3, 4)
    _, total = compiled(x)
    assert total.data_ptr() == x.data_ptr() == compiled.total.data_ptr()


def test_reasons_and_whole_compilation():
    module = torch.jit.script(Rebinds().eval())
    compiled = torch_tensorrt.compile(module, ir="ts", inputs=[batch(4)], min_block_size=1)
    left = {
        n["name"]: n["reason"] for n in compiled.torch_tensorrt_report["nodes"] if not n["engine"]
    }
    assert any("writes attributes" in reason for reason in left.values()), left
    with pytest.raises(RuntimeError, match="prim::[GS]etAttr"):
        torch_tensorrt.compile(
            module, ir="ts", inputs=[batch(4)], require_full_compilation=True, min_block_size=1
        )
    assert not torch_tensorrt.ts.check_method_op_support(module, "forward")
