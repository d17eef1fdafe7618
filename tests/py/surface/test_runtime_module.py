# SPDX-License-Identifier: Apache-2.0
"""TorchTensorRTModule, TRTModule and the functions that make and take serialized engines."""

import json

import pytest
import torch

import torch_tensorrt
from torch_tensorrt import dynamo, fx
from torch_tensorrt.dynamo import CompilationError
from torch_tensorrt.runtime import TorchTensorRTModule

FAST = {"timing_cache_path": "none", "optimization_level": 0}


class Pair(torch.nn.Module):
    def forward(self, a, b):
        return a + b, a - b


@pytest.fixture(scope="module")
def plan() -> bytes:
    program = torch.export.export(Pair(), (torch.ones(2), torch.ones(2)))
    return dynamo.convert_exported_program_to_serialized_trt_engine(program, **FAST)


def test_what_does_not_fit_one_engine_is_an_error():
    class Sorts(torch.nn.Module):
        def forward(self, x):
            return torch.relu(torch.nonzero(torch.relu(x)).float())

    program = torch.export.export(Sorts(), (torch.ones(2),))
    with pytest.raises(CompilationError, match="nonzero"):
        dynamo.convert_exported_program_to_serialized_trt_engine(program, **FAST)
    assert issubclass(CompilationError, RuntimeError)


def test_fields(plan):
    settings = dynamo.CompilationSettings(min_block_size=1)
    module = TorchTensorRTModule(plan, ["a", "b"], name="pair", settings=settings)
    assert module.name == "pair" and module.settings is settings
    assert module.serialized_engine is None  # the engine holds the plan now
    assert module.engine.plan().numpy().tobytes() == plan
    assert module.input_binding_names == ["a", "b"] and len(module.output_binding_names) == 2
    assert module.extra_repr() == f"a, b -> {', '.join(module.output_binding_names)}"
    with pytest.raises(ValueError, match=r"the engine's inputs are \['a', 'b'\], not \['x'\]"):
        TorchTensorRTModule(plan, ["x"])


def test_forward(plan):
    module = TorchTensorRTModule(plan)
    a, b = torch.randn(2), torch.randn(2)
    for seen in (module(a, b), module.forward(a, b)):
        assert isinstance(seen, list) and torch.equal(seen[0], a + b)
        assert torch.equal(seen[1], a - b)


def test_set_up_later(plan):
    module = TorchTensorRTModule()
    assert module.engine is None and module.extra_repr() == "no engine"
    with pytest.raises(RuntimeError, match="has no serialized engine"):
        module.setup_engine()
    module.serialized_engine = plan
    module.setup_engine()
    engine = module.engine
    module.setup_engine()  # nothing happens the second time
    assert module.engine is engine


def test_state(plan):
    first, second = TorchTensorRTModule(plan, name="first"), TorchTensorRTModule()
    state = first.get_extra_state()
    assert state["name"] == "first" and state["plan"].numpy().tobytes() == plan
    second.set_extra_state(state)
    assert second.name == "first" and torch.equal(
        second(torch.ones(2), torch.ones(2))[0], torch.full((2,), 2.0)
    )
    third = TorchTensorRTModule()
    third.load_state_dict(first.state_dict())
    assert third.engine is not None


def test_layer_information_and_profiling(plan, capsys, tmp_path):
    module = TorchTensorRTModule(plan, name="pair")
    info = json.loads(module.get_layer_info())
    module.dump_layer_info()
    assert json.loads(capsys.readouterr().out) == info and info["Layers"]
    with pytest.raises(ValueError, match="profile_format is 'trex'; wanted 'perfetto'"):
        module.enable_profiling(str(tmp_path), "trex")
    module.enable_profiling(profiling_results_dir=str(tmp_path))
    module(torch.ones(2), torch.ones(2))
    module.disable_profiling()
    assert json.loads((tmp_path / "pair_engine_execution_profile.trace").read_text())
    assert json.loads((tmp_path / "pair_layer_information.json").read_text()) == info


def test_trt_module(plan):
    module = fx.TRTModule(plan, input_names=["a", "b"])
    assert module.input_names == ["a", "b"] and len(module.output_names) == 2
    a, b = torch.randn(2), torch.randn(2)
    for seen in (module(a, b), module.forward(a, b)):
        assert isinstance(seen, tuple) and torch.equal(seen[0], a + b)


def test_the_front_door_serializes_too():
    x = torch.randn(3)
    made = torch_tensorrt.convert_method_to_trt_engine(torch.nn.ReLU().eval(), inputs=[x], **FAST)
    assert torch.equal(TorchTensorRTModule(made)(x), x.relu())
