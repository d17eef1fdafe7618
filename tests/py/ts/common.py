# SPDX-License-Identifier: Apache-2.0
"""What the TorchScript tests share."""

import io
import sys
from collections import Counter
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models import CLOSE, LeNet, batch  # noqa: E402, F401


def operators(module):
    """(number of engines, Counter of the ops left) of a compiled module, inner blocks included."""
    engines, left = 0, Counter()

    def walk(block):
        nonlocal engines
        for node in block.nodes():
            if node.kind() == "tensorrt::execute_engine":
                engines += 1
            elif not node.kind().startswith("prim::") or node.kind() in ("prim::If", "prim::Loop"):
                left[node.kind()] += 1
            for inner in node.blocks():
                walk(inner)

    walk(module.graph)
    return engines, left


def saved(module):
    """The module after torch.jit.save and torch.jit.load."""
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    buffer.seek(0)
    return torch.jit.load(buffer)


def assert_same(got, want):
    """Equal structure, types, dtypes and shapes; close values."""
    if isinstance(want, torch.Tensor):
        torch.testing.assert_close(got, want, **CLOSE)
        return
    assert type(got) is type(want)
    if isinstance(want, dict):
        assert list(got) == list(want)
        got, want = list(got.values()), list(want.values())
    if isinstance(want, (list, tuple)):
        assert len(got) == len(want)
        for g, w in zip(got, want):
            assert_same(g, w)
        return
    assert got == want


def check(compiled, reference, *inputs):
    """The compiled module, and what is saved of it, agree with the reference."""
    with torch.no_grad():
        want = reference(*inputs)
        assert_same(compiled(*inputs), want)
        assert_same(saved(compiled)(*inputs), want)
