# SPDX-License-Identifier: Apache-2.0
"""Latency, error and build time of each model and batch size, all peers side by side in one process.

Every peer is warmed up. Then come rounds in which each peer has one turn after the other. A turn
begins when the threads of the peer before have stopped spinning (ONNX Runtime's keep the cores
busy for a while after a call, whoever runs then), goes on with untimed calls that wake
its own, and its sample is the median of the timed calls that follow. A peer's latency is the median of
its samples; a ratio is given twice, as the ratio of these medians and as the median of the ratios
within each round, which drifts of the machine's speed do not touch.
"""

from __future__ import annotations

import sys
import time

import common

common.find_package()

import models  # noqa: E402
import peers  # noqa: E402
import torch  # noqa: E402

IDLE_STEP, IDLE_MOST = 0.005, 1.0  # seconds: how often, and how long, to look for idle threads
SETTLE = 0.004  # untimed seconds at the start of a turn
TURN = 0.012  # timed seconds of a turn; at least one call
MOST_ROUNDS, FEWEST_ROUNDS = 60, 5


def wait_for_idle_threads() -> None:
    """Returns when no thread of this process has used a core for a while."""
    end = time.perf_counter() + IDLE_MOST
    while time.perf_counter() < end:
        before = time.process_time()
        time.sleep(IDLE_STEP)
        if time.process_time() - before < IDLE_STEP / 10:
            return
    raise RuntimeError(f"a peer's threads are still busy {IDLE_MOST} s after its last call")


class Contestant:
    def __init__(self, peer: peers.Peer, model, inputs, threads: int, wanted):
        start = time.perf_counter()
        self.peer, self.call = peer, peer.prepare(model, inputs, threads)
        raw = self.call()
        self.build_seconds = time.perf_counter() - start
        self.error = models.relative_error(peer.tensors(raw), wanted)
        self.samples: list[float] = []

    def warm_up(self, seconds: float = 0.3) -> None:
        """At least three calls; leaves the time of the fastest one as a first guess."""
        best, end = float("inf"), time.perf_counter() + seconds
        done = 0
        while done < 3 or time.perf_counter() < end:
            start = time.perf_counter()
            self.call()
            best = min(best, time.perf_counter() - start)
            done += 1
        self.guess = best

    def turn(self) -> None:
        call, clock = self.call, time.perf_counter
        wait_for_idle_threads()
        for _ in range(max(1, round(SETTLE / self.guess))):
            call()
        times = []
        for _ in range(max(1, round(TURN / self.guess))):
            start = clock()
            call()
            times.append(clock() - start)
        self.samples.append(common.median(times))

    @property
    def turn_seconds(self) -> float:
        return max(SETTLE, self.guess) + max(TURN, self.guess)


def prepare(row: models.Model, batch: int, options) -> tuple[list[Contestant], dict[str, str]]:
    model, inputs = row.build(), row.inputs(batch)
    wanted = models.double_reference(model, inputs)
    ready, skipped = [], {}
    for peer in peers.PEERS:
        if options.peers and peer.name not in options.peers:
            continue
        reason = peer.missing()
        if reason is None:
            try:
                ready.append(Contestant(peer, model, inputs, options.threads, wanted))
            except Exception as error:  # a peer's failure is a result, not the end of the run
                if peer.name == "torch_tensorrt":
                    raise
                reason = f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
        if reason is not None:
            skipped[peer.name] = reason
            print(f"  {peer.title}: skipped, {reason}", file=sys.stderr)
    return ready, skipped


def measure(contestants: list[Contestant], options) -> int:
    for contestant in contestants:
        contestant.warm_up()
        contestant.samples.clear()
    rounds = options.rounds
    if not rounds:
        per_round = sum(c.turn_seconds for c in contestants)
        rounds = int(min(MOST_ROUNDS, max(FEWEST_ROUNDS, options.seconds / per_round)))
    for _ in range(rounds):
        for contestant in contestants:
            contestant.turn()
    return rounds


def summary(contestants: list[Contestant]) -> dict[str, dict]:
    """Per peer: milliseconds, error, build time, and how many times slower it is than ours."""
    ours = next((c for c in contestants if c.peer.name == "torch_tensorrt"), None)
    found = {}
    for c in contestants:
        entry = {
            "median_ms": common.median(c.samples) * 1e3,
            "min_ms": min(c.samples) * 1e3,
            "samples_ms": [round(s * 1e3, 5) for s in c.samples],
            "relative_l2_error": c.error,
            "build_s": c.build_seconds,
        }
        if ours:
            ratios = [a / b for a, b in zip(c.samples, ours.samples)]
            entry["ratio_of_medians"] = common.median(c.samples) / common.median(ours.samples)
            entry["median_of_ratios"] = common.median(ratios)
        found[c.peer.name] = entry
    return found


def show(name: str, batch: int, rounds: int, result: dict) -> None:
    print(f"{name}, batch {batch}, {rounds} rounds")
    print(f"  {'':20} {'ms':>10} {'/ ours':>8} {'rounds':>8} {'error':>9} {'build s':>8}")
    for peer in peers.PEERS:
        r = result.get(peer.name)
        if r:
            ratios = [r.get("ratio_of_medians", 0), r.get("median_of_ratios", 0)]
            print(
                f"  {peer.title:20} {r['median_ms']:10.4f} {ratios[0]:8.3f} {ratios[1]:8.3f}"
                f" {r['relative_l2_error']:9.1e} {r['build_s']:8.2f}"
            )


def run_row(row: models.Model, batch: int, options, quiet: common.Quiet) -> dict:
    what = f"{row.name}, batch {batch}"
    contestants, skipped = prepare(row, batch, options)
    quiet.check(f"before {what}", tries=5)
    rounds = quiet.measure(what, lambda: measure(contestants, options))
    result = summary(contestants)
    show(row.name, batch, rounds, result)
    return {
        "model": row.name,
        "batch": batch,
        "rounds": rounds,
        "peers": result,
        "skipped": skipped,
    }


def main() -> None:
    options = common.arguments(
        __doc__.splitlines()[0],
        ("--models", {"nargs": "+", "choices": sorted(models.MODELS), "default": [*models.MODELS]}),
        ("--batches", {"nargs": "+", "type": int, "default": [1, 8]}),
        ("--peers", {"nargs": "+", "choices": [p.name for p in peers.PEERS]}),
        ("--rounds", {"type": int, "default": 0, "help": "0: as many as --seconds allow"}),
        ("--seconds", {"type": float, "default": 20.0, "help": "measured time of a row"}),
    )
    quiet = common.Quiet(options.force)
    quiet.check("at the start")
    torch.set_num_threads(options.threads)
    rows = []
    with torch.no_grad():
        for name in options.models:
            for batch in options.batches:
                rows.append(run_row(models.MODELS[name], batch, options, quiet))
    method = {"settle_s": SETTLE, "turn_s": TURN, "text": __doc__}
    print(common.write("models", options, quiet, method=method, rows=rows))


if __name__ == "__main__":
    main()
