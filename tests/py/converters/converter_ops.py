# SPDX-License-Identifier: Apache-2.0
"""Custom ops without a built-in converter, and a model around a function."""

import torch

import torch_tensorrt


@torch.library.custom_op("convtest::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return 2 * x


@twice.register_fake
def _(x):
    return torch.empty_like(x)


@torch.library.custom_op("convtest::gate", mutates_args=())
def gate(
    x: torch.Tensor, w: torch.Tensor, bias: float = 1.0, *, square: bool = False
) -> torch.Tensor:
    y = torch.relu(x) * w + bias
    return y * y if square else y


@gate.register_fake
def _(x, w, bias=1.0, *, square=False):
    return torch.empty_like(x)


@torch.library.custom_op("convtest::split_sizes", mutates_args=())
def split_sizes(x: torch.Tensor, sizes: list[int], dim: int) -> list[torch.Tensor]:
    return [part.clone() for part in x.split(sizes, dim)]


@split_sizes.register_fake
def _(x, sizes, dim):
    return [torch.empty_like(part) for part in x.split(sizes, dim)]


@torch.library.custom_op("convtest::min_max", mutates_args=())
def min_max(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x.amin(-1), x.amax(-1)


@min_max.register_fake
def _(x):
    return x.new_empty(x.shape[:-1]), x.new_empty(x.shape[:-1])


@torch.library.custom_op("convtest::join", mutates_args=())
def join(xs: list[torch.Tensor], shape: list[int]) -> torch.Tensor:
    return torch.cat(xs, 1).reshape(shape).clone()


@join.register_fake
def _(xs, shape):
    return torch.cat(xs, 1).reshape(shape).clone()


class Model(torch.nn.Module):
    """f(x, weights...)"""

    def __init__(self, function, *weights):
        super().__init__()
        self.function = function
        self.weights = torch.nn.ParameterList(weights)

    def forward(self, x):
        return self.function(x, *self.weights)


def compiled(function, x, *weights, dynamic=False, **settings):
    """(compiled model, what eager says for x)"""
    model = Model(function, *weights).eval().to(x.device)
    spec = x
    if dynamic:
        rest = tuple(x.shape[1:])
        spec = torch_tensorrt.Input(
            min_shape=(1, *rest), opt_shape=(2, *rest), max_shape=(8, *rest), dtype=x.dtype
        )
    settings.setdefault("min_block_size", 1)
    with torch.no_grad():
        done = torch_tensorrt.compile(model, inputs=[spec], **settings)
        return done, model(x)


def kinds(module):
    return [s["kind"] for s in module.torch_tensorrt_report["segments"]]


def reason(module, op):
    return next(n["reason"] for n in module.torch_tensorrt_report["nodes"] if op in n["target"])
