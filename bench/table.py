# SPDX-License-Identifier: Apache-2.0
"""Writes the newest results of bench/results into README.md, between <!-- bench:begin --> and
<!-- bench:end -->.

  python bench/table.py [--print] [--readme FILE] [--results FOLDER]

Only quotable results count: measured with nobody else using the cores, from a committed tree. The
machine is that of the newest models result; results of other hardware are left out. Of its results a row
of the table is the newest of its model and batch, and the caption says which commit it was measured at.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

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


def load(folder: Path, unquotable: bool) -> list[dict]:
    """The results that count, of the newest machine, oldest first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    found = [r for r in found if unquotable or (r["quotable"] and not r["dirty"])]
    found.sort(key=lambda r: r["date"])
    if not found:
        sys.exit(f"{folder} has no quotable result; run bench/bench_models.py on a quiet machine")
    newest = ([r for r in found if r["kind"] == "models"] or found)[-1]
    return [r for r in found if setting(r) == setting(newest)]


def setting(result: dict) -> tuple:
    """What must be the same for figures to stand in one table."""
    m = result["machine"]
    versions = [result["versions"].get(v) for _, _, v in COLUMNS if v]
    return (m["cpu"], m["family_model_stepping"], m["isa"], m["cores"], result["threads"], versions)


def machine(result: dict) -> str:
    m = result["machine"]
    return (
        f"{m['cpu']} (family/model/stepping {m['family_model_stepping']}; {', '.join(m['isa'])}),"
        f" {m['cores']} cores, {result['threads']} threads"
    )


def when(result: dict) -> str:
    state = "" if result["quotable"] else "; NOT QUOTABLE: other processes used the cores"
    dirty = ", with changes" if result["dirty"] else ""
    return f"commit {result['commit']}{dirty}, {result['date'][:10]}{state}"


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


def newest_rows(results: list[dict]) -> list[tuple[dict, dict]]:
    """(row, result that it is from) for each model and batch, in the order of NAMES."""
    newest = {(row["model"], row["batch"]): (row, r) for r in results for row in r["rows"]}
    order = list(NAMES)
    place = lambda key: (order.index(key[0]) if key[0] in NAMES else len(order), *key)  # noqa: E731
    return [newest[key] for key in sorted(newest, key=place)]


def _sources(rows: list[tuple[dict, dict]]) -> str:
    """Which rows were measured when; names no rows if all were measured at once."""
    found: dict[str, list[str]] = {}
    for row, result in rows:
        name = f"{NAMES.get(row['model'], row['model'])} {row['batch']}"
        found.setdefault(when(result), []).append(name)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in found.items())


def models_table(results: list[dict]) -> str:
    rows = newest_rows(results)
    versions = results[-1]["versions"]
    present = {p for row, _ in rows for p in row["peers"]}
    columns = [c for c in COLUMNS if c[0] in present]
    titles = [t if v is None else f"{t} {versions.get(v, '')}".strip() for _, t, v in columns]
    head = ["model", "batch", *titles, "relative L2 error, ours / eager"]
    lines = [
        "float32, milliseconds a call (times ours in brackets), medians."
        f" {machine(results[-1])}. {_sources(rows)}.",
        "",
        "| " + " | ".join(head) + " |",
        "|---|" + "---:|" * (len(head) - 1),
        *(_row(row, [c[0] for c in columns]) for row, _ in rows),
    ]
    reasons = {f"{p}: {why}" for row, _ in rows for p, why in row["skipped"].items()}
    return "\n".join([*lines, *([""] if reasons else []), *sorted(reasons)])


def overhead_line(results: list[dict]) -> str:
    result = results[-1]
    python, cpp = result["python"], result["cpp"][0]
    problems = "; ".join(result["problems"]) or "nothing allocated but torch's outputs"
    return (
        f"Call of an engine with no work: {python['compiled_module_us']:.1f} us from Python (eager"
        f" `x + 1`: {python['eager_add_us']:.1f} us), {cpp['microseconds']:.2f} us from C++; {problems}."
        f" {machine(result)}, {when(result)}."
    )


def build_line(results: list[dict]) -> str:
    result = results[-1]
    cold, warm = result["cold"], result["warm"]
    name = NAMES.get(result["model"], result["model"])
    return (
        f"ExportedProgram to runnable {name}: {cold['compile_s']:.2f} s, {warm['compile_s']:.2f} s with"
        f" a warm timing cache (export before it: {cold['export_s']:.2f} s); memory grows by at most"
        f" {cold['peak_growth_over_weights_and_activations']:.2f} x weights + activations."
        f" {machine(result)}, {when(result)}."
    )


PARTS: tuple[tuple[str, Any], ...] = (
    ("models", models_table),
    ("overhead", overhead_line),
    ("build", build_line),
)


def region(folder: Path, unquotable: bool) -> str:
    results = load(folder, unquotable)
    kinds = [([r for r in results if r["kind"] == kind], text) for kind, text in PARTS]
    parts = [text(found) for found, text in kinds if found]
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
