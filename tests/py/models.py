# SPDX-License-Identifier: Apache-2.0
"""Small models that several tests share."""

import torch
from torch import nn

import torch_tensorrt

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(torch.relu(self.fc2(x)))


class Mlp(nn.Module):
    """Two layers; enough for an engine of one's own."""

    def __init__(self, width=8):
        super().__init__()
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x):
        return self.down(torch.relu(self.up(x)))


class Counter(nn.Module):
    """Changes a buffer, and uses it."""

    def __init__(self):
        super().__init__()
        self.mlp = Mlp()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls.add_(1)
        return self.mlp(x) + self.calls


def batch(*rest, low=1, best=4, high=8, **kwargs):
    """An Input whose first size is dynamic."""
    return torch_tensorrt.Input(
        min_shape=(low, *rest), opt_shape=(best, *rest), max_shape=(high, *rest), **kwargs
    )


def compile_mlp(**settings):
    model = Mlp().eval()
    settings.setdefault("min_block_size", 1)
    return model, torch_tensorrt.compile(model, inputs=[batch(8)], **settings)


def engines(module):
    return [
        m for m in module.modules() if isinstance(m, torch_tensorrt.runtime.TorchTensorRTModule)
    ]


def segments(module):
    return [s["kind"] for s in module.torch_tensorrt_report["segments"]]
