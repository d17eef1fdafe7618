# SPDX-License-Identifier: Apache-2.0
"""Checks what a compiler does not: who includes whom (docs/architecture.md, "Folders"), where the
headers of torch, CUDA, oneDNN and JSON may stand, licence lines, and text that does not belong here.

Usage: python tools/check_layers.py     Exits with 1 and a line per offence.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]

# Folder of src/ -> the other folders it may include. Everybody may include include/tenon.
ALLOWED: dict[str, set[str]] = {
    "base": set(),
    "ir": {"base"},
    "partition": {"base", "ir"},
    "frontends": {"base", "ir"},
    "net": {"base", "ir"},
    "kernels": {"base", "ir", "net"},
    "convert": {"base", "ir", "net"},
    "engine": {"base", "ir", "net", "kernels"},
    "driver": {"base", "ir", "net", "kernels", "partition", "frontends", "convert", "engine"},
    "torch": {"base", "ir", "net", "partition", "frontends", "convert", "engine", "driver"},
}

# Headers of others -> the only places that may include them.
FOREIGN = [
    ("torch", r"(torch|ATen|c10|caffe2)/", r"(src/(torch|frontends/torchscript)|include/torch_tensorrt|tools/torchtrtc|tests/py/(cpp|converters_cpp)|examples/(cpp_(pt2|compile|compile_pt2)|custom_converters))/"),
    ("CUDA", r"(cuda|cudnn|cublas|nvrtc|nccl)\w*\.h(pp)?", r"src/(kernels/cuda/|base/cuda_api\.)"),
    ("oneDNN", r"oneapi/|dnnl", r"(src/kernels/onednn|bench)/"),
    ("JSON", r"nlohmann/(?!json_fwd)", r"([\w/]+\.cpp|tests/)"),
]  # fmt: skip
NOT_IN_HEADERS = {"regex", "iostream"}

SOURCE = {".cpp", ".h", ".cu", ".cuh", ".py", ".sh", ".cmake", ".def", ".toml", ".in"}
SOURCE_NAMES = {"Makefile", "CMakeLists.txt", "run"}
LONGEST_FILE = 800

# Written so that this file does not match itself.
UNWANTED = [
    (
        re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b"),
        "unfinished work is an issue, not a comment",
    ),
    (re.compile(r"(?<![\w.$})*])/(roo[t]|wor[k]|User[s])/\w"), "a path of one machine"),
    (re.compile(r"pypi\.or[g]|pythonhosted\.or[g]|download\.pytorch\.or[g]"), "a package index"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def tracked() -> Iterator[PurePosixPath]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    for line in sorted(set(listed.stdout.splitlines())):
        if (ROOT / line).is_file():
            yield PurePosixPath(line)


def own_folder(path: PurePosixPath) -> str:
    return path.parts[1] if path.parts[0] == "src" and len(path.parts) > 2 else ""


def check_include(path: PurePosixPath, quoted: bool, target: str) -> Iterator[str]:
    first = target.split("/")[0]
    ours = quoted and (ROOT / "src" / target).exists()
    folder = own_folder(path)
    if ours and folder and first not in ALLOWED[folder] | {folder}:
        allowed = ", ".join(sorted(ALLOWED[folder])) or "nothing else"
        yield f"src/{folder} may not include {target} (it may include {allowed})"
    if ours and path.parts[0] in ("include", "examples"):
        yield f"{target} is internal; public headers and examples see include/ only"
    if not ours:
        for name, headers, places in FOREIGN:
            if re.match(headers, target) and not re.match(places, str(path)):
                yield f"{target}: {name} headers may stand only in {places}"
    if path.suffix == ".h" and target in NOT_IN_HEADERS:
        yield f"<{target}> is too slow to compile for a header"


def check_file(path: PurePosixPath) -> Iterator[tuple[int, str]]:
    data = (ROOT / path).read_bytes()
    if b"\0" in data[:4096]:
        return
    lines = data.decode("utf-8", "replace").splitlines()
    source = path.suffix in SOURCE or path.name in SOURCE_NAMES
    if source and not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
        yield 1, "no SPDX-License-Identifier: Apache-2.0"
    if source and len(lines) > LONGEST_FILE:
        yield len(lines), f"more than {LONGEST_FILE} lines"
    cpp = path.suffix in (".cpp", ".h", ".cu", ".cuh")
    if path.suffix == ".h" and not {"#pragma once", "#ifdef __cplusplus"} & set(lines):
        yield 1, "no #pragma once"
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line) if cpp else None
        if include:
            for offence in check_include(path, include[1] == '"', include[2]):
                yield number, offence
        for pattern, why in UNWANTED:
            if found := pattern.search(line):
                yield number, f"'{found[0]}': {why}"


def main() -> int:
    offences = files = 0
    for path in tracked():
        files += 1
        if own_folder(path) and own_folder(path) not in ALLOWED:
            print(f"{path}: src/{own_folder(path)} has no row in ALLOWED")
            offences += 1
            continue
        for line, text in check_file(path):
            print(f"{path}:{line}: {text}")
            offences += 1
    print(f"{files} files, {offences} offences")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
