# SPDX-License-Identifier: Apache-2.0
"""Whole models as TorchScript: scripted and traced, static and dynamic, saved, in a new process."""

import pytest
import torch
from common import CLOSE, LeNet, batch, check, operators

import torch_tensorrt
from torch_tensorrt import ts


@pytest.fixture(scope="module")
def resnet():
    torchvision = pytest.importorskip("torchvision")
    return torchvision.models.resnet18().eval()


@pytest.fixture(scope="module")
def bert():
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
        vocab_size=200, return_dict=False,
    )  # fmt: skip
    return transformers.BertModel(config).eval()


def script_of(model, how, *inputs):
    return torch.jit.script(model) if how == "script" else torch.jit.trace(model, inputs)


@pytest.mark.parametrize("how", ["script", "trace"])
@pytest.mark.parametrize("dynamic", [False, True])
def test_lenet(how, dynamic):
    model = LeNet().eval()
    x = torch.randn(4, 1, 28, 28)
    spec = batch(1, 28, 28) if dynamic else torch_tensorrt.Input((4, 1, 28, 28))
    compiled = ts.compile(script_of(model, how, x), inputs=[spec])
    assert operators(compiled) == (1, {})
    check(compiled, model, x)
    if dynamic:
        for size in (1, 3, 8):
            check(compiled, model, torch.randn(size, 1, 28, 28))
        with pytest.raises(RuntimeError, match="9"):
            compiled(torch.randn(9, 1, 28, 28))


@pytest.mark.parametrize("how", ["script", "trace"])
@pytest.mark.parametrize("dynamic", [False, True])
def test_resnet18(resnet, how, dynamic):
    x = torch.randn(2, 3, 64, 64)
    spec = batch(3, 64, 64, low=1, best=2, high=4) if dynamic else x
    compiled = ts.compile(script_of(resnet, how, x), inputs=[spec])
    assert operators(compiled) == (1, {})
    check(compiled, resnet, x)
    if dynamic:
        check(compiled, resnet, torch.randn(3, 3, 64, 64))


@pytest.mark.parametrize("dynamic", [False, True])
def test_bert(bert, dynamic):
    ids, mask = torch.randint(0, 200, (2, 16)), torch.ones(2, 16, dtype=torch.int64)
    traced = torch.jit.trace(bert, (ids, mask))
    if dynamic:
        specs = [batch(16, low=1, best=2, high=4, dtype=torch.int64) for _ in range(2)]
    else:
        specs = [ids, mask]
    compiled = ts.compile(traced, inputs=specs, min_block_size=1)
    engines, left = operators(compiled)
    assert engines >= 1 and not left, left
    check(compiled, traced, ids, mask)
    if dynamic:
        mask = torch.ones(3, 16, dtype=torch.int64)
        mask[1, 7:] = 0
        check(compiled, traced, torch.randint(0, 200, (3, 16)), mask)


def test_two_dynamic_sizes():
    class Rows(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(8, 6)

        def forward(self, x):
            y = torch.relu(self.linear(x)).view(x.size(0), x.size(1), 2, 3)
            return y.transpose(1, 2).reshape(x.shape[0] * 2, -1) + 1

    model = Rows().eval()
    spec = torch_tensorrt.Input(min_shape=(1, 2, 8), opt_shape=(2, 4, 8), max_shape=(4, 9, 8))
    compiled = ts.compile(torch.jit.script(model), inputs=[spec])
    assert operators(compiled) == (1, {})
    for sizes in ((1, 2), (3, 9), (4, 5)):
        check(compiled, model, torch.randn(*sizes, 8))


def test_inputs_that_must_agree_share_a_size():
    class Sum(torch.nn.Module):
        def forward(self, x, y):
            return torch.relu(x + y) * 2 - y

    compiled = ts.compile(torch.jit.script(Sum()), inputs=[batch(8), batch(8)])
    assert operators(compiled) == (1, {})
    check(compiled, Sum(), torch.randn(3, 8), torch.randn(3, 8))


def test_new_process(tmp_path, fresh_python):
    model = LeNet().eval()
    compiled = ts.compile(torch.jit.script(model), inputs=[batch(1, 28, 28)])
    x = torch.randn(3, 1, 28, 28)
    torch.jit.save(compiled, str(tmp_path / "lenet.ts"))
    torch.save((x, model(x).detach()), tmp_path / "io.pt")
    code = """
import sys, torch, torch_tensorrt
x, want = torch.load(sys.argv[2])
got = torch.jit.load(sys.argv[1])(x)
torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)
print(list(got.shape))
"""
    assert fresh_python(code, tmp_path / "lenet.ts", tmp_path / "io.pt").strip() == "[3, 10]"


def test_parameters_that_require_gradients_do_not_matter():
    model = LeNet().eval()
    compiled = ts.compile(torch.jit.script(model), inputs=[torch.randn(1, 1, 28, 28)])
    assert not compiled(torch.randn(1, 1, 28, 28)).requires_grad


def test_training_mode_is_compiled_as_eval():
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(), torch.nn.ReLU()
    )
    scripted = torch.jit.script(model)
    compiled = ts.compile(scripted, inputs=[torch.randn(3, 4)])
    assert scripted.training
    x = torch.randn(3, 4)
    torch.testing.assert_close(compiled(x), model.eval()(x), **CLOSE)
