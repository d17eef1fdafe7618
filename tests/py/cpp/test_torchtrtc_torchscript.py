# SPDX-License-Identifier: Apache-2.0
"""TorchScript through torchtrtc."""

import json

import pytest
import torch
from models import CLOSE, LeNet, Mlp
from torch import nn
from torchtrtc_runner import start, torchtrtc

import torch_tensorrt

pytest_plugins = ["torchtrtc_fixtures"]


class Hybrid(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Mlp(), Mlp()

    def forward(self, x):
        return self.second(torch.ops.tenon_cpp_test.reverse(self.first(x)))


class Tuples(nn.Module):
    """A model of transformers for torch.jit.trace, which takes no classes of results."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, tokens, mask):
        out = self.model(tokens, attention_mask=mask)
        return out.last_hidden_state, out.pooler_output


def script(path, model, x=None):
    model = model.eval()
    module = torch.jit.script(model) if x is None else torch.jit.trace(model, x)
    module.save(str(path))
    return model


def engines(path) -> int:
    module = torch.jit.load(str(path))
    return str(module.inlined_graph).count("execute")


def test_lenet(tmp_path):
    model = script(tmp_path / "m.ts", LeNet())
    spec = "[(1,1,28,28);(4,1,28,28);(8,1,28,28)]@f32%contiguous"
    text = torchtrtc(tmp_path / "m.ts", tmp_path / "out.ts", spec)
    assert "largest deviation" in text
    assert engines(tmp_path / "out.ts") == 1
    for rows in (1, 8):
        x = torch.randn(rows, 1, 28, 28)
        seen = torch.jit.load(str(tmp_path / "out.ts"))(x)
        torch.testing.assert_close(seen, model(x), **CLOSE)


def test_resnet18(tmp_path):
    torchvision = pytest.importorskip("torchvision")
    x = torch.randn(1, 3, 64, 64)
    model = script(tmp_path / "m.ts", torchvision.models.resnet18(), x)
    torchtrtc(tmp_path / "m.ts", tmp_path / "out.ts", "(1,3,64,64)@f32%nchw")
    assert engines(tmp_path / "out.ts") == 1
    seen = torch.jit.load(str(tmp_path / "out.ts"))(x)
    torch.testing.assert_close(seen, model(x), **CLOSE)


def test_bert(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        num_hidden_layers=2,
        hidden_size=64,
        num_attention_heads=4,
        intermediate_size=128,
    )
    tokens = torch.randint(0, 100, (2, 16))
    mask = torch.ones(2, 16, dtype=torch.int64)
    model = Tuples(transformers.BertModel(config)).eval()
    torch.jit.trace(model, (tokens, mask)).save(str(tmp_path / "m.ts"))
    torchtrtc(tmp_path / "m.ts", tmp_path / "out.ts", "(2,16)@i64", "(2,16)@i64")
    seen = torch.jit.load(str(tmp_path / "out.ts"))(tokens, mask)
    for a, b in zip(seen, model(tokens, mask), strict=True):
        torch.testing.assert_close(a, b, **CLOSE)


def test_hybrid(tmp_path, op_library):
    model = script(tmp_path / "m.ts", Hybrid(), torch.randn(4, 8))
    flags = ("(4,8)@f32", "--mbs", 1, "--custom-torch-ops", op_library)
    torchtrtc(tmp_path / "m.ts", tmp_path / "out.ts", *flags)
    assert engines(tmp_path / "out.ts") == 2
    x = torch.randn(4, 8)
    seen = torch.jit.load(str(tmp_path / "out.ts"))(x)
    torch.testing.assert_close(seen, model(x), **CLOSE)
    text = torchtrtc(
        tmp_path / "m.ts", tmp_path / "o.ts", *flags, "--require-full-compilation", fails=True
    )
    assert "tenon_cpp_test::reverse" in text
    assert not (tmp_path / "o.ts").exists()


def test_engine_alone_and_back_in_a_module(tmp_path):
    model = script(tmp_path / "m.ts", Mlp())
    torchtrtc(tmp_path / "m.ts", tmp_path / "m.plan", "(4,8)@f32", "--save-engine")
    torchtrtc(tmp_path / "m.plan", tmp_path / "out.ts", "--embed-engine", "--device", "cpu")
    x = torch.randn(4, 8)
    seen = torch.jit.load(str(tmp_path / "out.ts"))(x)
    torch.testing.assert_close(seen, model(x), **CLOSE)
    plan = torch.frombuffer(bytearray((tmp_path / "m.plan").read_bytes()), dtype=torch.uint8)
    module = torch_tensorrt.runtime.TorchTensorRTModule(plan)
    torch.testing.assert_close(module(x), model(x), **CLOSE)
    text = torchtrtc(
        tmp_path / "m.plan", tmp_path / "o.ts", "--embed-engine", "--device", "cuda:0", fails=True
    )
    assert "the engine was built for cpu" in text


def timed_layers(cache) -> int:
    return len(json.loads(cache.read_text())["entries"]) if cache.exists() else 0


def test_timing_cache_and_optimization_level(tmp_path):
    script(tmp_path / "m.ts", Mlp())
    for level, some in ((3, True), (0, False)):
        cache = tmp_path / f"{level}.bin"
        flags = ("(4,8)", "--optimization-level", level, "--timing-cache", cache, "--mbs", 1)
        torchtrtc(tmp_path / "m.ts", tmp_path / "out.ts", *flags)
        assert (timed_layers(cache) > 0) == some


def test_method_support(tmp_path, op_library):
    script(tmp_path / "yes.ts", Mlp())
    script(tmp_path / "no.ts", Hybrid(), torch.randn(4, 8))
    flags = ("--check-method-support", "forward", "--custom-torch-ops", op_library)
    assert "can be converted whole" in torchtrtc(tmp_path / "yes.ts", *flags)
    status, text = start(tmp_path / "no.ts", *flags)
    assert status == 1 and "has ops that cannot be converted" in text
    assert "tenon_cpp_test::reverse" in text


@pytest.mark.parametrize("flags", [(), ("--dryrun", "(4,8)")])
def test_refusals(tmp_path, flags):
    script(tmp_path / "m.ts", Mlp())
    text = torchtrtc(tmp_path / "m.ts", tmp_path / "o.ts", *flags, fails=True)
    assert "--dryrun" in text if flags else "give one shape per input" in text
    assert not (tmp_path / "o.ts").exists()


def test_truncated_module(tmp_path):
    script(tmp_path / "m.ts", Mlp())
    data = (tmp_path / "m.ts").read_bytes()
    (tmp_path / "cut.ts").write_bytes(data[: len(data) // 2])
    assert "zip" in torchtrtc(tmp_path / "cut.ts", tmp_path / "o.ts", "(4,8)", fails=True)


def test_a_module_compiled_in_python_runs_in_cpp(tmp_path):
    """The engine inside is loaded and run by a process without Python, twice: as the original and
    within what is compiled of it."""
    model = LeNet().eval()
    spec = torch_tensorrt.Input((2, 1, 28, 28))
    compiled = torch_tensorrt.compile(torch.jit.script(model), ir="ts", inputs=[spec])
    torch.jit.save(compiled, tmp_path / "m.ts")
    text = torchtrtc(tmp_path / "m.ts", tmp_path / "out.ts", "(2,1,28,28)")
    assert "largest deviation 0," in text
    x = torch.randn(2, 1, 28, 28)
    seen = torch.jit.load(str(tmp_path / "out.ts"))(x)
    torch.testing.assert_close(seen, model(x), **CLOSE)
