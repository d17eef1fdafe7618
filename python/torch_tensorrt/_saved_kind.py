# SPDX-License-Identifier: Apache-2.0
"""What a saved file is, by its content."""

import os
import zipfile
from typing import Any, BinaryIO

# Entry of the archive, below its one folder -> kind.
_MARKS = {
    "archive_format": "program",
    "serialized_exported_program.json": "program",  # torch.export of old
    "constants.pkl": "script",
}


def of(source: Any) -> str:
    """ "program" (torch.export) or "script" (TorchScript). OSError if a path cannot be opened,
    ValueError if the file is neither. A file object is left at its start."""
    if hasattr(source, "read"):
        source.seek(0)
        kind = _kind(source, str(getattr(source, "name", source)))
        source.seek(0)
        return kind
    with open(source, "rb") as file:
        return _kind(file, os.fsdecode(source))


def _kind(file: BinaryIO, name: str) -> str:
    head = file.read(8)
    if not head:
        raise ValueError(f"{name} is empty; wanted a file that torch_tensorrt.save wrote")
    if head == b"TENONPLN":
        raise ValueError(
            f"{name} is a serialized engine (plan), not a model: give it to"
            " torch_tensorrt.runtime.TorchTensorRTModule"
        )
    if head[:2] != b"PK":
        raise ValueError(
            f"{name} is no zip archive, so neither an exported program nor a TorchScript module"
        )
    try:
        names = zipfile.ZipFile(file).namelist()
    except zipfile.BadZipFile as error:
        raise ValueError(f"{name} is a damaged zip archive: {error}") from error
    for entry in names:
        kind = _MARKS.get(entry.partition("/")[2] or entry)
        if kind:
            return kind
    hint = ""
    if any(entry.endswith("/data.pkl") for entry in names):
        hint = "; torch.save wrote it: read it with torch.load(path, weights_only=False)"
    raise ValueError(
        f"{name} is a zip archive, but neither an exported program nor a TorchScript module{hint}"
    )
