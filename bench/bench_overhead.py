# SPDX-License-Identifier: Apache-2.0
"""What a call costs when the engine has no work, and what a call allocates.

Python: a compiled module that adds 1 to one number, called as a user calls it. C++: Context::enqueue,
from build/bench/context_cost. Allocations are counted by build/bench/libtenon_malloc_counter.so, in all
and by who asked; a call may allocate its outputs, which torch does, and nothing else. Exits with 1 if
the engine's own libraries allocate, or if a context does.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Optional

import common

common.find_package()

_WARM_UP, _CALLS = 50, 200
_LIBRARIES = ("libtenon", "libtorchtrt", "libdnnl")
_OUTPUT_LIST = 2  # torch's list of outputs: the list object and its storage


def _tools() -> tuple[Path, Path]:
    folder = Path(os.environ.get("TENON_BENCH_DIR", common.ROOT / "build" / "bench"))
    paths = folder / "context_cost", folder / "libtenon_malloc_counter.so"
    for path in paths:
        if not path.exists():
            common.fail(f"{path} is missing: ninja -C build context_cost")
    return paths


def _microseconds(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Medians over batches of the mean time of a call. Batches of all calls take turns, so that a
    machine that changes its speed changes it for all of them."""
    clock, per_batch = time.perf_counter, 200
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for _ in range(per_batch):
            call()
    for _ in range(101):
        for name, call in calls.items():
            start = clock()
            for _ in range(per_batch):
                call()
            times[name].append((clock() - start) / per_batch * 1e6)
    return {name: common.median(rows) for name, rows in times.items()}


# --- the child process: the counter is preloaded


def _code_ranges() -> list[tuple[int, int, str]]:
    """(begin, end, file name) of all code in this process."""
    ranges = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and "x" in fields[1]:
            begin, end = (int(a, 16) for a in fields[0].split("-"))
            ranges.append((begin, end, Path(fields[5]).name))
    return ranges


class Counter:
    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._library.malloc_counter_calls.restype = ctypes.c_int64
        self._library.malloc_counter_caller.restype = ctypes.c_size_t
        self._library.malloc_counter_caller.argtypes = [
            ctypes.c_int,
            ctypes.POINTER(ctypes.c_int64),
        ]
        self._ranges = _code_ranges()

    def _name(self, address: int) -> str:
        for begin, end, name in self._ranges:
            if begin <= address < end:
                return name
        return "unknown"

    def per_call(self, call: Callable[[], object]) -> dict[str, float]:
        """Allocations of a call by the library that asks; rarer ones than one a call are the
        interpreter's own affairs and do not count."""
        for _ in range(_WARM_UP):
            call()
        self._library.malloc_counter_reset()
        for _ in range(_CALLS):
            call()
        found: dict[str, float] = {}
        places = []
        calls = ctypes.c_int64()
        while address := self._library.malloc_counter_caller(len(places), ctypes.byref(calls)):
            places.append((address, calls.value))
        for address, count in places:
            if count >= _CALLS:
                name = self._name(address)
                found[name] = found.get(name, 0.0) + count / _CALLS
        return dict(sorted(found.items()))


def _compiled(model, inputs):
    import torch_tensorrt

    settings = {"min_block_size": 1, "require_full_compilation": True, "timing_cache_path": "none"}
    return torch_tensorrt.compile(model, inputs=inputs, **settings)


def _child(plan: str, threads: int) -> None:
    import models
    import torch

    import torch_tensorrt

    class AddOne(torch.nn.Module):
        def forward(self, x):
            return x + 1

    torch.set_num_threads(threads)
    x, image = torch.zeros(1), torch.zeros(1, 1, 28, 28)
    with torch.no_grad():
        one, lenet = _compiled(AddOne().eval(), [x]), _compiled(models.lenet(), [image])
        (engine,) = (
            m for m in lenet.modules() if isinstance(m, torch_tensorrt.runtime.TorchTensorRTModule)
        )
        Path(plan).write_bytes(engine.engine.plan().numpy().tobytes())
        calls = {
            "torch_empty": lambda: torch.empty(1),
            "eager_add": lambda: x + 1,
            "one_element": lambda: one(x),
            "lenet": lambda: lenet(image),
        }
        assert one(x).item() == 1.0
        counter = Counter()
        print(json.dumps({name: counter.per_call(call) for name, call in calls.items()}))


# --- the program


def _json_of(command: list, environment: Optional[dict] = None) -> object:
    done = subprocess.run(
        [str(c) for c in command], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        common.fail(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return json.loads(done.stdout[done.stdout.index("[" if done.stdout[0] == "[" else "{") :])


def _python_cost(threads: int) -> dict[str, float]:
    import torch

    class AddOne(torch.nn.Module):
        def forward(self, x):
            return x + 1

    torch.set_num_threads(threads)
    x = torch.zeros(1)
    with torch.no_grad():
        compiled = _compiled(AddOne().eval(), [x])
        assert compiled(x).item() == 1.0
        calls = {"compiled_module_us": lambda: compiled(x), "eager_add_us": lambda: x + 1}
        return _microseconds(calls)


def _problems(python: dict, cpp: list) -> list[str]:
    found = []
    for row in cpp:
        for library, count in row["allocations_per_call"].items():
            found.append(
                f"Context::enqueue, {row['engine']}: {library} allocates {count} times a call"
            )
    for name, counts in python.items():
        for library, count in counts.items():
            if library.startswith(_LIBRARIES) and count > _OUTPUT_LIST:
                found.append(f"Python, {name}: {library} allocates {count} times a call")
    return found


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        return _child(sys.argv[2], int(sys.argv[3]))
    options = common.arguments(__doc__.splitlines()[0])
    context_cost, counter = _tools()
    quiet = common.Quiet(options.force)
    quiet.check("at the start")
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder, "lenet.plan")
        environment = {
            **common.environment(),
            "LD_PRELOAD": str(counter),
            "OMP_NUM_THREADS": str(options.threads),
        }
        child = [sys.executable, __file__, "--child", plan, options.threads]
        allocations = _json_of(child, environment)
        del environment["LD_PRELOAD"]
        environment["MALLOC_COUNTER_PLAIN_DLOPEN"] = "1"
        quiet.check("before the calls", tries=5)
        cpp = _json_of([context_cost, plan], environment)
    python = quiet.measure("the calls", lambda: _python_cost(options.threads))
    problems = _problems(allocations, cpp)
    python["allocations_per_call"] = allocations
    print(json.dumps({"python": python, "cpp": cpp}, indent=1))
    print("\n".join(problems) or "no allocations but torch's outputs")
    path = common.write("overhead", options, quiet, python=python, cpp=cpp, problems=problems)
    print(path)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
