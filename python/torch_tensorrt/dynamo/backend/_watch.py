# SPDX-License-Identifier: Apache-2.0
"""Notices that a tensor whose value is built into an engine has changed.

At each call are compared, for each tensor: which object it is (``module.weight = ...``), its version
(in-place ops, ``load_state_dict``, optimiser steps), its address (``p.data = ...``), and on the CPU
its contents, because torch does not count edits through ``p.data`` as versions: all of tensors up to
4 KiB, 256 bytes of larger ones. Hence not noticed are edits in place through ``.data``, ``.numpy()``
or foreign pointers that leave those bytes as they were, and on CUDA, where reading would wait for the
device, all such edits."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any, Callable, Iterable, Sequence

import torch

_WHOLE = 4096  # bytes of a tensor that is compared as a whole
_WINDOW, _WINDOWS = 64, 4  # bytes each and number, of other tensors


class Watch:
    """Remembers tensors as they are now, and calls ``gone`` when one of them no longer exists."""

    def __init__(self, tensors: Sequence[torch.Tensor], gone: Callable[[], None]):
        self._refs = [weakref.ref(t, lambda _: gone()) for t in tensors]
        # Tensors made under inference mode have no versions.
        self._versioned = [i for i, t in enumerate(tensors) if not t.is_inference()]
        windows = [w for i, t in enumerate(tensors) for w in _windows(i, t)]
        self._window_owners = [i for i, _ in windows]
        self._windows = [view for _, view in windows]
        self._addresses = [t.data_ptr() for t in tensors]
        self._addresses, self._versions, self._contents = self._now(tensors)

    def _now(self, tensors: Sequence[torch.Tensor]) -> tuple[list[int], list[int], list[bytes]]:
        addresses = [t.data_ptr() for t in tensors]
        # Memory is read only if it is known to be there still.
        is_there = addresses == self._addresses
        contents = [view.raw for view in self._windows] if is_there else []
        return addresses, [tensors[i]._version for i in self._versioned], contents

    def changed(self, tensors: Sequence[torch.Tensor]) -> list[int]:
        """Positions of the tensors that differ from those remembered."""
        others = [i for i, (t, ref) in enumerate(zip(tensors, self._refs)) if ref() is not t]
        if others:
            return others
        addresses, versions, contents = now = self._now(tensors)
        if now == (self._addresses, self._versions, self._contents):
            return []
        found = _differing(range(len(addresses)), addresses, self._addresses)
        found |= _differing(self._versioned, versions, self._versions)
        return sorted(found | _differing(self._window_owners, contents, self._contents))


def _differing(owners: Iterable[int], now: list, then: list) -> set[int]:
    return {owner for owner, a, b in zip(owners, now, then) if a != b}


def _windows(index: int, tensor: torch.Tensor) -> list[tuple[int, Any]]:
    """(index, view of some bytes), spread over the tensor."""
    size = tensor.numel() * tensor.element_size()
    if tensor.device.type != "cpu" or not size or not _is_one_block(tensor):
        return []
    length = size if size <= _WHOLE else _WINDOW
    starts = {(size - length) * k // (_WINDOWS - 1) for k in range(_WINDOWS)}
    kind = ctypes.c_char * length
    return [(index, kind.from_address(tensor.data_ptr() + start)) for start in starts]


def _is_one_block(tensor: torch.Tensor) -> bool:
    """Whether the elements fill the bytes from the first on."""
    order = sorted(zip(tensor.stride(), tensor.shape))
    expected = 1
    for stride, size in order:
        if size != 1 and stride != expected:
            return False
        expected *= size
    return tensor.layout is torch.strided
