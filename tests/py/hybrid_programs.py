# SPDX-License-Identifier: Apache-2.0
"""Modules that run partly on engines, partly in PyTorch: a small one, and random ones that do what
makes such a hybrid go wrong: views and writes into them, in-place ops, buffers and inputs that
change, sizes used as numbers, integers and truths across borders, results that are inputs,
constants, or the same tensor twice, ops that no engine knows.

A random program is a list of steps, each a function of the values made so far; any sublist of the steps is
a program too, so that a failing one can be made smaller.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Optional

import pytest
import torch
from models import Mlp
from torch import nn

WIDTH = 6


@torch.library.custom_op("tenon_test::negated", mutates_args=())
def negated(x: torch.Tensor) -> torch.Tensor:
    """An op that no engine knows."""
    return -x


@negated.register_fake
def _(x):
    return torch.empty_like(x)


def _negated(x: torch.Tensor) -> torch.Tensor:
    return torch.ops.tenon_test.negated(x)


class Hybrid(nn.Module):
    """Two networks with that op between them, [n, 8] -> [n, 8]."""

    def __init__(self):
        super().__init__()
        self.first, self.second = Mlp(), Mlp()

    def forward(self, x):
        y = self.first(x)
        return self.second(_negated(y)) + y


# Each takes the module and three of the values, which are float tensors [rows, WIDTH].
def _write_view(m: nn.Module, a, b, c):
    view = a.t()[1:3]
    view.mul_(0.5)
    return a + b


def _write_slice(m: nn.Module, a, b, c):
    y = a.clone()
    y[:, 2:4] = b[:, :2]
    return y


def _count(m: nn.Module, a, b, c):
    m.calls.add_(1.0)
    return a * m.calls


def _mean(m: nn.Module, a, b, c):
    m.mean.copy_(a.mean(0))
    return a - m.mean


def _in_place(m: nn.Module, a, b, c):
    y = torch.tanh(a)
    z = y.view(-1, 2, WIDTH // 2)
    y.add_(b)
    return (z * 2).reshape(y.shape)


def _select(m: nn.Module, a, b, c):
    return torch.where(a > b, b, c)


def _index(m: nn.Module, a, b, c):
    return torch.gather(a, 1, b.argmax(1, keepdim=True)) + c


def _masked(m: nn.Module, a, b, c):
    return a.masked_fill(b.abs() > 1.0, 0.25)


STEPS: dict[str, Callable] = {
    "add": lambda m, a, b, c: a + b,
    "relu": lambda m, a, b, c: torch.relu(a),
    "linear": lambda m, a, b, c: m.linear(a),
    "softmax": lambda m, a, b, c: torch.softmax(a, 1),
    # With the usual eps a row of nearly equal numbers would be its rounding errors, 300 times as large.
    "norm": lambda m, a, b, c: nn.functional.layer_norm(a, (WIDTH,), eps=0.1),
    "negated": lambda m, a, b, c: _negated(a),
    "rows": lambda m, a, b, c: a / (a.shape[0] + 1),
    "iota": lambda m, a, b, c: a + torch.arange(a.shape[0]).to(a.dtype)[:, None],
    "full": lambda m, a, b, c: torch.full((a.shape[0], WIDTH), 0.5) - b,
    "cat": lambda m, a, b, c: torch.cat([a, b], 0)[: a.shape[0]],
    "tall": lambda m, a, b, c: torch.cat([a, _negated(b)], 1)[:, ::2],
    "clone": lambda m, a, b, c: a.clone(),
    "detach": lambda m, a, b, c: a.detach(),
    "transposed": lambda m, a, b, c: (a.t() * 2.0).t(),
    "relu_": lambda m, a, b, c: torch.relu_(a),
    "mul_": lambda m, a, b, c: a.mul_(0.5),
    "add_": lambda m, a, b, c: a.add_(b),
    "sigmoid_of_relu_": lambda m, a, b, c: torch.sigmoid(torch.relu_(a + b)),
    "copy_": lambda m, a, b, c: torch.empty_like(a).copy_(b),
    "zero_row": lambda m, a, b, c: a.index_fill(1, torch.tensor([0]), 0.0),
    "integer": lambda m, a, b, c: (a * 3.0).to(torch.int64).to(torch.float32) + b,
    "write_view": _write_view,
    "write_slice": _write_slice,
    "count": _count,
    "mean": _mean,
    "in_place": _in_place,
    "select": _select,
    "index": _index,
    "masked": _masked,
}
OUTPUTS = ("one", "input", "twice", "size", "constant", "view", "dict")


@dataclass
class Recipe:
    """What a program does: steps by name with the numbers of the values that they take (counted
    from the latest one), and what it returns."""

    steps: list[tuple[str, tuple[int, int, int]]]
    output: str
    kept: frozenset = frozenset()  # ops that are to stay in torch
    min_block_size: int = 1
    seed: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


def random_recipe(seed: int) -> Recipe:
    r = random.Random(seed)
    names = sorted(STEPS)
    steps = [
        (r.choice(names), tuple(int(r.expovariate(0.7)) for _ in range(3)))
        for _ in range(r.randint(2, 9))
    ]
    ops = ("aten.add.Tensor", "aten.relu.default", "aten.linear.default", "aten.mul.Tensor")
    kept = frozenset(f"torch.ops.{op}" for op in ops if r.random() < 0.2)
    return Recipe(steps, r.choice(OUTPUTS), kept, r.choice((1, 1, 2, 3)), seed)


class Program(nn.Module):
    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.register_buffer("calls", torch.ones(1))
        self.register_buffer("mean", torch.zeros(WIDTH))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        values = [x, y]
        for name, (i, j, k) in self.recipe.steps:
            a, b, c = (values[-1 - n % len(values)] for n in (i, j, k))
            values.append(STEPS[name](self, a, b, c))
        return self.result(values)

    def result(self, values: list[torch.Tensor]) -> Any:
        last, first = values[-1], values[0]
        return {
            "one": lambda: last,
            "input": lambda: (last, first),
            "twice": lambda: (last, last + 1.0, last),
            "size": lambda: (last, last.shape[0]),
            "constant": lambda: (last, self.linear.bias * 2.0, None),
            "view": lambda: (last, last[:, 1:]),
            "dict": lambda: {"last": last, "others": [values[len(values) // 2], first]},
        }[self.recipe.output]()


def smaller(recipe: Recipe, fails: Callable[[Recipe], Optional[str]]) -> Recipe:
    """The recipe with as few steps, settings and outputs as still make ``fails`` give a reason."""

    def candidates(r: Recipe) -> list[Recipe]:
        found = [
            Recipe(r.steps[:i] + r.steps[i + 1 :], r.output, r.kept, r.min_block_size, r.seed)
            for i in range(len(r.steps))
        ]
        if r.output != "one":
            found.append(Recipe(r.steps, "one", r.kept, r.min_block_size, r.seed))
        found += [
            Recipe(r.steps, r.output, r.kept - {op}, r.min_block_size, r.seed)
            for op in sorted(r.kept)
        ]
        if r.min_block_size > 1:
            found.append(Recipe(r.steps, r.output, r.kept, 1, r.seed))
        return found

    while True:
        for candidate in candidates(recipe):
            if fails(candidate):
                recipe = candidate
                break
        else:
            return recipe


def check_random(seeds: Iterable[int], problem: Callable[[Recipe], Optional[str]]) -> None:
    """Fails with what is wrong (``problem``; None if nothing is) with the random program of the first
    seed that has something, made smaller."""
    for seed in seeds:
        recipe = random_recipe(seed)
        if problem(recipe):
            least = smaller(recipe, problem)
            pytest.fail(f"{least}\n{problem(least)}")
