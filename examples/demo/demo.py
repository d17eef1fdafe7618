# SPDX-License-Identifier: Apache-2.0
"""ResNet-18 from PyTorch to a C++ program without Python, in one go.

Compiles torchvision's resnet18 (random weights, batch 1 to 8), shows what would run where, compares
latency and error with eager PyTorch, saves the model as .pt2 and as a bare plan, then builds the two
C++ examples and runs them on what was saved. Everything lands in build/demo.
"""

import argparse
import copy
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1]
ROOT = EXAMPLES.parent
sys.path.insert(0, str(EXAMPLES / "common"))

import torch  # noqa: E402
import torchvision  # noqa: E402
from example_case import write_case  # noqa: E402

import torch_tensorrt  # noqa: E402

BATCHES = (1, 8)


def headline(text: str) -> None:
    print(f"\n== {text}", flush=True)


def make_model() -> torch.nn.Module:
    """Random weights, and random batch-norm statistics: the defaults would make those layers do
    nothing."""
    torch.manual_seed(0)
    model = torchvision.models.resnet18(weights=None).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return model


def medians(calls: list, runs: int) -> list[float]:
    """Median milliseconds of each call; the calls take turns, so that all meet the same machine."""
    times = [[] for _ in calls]
    for _ in range(runs + 2):
        for call, seen in zip(calls, times):
            start = time.perf_counter()
            call()
            seen.append((time.perf_counter() - start) * 1e3)
    return [statistics.median(seen[2:]) for seen in times]


def error(seen: torch.Tensor, wanted: torch.Tensor) -> float:
    """|seen - wanted| / |wanted| in the 2-norm, in float64."""
    return (torch.linalg.norm(seen.double() - wanted) / torch.linalg.norm(wanted)).item()


def compare(model: torch.nn.Module, compiled: torch.nn.Module, runs: int) -> None:
    exact = copy.deepcopy(model).double()
    print(f"{'batch':>5} {'':<8} {'latency':>11} {'error to float64':>17}")
    for rows in BATCHES:
        x = torch.randn(rows, 3, 224, 224)
        wanted = exact(x.double())
        eager, ours = medians([lambda: model(x), lambda: compiled(x)], runs)  # noqa: B023
        print(f"{rows:>5} {'eager':<8} {eager:>8.2f} ms {error(model(x), wanted):>17.1e}")
        print(f"{'':>5} {'compiled':<8} {ours:>8.2f} ms {error(compiled(x), wanted):>17.1e}")
        print(f"{'':>5} {'':<8} {eager / ours:>7.2f} x faster")


def save(model: torch.nn.Module, compiled: torch.nn.Module, folder: Path) -> None:
    torch_tensorrt.save(compiled, str(folder / "resnet18.pt2"))
    plan = compiled._run_on_acc_0.engine.plan().numpy()
    plan.tofile(folder / "resnet18.plan")
    x = torch.randn(1, 3, 224, 224)
    write_case(folder / "case", [x], [model(x)])
    for name in ("resnet18.pt2", "resnet18.plan"):
        print(f"{folder / name}: {(folder / name).stat().st_size / 2**20:.1f} MiB")


def cmake() -> str:
    beside = Path(sys.executable).parent / "cmake"
    return str(beside) if beside.exists() else shutil.which("cmake") or "cmake"


def run_cpp(example: str, program: str, model: Path, folder: Path) -> None:
    build = folder / example
    prefix = torch_tensorrt.utils.cmake_prefix_path
    configure = [cmake(), "-S", str(EXAMPLES / example), "-B", str(build)]
    configure += [f"-DCMAKE_PREFIX_PATH={prefix}"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([cmake(), "--build", str(build)], check=True, stdout=subprocess.DEVNULL)
    libraries = subprocess.run(["ldd", build / program], check=True, capture_output=True, text=True)
    if "libpython" in libraries.stdout:
        raise SystemExit(f"{program} needs libpython")
    print(f"{program} (no libpython):", flush=True)
    subprocess.run([build / program, model, folder / "case"], check=True)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "demo")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--runs", type=int, default=20, help="timed calls per table row")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)

    shape = (3, 224, 224)
    sizes = torch_tensorrt.Input(
        min_shape=(1, *shape), opt_shape=(1, *shape), max_shape=(8, *shape), name="x"
    )
    model = make_model()
    headline("What would run where (dryrun=True builds nothing)")
    program = torch_tensorrt.dynamo.trace(model, [sizes])
    torch_tensorrt.dynamo.compile(program, inputs=[sizes], dryrun=True)
    headline("Compiling")
    start = time.perf_counter()
    compiled = torch_tensorrt.dynamo.compile(program, inputs=[sizes])
    print(f"\nbuilt in {time.perf_counter() - start:.2f} s")
    headline(f"Eager against compiled, {args.threads} threads, median of {args.runs} calls in turn")
    compare(model, compiled, args.runs)
    headline("Saving")
    save(model, compiled, args.out)
    headline("The .pt2 in C++, through PyTorch's runtime")
    run_cpp("cpp_pt2", "run_pt2", args.out / "resnet18.pt2", args.out)
    headline("The plan in C++, through libtenon alone")
    run_cpp("cpp_plan", "run_plan", args.out / "resnet18.plan", args.out)


if __name__ == "__main__":
    main()
