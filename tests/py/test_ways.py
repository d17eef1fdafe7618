# SPDX-License-Identifier: Apache-2.0
"""Every way in and out: LeNet, ResNet-18, BERT and a hybrid (an op that no engine knows in the
middle), static and dynamic, on each device that is there, compared with the model itself."""

import io
import itertools

import pytest
import torch
from hybrid_programs import Hybrid
from models import LeNet
from torch import nn

import torch_tensorrt

CLOSE = {"cpu": {"rtol": 1e-3, "atol": 1e-4}, "cuda": {"rtol": 1e-2, "atol": 1e-2}}
DEVICES = ["cpu", "cuda"]
SIZES = (2, 3, 1)  # the first is the one that is traced and timed


def resnet18():
    return pytest.importorskip("torchvision").models.resnet18()


class Bert(nn.Module):
    """transformers' BertModel with two layers; returns its two tensors."""

    def __init__(self):
        super().__init__()
        transformers = pytest.importorskip("transformers")
        config = transformers.BertConfig(
            hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
            vocab_size=200,
        )  # fmt: skip
        self.bert = transformers.BertModel(config)

    def forward(self, ids):
        found = self.bert(ids)
        return found.last_hidden_state, found.pooler_output


MODELS = {
    "lenet": (LeNet, (1, 28, 28), torch.float32),
    "resnet18": (resnet18, (3, 64, 64), torch.float32),
    "bert": (Bert, (16,), torch.int64),
    "hybrid": (Hybrid, (8,), torch.float32),
}


def example(name, rows, device):
    _, shape, dtype = MODELS[name]
    if dtype is torch.int64:
        return torch.randint(0, 200, (rows, *shape), device=device)
    return torch.randn(rows, *shape, device=device)


def spec(name, dynamic):
    _, shape, dtype = MODELS[name]
    if not dynamic:
        return torch_tensorrt.Input((SIZES[0], *shape), dtype=dtype)
    return torch_tensorrt.Input(
        min_shape=(1, *shape), opt_shape=(2, *shape), max_shape=(4, *shape), dtype=dtype
    )


def by_dynamo(model, name, dynamic, device):
    return torch_tensorrt.compile(model, inputs=[spec(name, dynamic)], min_block_size=1)


def by_torch_compile(model, name, dynamic, device):
    torch._dynamo.reset()
    options = {"min_block_size": 1, "pass_through_build_failures": True}
    return torch.compile(model, backend="tensorrt", dynamic=dynamic, options=options)


def by_ts(model, name, dynamic, device):
    traced = torch.jit.trace(model, example(name, SIZES[0], device))
    return torch_tensorrt.compile(traced, ir="ts", inputs=[spec(name, dynamic)], min_block_size=1)


def by_fx(model, name, dynamic, device):
    return torch_tensorrt.compile(
        model, ir="fx", inputs=[spec(name, dynamic)], min_acc_module_size=1,
        explicit_batch_dimension=True,
    )  # fmt: skip


WAYS = {f.__name__.removeprefix("by_"): f for f in (by_dynamo, by_torch_compile, by_ts, by_fx)}


def through_pt2(module, name, device):
    file = io.BytesIO()
    torch.export.save(torch.export.export(module, (example(name, SIZES[0], device),)), file)
    file.seek(0)
    return torch.export.load(file).module()


def through_torch_save(module, name, device):
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def through_jit(module, name, device):
    if not isinstance(module, torch.jit.ScriptModule):
        module = torch.jit.trace(module, example(name, SIZES[0], device), check_trace=False)
    file = io.BytesIO()
    torch.jit.save(module, file)
    file.seek(0)
    return torch.jit.load(file)


OUT = {
    "dynamo": (through_pt2, through_torch_save, through_jit),
    "fx": (through_torch_save, through_jit),
    "ts": (through_jit,),
    "torch_compile": (),  # its result lives in the process
}


def check(compiled, model, name, sizes, device):
    for rows in sizes:
        x = example(name, rows, device)
        torch.testing.assert_close(compiled(x), model(x), **CLOSE[device])


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name, way, dynamic", itertools.product(MODELS, WAYS, (False, True)))
def test_in_and_out(name, way, dynamic, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA GPU here")
    with torch.no_grad():
        model = MODELS[name][0]().eval().to(device)
        compiled = WAYS[way](model, name, dynamic, device)
        sizes = SIZES if dynamic else SIZES[:1]
        check(compiled, model, name, sizes, device)
        for out in OUT[way]:
            check(out(compiled, name, device), model, name, SIZES[:1], device)
