# SPDX-License-Identifier: Apache-2.0
"""Models for torchtrtc, with what it should make of them. Some use the op of reverse_op.cpp."""

from dataclasses import dataclass
from typing import Any, Callable

import torch
from models import LeNet, Mlp, batch
from torch import nn

import torch_tensorrt


class Hybrid(nn.Module):
    """Two networks with an op between them that no engine knows; weights in all three parts."""

    def __init__(self):
        super().__init__()
        self.first, self.second = Mlp(), Mlp()
        self.shift = nn.Parameter(torch.randn(8))

    def forward(self, x):
        y = self.first(x)
        z = torch.ops.tenon_cpp_test.reverse(y) + self.shift
        return self.second(torch.ops.tenon_cpp_test.reverse(z)) + y


class Writes(nn.Module):
    """In-place ops inside engines, in PyTorch, and on what both see; a buffer that changes."""

    def __init__(self):
        super().__init__()
        self.mlp = Mlp()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls.add_(1)
        y = self.mlp(x)
        y.mul_(2)
        z = torch.ops.tenon_cpp_test.reverse(y)
        z.add_(1)
        z.relu_()
        return torch.sigmoid(z) * self.calls, y + z


class Sizes(nn.Module):
    """Sizes made of one piece's tensor and used in another; a tuple of several results; a
    transposed result; a weight that an engine and PyTorch use."""

    def __init__(self):
        super().__init__()
        self.mlp = Mlp()

    def forward(self, x):
        y = self.mlp(x)
        low, high = torch.split(y, 4, 1)
        z = torch.ops.tenon_cpp_test.reverse(y)
        w = torch.ops.tenon_cpp_test.reverse(self.mlp.down.bias)
        flat = torch.relu(z).reshape(y.shape[0] * 2, 4) * 2
        return flat, low.t() + 1, high * w[:4], x.shape[0]


def lenet(dynamic):
    return LeNet(), [batch(1, 28, 28) if dynamic else torch_tensorrt.Input((4, 1, 28, 28))]


def resnet(dynamic):
    import torchvision

    rest = (3, 64, 64)
    return torchvision.models.resnet18(), [
        batch(*rest, high=4, best=2) if dynamic else torch_tensorrt.Input((1, *rest))
    ]


def bert(dynamic):
    import transformers

    config = transformers.BertConfig(
        num_hidden_layers=2, hidden_size=64, num_attention_heads=4, intermediate_size=128
    )

    def tokens(low, best, high):
        shapes = {"min_shape": low, "opt_shape": best, "max_shape": high}
        shapes = shapes if dynamic else {"shape": best}
        names = {"shared_dims": {0: "batch", 1: "length"}} if dynamic else {}
        return torch_tensorrt.Input(dtype=torch.int64, **shapes, **names)

    names = ("input_ids", "attention_mask", "token_type_ids")
    return transformers.BertModel(config), {n: tokens((1, 8), (2, 16), (4, 32)) for n in names}


def of(module: Callable[[], nn.Module]):
    return lambda dynamic: (module(), [batch(8) if dynamic else torch_tensorrt.Input((4, 8))])


@dataclass(frozen=True)
class Case:
    name: str
    build: Callable[[bool], tuple[nn.Module, Any]]
    engines: int
    custom: bool = False
    flags: tuple = ()


CASES = [
    Case("lenet", lenet, 1),
    Case("resnet18", resnet, 1),
    Case("bert", bert, 1),
    Case("hybrid", of(Hybrid), 3, True, ("--mbs", 1)),
    Case("writes", of(Writes), 2, True, ("--mbs", 1)),
    Case("sizes", of(Sizes), 2, True, ("--mbs", 1)),
]
