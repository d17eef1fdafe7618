# SPDX-License-Identifier: Apache-2.0
"""Comparing results of any structure, for tests that report instead of failing at once."""

from __future__ import annotations

from typing import Any, Optional

import torch
from torch.utils import _pytree as pytree


def difference(got: Any, want: Any, what: str) -> Optional[str]:
    """How ``got`` differs from ``want`` in structure, dtypes, shapes or values (rtol 1e-4, atol
    1e-5), beginning with ``what``; None if it does not."""
    got_leaves, got_spec = pytree.tree_flatten(got)
    want_leaves, want_spec = pytree.tree_flatten(want)
    if got_spec != want_spec:
        return f"{what}: {got_spec} instead of {want_spec}"
    for i, (g, w) in enumerate(zip(got_leaves, want_leaves)):
        try:
            torch.testing.assert_close(g, w, rtol=1e-4, atol=1e-5)
        except AssertionError as error:
            return f"{what} {i}: {error}"
    return None
