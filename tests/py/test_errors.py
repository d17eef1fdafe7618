# SPDX-License-Identifier: Apache-2.0
"""Wrong inputs: the message names the input, the value seen and the value wanted, and the module
works on afterwards."""

import pytest
import torch
from models import CLOSE, Mlp, batch, compile_mlp, engines
from torch import nn

import torch_tensorrt


@pytest.fixture(scope="module")
def mlp():
    torch.manual_seed(11)
    return compile_mlp()


WRONG = [
    (torch.zeros(9, 8), r"input 'x' dimension 0 is 9, wanted 1\.\.8"),
    (torch.zeros(0, 8), r"input 'x' dimension 0 is 0, wanted 1\.\.8"),
    (torch.zeros(4, 7), r"input 'x' dimension 1 is 7, wanted 8"),
    (torch.zeros(4, 8, dtype=torch.float64), "input 'x' is float64, wanted float32"),
    (torch.zeros(4, 8, dtype=torch.int64), "input 'x' is int64, wanted float32"),
    (torch.zeros(8), "input 'x' has 1 dimensions, wanted 2"),
    (torch.zeros(()), "input 'x' has 0 dimensions, wanted 2"),
    (torch.zeros(4, 8, device="meta"), "input 'x' is on meta, wanted cpu"),
    (torch.zeros(4, 8).to_sparse(), "input 'x' is not a dense"),
]


@pytest.mark.parametrize("x, text", WRONG, ids=[t for _, t in WRONG])
def test_wrong_tensor(mlp, x, text):
    model, compiled = mlp
    with pytest.raises(RuntimeError, match=text):
        compiled(x)
    good = torch.randn(4, 8)
    torch.testing.assert_close(compiled(good), model(good), **CLOSE)


def test_the_op_says_the_same(mlp):
    engine = engines(mlp[1])[0].engine
    with pytest.raises(RuntimeError, match="input 'x' dimension 0 is 9"):
        torch.ops.tensorrt.execute_engine([torch.zeros(9, 8)], engine)


def test_wrong_arity(mlp):
    (engine,) = engines(mlp[1])
    for inputs in ((), (torch.zeros(4, 8), torch.zeros(4, 8))):
        with pytest.raises(RuntimeError, match=f"given {len(inputs)} inputs, wanted 1"):
            engine(*inputs)


def test_memory_that_is_not_dense(mlp):
    model, compiled = mlp
    transposed = torch.randn(8, 4).t()
    expanded = torch.randn(8).expand(4, 8)
    strided = torch.randn(8, 16)[::2, ::2]
    lazy = torch.imag(torch.randn(4, 8, dtype=torch.complex64).conj())
    assert lazy.is_neg()
    for x in (transposed, expanded, strided, lazy):
        torch.testing.assert_close(compiled(x), model(x), **CLOSE)


def test_sizes_that_must_agree():
    class Two(nn.Module):
        def forward(self, a, b):
            return torch.relu(a) + torch.relu(b)

    compiled = torch_tensorrt.compile(Two().eval(), inputs=[batch(8), batch(8)], min_block_size=1)
    with pytest.raises(RuntimeError, match="input 'b' dimension 0 is 3"):
        compiled(torch.zeros(4, 8), torch.zeros(3, 8))
    assert compiled(torch.ones(4, 8), torch.ones(4, 8)).sum() == 64


def test_not_a_program():
    with pytest.raises(TypeError, match="not str"):
        torch_tensorrt.compile("resnet18", inputs=[batch(8)])
    with pytest.raises(TypeError, match="not Mlp"):
        torch_tensorrt.dynamo.compile(Mlp(), [batch(8)])


def test_ctrl_c_stops_a_build(fresh_python):
    code = """
import _thread, signal, torch, torch_tensorrt
from torch_tensorrt import _build_thread
# A job started in the background of a script ignores the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
show = _build_thread.ProgressLine.show
def interrupt(self, *args):
    _thread.interrupt_main()
    show(self, *args)
_build_thread.ProgressLine.show = interrupt
model = torch.nn.Sequential(*[torch.nn.Linear(8, 8) for _ in range(20)]).eval()
try:
    torch_tensorrt.compile(model, inputs=[torch.zeros(2, 8)], min_block_size=1)
    print("not stopped")
except KeyboardInterrupt:
    print("stopped")
_build_thread.ProgressLine.show = show
x = torch.randn(2, 8)
compiled = torch_tensorrt.compile(model, inputs=[x], min_block_size=1)
torch.testing.assert_close(compiled(x), model(x))
print("works")
"""
    assert fresh_python(code).split() == ["stopped", "works"]


def test_progress_line(fresh_python):
    code = """
import os, sys, io
os.environ["TORCH_TENSORRT_PROGRESS"] = "1"
import torch, torch_tensorrt
sys.stderr = io.StringIO()
torch_tensorrt.compile(torch.nn.Linear(8, 8), inputs=[torch.zeros(2, 8)], min_block_size=1)
print(sys.stderr.getvalue().replace(chr(13), ";"))
"""
    assert "torch_tensorrt: " in fresh_python(code)
