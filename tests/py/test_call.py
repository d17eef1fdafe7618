# SPDX-License-Identifier: Apache-2.0
"""Compiled modules are called by a short way; all that nn.Module and fx promise must still hold."""

import copy
import pickle

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

import torch_tensorrt
from torch_tensorrt.runtime import TorchTensorRTModule


class AddOne(torch.nn.Module):
    def forward(self, x):
        return x + 1


class Pair(torch.nn.Module):
    def forward(self, x, y):
        return x + y, x - y


def _compile(model, *inputs):
    return torch_tensorrt.compile(
        model.eval(), inputs=list(inputs), min_block_size=1, timing_cache_path="none"
    )


@pytest.fixture
def x():
    return torch.tensor([1.0, 2.0])


@pytest.fixture
def compiled(x):
    return _compile(AddOne(), x)


def _is_two_three(y):
    return y.tolist() == [2.0, 3.0]


def test_it_is_a_graph_module_with_engine_children(compiled, x):
    assert isinstance(compiled, torch.fx.GraphModule)
    assert isinstance(compiled._run_on_acc_0, TorchTensorRTModule)
    assert [n for n, _ in compiled.named_children()] == ["_run_on_acc_0"]
    assert "self._run_on_acc_0(x)" in compiled.code
    compiled.recompile()
    assert _is_two_three(compiled(x))


@pytest.mark.parametrize("place", ["module", "engine", "everywhere"])
def test_hooks_run(compiled, x, place):
    seen = []
    before, after = (lambda *_: seen.append("before")), (lambda *_: seen.append("after"))
    if place == "everywhere":
        hooks = torch.nn.modules.module
        handles = [
            hooks.register_module_forward_pre_hook(before),
            hooks.register_module_forward_hook(after),
        ]
    else:
        owner = compiled if place == "module" else compiled._run_on_acc_0
        handles = [owner.register_forward_pre_hook(before), owner.register_forward_hook(after)]
    assert _is_two_three(compiled(x))
    expected = {"everywhere": ["before", "before", "after", "after"]}
    assert seen == expected.get(place, ["before", "after"])
    for handle in handles:
        handle.remove()
    assert _is_two_three(compiled(x)) and len(seen) in (2, 4)


def test_a_hook_may_change_the_result(compiled, x):
    compiled._run_on_acc_0.register_forward_hook(lambda module, inputs, output: output * 10)
    assert compiled(x).tolist() == [20.0, 30.0]


@pytest.mark.parametrize("how", ["setattr", "_modules", "set_submodule"])
def test_children_can_be_replaced(compiled, x, how):
    if how == "setattr":
        compiled._run_on_acc_0 = torch.nn.Identity()
    elif how == "_modules":
        compiled._modules["_run_on_acc_0"] = torch.nn.Identity()
    else:
        compiled.set_submodule("_run_on_acc_0", torch.nn.Identity())
    assert compiled(x) is x


def test_a_child_can_be_deleted(compiled, x):
    del compiled._run_on_acc_0
    assert not hasattr(compiled, "_run_on_acc_0")
    with pytest.raises(AttributeError, match="_run_on_acc_0"):
        compiled(x)
    compiled._run_on_acc_0 = lambda value: value
    assert compiled(x) is x


def test_forward_may_be_overridden(compiled, x):
    class Doubled(TorchTensorRTModule):
        def forward(self, *inputs):
            return super().forward(*inputs) * 2

    plan = compiled._run_on_acc_0.engine.plan()
    assert Doubled(plan)(x).tolist() == [4.0, 6.0]
    compiled._run_on_acc_0.forward = lambda value: value
    assert compiled(x) is x


def test_copies(compiled, x):
    for again in (
        copy.deepcopy(compiled),
        copy.copy(compiled),
        pickle.loads(pickle.dumps(compiled)),
        copy.deepcopy(pickle.loads(pickle.dumps(compiled))),
    ):
        assert isinstance(again, torch.fx.GraphModule)
        assert again._run_on_acc_0.engine == compiled._run_on_acc_0.engine
        assert _is_two_three(again(x))
        assert again.state_dict().keys() == compiled.state_dict().keys()


def test_inside_other_modules(compiled, x):
    both = torch.nn.Sequential(compiled, torch.nn.ReLU())
    assert _is_two_three(both(x))
    traced = torch.fx.symbolic_trace(compiled)
    assert _is_two_three(traced(x))
    exported = torch.export.export(both, (x,)).module()
    assert _is_two_three(exported(x))
    with pytest.warns(DeprecationWarning):
        script = torch.jit.trace(both, (x,))
    assert _is_two_three(script(x))


def test_symbolic_trace_keeps_engines_that_are_leaves(compiled, x):
    class KeepEngines(torch.fx.Tracer):
        def is_leaf_module(self, module, name):
            return isinstance(module, TorchTensorRTModule)

    graph = KeepEngines().trace(compiled)
    assert [n.target for n in graph.nodes if n.op == "call_module"] == ["_run_on_acc_0"]


def test_compile_method(compiled, x):
    seen = []

    def backend(graph, example):
        seen.append(graph)
        return graph.forward

    compiled._run_on_acc_0.compile(backend=backend)
    assert _is_two_three(compiled(x))
    assert len(seen) == 1


class Marked(torch.Tensor):
    """A subclass as PyTorch makes them: results of calls on it are of its kind."""


@pytest.mark.parametrize("called", ["module", "engine"])
def test_subclasses_of_tensor_see_the_call(compiled, x, called):
    call = compiled if called == "module" else compiled._run_on_acc_0
    assert type(call(x.as_subclass(Marked))) is Marked
    assert type(call(torch.nn.Parameter(x))) is torch.Tensor
    with FakeTensorMode() as mode:
        fake = call(mode.from_tensor(x))
    assert isinstance(fake, FakeTensor) and fake.shape == x.shape
    assert _is_two_three(call(x))


@pytest.mark.parametrize("value", [None, 3, [1.0, 2.0]])
def test_inputs_that_are_no_tensors(compiled, x, value):
    with pytest.raises(TypeError, match=f"'x' is of type {type(value).__name__}, wanted a tensor"):
        compiled(value)
    assert _is_two_three(compiled(x))


def test_named_dimensions_are_refused_not_dropped(compiled, x):
    with pytest.raises(RuntimeError, match="'x' has named dimensions"):
        compiled(x.refine_names("n"))


def test_inputs_that_require_a_gradient(compiled, x):
    for module in (compiled, compiled._run_on_acc_0):
        module.register_full_backward_hook(lambda *_: None)  # never called: there is no gradient
        y = compiled(x.clone().requires_grad_())
        assert not y.requires_grad and _is_two_three(y)


@pytest.mark.parametrize("called", ["module", "engine"])
def test_jit_trace_records_the_engine(compiled, x, called):
    call = compiled if called == "module" else compiled._run_on_acc_0
    with pytest.warns(DeprecationWarning):
        script = torch.jit.trace(torch.nn.Sequential(call), (x,))
    assert str(script.inlined_graph).count("tensorrt::execute_engine") == 1
    assert script(x * 2).tolist() == [3.0, 5.0]


def test_make_fx_records_the_engine(compiled, x):
    graph = make_fx(compiled, tracing_mode="fake")(x).graph
    assert torch.ops.tensorrt.execute_engine.default in [n.target for n in graph.nodes]


def test_profilers_of_pytorch_see_the_engine(compiled, x):
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        compiled(x)
    assert "tensorrt::execute_engine" in [e.key for e in profile.key_averages()]


@pytest.mark.parametrize(
    "mode",
    [torch.no_grad, torch.inference_mode, FakeTensorMode, torch.autograd.set_detect_anomaly],
)
def test_modes_at_loading_do_not_matter(compiled, x, mode):
    with mode(True) if mode is torch.autograd.set_detect_anomaly else mode():
        again = copy.deepcopy(compiled)
    assert _is_two_three(again(x))


def test_a_module_without_an_engine_says_so(x):
    with pytest.raises(RuntimeError, match="has no serialized engine"):
        TorchTensorRTModule()(x)


def test_vmap(x):
    compiled = _compile(AddOne(), torch.zeros(2))
    rows = torch.stack([x, x])
    with pytest.raises(RuntimeError, match="execute_engine"):
        torch.vmap(compiled)(rows)


def test_wrong_numbers_of_inputs(compiled, x):
    engine = compiled._run_on_acc_0
    for inputs in ((), (x, x)):
        with pytest.raises(RuntimeError, match=f"given {len(inputs)} inputs, wanted 1"):
            engine(*inputs)
    with pytest.raises(TypeError):
        engine(x=x)
    with pytest.raises(RuntimeError, match="wanted float32"):
        engine(x.int())


def test_several_inputs_and_outputs(x):
    compiled = _compile(Pair(), x, x)  # one example for both, which does not make them one input
    total, difference = compiled(x, x * 3)
    assert total.tolist() == [4.0, 8.0] and difference.tolist() == [-2.0, -4.0]
    engine = compiled._run_on_acc_0
    assert len(engine(x, x)) == 2
