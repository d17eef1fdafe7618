# SPDX-License-Identifier: Apache-2.0
"""Where C++ programs find what they need."""

from . import _library

#: For ``cmake -DCMAKE_PREFIX_PATH=...``: find_package(tenon) and find_package(torch_tensorrt).
cmake_prefix_path: str = str(_library.library_dir().resolve().parent)

__all__ = ["cmake_prefix_path"]
