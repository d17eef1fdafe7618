# SPDX-License-Identifier: Apache-2.0
"""The two native libraries: where they are, loading them, and the C functions of the compiler.

``libtenon.so`` (engine core and compiler, no torch) is called through ctypes; ``libtorchtrt.so``
registers ``torch.classes.tensorrt.Engine`` and ``torch.ops.tensorrt.execute_engine``.
"""

import ctypes
import functools
import json
import os
from pathlib import Path

import torch

PROGRESS = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p
)
LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


class TensorStruct(ctypes.Structure):
    """struct tenon_tensor of c_api.h."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("dtype", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("data", ctypes.c_void_p),
    ]


_SIGNATURES = {
    "tenon_compile": (
        ctypes.c_int,
        [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.POINTER(TensorStruct),
            ctypes.c_size_t,
            PROGRESS,
            ctypes.c_void_p,
            ctypes.POINTER(ctypes.c_void_p),
        ],
    ),
    "tenon_result_report": (ctypes.c_char_p, [ctypes.c_void_p]),
    "tenon_result_plan": (
        ctypes.c_int,
        [
            ctypes.c_void_p,
            ctypes.c_size_t,
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_size_t),
        ],
    ),
    "tenon_result_free": (None, [ctypes.c_void_p]),
    "tenon_options_table": (ctypes.c_char_p, []),
    "tenon_last_error": (ctypes.c_char_p, []),
    "tenon_version": (ctypes.c_char_p, []),
    "tenon_build_info": (ctypes.c_char_p, []),
    "tenon_set_log": (None, [LOG, ctypes.c_void_p]),
    "tenon_set_log_level": (None, [ctypes.c_int]),
}


def library_dir() -> Path:
    """The folder of the native libraries; TORCH_TENSORRT_LIB_DIR overrides the package's own."""
    override = os.environ.get("TORCH_TENSORRT_LIB_DIR")
    return Path(override) if override else Path(__file__).parent / "lib"


def _check_torch_version(folder: Path) -> None:
    facts = folder / "torch_version.txt"
    if not facts.exists():
        return
    built = facts.read_text().strip()
    if built.split(".")[:2] != torch.__version__.split(".")[:2]:
        raise ImportError(
            f"torch_tensorrt was built for torch {'.'.join(built.split('.')[:2])} and cannot be"
            f" used with torch {torch.__version__}; install the matching pair."
        )


@functools.cache
def tenon() -> ctypes.CDLL:
    """libtenon.so with typed functions."""
    folder = library_dir()
    path = folder / "libtenon.so"
    if not path.exists():
        raise ImportError(
            f"torch_tensorrt's native library {path} is missing; install the package, or point"
            " TORCH_TENSORRT_LIB_DIR at the lib folder of a build."
        )
    library = ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


@functools.cache
def load() -> None:
    """Loads both libraries; the torch class and op exist afterwards."""
    folder = library_dir()
    _check_torch_version(folder)
    tenon()
    torch.ops.load_library(str(folder / "libtorchtrt.so"))


def last_error() -> str:
    return tenon().tenon_last_error().decode()


def version() -> str:
    return tenon().tenon_version().decode()


def build_info() -> dict:
    return json.loads(tenon().tenon_build_info())


@functools.cache
def options_table() -> list[dict]:
    """All settings, in order: name, type, default, status, doc."""
    return json.loads(tenon().tenon_options_table())
