# SPDX-License-Identifier: Apache-2.0
"""Where C++ programs find what they need, and what converts."""

from . import _library

#: For ``cmake -DCMAKE_PREFIX_PATH=...``: find_package(tenon) and find_package(torch_tensorrt).
cmake_prefix_path: str = str(_library.library_dir().resolve().parent)
#: The folder of libtorchtrt.so and libtenon.so.
library_path: str = str(_library.library_dir().resolve())


def supported_ops() -> list[str]:
    """The ops that have a converter, sorted: "aten::add.Tensor"; those of users' converters too.
    Whether a certain call converts depends on its dtypes and sizes as well: see the dry run, or
    ``torch_tensorrt_report["node_types"]`` of a compiled module."""
    info = _library.build_info()
    users = [name.split(" ")[0] for name in info["user_converters"]]
    return sorted({*info["converters"], *users})


def include_paths() -> list[str]:
    """The folders of the C++ headers, of the installed package or of the tree it was built in."""
    package = _library.library_dir().resolve().parent
    installed = package / "include"
    headers = installed if installed.exists() else package.parent / "include"
    return [str(headers), str(headers / "torch_tensorrt")]


__all__ = ["cmake_prefix_path", "include_paths", "library_path", "supported_ops"]
