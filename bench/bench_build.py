# SPDX-License-Identifier: Apache-2.0
"""ExportedProgram -> runnable module: time cold (no timing cache) and warm, and memory.

Each sample is a process of its own. Export is timed apart. Memory: by how much the resident set's
high-water mark rises over what it was before the compilation, next to the bytes of the weights (which
the process holds already, and which the engine holds a second time in its own form) and of the
activations: the engine's arena at the opt sizes, in which values that are not needed at the same time
share memory.
"""

from __future__ import annotations

import json
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


def _child(model_name: str, batch: int, cache: str, threads: int) -> None:
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
    found = {
        "export_s": export_s,
        "compile_s": compile_s,
        "first_call_s": first_call_s,
        "peak_growth_bytes": growth,
        "kept_growth_bytes": kept,
        "weight_bytes": sum(t.numel() * t.element_size() for t in tensors),
        "activation_bytes": json.loads(engine.get_layer_info())["Memory"]["arena_bytes"],
        "stages_ms": compiled.torch_tensorrt_report["times_ms"],
    }
    print(json.dumps(found))


def _sample(options, cache: Path) -> dict:
    command = [sys.executable, __file__, "--child", options.model, options.batch, cache]
    done = subprocess.run(
        [*map(str, command), str(options.threads)],
        env={**common.environment(), "OMP_NUM_THREADS": str(options.threads)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        common.fail(f"the build failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


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
        model, batch, cache, threads = sys.argv[2:6]
        return _child(model, int(batch), cache, int(threads))
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
