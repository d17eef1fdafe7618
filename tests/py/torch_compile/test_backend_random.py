# SPDX-License-Identifier: Apache-2.0
"""Random programs through torch.compile: values, changed inputs and buffers, and which tensors share
memory are as in eager. Failing ones are made smaller. TENON_TEST_FULL=1 tries many more."""

import copy
import os
import traceback

import pytest
import torch
from conftest import SEED
from dynamo_fixtures import fresh_dynamo  # noqa: F401
from hybrid_programs import WIDTH, Program, check_random
from torch.utils import _pytree as pytree

import torch_tensorrt  # noqa: F401 - registers the backend

BATCHES, PER_BATCH = (30, 25) if os.environ.get("TENON_TEST_FULL") == "1" else (4, 8)


def sharing(*trees):
    """For each tensor, the first of all that it shares memory with."""
    tensors = [t for t in pytree.tree_leaves(trees) if isinstance(t, torch.Tensor)]
    keys = [t.untyped_storage().data_ptr() for t in tensors]
    return [keys.index(key) for key in keys]


def error(result, exact):
    """The largest rounding error of eager's floats."""
    pairs = zip(pytree.tree_leaves(result), pytree.tree_leaves(exact))
    floats = [(r, e) for r, e in pairs if isinstance(r, torch.Tensor) and r.is_floating_point()]
    return max((r - e).abs().max().item() for r, e in floats)


def compare(model, fast, rows):
    """What differs between a call of each."""
    torch.manual_seed(rows)
    mine = (torch.randn(rows, WIDTH), torch.randn(rows, WIDTH))
    theirs = tuple(t.clone() for t in mine)
    exact = copy.deepcopy(model).double()(*(t.double() for t in mine))
    got, want = fast(*mine), model(*theirs)
    buffers = [dict(m.named_buffers()) for m in (fast._orig_mod, model)]
    # A norm of nearly equal numbers magnifies what eager rounds, too.
    torch.testing.assert_close(got, want, rtol=1e-3, atol=max(1e-4, 20 * error(want, exact)))
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(*buffers, rtol=1e-4, atol=1e-5)
    seen, wanted = sharing(got, mine, buffers[0]), sharing(want, theirs, buffers[1])
    assert seen == wanted, f"memory is shared as {seen} instead of {wanted}"


def problem(recipe):
    """What is wrong with the compiled program; None if nothing is."""
    torch.manual_seed(recipe.seed)
    torch._dynamo.reset()
    model = Program(recipe).eval()
    options = {
        "torch_executed_ops": set(recipe.kept),
        "min_block_size": recipe.min_block_size,
        "timing_cache_path": "none",
        "optimization_level": 0,
        "pass_through_build_failures": True,
    }
    dynamic = bool(recipe.seed % 2)
    try:
        fast = torch.compile(
            copy.deepcopy(model), backend="tensorrt", dynamic=dynamic, options=options
        )
        for rows in (4, 4, 7) if dynamic else (4, 4):
            compare(model, fast, rows)
    except torch._dynamo.exc.BackendCompilerFailed as error:
        if "outputs share memory that the graph writes to" not in str(error):
            return traceback.format_exc(limit=-3)
    except Exception:
        return traceback.format_exc(limit=-3)
    return None


@pytest.mark.parametrize("number", range(BATCHES))
@torch.no_grad()
def test_random_programs(number):
    first = SEED * 1000 + number * PER_BATCH
    check_random(range(first, first + PER_BATCH), problem)
