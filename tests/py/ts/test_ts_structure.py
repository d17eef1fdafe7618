# SPDX-License-Identifier: Apache-2.0
"""Containers, numbers and strings: evaluated at compile time; nested inputs and outputs."""

from typing import Dict, List, NamedTuple, Optional, Tuple

import pytest
import torch
from common import batch, check, operators
from torch import Tensor, nn

from torch_tensorrt import ts


def compiled_as(model, *inputs, whole=True, **settings):
    settings.setdefault("min_block_size", 1)
    compiled = ts.compile(torch.jit.script(model.eval()), inputs=list(inputs), **settings)
    if whole:
        engines, left = operators(compiled)
        assert engines >= 1 and not left, left
    return compiled


class Lists(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        parts: List[Tensor] = []
        sizes = [1, 2, 3]
        for i, n in enumerate(sizes):
            parts.append(x * n + i)
        parts.reverse()
        parts += [parts[0] - parts[-1]]
        last = parts.pop()
        parts.insert(0, last.relu())
        return torch.cat(parts[1:], dim=len(sizes) - 2) + torch.stack(parts).sum()


class Dicts(nn.Module):
    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        table: Dict[str, Tensor] = {"a": x + 1}
        table["b"] = table["a"] * 2
        out: Dict[str, Tensor] = {}
        for key, value in table.items():
            out[key + "_out"] = value.relu()
        if "b" in table and "c" not in table:
            out["c"] = x
        return out


class Strings(nn.Module):
    def __init__(self, mode: str):
        super().__init__()
        self.mode = mode

    def forward(self, x: Tensor, scale: int = 3) -> Tuple[Tensor, str, int, float]:
        if self.mode.startswith("re"):
            x = torch.relu(x)
        elif self.mode == "tanh":
            x = torch.tanh(x)
        else:
            raise ValueError("unknown mode " + self.mode)
        return x * scale, self.mode + "!", x.size(0) * scale, scale / 2


class Optionals(nn.Module):
    def forward(self, x: Tensor, y: Optional[Tensor] = None) -> Tensor:
        if y is not None:
            x = x + y
        return x.relu() + 1


class Point(NamedTuple):
    x: Tensor
    y: Tensor


class Nested(nn.Module):
    def forward(
        self, pair: Tuple[Tensor, List[Tensor]], more: Dict[str, Tensor]
    ) -> Tuple[List[Tensor], Dict[str, Tuple[Tensor, Tensor]], Tensor]:
        a, rest = pair
        s = a + rest[0] * rest[1]
        return [s, s.relu()], {"k": (s - more["m"], more["n"])}, s.sum()


class Named(nn.Module):
    def forward(self, x: Tensor) -> Point:
        return Point(x + 1, torch.relu(x))


def test_lists():
    x = torch.randn(2, 3)
    check(compiled_as(Lists(), x), Lists(), x)


def test_lists_dynamic():
    compiled = compiled_as(Lists(), batch(3), whole=False)
    for size in (1, 5, 8):
        check(compiled, Lists(), torch.randn(size, 3))


def test_dicts():
    x = torch.randn(2, 3)
    check(compiled_as(Dicts(), x), torch.jit.script(Dicts()), x)


@pytest.mark.parametrize("mode", ["relu", "tanh"])
def test_strings_and_numbers(mode):
    x = torch.randn(2, 3)
    model = Strings(mode)
    compiled = compiled_as(model, x)
    check(compiled, torch.jit.script(model), x)
    with pytest.raises(RuntimeError, match="2 arg"):
        compiled(x, 4)  # the default is built in, and the argument is gone


def test_size_is_returned():
    model = Strings("relu")
    compiled = compiled_as(model, batch(3), whole=False)
    assert compiled(torch.randn(5, 3))[2] == 15


def test_exception_of_the_model():
    with pytest.raises(RuntimeError, match="raises an exception with these inputs"):
        compiled_as(Strings("sigmoid"), torch.randn(2, 3))


def test_optional_argument():
    x, y = torch.randn(2, 3), torch.randn(2, 3)
    check(compiled_as(Optionals(), x), Optionals(), x)
    compiled = compiled_as(Optionals(), x, y, whole=False)
    assert operators(compiled) == (1, {"aten::_unwrap_optional": 1})
    check(compiled, Optionals(), x, y)
    with pytest.raises(RuntimeError, match="null optional"):
        compiled(x)


@pytest.mark.parametrize("dynamic", [False, True])
def test_nested_inputs_and_outputs(dynamic):
    inputs = ((torch.randn(2, 3), [torch.randn(2, 3), torch.randn(2, 3)]),
              {"m": torch.randn(2, 3), "n": torch.randn(2, 3)})  # fmt: skip
    spec = lambda t: batch(3) if dynamic else t  # noqa: E731
    (a, (b, c)), more = inputs
    signature = ((spec(a), [spec(b), spec(c)]), {k: spec(v) for k, v in more.items()})
    model = torch.jit.script(Nested())
    compiled = ts.compile(model, input_signature=signature, min_block_size=1)
    assert operators(compiled)[0] == 1
    assert str(compiled.forward.schema.arguments[1].type) == "Tuple[Tensor, List[Tensor]]"
    check(compiled, model, *inputs)


def test_named_tuple():
    x = torch.randn(2, 3)
    compiled = compiled_as(Named(), x)
    got, want = compiled(x), torch.jit.script(Named())(x)
    assert got._fields == want._fields == ("x", "y")
    torch.testing.assert_close(tuple(got), tuple(want))


class InPlace(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        y = x * 2
        y.add_(1)
        z = y[0]
        z.mul_(3)  # seen through y
        return y, z.relu_()


class WritesInput(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(x) + 1
        x.add_(y)
        return y * 2 + x


class Aliases(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        return x, x.view(-1), x + 0


def test_in_place():
    x = torch.randn(2, 3)
    check(compiled_as(InPlace(), x, whole=False), InPlace(), x)


def test_input_is_written():
    compiled = compiled_as(WritesInput(), torch.randn(2, 3), whole=False)
    x = torch.randn(2, 3)
    theirs, ours = x.clone(), x.clone()
    torch.testing.assert_close(compiled(ours), WritesInput()(theirs))
    torch.testing.assert_close(ours, theirs)


def test_outputs_that_are_inputs():
    x = torch.randn(2, 3)
    check(compiled_as(Aliases(), x, whole=False), Aliases(), x)


class Buffers(nn.Module):
    """Memory made in the method is fresh in every call."""

    def forward(self, x: Tensor) -> Tensor:
        total = torch.zeros(3)
        for i in range(2):
            total += x[i]
        total[0] = 5.0
        return total * 2


def test_fresh_memory_in_every_call():
    compiled = compiled_as(Buffers(), torch.randn(2, 3), whole=False)
    for _ in range(3):
        check(compiled, Buffers(), torch.randn(2, 3))


class ScalarTensors(nn.Module):
    def forward(self, x):
        n = x.shape[0] * x.shape[1]
        return x.view(n // 2, -1) * 2 + torch.arange(x.shape[2] * 2)


def test_traced_sizes_stay_dynamic():
    import torch_tensorrt

    traced = torch.jit.trace(ScalarTensors(), torch.randn(2, 4, 3))
    spec = torch_tensorrt.Input(min_shape=(2, 2, 3), opt_shape=(2, 4, 3), max_shape=(4, 8, 3))
    compiled = ts.compile(traced, inputs=[spec], min_block_size=1)
    for sizes in ((2, 4, 3), (4, 2, 3), (3, 8, 3)):
        check(compiled, traced, torch.randn(*sizes))


class Mask(nn.Module):
    """A mask made in place of known values, and a use of it before it is finished."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        mask = torch.zeros(2, 3)
        early = x + mask
        for i in range(2):
            mask[i, i:] = float(i + 1)
        late = x * mask
        return early + late, mask


def test_memory_made_at_compile_time():
    x = torch.randn(2, 3)
    compiled = compiled_as(Mask(), x, whole=False)
    assert operators(compiled) == (1, {"aten::clone": 1})
    check(compiled, Mask(), x)
    compiled(x)[1].fill_(7)  # what is returned is the caller's
    check(compiled, Mask(), x)


class MaskInBranch(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        mask = torch.ones(3)
        scaled = mask * 2
        if bool(x.sum() > 0):
            mask[0] = 5.0
        return x * mask + scaled


def test_memory_written_in_a_branch_at_run_time():
    compiled = compiled_as(MaskInBranch(), torch.randn(2, 3), whole=False)
    for x in (torch.ones(2, 3), -torch.ones(2, 3), torch.ones(2, 3)):
        check(compiled, MaskInBranch(), x)
