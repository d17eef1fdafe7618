# SPDX-License-Identifier: Apache-2.0
"""Notices that a tensor whose value is built into an engine has changed.

At each call are compared, for each tensor: which object it is (``module.weight = ...``), its version
(in-place ops, ``load_state_dict``, optimiser steps), its address (``p.data = ...``), and on the CPU
up to 64 bytes of its contents, because torch does not count edits through ``p.data`` as versions.
Hence not noticed are edits in place through ``.data``, ``.numpy()`` or foreign pointers that leave
those bytes as they were, and on CUDA, where reading would wait for the device, all such edits."""

from __future__ import annotations

import ctypes
from typing import Any, Sequence

import torch

_WINDOW, _WINDOWS = 16, 4


class Watch:
    """Remembers tensors as they are now."""

    def __init__(self, tensors: Sequence[torch.Tensor]):
        self._seen = [(t, _version(t), t.data_ptr()) for t in tensors]
        self._windows = [w for i, t in enumerate(tensors) for w in _windows(i, t)]

    def changed(self, tensors: Sequence[torch.Tensor]) -> list[int]:
        """Positions of the tensors that differ from those remembered."""
        found = [
            i
            for i, (now, (then, version, address)) in enumerate(zip(tensors, self._seen))
            if now is not then or now.data_ptr() != address or _version(now) != version
        ]
        # Only memory that is known to be there still is read.
        return found or sorted({i for i, memory, then in self._windows if memory.raw != then})


def _version(tensor: torch.Tensor) -> int:
    return -1 if tensor.is_inference() else tensor._version


def _windows(index: int, tensor: torch.Tensor) -> list[tuple[int, Any, bytes]]:
    """(index, view of some bytes, what they are now), spread over the tensor."""
    size = tensor.numel() * tensor.element_size()
    if tensor.device.type != "cpu" or not size or not _is_one_block(tensor):
        return []
    length = size if size <= _WINDOW * _WINDOWS else _WINDOW
    starts = {(size - length) * k // (_WINDOWS - 1) for k in range(_WINDOWS)}
    kind = ctypes.c_char * length
    views = [kind.from_address(tensor.data_ptr() + start) for start in starts]
    return [(index, view, view.raw) for view in views]


def _is_one_block(tensor: torch.Tensor) -> bool:
    """Whether the elements fill the bytes from the first on."""
    order = sorted(zip(tensor.stride(), tensor.shape))
    expected = 1
    for stride, size in order:
        if size != 1 and stride != expected:
            return False
        expected *= size
    return tensor.layout is torch.strided
