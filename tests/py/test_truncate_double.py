# SPDX-License-Identifier: Apache-2.0
"""truncate_double: engines compute float64 as float32, from every way in; what goes in and comes out
keeps its dtype, and int64 keeps its digits."""

import json
import warnings

import hybrid_programs  # noqa: F401 - makes its op known
import pytest
import torch
from models import LeNet, Mlp, batch, engines
from torch import nn

import torch_tensorrt

DEVICES = ["cpu", "cuda"]
WIDE = torch.float64


class Hybrid(nn.Module):
    """An op in the middle that no engine knows, and float64 that crosses it."""

    def __init__(self):
        super().__init__()
        self.first, self.second = Mlp(), Mlp()

    def forward(self, x):
        y = self.first(x)
        return self.second(torch.ops.tenon_test.negated(y)) + y, y.argmax(1)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        y = torch.nn.functional.gelu(self.norm(self.conv(x)))
        return self.head(y.mean((2, 3))).softmax(1)


MODELS = {
    "mlp": (Mlp, (8,)),
    "lenet": (LeNet, (1, 28, 28)),
    "convnet": (ConvNet, (3, 16, 12)),
    "hybrid": (Hybrid, (8,)),
}


def spec(shape, dynamic):
    if dynamic:
        return batch(*shape, low=1, best=2, high=4, dtype=WIDE)
    return torch_tensorrt.Input((2, *shape), dtype=WIDE)


def by_dynamo(model, shape, dynamic, device, truncate):
    return torch_tensorrt.compile(
        model, inputs=[spec(shape, dynamic)], min_block_size=1, truncate_double=truncate
    )


def by_torch_compile(model, shape, dynamic, device, truncate):
    torch._dynamo.reset()
    options = {"min_block_size": 1, "pass_through_build_failures": True}
    options["truncate_double"] = truncate
    return torch.compile(model, backend="tensorrt", dynamic=dynamic, options=options)


def by_ts(model, shape, dynamic, device, truncate):
    traced = torch.jit.trace(model, torch.randn(2, *shape, dtype=WIDE, device=device))
    return torch_tensorrt.compile(
        traced, ir="ts", inputs=[spec(shape, dynamic)], min_block_size=1,
        truncate_long_and_double=truncate,
    )  # fmt: skip


def by_fx(model, shape, dynamic, device, truncate):
    return torch_tensorrt.compile(
        model, ir="fx", inputs=[spec(shape, dynamic)], min_acc_module_size=1,
        explicit_batch_dimension=True, truncate_double=truncate,
    )  # fmt: skip


WAYS = {f.__name__.removeprefix("by_"): f for f in (by_dynamo, by_torch_compile, by_ts, by_fx)}


def relative_error(seen, wanted):
    assert seen.dtype == wanted.dtype == WIDE
    return ((seen - wanted).norm() / wanted.norm()).item()


def leaves(result):
    return list(result) if isinstance(result, tuple) else [result]


def check(compiled, model, x, truncate):
    seen, wanted = leaves(compiled(x)), leaves(model(x))
    error = relative_error(seen[0], wanted[0])
    if truncate:
        assert 1e-9 < error < 2e-6, "float32's digits"
    else:
        assert error < 1e-13, "float64's digits"
    for a, b in zip(seen[1:], wanted[1:], strict=True):
        assert torch.equal(a, b) and a.dtype == b.dtype


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("way", WAYS)
def test_ways(way, name, dynamic, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA GPU here")
    make, shape = MODELS[name]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.filterwarnings("error", ".*truncate_double.*has no effect")
        model = make().eval().to(device, WIDE)
        compiled = WAYS[way](model, shape, dynamic, device, True)
        for rows in (2, 3, 1) if dynamic else (2,):
            check(compiled, model, torch.randn(rows, *shape, dtype=WIDE, device=device), True)


@pytest.mark.parametrize("way", WAYS)
def test_off_by_default(way):
    with torch.no_grad():
        model = Mlp().eval().to(WIDE)
        compiled = WAYS[way](model, (8,), False, "cpu", False)
        check(compiled, model, torch.randn(2, 8, dtype=WIDE), False)
    assert not torch_tensorrt.dynamo.CompilationSettings().truncate_double


def test_layers_compute_float32():
    model = LeNet().eval().to(WIDE)
    with torch.no_grad():
        compiled = by_dynamo(model, (1, 28, 28), True, "cpu", True)
    (engine,) = engines(compiled)
    layers = json.loads(engine.get_layer_info())["Layers"]
    inside = [layer for layer in layers if layer["LayerType"] != "cast"]
    assert inside and not [layer for layer in inside if '"f64"' in json.dumps(layer["Inputs"])]
    assert layers[0]["Inputs"][0]["Datatype"] == layers[-1]["Outputs"][0]["Datatype"] == "f64"
    plan = engine.engine.plan().numel()
    assert plan < 1.5 * sum(4 * p.numel() for p in model.parameters()), "weights are float32"


def run(module, *inputs):
    """(seen, wanted) with truncate_double."""
    module = module.eval()
    with torch.no_grad():
        compiled = torch_tensorrt.compile(
            module, inputs=list(inputs), min_block_size=1, truncate_double=True,
            require_full_compilation=True,
        )  # fmt: skip
        return compiled(*inputs), module(*inputs)


def test_values_beyond_float32():
    class Scaled(nn.Module):
        def forward(self, x):
            return x * 2

    x = torch.tensor([1e300, -1e300, 1e-300, 3.0, float("nan")], dtype=WIDE)
    seen, _ = run(Scaled(), x)
    wanted = torch.tensor([float("inf"), -float("inf"), 0, 6, float("nan")], dtype=WIDE)
    torch.testing.assert_close(seen, wanted, rtol=0, atol=0, equal_nan=True)


def test_a_row_that_is_masked_whole():
    class Masked(nn.Module):
        def forward(self, x, mask):
            return x.masked_fill(mask, torch.finfo(x.dtype).min).softmax(1)

    x = torch.randn(2, 4, dtype=WIDE)
    seen, wanted = run(Masked(), x, torch.tensor([[True] * 4, [True, False, False, True]]))
    torch.testing.assert_close(seen, wanted, rtol=1e-6, atol=1e-7)


def test_an_epsilon_below_float32():
    class Normed(nn.Module):
        def forward(self, x):
            return x / (x.abs().sum(1, keepdim=True) + 1e-300)

    seen, wanted = run(Normed(), torch.stack([torch.zeros(4, dtype=WIDE), torch.ones(4).to(WIDE)]))
    torch.testing.assert_close(seen, wanted, rtol=1e-6, atol=1e-7)


def test_limits_and_comparisons():
    class Limits(nn.Module):
        def forward(self, x):
            y = torch.nan_to_num(x)
            return y.clamp(max=torch.finfo(x.dtype).max), x > 0.1, x <= 0.1, x == 0.1

    x = torch.tensor([0.1, 0.2, -1.0, float("nan")], dtype=WIDE)
    seen, wanted = run(Limits(), x)
    torch.testing.assert_close(seen[0], wanted[0], rtol=1e-6, atol=0)
    for a, b in zip(seen[1:], wanted[1:], strict=True):
        assert torch.equal(a, b)


def test_casts_of_integers():
    class Casts(nn.Module):
        def forward(self, x, i):
            return (
                i.double(),
                x.long() + i,
                (i.double() * 2).long(),
                torch.arange(5, dtype=WIDE) + x,
            )

    large = 2**40 + 1
    x = torch.full((5,), float(large), dtype=WIDE)
    i = torch.tensor([large, 3, -4, 0, 2**24])
    seen, wanted = run(Casts(), x, i)
    assert torch.equal(seen[0], wanted[0]) and seen[0].dtype == WIDE  # at the border: exact
    assert torch.equal(seen[1], wanted[1])
    assert torch.equal(seen[2][1:], wanted[2][1:])  # inside: exact up to 2**24
    assert seen[2][0] == 2**41
    torch.testing.assert_close(seen[3], wanted[3], rtol=1e-6, atol=0)


def test_with_other_types():
    class Mixed(nn.Module):
        def forward(self, x, h, i):
            return x + h, h.to(WIDE) * i, torch.where(i > 0, x, h.to(WIDE)), x.to(torch.float32)

    x, h = torch.randn(6, dtype=WIDE), torch.randn(6)
    seen, wanted = run(Mixed(), x, h, torch.arange(6))
    for a, b in zip(seen, wanted, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)
