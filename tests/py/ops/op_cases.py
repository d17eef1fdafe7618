# SPDX-License-Identifier: Apache-2.0
"""What a case of the converter tests is, and tensors to make it of."""

from dataclasses import dataclass
from typing import Callable

import torch


@dataclass(frozen=True)
class Case:
    """``run`` takes the inputs and the constants; ``inputs`` makes the inputs for a size of the first
    dimension. Constants are parameters of the module, so converters may need them to be known."""

    run: Callable
    inputs: Callable[[int], list[torch.Tensor]]
    constants: tuple[torch.Tensor, ...] = ()

    def values(self, n: int) -> list[torch.Tensor]:
        """The same inputs for the same size, whatever ran before."""
        _generator.manual_seed(5)
        return self.inputs(n)


_generator = torch.Generator().manual_seed(4)  # of the constants, in order; inputs: see Case.values


def randn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=_generator)


def positive(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=_generator) + 0.1


def unit(*shape: int) -> torch.Tensor:
    """Within (-1, 1)."""
    return torch.rand(shape, generator=_generator) * 1.9 - 0.95


def integers(*shape: int, low: int = -7, high: int = 8) -> torch.Tensor:
    return torch.randint(low, high, shape, generator=_generator)


def booleans(*shape: int) -> torch.Tensor:
    return randn(*shape) > 0


def x(run: Callable, *rest: int, make: Callable = randn, constants: tuple = ()) -> Case:
    """One input [n, *rest]; [n, 4, 6] if no sizes are given."""
    rest = rest or (4, 6)
    return Case(run, lambda n: [make(n, *rest)], constants)


def xy(run: Callable, make: Callable = randn, other: Callable = positive) -> Case:
    """Two inputs [n, 4, 6]."""
    return Case(run, lambda n: [make(n, 4, 6), other(n, 4, 6)])


def integers_in(low: int = -7, high: int = 8) -> Callable:
    return lambda *shape: integers(*shape, low=low, high=high)


def around_infinity(*shape: int) -> torch.Tensor:
    values = randn(*shape)
    values[..., 0], values[..., 1], values[..., 2] = float("inf"), float("-inf"), float("nan")
    return values


def distinct(*shape: int) -> torch.Tensor:
    """No two values alike: the order is then the same everywhere."""
    count = torch.Size(shape).numel()
    return (torch.randperm(count, generator=_generator) - count / 2).reshape(shape) / 7
