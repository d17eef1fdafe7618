# SPDX-License-Identifier: Apache-2.0
"""script_cases.py <libflatten_converter.so> <libothers.so>: the same converters, and an evaluator, on
TorchScript. Prints JSON; a process of its own for the reason in cases.py."""

import ctypes
import json
import sys

import torch

import torch_tensorrt


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return torch.flatten(torch.relu(self.conv(x)), 1) * 2


class Size(torch.nn.Module):
    def forward(self, x):
        n = x.size(1) * 2
        return x + n


def difference(scripted, x):
    """The least and largest difference from what TorchScript computes."""
    compiled = torch_tensorrt.ts.compile(scripted, inputs=[x], min_block_size=1)
    gap = compiled(x) - scripted(x)
    return [gap.min().item(), gap.max().item()]


def main() -> None:
    for library in sys.argv[1:]:
        ctypes.CDLL(library)
    x = torch.randn(2, 3, 8, 8)
    network = Network().eval()
    with torch.no_grad():
        out = {
            "scripted": difference(torch.jit.script(network), x),
            "traced": difference(torch.jit.trace(network, x), x),
            "evaluator": difference(torch.jit.script(Size().eval()), x),
        }
    print(json.dumps(out))


if __name__ == "__main__":
    main()
