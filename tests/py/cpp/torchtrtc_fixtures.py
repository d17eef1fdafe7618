# SPDX-License-Identifier: Apache-2.0
"""A library with an op that nobody but PyTorch knows."""

import subprocess
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def op_library(tmp_path_factory):
    """A shared library with the op tenon_cpp_test::reverse, loaded into this process too."""
    path = tmp_path_factory.mktemp("ops") / "libreverse.so"
    root = Path(torch.__file__).parent
    abi = f"-D_GLIBCXX_USE_CXX11_ABI={int(torch.compiled_with_cxx11_abi())}"
    command = ["g++", "-std=c++20", "-O0", "-shared", "-fPIC", abi, "-isystem", root / "include"]
    command += [HERE / "reverse_op.cpp", "-o", path]
    command += ["-L", root / "lib", "-ltorch_cpu", "-lc10"]
    subprocess.run([str(c) for c in command], check=True)
    torch.ops.load_library(str(path))
    return path
