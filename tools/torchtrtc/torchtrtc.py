#!python
# SPDX-License-Identifier: Apache-2.0
"""Becomes the program torchtrtc of the installed package; nothing of the package is imported."""

import importlib.util
import os
import sys
from pathlib import Path


def main() -> None:
    found = importlib.util.find_spec("torch_tensorrt")
    folders = found.submodule_search_locations if found else []
    for folder in folders or []:
        program = Path(folder) / "bin" / "torchtrtc"
        if program.exists():
            os.execv(program, ["torchtrtc", *sys.argv[1:]])
    sys.exit(
        "torchtrtc: error: the installed torch_tensorrt has no torchtrtc: when it was built,"
        " cxxopts.hpp (Debian: libcxxopts-dev) was missing"
    )


main()
