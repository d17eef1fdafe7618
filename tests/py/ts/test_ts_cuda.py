# SPDX-License-Identifier: Apache-2.0
"""TorchScript on a GPU: engines, fallback, kept control flow, saved and loaded."""

import pytest
import torch
from common import LeNet, batch, operators, saved
from torch import Tensor, nn

import torch_tensorrt
from torch_tensorrt import ts

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")

CLOSE = {"rtol": 1e-3, "atol": 1e-3}


def check(compiled, reference, *inputs):
    inputs = [t.cuda() for t in inputs]
    with torch.no_grad():
        want = reference(*inputs)
        torch.testing.assert_close(compiled(*inputs), want, **CLOSE)
        torch.testing.assert_close(saved(compiled)(*inputs), want, **CLOSE)


@pytest.mark.parametrize("how", ["script", "trace"])
def test_lenet(how):
    model = LeNet().eval().cuda()
    x = torch.randn(4, 1, 28, 28)
    script = torch.jit.script(model) if how == "script" else torch.jit.trace(model, x.cuda())
    compiled = ts.compile(script, inputs=[batch(1, 28, 28)], disable_tf32=True)
    assert operators(compiled) == (1, {})
    check(compiled, model, x)
    check(compiled, model, x[:3])


def test_fallback():
    model = LeNet().eval().cuda()
    compiled = ts.compile(
        torch.jit.script(model), inputs=[torch.zeros(2, 1, 28, 28, device="cuda")],
        torch_executed_ops=["aten::flatten"], disable_tf32=True,
    )  # fmt: skip
    assert operators(compiled) == (2, {"aten::flatten": 1})
    check(compiled, model, torch.randn(2, 1, 28, 28))


class ByValue(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(x) + torch.arange(x.size(1), device=x.device)
        if bool(h.sum() > 300):
            h = torch.relu(self.one(h)) * 2
        else:
            h = torch.tanh(h) - 1
        return h + 1


def test_kept_branch():
    model = ByValue().eval().cuda()
    compiled = ts.compile(torch.jit.script(model), inputs=[batch(8)], min_block_size=1)
    assert operators(compiled)[1]["prim::If"] == 1
    check(compiled, model, torch.ones(2, 8) * 100)
    check(compiled, model, torch.zeros(2, 8))


def test_plan_and_new_module():
    model = LeNet().eval().cuda()
    x = torch.randn(1, 1, 28, 28, device="cuda")
    plan = ts.convert_method_to_trt_engine(torch.jit.script(model), inputs=[x], disable_tf32=True)
    module = ts.embed_engine_in_new_module(plan, device=torch_tensorrt.Device("cuda:0"))
    torch.testing.assert_close(module(x), model(x).detach(), **CLOSE)


def test_wrong_device():
    model = torch.jit.script(LeNet().eval().cuda())
    with pytest.raises((RuntimeError, ValueError), match="device is cpu"):
        ts.compile(model, inputs=[torch_tensorrt.Input((1, 1, 28, 28))], device="cpu")
    compiled = ts.compile(model, inputs=[torch_tensorrt.Input((1, 1, 28, 28))])
    with pytest.raises(RuntimeError, match="is on cpu, wanted cuda:0"):
        compiled(torch.zeros(1, 1, 28, 28))
