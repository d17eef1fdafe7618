# SPDX-License-Identifier: Apache-2.0
"""Whole models: one engine and nothing in torch, as exact as eager, the same bits every time."""

import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest
import torch

import torch_tensorrt

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from bench import models as zoo  # noqa: E402


@dataclass(frozen=True)
class Case:
    """A model, its inputs by argument name, and the sizes to run it at; each size is a tuple given to
    ``inputs``. ``ranges`` are min, opt and max; ``between`` are further sizes within them."""

    name: str
    build: Callable[[], torch.nn.Module]
    inputs: Callable[..., zoo.Inputs]
    ranges: tuple[tuple, tuple, tuple]
    between: tuple[tuple, ...]

    def specs(self) -> dict[str, Any]:
        lo, best, hi = (self.inputs(*sizes) for sizes in self.ranges)
        names = ("batch", "length") if self.name.startswith("bert") else None
        return {
            k: torch_tensorrt.Input(
                min_shape=lo[k].shape,
                opt_shape=best[k].shape,
                max_shape=hi[k].shape,
                dtype=best[k].dtype,
                shared_dims=dict(enumerate(names)) if names else None,
            )
            for k in best
        }

    @property
    def sizes(self) -> list[tuple]:
        return list(dict.fromkeys((*self.ranges, *self.between)))


def _bert(layers: int) -> Case:
    return Case(
        f"bert_{layers}_layers",
        lambda: zoo.bert_base(layers=layers),
        zoo.tokens,
        ((1, 8), (4, 32), (8, 128)),
        ((1, 128), (3, 17), (8, 8), (5, 100)),
    )


LENET = Case(
    "lenet",
    zoo.lenet,
    lambda batch: zoo.images(batch, 1, 28, 28),
    ((1,), (8,), (32,)),
    ((2,), (3,), (17,), (31,)),
)
RESNET18_BATCH = Case(
    "resnet18_batch",
    zoo.resnet18,
    lambda batch: zoo.images(batch, 3, 96, 96),
    ((1,), (2,), (5,)),
    ((3,), (4,)),
)
RESNET18_SIZE = Case(
    "resnet18_size",
    zoo.resnet18,
    lambda batch, height, width: zoo.images(batch, 3, height, width),
    ((1, 64, 64), (2, 96, 96), (4, 160, 128)),
    ((1, 65, 127), (3, 97, 64), (4, 64, 128), (2, 111, 99)),
)
CASES = [
    LENET,
    RESNET18_BATCH,
    RESNET18_SIZE,
    _bert(2),
    pytest.param(_bert(12), marks=pytest.mark.slow),
]


class Compiled:
    def __init__(self, case: Case):
        self.case = case
        self.model = case.build()
        with torch.no_grad():
            self.module = torch_tensorrt.compile(
                self.model, kwarg_inputs=case.specs(), timing_cache_path="none"
            )

    def __call__(self, inputs: zoo.Inputs) -> Any:
        with torch.no_grad():
            return self.module(**inputs)

    def eager(self, inputs: zoo.Inputs) -> Any:
        with torch.no_grad():
            return self.model(**inputs)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def compiled(request) -> Compiled:
    return Compiled(request.param)


def _same_bits(a: Any, b: Any) -> bool:
    return all(torch.equal(x, y) for x, y in zip(zoo.flat(a), zoo.flat(b), strict=True))


def test_one_engine_and_nothing_in_torch(compiled):
    report = compiled.module.torch_tensorrt_report
    assert [s["kind"] for s in report["segments"]] == ["engine"]
    left = [(n["name"], n["reason"]) for n in report["nodes"] if not n["engine"]]
    assert left == []
    children = [name for name, _ in compiled.module.named_children()]
    assert children == ["_run_on_acc_0"]
    engine = compiled.module._run_on_acc_0
    assert isinstance(engine, torch_tensorrt.runtime.TorchTensorRTModule)
    calls = [n for n in compiled.module.graph.nodes if n.op.startswith("call_")]
    assert [n.target for n in calls if n.op == "call_module"] == ["_run_on_acc_0"]


def test_error_is_at_most_twice_eagers(compiled):
    for sizes in compiled.case.sizes:
        inputs = compiled.case.inputs(*sizes)
        wanted = zoo.double_reference(compiled.model, inputs)
        ours = zoo.relative_error(zoo.flat(compiled(inputs)), wanted)
        eager = zoo.relative_error(zoo.flat(compiled.eager(inputs)), wanted)
        assert ours <= 2 * eager, f"{sizes}: error {ours:.2e}, eager's {eager:.2e}"


@pytest.mark.parametrize("batch", [1, 8])
def test_resnet18_error_at_its_own_size(batch):
    """Static sizes: kernels are chosen for this batch, and the last layer has this many rows."""
    model, inputs = zoo.resnet18(), zoo.images(batch, 3, 224, 224)
    with torch.no_grad():
        module = torch_tensorrt.compile(model, kwarg_inputs=dict(inputs), timing_cache_path="none")
        seen, eager = zoo.flat(module(**inputs)), zoo.flat(model(**inputs))
    wanted = zoo.double_reference(model, inputs)
    ours, theirs = zoo.relative_error(seen, wanted), zoo.relative_error(eager, wanted)
    assert ours <= 2 * theirs, f"error {ours:.2e}, eager's {theirs:.2e}"


def test_output_classes(compiled):
    inputs = compiled.case.inputs(*compiled.case.ranges[1])
    seen, wanted = compiled(inputs), compiled.eager(inputs)
    assert type(seen) is type(wanted)
    if isinstance(wanted, OrderedDict):
        assert list(seen.keys()) == list(wanted.keys())
    pairs = zip(zoo.flat(seen), zoo.flat(wanted), strict=True)
    assert all((s.shape, s.dtype) == (w.shape, w.dtype) for s, w in pairs)


def test_repeated_runs_are_identical(compiled):
    inputs = compiled.case.inputs(*compiled.case.ranges[1])
    first = compiled(inputs)
    compiled(compiled.case.inputs(*compiled.case.ranges[2]))  # other sizes in between
    for _ in range(3):
        assert _same_bits(compiled(inputs), first)


def test_four_threads_get_the_same_bits(compiled):
    """Two threads share each size, so that contexts of equal and of different sizes run at once."""
    all_inputs = [compiled.case.inputs(*compiled.case.ranges[i]) for i in (0, 1, 0, 1)]
    wanted = [compiled(inputs) for inputs in all_inputs]
    failures: list[str] = []
    start = threading.Barrier(4)

    def work(index: int) -> None:
        start.wait()
        try:
            for turn in range(3):
                if not _same_bits(compiled(all_inputs[index]), wanted[index]):
                    failures.append(f"thread {index}, run {turn} differs")
        except BaseException as error:  # reported by the main thread
            failures.append(f"thread {index}: {error!r}")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
