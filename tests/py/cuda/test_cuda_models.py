# SPDX-License-Identifier: Apache-2.0
"""The three models on a CUDA GPU: one engine, right numbers, dynamic batch, streams, threads, saving."""

import sys
import threading
from pathlib import Path

import pytest
import torch

import torch_tensorrt

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from bench import models  # noqa: E402

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="no GPU: torch.cuda.is_available() is false"
)

BUILDERS = {
    "lenet": models.lenet,
    "resnet18": models.resnet18,
    "bert": lambda: models.bert_base(layers=4),
}
INPUTS = {
    "lenet": lambda n: models.images(n, 1, 28, 28),
    "resnet18": lambda n: models.images(n, 3, 96, 128),
    "bert": lambda n: models.tokens(n, 48),
}
DTYPES = {"fp32": torch.float32, "fp16": torch.float16}


def on_gpu(inputs, dtype):
    return {
        k: (v.cuda().to(dtype) if v.is_floating_point() else v.cuda()) for k, v in inputs.items()
    }


def build(name, dtype, **settings):
    model = BUILDERS[name]().to(dtype).cuda()
    given = on_gpu(INPUTS[name](4), dtype)
    batch = torch.export.Dim("batch", min=1, max=8)
    program = torch.export.export(
        model, (), kwargs=given, dynamic_shapes={k: {0: batch} for k in given}, strict=False
    )
    settings = {"min_block_size": 1, "require_full_compilation": True} | settings
    return model, torch_tensorrt.dynamo.compile(program, **settings)


def wanted(name, inputs):
    wide = {k: v.double() if v.is_floating_point() else v for k, v in inputs.items()}
    return models.flat(BUILDERS[name]().double().cuda()(**wide))


def check(name, model, compiled, dtype, batches=(1, 4, 8, 3)):
    for n in batches:
        inputs = on_gpu(INPUTS[name](n), dtype)
        with torch.no_grad():
            reference = wanted(name, inputs)
            ours = models.relative_error(models.flat(compiled(**inputs)), reference)
            eager = models.relative_error(models.flat(model(**inputs)), reference)
        assert ours <= 2 * eager, f"batch {n}: error {ours:.2e}, eager {eager:.2e}"


@pytest.mark.parametrize("precision", DTYPES)
@pytest.mark.parametrize("name", BUILDERS)
def test_model(name, precision):
    model, compiled = build(name, DTYPES[precision])
    assert [n for n, _ in compiled.named_children()] == ["_run_on_acc_0"]
    check(name, model, compiled, DTYPES[precision])


@pytest.mark.parametrize("name", BUILDERS)
def test_float32_with_half_enabled(name):
    model, compiled = build(name, torch.float32, enabled_precisions={torch.half})
    inputs = on_gpu(INPUTS[name](4), torch.float32)
    with torch.no_grad():
        reference = wanted(name, inputs)
        half = models.flat(BUILDERS[name]().half().cuda()(**on_gpu(INPUTS[name](4), torch.float16)))
        outputs = models.flat(compiled(**inputs))
    assert all(o.dtype == torch.float32 for o in outputs)
    assert models.relative_error(outputs, reference) <= 2 * models.relative_error(half, reference)


def test_follows_the_callers_stream():
    _, compiled = build("lenet", torch.float16)
    inputs = on_gpu(INPUTS["lenet"](4), torch.float16)
    want = compiled(**inputs).clone()
    side = torch.cuda.Stream()
    for _ in range(5):
        with torch.cuda.stream(side):
            late = {k: v.clone() for k, v in inputs.items()}
            torch.cuda._sleep(2_000_000)
            late["x"].mul_(1)
            got = compiled(**late)
        other = compiled(**inputs)
        torch.cuda.synchronize()
        assert torch.equal(got, want) and torch.equal(other, want)


def test_inside_the_callers_graph():
    _, compiled = build("lenet", torch.float16)
    static = on_gpu(INPUTS["lenet"](4), torch.float16)
    compiled(**static)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = compiled(**static)
    fresh = on_gpu(models.images(4, 1, 28, 28, seed=5), torch.float16)
    static["x"].copy_(fresh["x"])
    graph.replay()
    assert torch.equal(out, compiled(**fresh))


def test_many_threads():
    _, compiled = build("resnet18", torch.float16)
    cases = [on_gpu(models.images(n, 3, 96, 128, seed=n), torch.float16) for n in (1, 2, 3, 4)]
    wants = [compiled(**c).clone() for c in cases]
    failures = []

    def work(case, want):
        with torch.cuda.stream(torch.cuda.Stream()):
            for _ in range(10):
                if not torch.equal(compiled(**case), want):
                    failures.append("differs")
            torch.cuda.current_stream().synchronize()

    torch.cuda.synchronize()
    threads = [threading.Thread(target=work, args=pair) for pair in zip(cases, wants)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures


def test_wrong_inputs_are_named_and_harmless():
    _, compiled = build("lenet", torch.float16)
    good = on_gpu(INPUTS["lenet"](2), torch.float16)["x"]
    want = compiled(x=good).clone()
    with pytest.raises(RuntimeError, match="input 'x' is on cpu, wanted cuda"):
        compiled(x=good.cpu())
    with pytest.raises(RuntimeError, match="input 'x' is float32, wanted float16"):
        compiled(x=good.float())
    with pytest.raises(RuntimeError, match="'x' dimension 0 is 9, wanted 1..8"):
        compiled(x=good.repeat(5, 1, 1, 1)[:9])
    assert torch.equal(compiled(x=good), want)
    strided = torch.empty(2, 1, 28, 56, dtype=torch.float16, device="cuda")[..., ::2].copy_(good)
    assert torch.equal(compiled(x=strided), want)


def test_saved_and_loaded_in_a_fresh_process(tmp_path, fresh_python):
    _, compiled = build("resnet18", torch.float16)
    inputs = on_gpu(INPUTS["resnet18"](2), torch.float16)
    torch_tensorrt.save(compiled, str(tmp_path / "model.pt2"), kwarg_inputs=inputs)
    torch.save({"inputs": inputs, "want": compiled(**inputs)}, tmp_path / "case.pt")
    code = (
        "import torch, torch_tensorrt\n"
        f"case = torch.load(r'{tmp_path}/case.pt')\n"
        f"model = torch_tensorrt.load(r'{tmp_path}/model.pt2').module()\n"
        "assert torch.equal(model(**case['inputs']), case['want'])\n"
    )
    fresh_python(code)


def test_layer_profile(tmp_path):
    _, compiled = build("lenet", torch.float16)
    inputs = on_gpu(INPUTS["lenet"](4), torch.float16)
    engine = compiled._run_on_acc_0
    engine.enable_profiling(profiling_results_dir=str(tmp_path))
    compiled(**inputs)
    engine.disable_profiling()
    assert list(tmp_path.glob("*.trace"))
