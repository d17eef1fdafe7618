# SPDX-License-Identifier: Apache-2.0
"""What compiling costs: user CPU seconds per target, and the slowest files.

    python tools/build_times.py build                    # what ninja last ran (.ninja_log, wall time)
    python tools/build_times.py build --every 4 --jobs 2 # compiles every 4th file of each target anew

The second form writes no object: it runs the commands of the configured build folder, one by one,
with the compiler cache left out, and scales each target's sample to all its files. Precompiled
headers are built with ninja first and are counted in full. Nothing else should use the machine.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile


def target_of(output: str) -> str:
    """'tests/CMakeFiles/test_ir.dir/ir/a.cpp.o' -> 'test_ir'."""
    match = re.search(r"CMakeFiles/([^/]+)\.dir/", output)
    return match.group(1) if match else "(other)"


def logged(build: pathlib.Path) -> dict[str, float]:
    """Wall seconds of the last run of each compilation, by output."""
    seconds = {}
    for line in (build / ".ninja_log").read_text().splitlines()[1:]:
        start, end, _, output, _ = line.split("\t")
        if output.endswith((".o", ".gch")):
            seconds[output] = (int(end) - int(start)) / 1000
    return seconds


def compilations(build: pathlib.Path) -> dict[str, list[str]]:
    """The compiler's command line per output, as ninja would run it, without a compiler cache."""

    def tool(*words: str) -> str:
        done = subprocess.run(["ninja", "-C", build, "-t", *words], capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else sys.exit(done.stderr or done.stdout)

    wanted = set(tool("inputs", "all").splitlines())  # not the benchmarks, say
    commands = {}
    for entry in json.loads(tool("compdb")):
        if entry["output"] in wanted and entry["output"].endswith((".o", ".gch")):
            words = shlex.split(entry["command"])
            commands[entry["output"]] = words[1:] if words[0].endswith("ccache") else words
    return commands


def user_seconds(build: pathlib.Path, words: list[str]) -> float:
    """Runs a compilation with its outputs thrown away; the CPU seconds it spent in user mode."""
    words = list(words)
    with tempfile.TemporaryDirectory() as folder:
        for option in ("-o", "-MF"):
            words[words.index(option) + 1] = os.path.join(folder, "out" + option)
        child = subprocess.Popen(words, cwd=build, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"failed: {shlex.join(words)}")
    return usage.ru_utime


def sampled(build: pathlib.Path, every: int, jobs: int, pattern: str) -> tuple[dict, dict]:
    """User seconds per sampled output, and how many outputs each target has."""
    commands = {o: c for o, c in compilations(build).items() if re.search(pattern, target_of(o))}
    headers = [output for output in commands if output.endswith(".gch")]
    if headers:
        subprocess.run(["ninja", "-C", build, *headers], check=True, stdout=subprocess.DEVNULL)
    by_target = collections.defaultdict(list)
    for output in sorted(commands):
        if output.endswith(".o"):
            by_target[target_of(output)].append(output)
    chosen = headers + [output for outputs in by_target.values() for output in outputs[::every]]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        times = pool.map(lambda output: user_seconds(build, commands[output]), chosen)
        seconds = {}
        for output, time in zip(chosen, times, strict=True):
            print(f"{time:8.2f}  {output}", file=sys.stderr, flush=True)
            seconds[output] = time
        return seconds, {t: len(o) for t, o in by_target.items()}


def report(seconds: dict[str, float], files: dict[str, int], slowest: int) -> None:
    """Prints a row per target, the sum and the slowest files."""
    spent, seen, headers = (collections.Counter() for _ in range(3))
    for output, time in seconds.items():
        target = target_of(output)
        if output.endswith(".gch"):
            headers[target] += time
        else:
            spent[target] += time
            seen[target] += 1
    total = {t: headers[t] + spent[t] * files[t] / seen[t] for t in seen}
    print(f"{'target':24}{'files':>7}{'timed':>7}{'s/file':>8}{'s':>9}")
    for target in sorted(total, key=total.get, reverse=True):
        mean = spent[target] / seen[target]
        print(f"{target:24}{files[target]:7}{seen[target]:7}{mean:8.2f}{total[target]:9.1f}")
    print(
        f"{'sum':24}{sum(files.values()):7}{sum(seen.values()):7}{'':8}{sum(total.values()):9.1f}"
    )
    for output in sorted(seconds, key=seconds.get, reverse=True)[:slowest]:
        print(f"{seconds[output]:8.2f}  {output}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="a configured build folder (Ninja)")
    parser.add_argument("--every", type=int, help="compile every Nth file of each target")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--target", default="", help="regular expression of the targets to compile")
    parser.add_argument("--slowest", type=int, default=20)
    args = parser.parse_args()
    if args.every:
        seconds, files = sampled(args.build, args.every, args.jobs, args.target)
    else:
        seconds = logged(args.build)
        files = collections.Counter(target_of(o) for o in seconds if o.endswith(".o"))
    report(seconds, files, args.slowest)


if __name__ == "__main__":
    main()
