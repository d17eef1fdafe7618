# SPDX-License-Identifier: Apache-2.0
"""The op cases of the exporting frontend through torch.compile: the same ops arrive, and run in one
engine. A random part of them; TENON_TEST_FULL=1 runs all."""

import os
import random
import sys
from pathlib import Path

import pytest
import torch
from conftest import SEED
from dynamo_fixtures import builds_so_far, fresh_dynamo  # noqa: F401

import torch_tensorrt  # noqa: F401 - registers the backend

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ops"))

from test_core_ops import CASES, OPT, SUPPORTED, Op, _compare  # noqa: E402

# With every dimension dynamic, what these converters want fixed is not.
STATIC = {
    "normalization-instance_norm",
    "reduction-argsort",
    "reduction-sort",
    "shape-channel_shuffle",
    "shape-pixel_shuffle",
    "shape-pixel_unshuffle",
}
FULL = os.environ.get("TENON_TEST_FULL") == "1"
NAMES = SUPPORTED if FULL else sorted(random.Random(SEED).sample(SUPPORTED, 12))


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_op(name, dynamic, builds):
    case = CASES[name]
    options = {"min_block_size": 1, "timing_cache_path": "none", "optimization_level": 0}
    options["pass_through_build_failures"] = True
    module = torch.compile(Op(case).eval(), backend="tensorrt", dynamic=dynamic, options=options)
    for size in (OPT, 5) if dynamic else (OPT,):
        _compare(case, module, case.values(size))
    left = [n["name"] for r in builds for n in r["nodes"] if not n["engine"]]
    assert builds and (left == [] or (dynamic and name in STATIC)), left
