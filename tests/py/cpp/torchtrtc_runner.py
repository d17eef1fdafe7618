# SPDX-License-Identifier: Apache-2.0
"""Runs torchtrtc as a user would, and reads what it wrote."""

import json
import os
import subprocess
from pathlib import Path

import torch

import torch_tensorrt
from torch_tensorrt import _library

TOOL = _library.library_dir().resolve().parent / "bin" / "torchtrtc"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def start(*arguments: object) -> tuple[int, str]:
    """(exit status, standard output and error)."""
    assert TOOL.exists(), f"{TOOL} is not built: it needs libcxxopts-dev, then `ninja torchtrtc`"
    command = [str(a) for a in (TOOL, *arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    return done.returncode, done.stdout + done.stderr


def torchtrtc(*arguments: object, fails: bool = False) -> str:
    """Standard output and error; the exit status must be 0, or 1 with one line that says why."""
    status, text = start(*arguments)
    assert status == (1 if fails else 0), text
    if fails:
        assert sum(line.startswith("torchtrtc: error: ") for line in text.splitlines()) == 1, text
    return text


def export(path: Path, model: torch.nn.Module, inputs) -> torch.export.ExportedProgram:
    """Saves the program of a model; `inputs` are what torch_tensorrt.dynamo.trace takes."""
    kwargs = inputs if isinstance(inputs, dict) else None
    program = torch_tensorrt.dynamo.trace(
        model.eval(), arg_inputs=None if kwargs else inputs, kwarg_inputs=kwargs
    )
    torch.export.save(program, path)
    return program


def compile_pt2(path: Path, *flags: object) -> tuple[Path, dict]:
    """(the compiled program, the report) of torchtrtc."""
    out, report = path.with_name(path.stem + "_compiled.pt2"), path.with_suffix(".json")
    torchtrtc(path, out, "--report", report, *flags)
    return out, json.loads(report.read_text())


def placed(report: dict) -> dict[str, tuple[bool, str]]:
    """Node -> (does an engine run it, the reason why not)."""
    return {n["name"]: (n["engine"], n["reason"]) for n in report["nodes"]}
