# SPDX-License-Identifier: Apache-2.0
"""run.py <library of a converter>: a model whose aten::flatten is converted by that library."""

import ctypes
import logging
import sys

import torch

import torch_tensorrt


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3)

    def forward(self, x):
        return torch.flatten(self.conv(x).relu(), 1)


logging.basicConfig()
with torch_tensorrt.logging.info():  # shows that the built-in converter is overridden
    ctypes.CDLL(sys.argv[1])  # may also stand before `import torch_tensorrt`
model = Model().eval()
x = torch.randn(2, 3, 8, 8)
with torch.no_grad():
    compiled = torch_tensorrt.compile(model, inputs=[x], min_block_size=1)
    torch.testing.assert_close(compiled(x), model(x), rtol=1e-4, atol=1e-4)
print("results agree; layers:")
print(compiled._run_on_acc_0.get_layer_info())
