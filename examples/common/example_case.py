# SPDX-License-Identifier: Apache-2.0
"""Writes the inputs of a model and the outputs they should give where C++ reads them."""

from collections.abc import Sequence
from pathlib import Path

import torch


def write_case(
    folder: Path, inputs: Sequence[torch.Tensor], outputs: Sequence[torch.Tensor]
) -> None:
    """A file of raw bytes per tensor, and case.txt with a line per tensor (example_case.h)."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for kind, tensors in (("input", inputs), ("output", outputs)):
        for i, tensor in enumerate(tensors):
            name = f"{kind}{i}.raw"
            tensor.detach().contiguous().numpy().tofile(folder / name)
            dtype = str(tensor.dtype).removeprefix("torch.")
            lines.append(" ".join([kind, dtype, name, *map(str, tensor.shape)]))
    (folder / "case.txt").write_text("\n".join(lines) + "\n")
