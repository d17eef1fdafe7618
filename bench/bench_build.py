# SPDX-License-Identifier: Apache-2.0
"""ExportedProgram -> runnable module: time cold (no timing cache) and warm, and memory.

Each sample is a process of its own, and one more for the memory. Export is timed apart. Memory: by how
much the resident set's high-water mark rises over what it was before the compilation, next to the bytes
of the weights (which the process holds already, and which the engine holds a second time in its own
form) and of the activations: the engine's arena at the opt sizes, in which values that are not needed
at the same time share memory. The pages of the libraries' own files are mapped in before: how many of
them a first touch brings depends on how the system cached the file (20 to 45 MiB with the same
libraries, copied or just built), and other processes share them.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common

common.find_package()


def _status(field: str) -> int:
    """A field of /proc/self/status in bytes."""
    text = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE).group(1)) * 1024


def _map_libraries() -> None:
    """Opens the libraries that a build opens and maps in all pages of all library files."""
    from torch_tensorrt._library import library_dir

    plugin = library_dir() / "libtenon_onednn.so"
    if plugin.exists():  # as libtenon opens it
        ctypes.CDLL(str(plugin), mode=os.RTLD_NOW | os.RTLD_LOCAL | os.RTLD_DEEPBIND)
    populate_read = 22  # MADV_POPULATE_READ of linux/mman.h
    libc = ctypes.CDLL(None, use_errno=True)
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, access, *_, file = line.split(maxsplit=5)
        if ".so" not in Path(file).name or "r" not in access:
            continue
        begin, end = (int(x, 16) for x in span.split("-"))
        if libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), populate_read):
            common.fail(f"cannot map in {file}: {os.strerror(ctypes.get_errno())}")


def _child(model_name: str, batch: int, cache: str, threads: int, memory: bool) -> None:
    import models
    import torch

    import torch_tensorrt

    torch.set_num_threads(threads)
    row = models.MODELS[model_name]
    model, inputs = row.build(), row.inputs(batch)
    with torch.no_grad():
        start = time.perf_counter()
        program = torch_tensorrt.dynamo.trace(model, kwarg_inputs=inputs)
        export_s = time.perf_counter() - start
        if memory:
            _map_libraries()
        Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts anew
        before = _status("VmRSS")
        start = time.perf_counter()
        compiled = torch_tensorrt.dynamo.compile(
            program,
            kwarg_inputs=inputs,
            timing_cache_path=cache,
            min_block_size=1,
            require_full_compilation=True,
        )
        compile_s = time.perf_counter() - start
        growth, kept = _status("VmHWM") - before, _status("VmRSS") - before
        start = time.perf_counter()
        compiled(**inputs)
        first_call_s = time.perf_counter() - start
    (engine,) = (
        m for m in compiled.modules() if isinstance(m, torch_tensorrt.runtime.TorchTensorRTModule)
    )
    tensors = [*model.parameters(), *model.buffers()]
    times = {
        "export_s": export_s,
        "compile_s": compile_s,
        "first_call_s": first_call_s,
        "stages_ms": compiled.torch_tensorrt_report["times_ms"],
    }
    sizes = {
        "peak_growth_bytes": growth,
        "kept_growth_bytes": kept,
        "weight_bytes": sum(t.numel() * t.element_size() for t in tensors),
        "activation_bytes": json.loads(engine.get_layer_info())["Memory"]["arena_bytes"],
    }
    print(json.dumps(sizes if memory else times))


def _run_child(options, cache: Path, what: str) -> dict:
    command = [sys.executable, __file__, "--child", options.model, options.batch, cache]
    done = subprocess.run(
        [*map(str, command), str(options.threads), what],
        env={**common.environment(), "OMP_NUM_THREADS": str(options.threads)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        common.fail(f"the build failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def _sample(options, cache: Path) -> dict:
    other = Path(f"{cache}.memory")  # as cold or warm as the timed one's
    return {**_run_child(options, cache, "time"), **_run_child(options, other, "memory")}


def _samples(options, quiet: common.Quiet, folder: str) -> tuple[list[dict], list[dict]]:
    cold, warm = [], []
    for i in range(options.samples):
        cache = Path(folder, f"timing_cache_{i}.bin")
        quiet.check("before a cold build")
        cold.append(_sample(options, cache))
        quiet.check("before a warm build")
        warm.append(_sample(options, cache))
    return cold, warm


def _summary(samples: list[dict]) -> dict:
    numbers = [k for k, v in samples[0].items() if isinstance(v, (int, float))]
    summary = {k: common.median([s[k] for s in samples]) for k in numbers}
    whole = summary["weight_bytes"] + summary["activation_bytes"]
    summary["peak_growth_over_weights_and_activations"] = summary["peak_growth_bytes"] / whole
    return {**summary, "samples": samples}


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        model, batch, cache, threads, what = sys.argv[2:7]
        return _child(model, int(batch), cache, int(threads), what == "memory")
    options = common.arguments(
        __doc__.splitlines()[0],
        ("--model", {"default": "resnet18"}),
        ("--batch", {"type": int, "default": 1}),
        ("--samples", {"type": int, "default": 3}),
    )
    quiet = common.Quiet(options.force)
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = map(_summary, _samples(options, quiet, folder))
    for name, s in (("cold", cold), ("warm", warm)):
        print(
            f"{options.model}, {name}: export {s['export_s']:.2f} s, compile {s['compile_s']:.2f} s,"
            f" first call {s['first_call_s'] * 1e3:.1f} ms, peak memory"
            f" {s['peak_growth_bytes'] / 2**20:.0f} MiB ="
            f" {s['peak_growth_over_weights_and_activations']:.2f} x"
            f" (weights {s['weight_bytes'] / 2**20:.0f} +"
            f" activations {s['activation_bytes'] / 2**20:.0f} MiB)"
        )
    path = common.write(
        "build", options, quiet, model=options.model, batch=options.batch, cold=cold, warm=warm
    )
    print(path)


if __name__ == "__main__":
    main()
