# SPDX-License-Identifier: Apache-2.0
"""What was built, and the current device: the functions that C++ has by the same names."""

import json

import torch

from . import _library


def get_build_info() -> str:
    """As JSON: version, instruction set, threads, plug-ins, converters, layers."""
    return json.dumps({"version": _library.version(), **_library.build_info()})


def dump_build_info() -> None:
    """Prints ``get_build_info()``."""
    print(get_build_info())


def set_device(gpu_id: int) -> None:
    """Makes a CUDA device the current one of the calling thread.

    Raises:
        RuntimeError: there is no such device.
    """
    count = torch.cuda.device_count()
    if not 0 <= gpu_id < count:
        raise RuntimeError(f"there is no CUDA device {gpu_id}: this machine has {count}")
    torch.cuda.set_device(gpu_id)
