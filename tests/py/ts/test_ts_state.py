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


MODULES = [Rebinds, InPlace, Counts, ReadsBeforeAndAfter, WritesOnly, ChangesShape, InBranch,
           InLoops, Cache, Recurrent, Nested, Alias]  # fmt: skip


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
    spec = batch(4) if dynamic else torch_tensorrt.Input((3, 4))
    compiled = torch_tensorrt.compile(module, ir="ts", inputs=[spec], min_block_size=1)
    # Of the state of Recurrent nothing is known, so all that follows it stays in torch.
    assert operators(compiled)[0] >= 1 or make is Recurrent
    first = calls(compiled, inputs[:2])
    loaded = saved(compiled)  # state and all
    wanted = calls(eager, inputs)
    assert_same(first + calls(compiled, inputs[2:]), wanted)
    assert_same(calls(loaded, inputs[2:]), wanted[2:])
    assert_same(calls(module, inputs), wanted)  # compiling and calling left it alone


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


# ---- lists and dicts that kept branches and loops change


class Appends(nn.Module):
    def forward(self, x: Tensor) -> List[Tensor]:
        out: List[Tensor] = [x]
        if bool(x.sum() > 0):
            out.append(torch.relu(x) + 1)
        out.append(torch.tanh(x))
        return out


class Collects(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 4)

    def forward(self, x: Tensor, n: Tensor) -> Tensor:
        out: List[Tensor] = []
        for _ in range(int(n)):
            x = torch.relu(self.lin(x)) + 1
            out.append(x)
        return torch.stack(out).sum(0) if len(out) > 0 else x


class FillsDict(nn.Module):
    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        out = {"x": torch.relu(x) * 2}
        if bool(x.sum() > 0):
            out["x"] = torch.tanh(x) + 1
            out["y"] = x - 1
        out["z"] = out["x"] + 1
        return out


class Shared(nn.Module):
    """One list under two names, in a branch and after it."""

    def forward(self, x: Tensor) -> Tuple[List[Tensor], int]:
        a = [torch.relu(x) + 1]
        b = a
        if bool(x.sum() > 0):
            b.append(x * 2)
        a.append(torch.tanh(x) - 1)
        return b, len(a)


class Numbers(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, List[int]]:
        sizes = [x.size(0), 2]
        if bool(x.sum() > 0):
            sizes.append(3)
            sizes[0] = 7
        return torch.relu(x) + len(sizes), sizes


class ConstantInside(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("c", torch.ones(4))

    def forward(self, x: Tensor) -> List[Tensor]:
        out: List[Tensor] = []
        if bool(x.sum() > 0):
            out.append(self.c)
        out.append(torch.relu(x) + self.c)
        return out


class Escapes(nn.Module):
    """A list that one path returns, and that changes afterwards."""

    def forward(self, x: Tensor) -> Tuple[List[Tensor], List[Tensor]]:
        out = [torch.relu(x) + 1]
        if bool(x.sum() > 0):
            chosen = out
        else:
            chosen = [x]
        out.append(torch.tanh(x) * 2)
        return chosen, out


CONTAINERS = [Appends, FillsDict, Shared, Numbers, ConstantInside, Escapes]


@pytest.mark.parametrize("make", CONTAINERS, ids=lambda m: m.__name__)
def test_containers(make):
    model = make().eval()
    compiled = torch_tensorrt.compile(
        torch.jit.script(model), ir="ts", inputs=[batch(4)], min_block_size=1
    )
    assert operators(compiled)[0] >= 1, "an engine"
    for x in (torch.ones(3, 4), -torch.ones(2, 4), torch.randn(8, 4)):
        for module in (compiled, saved(compiled)):
            assert_same(module(x), model(x))


def test_list_of_a_loop():
    model = Collects().eval()
    compiled = torch_tensorrt.compile(
        torch.jit.script(model), ir="ts", min_block_size=1,
        inputs=[batch(4), torch_tensorrt.Input((), dtype=torch.int64)],
    )  # fmt: skip
    engines, left = operators(compiled)
    assert engines >= 1 and left["aten::append"] == 1
    with torch.no_grad():
        for n in (3, 0, 1, 7):
            x = torch.randn(5, 4)
            assert_same(compiled(x, torch.tensor(n)), model(x, torch.tensor(n)))


def test_a_constant_in_a_list_is_the_callers_own():
    compiled = torch_tensorrt.compile(
        torch.jit.script(ConstantInside().eval()), ir="ts", inputs=[batch(4)], min_block_size=1
    )
    compiled(torch.ones(3, 4))[0].zero_()
    torch.testing.assert_close(compiled(torch.ones(3, 4))[0], torch.ones(4))


class ChangesArgument(nn.Module):
    def forward(self, xs: List[Tensor]) -> Tensor:
        if bool(xs[0].sum() > 0):
            xs.append(xs[0])
        return torch.relu(xs[0]) + len(xs)


def test_a_list_of_the_caller_is_refused():
    signature = ([torch_tensorrt.Input((2, 4))],)
    with pytest.raises(RuntimeError, match="'xs.*changed in a branch or loop"):
        torch_tensorrt.compile(
            torch.jit.script(ChangesArgument().eval()), ir="ts", input_signature=signature
        )
