# SPDX-License-Identifier: Apache-2.0
"""Graph breaks, control flow, numbers as inputs, autocast, and torch's own tools."""

import pytest
import torch
from dynamo_fixtures import builds_so_far, fresh_dynamo  # noqa: F401
from models import CLOSE, Mlp
from torch import nn

import torch_tensorrt  # noqa: F401 - registers the backend

OPTIONS = {"min_block_size": 1, "timing_cache_path": "none", "optimization_level": 0}


def compiled(function, **settings):
    return torch.compile(function, backend="tensorrt", options=OPTIONS, **settings)


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.no_grad():
        yield


def names(report, engine):
    return [n["name"] for n in report["nodes"] if n["engine"] is engine]


class Broken(nn.Module):
    """What depends on a value breaks the graph in two."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = Mlp(), Mlp(), Mlp()

    def forward(self, x):
        x = self.first(x)
        if x.sum() > 0:
            return self.second(x)
        return self.third(x) * 2


def test_graph_break(builds):
    model = Broken().eval()
    fast = compiled(model)
    for sign in (1, -1):  # each path is compiled when it is first taken
        model.first.down.bias.fill_(100.0 * sign)
        x = torch.randn(4, 8)
        torch.testing.assert_close(fast(x), model(x), **CLOSE)
    assert len(builds) == 4  # first twice, because it changed; second; third


def test_fullgraph_says_what_breaks():
    with pytest.raises(torch._dynamo.exc.Unsupported, match="[Dd]ata-dependent"):
        compiled(Broken().eval(), fullgraph=True)(torch.randn(4, 8))


def test_fullgraph(builds):
    model, x = Mlp().eval(), torch.randn(4, 8)
    torch.testing.assert_close(compiled(model, fullgraph=True)(x), model(x), **CLOSE)
    assert len(builds) == 1


class Conditional(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.after = Mlp(), Mlp()
        self.weight = nn.Parameter(torch.randn(8))

    def forward(self, x):
        x = self.before(x)
        x = torch.cond(x.sum() > 0, lambda t: t * self.weight, lambda t: t - 1, (x,))
        return self.after(x)


@pytest.mark.parametrize("dynamic", [False, True])
def test_cond_stays_in_torch(builds, dynamic):
    model = Conditional().eval()
    fast = compiled(model, dynamic=dynamic)
    for sign in (1, -1):
        model.before.down.bias.fill_(100.0 * sign)
        x = torch.randn(4, 8)
        torch.testing.assert_close(fast(x), model(x), **CLOSE)
    left = [n for n in builds[0]["nodes"] if not n["engine"]]
    assert any("cond" in n["name"] and n["reason"] for n in left)
    assert [s["kind"] for s in builds[0]["segments"]].count("engine") >= 2


@pytest.mark.parametrize("dynamic", [False, True, None])
def test_numbers_as_inputs(dynamic):
    def function(x, n, scale):
        y = torch.relu(x) * n + scale
        return y.view(n, -1), n + 1, scale * 2

    fast = compiled(function, dynamic=dynamic)
    for n, scale in ((2, 0.5), (4, 1.5), (2, 0.5), (8, 2.5)):
        x = torch.randn(8, 3)
        torch.testing.assert_close(fast(x, n, scale), function(x, n, scale), **CLOSE)


@pytest.mark.parametrize("inside", [True, False])
def test_autocast(builds, inside):
    model, x = Mlp().eval(), torch.randn(4, 8)

    def function(x):
        if not inside:
            return model(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return model(x)

    fast = compiled(function)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not inside):
        seen, wanted = fast(x), function(x)
    assert seen.dtype == wanted.dtype == torch.bfloat16
    torch.testing.assert_close(seen, wanted, rtol=2e-2, atol=2e-2)
    assert fast(x).dtype == function(x).dtype


def test_vmap():
    def function(x, w):
        return torch.relu(torch.vmap(lambda row: row * w + 1)(x))

    x, w = torch.randn(4, 8), torch.randn(8)
    torch.testing.assert_close(compiled(function)(x, w), function(x, w), **CLOSE)


def test_sizes_of_data():
    def function(x):
        rows = torch.relu(x)[x[:, 0] > 0]
        return rows * 2

    with torch._dynamo.config.patch(capture_dynamic_output_shape_ops=True):
        fast = compiled(function)
        for _ in range(3):
            x = torch.randn(8, 3)
            torch.testing.assert_close(fast(x), function(x))


def test_a_loop_over_layers_of_dynamic_length():
    def function(x):
        for i in range(x.shape[0]):
            x = torch.relu(x) + i
        return x

    fast = compiled(function, dynamic=True)
    for n in (3, 5, 3):
        torch.testing.assert_close(fast(torch.ones(n, 4)), function(torch.ones(n, 4)))


def test_random_numbers_are_torchs():
    def function(x):
        return torch.relu(x) + torch.rand_like(x)

    fast, x = compiled(function), torch.randn(4, 4)
    torch.manual_seed(3)
    seen = fast(x)
    torch.manual_seed(3)
    torch.testing.assert_close(seen, function(x))
    assert not torch.equal(fast(x), seen)


def test_explain():
    explanation = torch._dynamo.explain(Broken().eval())(torch.randn(4, 8))
    assert explanation.graph_count == 2 and explanation.graph_break_count == 1


def test_reset_compiles_anew(builds):
    model, x = Mlp().eval(), torch.randn(4, 8)
    fast = compiled(model)
    fast(x)
    torch._dynamo.reset()
    fast(x)
    assert len(builds) == 2


def test_a_compiled_module_inside_another():
    model = nn.Sequential(Mlp().eval(), nn.ReLU()).eval()
    inner = torch_tensorrt.compile(model[0], inputs=[torch.randn(4, 8)], min_block_size=1)
    x = torch.randn(4, 8)
    outer = compiled(nn.Sequential(inner, nn.ReLU(), nn.Linear(8, 8)).eval())
    wanted = outer._orig_mod[2](torch.relu(model[0](x)))
    torch.testing.assert_close(outer(x), wanted, **CLOSE)


def test_divisible_sizes_stay_dynamic(builds):
    def function(x):
        return torch.relu(x.reshape(x.shape[0] // 2, 2, -1)) + 1

    fast = compiled(function, dynamic=True)
    for n in (4, 8, 6):
        x = torch.randn(n, 8)
        torch.testing.assert_close(fast(x), function(x))
    assert len(builds) == 1


def test_a_graph_that_is_not_dynamos(builds):
    """Parameters are in the graph here; they are watched all the same."""
    model, x = Mlp().eval(), torch.randn(4, 8)
    graph = torch.fx.symbolic_trace(model)
    fast = torch_tensorrt.dynamo.backend.torch_tensorrt_backend(graph, [x], options=OPTIONS)
    torch.testing.assert_close(fast(x), model(x), **CLOSE)
    model.up.weight.add_(1)
    torch.testing.assert_close(fast(x), model(x), **CLOSE)
    assert len(builds) == 2


def test_parameters_inside_the_graph(builds):
    with torch._dynamo.config.patch(inline_inbuilt_nn_modules=False):
        model, x = Mlp().eval(), torch.randn(4, 8)
        fast = compiled(model)
        torch.testing.assert_close(fast(x), model(x), **CLOSE)
        model.up.weight.add_(1)
        torch.testing.assert_close(fast(x), model(x), **CLOSE)
        model.up.weight = nn.Parameter(torch.randn(16, 8))
        torch.testing.assert_close(fast(x), model(x), **CLOSE)


def test_counter_inside_the_graph(builds):
    class Counter(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("calls", torch.zeros(1))

        def forward(self, x):
            self.calls.add_(1)
            return torch.relu(x) + self.calls

    with torch._dynamo.config.patch(inline_inbuilt_nn_modules=False):
        fast = compiled(Counter().eval())
        for call in (1, 2, 3):
            torch.testing.assert_close(fast(torch.zeros(2)), torch.full((2,), float(call)))
    assert len(builds) == 1
