# SPDX-License-Identifier: Apache-2.0
"""Latency on a CUDA GPU, half precision, all peers side by side in one process.

Peers: eager (channels_last for images), eager recorded in a CUDA graph, Inductor with
mode="reduce-overhead", and ours. Each turn is a row of calls between two CUDA events, long enough
that the events' own cost does not count; rounds are interleaved; a peer's latency is the median of
its turns. The host cost is the time per call of 20 calls in a row that are not waited for. The error is
the relative L2 distance to a float64 copy of the model.
"""

from __future__ import annotations

import copy
import sys
import tempfile
import time
from pathlib import Path

import common

common.find_package()

import models  # noqa: E402
import torch  # noqa: E402

TURN_MS = 20.0
ROUNDS = 15
ROWS = [("resnet18", 1), ("resnet18", 128), ("bert_base", 1), ("bert_base", 32)]


def on_gpu(inputs: models.Inputs, dtype: torch.dtype) -> models.Inputs:
    moved = {}
    for name, value in inputs.items():
        value = value.cuda()
        if value.is_floating_point():
            value = value.to(dtype)
            if value.dim() == 4:
                value = value.to(memory_format=torch.channels_last)
        moved[name] = value
    return moved


def eager(model, inputs):
    return lambda: model(**inputs)


def eager_graph(model, inputs):
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            model(**inputs)
    stream.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = model(**inputs)

    def call():
        graph.replay()
        return output

    return call


def inductor(model, inputs):
    torch._dynamo.reset()
    compiled = torch.compile(model, mode="reduce-overhead", dynamic=False)

    def call():
        torch.compiler.cudagraph_mark_step_begin()
        return compiled(**inputs)

    for _ in range(3):
        call()
    return call


def ours(model, inputs, **settings):
    import torch_tensorrt

    plain = {k: v.contiguous() for k, v in inputs.items()}
    with tempfile.TemporaryDirectory() as folder:  # no timings of earlier builds
        compiled = torch_tensorrt.compile(
            model,
            kwarg_inputs=plain,
            min_block_size=1,
            require_full_compilation=True,
            timing_cache_path=str(Path(folder, "timing_cache.bin")),
            **settings,
        )
    engine = next(iter(compiled.children()))

    def call():
        return compiled(**plain)

    call.layer_info = engine.get_layer_info
    return call


PEERS = {"eager": eager, "eager_graph": eager_graph, "inductor": inductor, "torch_tensorrt": ours}


class Contestant:
    def __init__(self, name, model, inputs, wanted, make=None):
        start = time.perf_counter()
        self.name = name
        self.call = (make or PEERS[name])(model, inputs)
        seen = models.flat(self.call())
        torch.cuda.synchronize()
        self.build_seconds = time.perf_counter() - start
        self.error = models.relative_error(seen, wanted)
        self.samples: list[float] = []
        self.guess = self._timed(5)

    def _timed(self, calls: int) -> float:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(calls):
            self.call()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / calls

    def turn(self) -> None:
        self.samples.append(self._timed(max(3, round(TURN_MS / self.guess))))

    def host_us(self) -> float:
        """Host time of a call in a row of them; an upper bound where the GPU is the slower one."""
        times = []
        for _ in range(20):
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(20):
                self.call()
            times.append((time.perf_counter() - start) / 20)
        torch.cuda.synchronize()
        return common.median(times) * 1e6


def run_row(name: str, batch: int, options) -> dict:
    row = models.MODELS[name]
    base, inputs = row.build(), row.inputs(batch)
    wide = {
        k: v.double() if v.is_floating_point() else v
        for k, v in on_gpu(inputs, torch.float64).items()
    }
    reference = copy.deepcopy(base).double().cuda()
    wanted = models.flat(reference(**wide))
    del reference
    half = copy.deepcopy(base).half().cuda()
    if name == "resnet18":
        half = half.to(memory_format=torch.channels_last)
    given = on_gpu(inputs, torch.float16)
    contestants, failures = [], {}
    for peer in options.peers:
        try:
            contestants.append(Contestant(peer, half, given, wanted))
        except Exception as error:  # a peer's failure is a result, not the end of the run
            failures[peer] = f"{type(error).__name__}: {error}"[:2000]
            print(f"  {peer} failed: {failures[peer]}", file=sys.stderr, flush=True)
    for _ in range(ROUNDS):
        for c in contestants:
            c.turn()
    if options.layers:
        for c in contestants:
            if hasattr(c.call, "layer_info"):
                options.layers.mkdir(parents=True, exist_ok=True)
                (options.layers / f"layers_{name}_{batch}.json").write_text(c.call.layer_info())
    result = {}
    mine = next((c for c in contestants if c.name == "torch_tensorrt"), None)
    print(f"{name}, batch {batch}", flush=True)
    for c in contestants:
        ms = common.median(c.samples)
        ratio = ms / common.median(mine.samples) if mine else float("nan")
        result[c.name] = {
            "median_ms": ms,
            "samples_ms": c.samples,
            "relative_l2_error": c.error,
            "build_s": c.build_seconds,
            "host_us": c.host_us(),
            "ratio": ratio,
        }
        print(
            f"  {c.name:16} {ms:9.4f} ms {ratio:7.3f}x  error {c.error:8.1e}  host"
            f" {result[c.name]['host_us']:7.1f} us  build {c.build_seconds:6.1f} s",
            flush=True,
        )
    return {"model": name, "batch": batch, "peers": result, "failures": failures}


def main() -> None:
    options = common.arguments(
        __doc__.splitlines()[0],
        ("--rows", {"nargs": "+", "default": [f"{m}:{b}" for m, b in ROWS]}),
        ("--peers", {"nargs": "+", "choices": [*PEERS], "default": [*PEERS]}),
        ("--layers", {"type": Path, "help": "folder for the layer information of our engines"}),
    )
    quiet = common.Quiet(True)
    rows = []
    with torch.no_grad():
        for text in options.rows:
            name, batch = text.split(":")
            rows.append(run_row(name, int(batch), options))
    gpu = {"gpu": torch.cuda.get_device_name(), "driver": torch.version.cuda}
    print(common.write("cuda", options, quiet, gpu=gpu, method={"text": __doc__}, rows=rows))


if __name__ == "__main__":
    main()
