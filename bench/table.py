# SPDX-License-Identifier: Apache-2.0
"""Writes the newest results of bench/results into README.md, between <!-- bench:begin --> and
<!-- bench:end -->.

  python bench/table.py [--print] [--readme FILE] [--results FOLDER]

Only quotable results count: measured with nobody else using the cores, from a committed tree.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
NAMES = {"lenet": "LeNet", "resnet18": "ResNet-18", "bert_base": "BERT-base"}
COLUMNS = (
    ("eager", "eager", "torch"),
    ("inductor", "Inductor, freezing", "torch"),
    ("onnxruntime", "ONNX Runtime", "onnxruntime"),
    ("openvino", "OpenVINO", "openvino"),
    ("torch_tensorrt", "ours", None),
)


def newest(folder: Path, kind: str, unquotable: bool) -> Optional[dict]:
    """The latest result of a kind."""
    found = []
    for path in folder.glob("*.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        clean = result["quotable"] and not result["dirty"]
        if result["kind"] == kind and (clean or unquotable):
            found.append(result)
    return max(found, key=lambda r: r["date"], default=None)


def where(result: dict) -> str:
    """Machine, date and commit of a result."""
    m = result["machine"]
    state = "" if result["quotable"] else "; NOT QUOTABLE: other processes used the cores"
    dirty = ", with changes" if result["dirty"] else ""
    return (
        f"{m['cpu']} (family/model/stepping {m['family_model_stepping']}; {', '.join(m['isa'])}),"
        f" {m['cores']} cores, {result['threads']} threads, {result['date'][:10]},"
        f" commit {result['commit']}{dirty}{state}"
    )


def _milliseconds(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _cell(row: dict, peer: str) -> str:
    entry = row["peers"].get(peer)
    if entry is None:
        return "-"
    text = _milliseconds(entry["median_ms"])
    if peer == "torch_tensorrt":
        return f"**{text}**"
    ratio = entry.get("median_of_ratios")
    return text if ratio is None else f"{text} ({ratio:.2f})"


def _errors(row: dict) -> str:
    entries = [row["peers"].get(name) for name in ("torch_tensorrt", "eager")]
    return " / ".join("-" if e is None else f"{e['relative_l2_error']:.1e}" for e in entries)


def _row(row: dict, columns: list[str]) -> str:
    name = NAMES.get(row["model"], row["model"])
    cells = [name, str(row["batch"]), *(_cell(row, c) for c in columns), _errors(row)]
    return "| " + " | ".join(cells) + " |"


def models_table(result: dict) -> str:
    versions = result["versions"]
    present = {p for row in result["rows"] for p in row["peers"]}
    columns = [c for c in COLUMNS if c[0] in present]
    titles = [t if v is None else f"{t} {versions.get(v, '')}".strip() for _, t, v in columns]
    head = ["model", "batch", *titles, "relative L2 error, ours / eager"]
    lines = [
        f"float32, milliseconds a call (times ours in brackets), medians. {where(result)}.",
        "",
        "| " + " | ".join(head) + " |",
        "|---|" + "---:|" * (len(head) - 1),
        *(_row(row, [c[0] for c in columns]) for row in result["rows"]),
    ]
    reasons = {f"{p}: {why}" for row in result["rows"] for p, why in row["skipped"].items()}
    return "\n".join([*lines, *([""] if reasons else []), *sorted(reasons)])


def overhead_line(result: dict) -> str:
    python, cpp = result["python"], result["cpp"][0]
    problems = "; ".join(result["problems"]) or "nothing allocated but torch's outputs"
    return (
        f"Call of an engine with no work: {python['compiled_module_us']:.1f} us from Python (eager"
        f" `x + 1`: {python['eager_add_us']:.1f} us), {cpp['microseconds']:.2f} us from C++; {problems}."
        f" {where(result)}."
    )


def build_line(result: dict) -> str:
    cold, warm = result["cold"], result["warm"]
    name = NAMES.get(result["model"], result["model"])
    return (
        f"ExportedProgram to runnable {name}: {cold['compile_s']:.2f} s, {warm['compile_s']:.2f} s with"
        f" a warm timing cache (export before it: {cold['export_s']:.2f} s); memory grows by at most"
        f" {cold['peak_growth_over_weights_and_activations']:.2f} x weights + activations."
        f" {where(result)}."
    )


PARTS: tuple[tuple[str, Any], ...] = (
    ("models", models_table),
    ("overhead", overhead_line),
    ("build", build_line),
)


def region(folder: Path, unquotable: bool) -> str:
    results = [(newest(folder, kind, unquotable), text) for kind, text in PARTS]
    parts = [text(result) for result, text in results if result is not None]
    if not parts:
        sys.exit(f"{folder} has no quotable result; run bench/bench_models.py on a quiet machine")
    return "\n\n".join(parts)


def replace(text: str, new: str) -> str:
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        sys.exit(f"the README needs one {BEGIN} and after it one {END}")
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    return f"{before}{BEGIN}\n{new}\n{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    parser.add_argument("--print", action="store_true", help="print, leave the README alone")
    parser.add_argument("--unquotable", action="store_true", help="take marked results too")
    options = parser.parse_args()
    new = region(options.results, options.unquotable)
    if options.print:
        print(new)
        return
    text = options.readme.read_text(encoding="utf-8")
    options.readme.write_text(replace(text, new), encoding="utf-8")


if __name__ == "__main__":
    main()
