# SPDX-License-Identifier: Apache-2.0
"""Writes the newest CUDA result of bench/results into the README, between its cuda markers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- cuda:begin -->", "<!-- cuda:end -->"
TITLES = {
    "eager": "eager",
    "eager_graph": "eager in a CUDA graph",
    "inductor": "Inductor `reduce-overhead`",
    "torch_tensorrt": "ours",
}
MODELS = {"resnet18": "ResNet-18, {} x 3 x 224 x 224", "bert_base": "BERT-base, {} x 128"}


def row(result: dict) -> str:
    peers = result["peers"]
    cells = [MODELS[result["model"]].format(result["batch"])]
    for name in TITLES:
        ms = peers[name]["median_ms"]
        text = (
            f"**{ms:.3f}**"
            if name == "torch_tensorrt"
            else f"{ms:.3f} ({peers[name]['ratio']:.2f})"
        )
        cells.append(text)
    errors = [peers[name]["relative_l2_error"] for name in ("torch_tensorrt", "eager")]
    cells.append(" / ".join(f"{e:.1e}" for e in errors))
    builds = [peers[name]["build_s"] for name in ("torch_tensorrt", "inductor")]
    cells.append(" / ".join(f"{s:.1f}" for s in builds))
    cells.append(f"{peers['torch_tensorrt']['host_us']:.0f}")
    return "| " + " | ".join(cells) + " |"


def table(facts: dict) -> str:
    head = ["model", *TITLES.values(), "relative L2 error, ours / eager"]
    head += ["build s, ours / Inductor", "host us a call, ours"]
    lines = [
        f"float16, milliseconds a call (times ours in brackets), medians. {facts['gpu']['gpu']}, torch"
        f" {facts['versions']['torch']}, commit {facts['commit']}, {facts['date'][:10]};"
        " peers get channels-last images.",
        "",
        "| " + " | ".join(head) + " |",
        "|---" + "|---:" * (len(head) - 1) + "|",
        *(row(r) for r in facts["rows"]),
    ]
    return "\n".join(lines)


def main() -> int:
    results = [json.loads(p.read_text()) for p in (ROOT / "bench/results").glob("*_cuda*.json")]
    if not results:
        print("bench/results has no CUDA result", file=sys.stderr)
        return 1
    text = table(max(results, key=lambda r: r["date"]))
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
