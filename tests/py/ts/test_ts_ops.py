# SPDX-License-Identifier: Apache-2.0
"""Ops that come from TorchScript rather than from torch.export, as one engine each."""

import pytest
import torch
from common import batch, check, operators
from torch import Tensor, nn

from torch_tensorrt import ts


def compiled_whole(model, *inputs):
    compiled = ts.compile(torch.jit.script(model.eval()), inputs=list(inputs), min_block_size=1)
    assert operators(compiled) == (1, {}), compiled.torch_tensorrt_report["nodes"]
    return compiled


class Cells(nn.Module):
    def __init__(self, bias: bool):
        super().__init__()
        self.lstm = nn.LSTMCell(5, 7, bias=bias)
        self.gru = nn.GRUCell(7, 6, bias=bias)

    def forward(self, x: Tensor, h: Tensor, c: Tensor, g: Tensor):
        h, c = self.lstm(x, (h, c))
        return h, c, self.gru(h, g)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dynamic", [True, False])
def test_recurrent_cells(bias, dynamic):
    model = Cells(bias).eval()
    inputs = [torch.randn(3, n) for n in (5, 7, 7, 6)]
    specs = [batch(n) for n in (5, 7, 7, 6)] if dynamic else inputs
    compiled = compiled_whole(model, *specs)
    check(compiled, model, *inputs)


class FakeQuantize(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.rand(4) + 0.1)
        self.register_buffer("zero", torch.tensor([0, 3, -2, 1]))

    def forward(self, x: Tensor):
        a = torch.fake_quantize_per_tensor_affine(x, 0.25, 3, -128, 127)
        b = torch.fake_quantize_per_tensor_affine(
            x, torch.tensor(0.5), torch.tensor(2, dtype=torch.int32), 0, 15
        )
        c = torch.fake_quantize_per_channel_affine(x, self.scale, self.zero.int(), 1, -8, 7)
        return a, b, c


def test_fake_quantize():
    model = FakeQuantize().eval()
    x = torch.randn(2, 4, 5) * 4
    check(compiled_whole(model, x), model, x)


def test_instance_norm_with_stored_statistics():
    model = nn.Sequential(nn.InstanceNorm2d(3, affine=True, track_running_stats=True), nn.ReLU())
    model(torch.randn(8, 3, 4, 4))
    model.eval()
    x = torch.randn(2, 3, 4, 4)
    check(compiled_whole(model, x), model, x)


class Formats(nn.Module):
    def forward(self, x: Tensor):
        torch._assert(x.dim() == 2, f"rank {x.dim()}")
        return torch.relu(x) + len(f"{x.size(0)} rows")


def test_formatted_strings():
    x = torch.randn(2, 3)
    check(compiled_whole(Formats(), x), Formats(), x)


class Attention(nn.Module):
    def __init__(self, cross: bool):
        super().__init__()
        self.inner = nn.MultiheadAttention(16, 4, batch_first=True)
        self.cross = cross

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        h = torch.relu(x) + 1
        if self.cross:
            return self.inner(h, y, y)[0] * 2
        return self.inner(h, h, h, need_weights=False)[0] * y


@pytest.mark.parametrize("cross", [False, True])
def test_multihead_attention(cross):
    """Its script asks for modes, compares tensors by identity, and returns early."""
    model = Attention(cross).eval()
    x = torch.randn(2, 5, 16)
    compiled = ts.compile(torch.jit.script(model), inputs=[x, x], min_block_size=1)
    assert cross or operators(compiled) == (1, {})
    check(compiled, torch.jit.script(model), x, torch.randn(2, 5, 16))
