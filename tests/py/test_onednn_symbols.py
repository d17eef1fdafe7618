# SPDX-License-Identifier: Apache-2.0
"""torch exports vtables and typeinfo of a oneDNN of its own; ours must not bind to them.

The dynamic linker reports every binding (LD_DEBUG=bindings) while a process that has torch imported
loads the plug-in the way users do: through libtenon.so. Python keeps torch's symbols to itself; in
a C++ program that is linked with torch they are global, so the test makes them global.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

PROGRAM = """
import ctypes, json, os, sys
import torch

lib = os.path.join(os.path.dirname(torch.__file__), "lib", "libtorch_cpu.so")
ctypes.CDLL(lib, mode=ctypes.RTLD_GLOBAL)
torch.nn.functional.conv2d(torch.ones(1, 4, 8, 8), torch.ones(4, 4, 3, 3))  # torch's own oneDNN
tenon = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
tenon.tenon_build_info.restype = ctypes.c_char_p
print(json.loads(tenon.tenon_build_info())["onednn"])
"""

BINDING = re.compile(r"binding file (\S+) \[\d+\] to (\S+) \[\d+\]: \S+ symbol `([^']*)'")
OURS = ("libtenon_onednn.so", "libdnnl.so.3")


def library_dir() -> Path:
    override = os.environ.get("TORCH_TENSORRT_LIB_DIR")
    if override:
        return Path(override).resolve()
    import torch_tensorrt

    return Path(torch_tensorrt.__file__).resolve().parent / "lib"


def read_bindings(folder: Path) -> list[tuple[str, str, str]]:
    """(from, to, symbol) of every binding from or to one of our libraries."""
    found = []
    for log in folder.glob("bindings.*"):
        with open(log, errors="replace") as lines:
            for line in lines:
                if any(name in line for name in OURS) and (match := BINDING.search(line)):
                    found.append(match.groups())
    return found


@pytest.fixture(scope="module")
def bindings(tmp_path_factory):
    libraries = library_dir()
    if not (libraries / "libtenon_onednn.so").exists():
        pytest.skip("built without libtenon_onednn.so")
    logs = tmp_path_factory.mktemp("ld")
    env = dict(os.environ, LD_DEBUG="bindings", LD_DEBUG_OUTPUT=str(logs / "bindings"))
    command = [sys.executable, "-c", PROGRAM, str(libraries / "libtenon.so")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "available"
    return read_bindings(logs)


def is_torch(path: str) -> bool:
    name = Path(path).name
    return name.startswith(("libtorch", "libc10")) or name == "libshm.so"


def test_the_plugin_uses_its_own_onednn(bindings):
    used = Counter(
        Path(target).resolve().parent
        for source, target, symbol in bindings
        if Path(source).name == "libtenon_onednn.so" and symbol.startswith("dnnl_")
    )
    assert list(used) == [library_dir()]


def test_nothing_of_ours_binds_into_torch(bindings):
    wrong = [b for b in bindings if Path(b[0]).name in OURS and is_torch(b[1])]
    assert wrong == []


def test_nothing_of_torch_binds_into_ours(bindings):
    wrong = [b for b in bindings if is_torch(b[0]) and Path(b[1]).name in OURS]
    assert wrong == []
