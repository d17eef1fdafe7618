# SPDX-License-Identifier: Apache-2.0
"""What the benchmark programs share: finding the package, the facts of the machine, the check that
nobody else uses the cores, and the result files."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, NoReturn, Optional

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).resolve().parent / "results"
BUSY_EXIT = 3
BUSY_LIMIT = 0.15  # of one core
_TICKS = os.sysconf("SC_CLK_TCK")
_LIBRARIES = (
    "torch",
    "torchvision",
    "transformers",
    "onnxruntime",
    "openvino",
    "onnx",
    "onnxscript",
    "numpy",
    "onednn-cpu-gomp",
)


def find_package() -> None:
    """Makes ``import torch_tensorrt`` find this tree's package if the tree is built, else leaves it to
    the environment."""
    package = ROOT / "python"
    built = ROOT / "build" / "lib"
    if "TORCH_TENSORRT_LIB_DIR" in os.environ or (package / "torch_tensorrt" / "lib").exists():
        sys.path.insert(0, str(package))
    elif (built / "libtorchtrt.so").exists():
        os.environ["TORCH_TENSORRT_LIB_DIR"] = str(built)
        sys.path.insert(0, str(package))
    elif importlib.util.find_spec("torch_tensorrt") is None:
        fail(
            "torch_tensorrt is neither built (build/lib), nor pointed at by TORCH_TENSORRT_LIB_DIR, nor"
            " installed"
        )


def environment() -> dict[str, str]:
    """The environment in which a child process finds the same package."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


# --- who else uses the cores


def _process_times() -> dict[int, tuple[str, float]]:
    """pid -> (name, seconds of CPU time) of every process that is visible."""
    times = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            text = Path("/proc", entry, "stat").read_text(errors="replace")
        except OSError:  # it has ended
            continue
        name, rest = text[text.index("(") + 1 :].rsplit(")", 1)
        fields = rest.split()
        times[int(entry)] = (name, (int(fields[11]) + int(fields[12])) / _TICKS)
    return times


def _machine_time() -> float:
    """CPU seconds in use on the whole machine, with what the hypervisor took away."""
    fields = [int(f) for f in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / _TICKS


def others(seconds: float = 1.0) -> tuple[float, str]:
    """(share of one core that others used during ``seconds``, who used most of it)."""
    me = os.getpid()
    start, machine, before = time.monotonic(), _machine_time(), _process_times()
    time.sleep(seconds)
    wall, machine_used, after = (
        time.monotonic() - start,
        _machine_time() - machine,
        _process_times(),
    )
    used = {
        pid: (name, (cpu - before.get(pid, (name, 0.0))[1]) / wall)
        for pid, (name, cpu) in after.items()
    }
    mine = used.pop(me, ("", 0.0))[1]
    visible = sum(share for _, share in used.values())
    total = max(visible, machine_used / wall - mine)
    top = sorted(used.items(), key=lambda item: -item[1][1])[:3]
    names = [f"{name} (pid {pid}) {share:.0%}" for pid, (name, share) in top if share >= 0.01]
    unseen = total - visible
    if unseen >= 0.05:
        names.append(f"the kernel, other containers or the hypervisor {unseen:.0%}")
    return total, ", ".join(names)


class Quiet:
    """Refuses to measure while other processes use the cores, or marks the result."""

    def __init__(self, force: bool):
        self._force = force
        self.disturbances: list[str] = []

    def check(self, when: str, tries: int = 1) -> None:
        """Ends the program if others use the cores in ``tries`` samples of a second one after another."""
        for _ in range(tries):
            share, who = others()
            if share <= BUSY_LIMIT:
                return
        self._refuse(f"{when}: other processes use {share:.0%} of a core: {who}")

    def measure(self, what: str, work: Callable[[], Any], tries: int = 3) -> Any:
        """What ``work`` returns, from a run of it during which others did not use the cores."""
        for _ in range(tries):
            wall, machine, mine = time.monotonic(), _machine_time(), time.process_time()
            result = work()
            wall = time.monotonic() - wall
            used = _machine_time() - machine - (time.process_time() - mine)
            share = (used - 2 / _TICKS) / wall  # /proc/stat counts in ticks
            if share <= BUSY_LIMIT:
                return result
            if self._force:
                break
        self._refuse(f"during {what}: other processes used {share:.0%} of a core")
        return result

    def _refuse(self, text: str) -> None:
        if not self._force:
            print(
                f"not measured, {text}; at most {BUSY_LIMIT:.0%} is allowed"
                " (--force measures all the same and marks the result as not quotable)",
                file=sys.stderr,
            )
            sys.exit(BUSY_EXIT)
        print(f"warning, {text}", file=sys.stderr)
        self.disturbances.append(text)


# --- facts


def _cpu_info() -> dict[str, str]:
    rows = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    return {k.strip(): v.strip() for k, _, v in (row.partition(":") for row in rows)}


def machine() -> dict[str, Any]:
    """CPU model, cores that may be used, instruction sets that matter here, memory."""
    info = _cpu_info()
    flags = set(info.get("flags", "").split())
    wanted = ("avx2", "fma", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_tile")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": info.get("model name", platform.processor() or "unknown"),
        "family_model_stepping": "/".join(
            info.get(k, "?") for k in ("cpu family", "model", "stepping")
        ),
        "cores": len(os.sched_getaffinity(0)),
        "isa": [f for f in wanted if f in flags],
        "memory_gib": round(memory / 2**30, 1),
        "os": f"{platform.system()} {platform.machine()}",
    }


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def commit() -> dict[str, Any]:
    """The commit of this tree and whether the tree differs from it (result files do not count)."""
    status = _git(
        "status", "--porcelain", "--", ".", ":(exclude)bench/results", ":(exclude)README.md"
    )
    known = _git("rev-parse", "--short=10", "HEAD")
    if not known:  # a copy of the tree on another machine
        return {"commit": os.environ.get("TENON_COMMIT", "unknown"), "dirty": False}
    return {"commit": known, "dirty": bool(status)}


# --- results


def arguments(description: str, *more: tuple[str, dict]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--force", action="store_true", help="measure on a busy machine")
    parser.add_argument("--output", type=Path, help="file to write instead of one in bench/results")
    for name, options in more:
        parser.add_argument(name, **options)
    return parser.parse_args()


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def write(kind: str, options: argparse.Namespace, quiet: Quiet, **content: Any) -> Path:
    """Writes a result file that did not exist before; returns its path."""
    now = datetime.datetime.now(datetime.timezone.utc)
    facts = {
        "kind": kind,
        "date": now.isoformat(timespec="seconds"),
        **commit(),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "threads": options.threads,
        "quotable": not quiet.disturbances,
        "disturbances": quiet.disturbances,
        "machine": machine(),
        "versions": versions(),
        **content,
    }
    text = json.dumps(facts, indent=1) + "\n"
    if options.output:
        path = options.output
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
        return path
    stem = f"{now:%Y-%m-%d}_{_slug(facts['machine']['cpu'])}_{facts['commit']}_{kind}"
    return _write_new(stem, text)


def _write_new(stem: str, text: str) -> Path:
    RESULTS.mkdir(exist_ok=True)
    for number in range(1, 1000):
        path = RESULTS / (f"{stem}.json" if number == 1 else f"{stem}_{number}.json")
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(text)
            return path
        except FileExistsError:
            continue
    raise RuntimeError(f"{RESULTS}/{stem}.json and 999 more exist")


def fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(1)


def median(values: list[float]) -> Optional[float]:
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
