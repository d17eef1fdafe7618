# SPDX-License-Identifier: Apache-2.0
"""Lists and dicts that kept branches and loops change: they exist at run time, in torch; what else
there is, bodies included, is compiled."""

from typing import Dict, List, Tuple

import pytest
import torch
from common import assert_same, batch, operators, saved
from torch import Tensor, nn

import torch_tensorrt


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
