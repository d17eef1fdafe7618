# SPDX-License-Identifier: Apache-2.0
"""Hybrids of engines and PyTorch compute what the model computes, whatever crosses the borders:
random programs, made smaller where they fail. TENON_TEST_FULL=1 tries many more."""

import copy
import os
import traceback

import pytest
import torch
from conftest import SEED
from differences import difference
from hybrid_programs import WIDTH, Program, Recipe, check_random

import torch_tensorrt

BATCHES, PER_BATCH = (40, 25) if os.environ.get("TENON_TEST_FULL") == "1" else (6, 8)
ROWS = (2, 4, 7)


def specs():
    return [
        torch_tensorrt.Input(min_shape=(1, WIDTH), opt_shape=(4, WIDTH), max_shape=(8, WIDTH))
        for _ in range(2)
    ]


def export(model):
    """The program with one dynamic number of rows for both inputs."""
    rows = torch.export.Dim("rows", min=1, max=8)
    examples = (torch.randn(4, WIDTH), torch.randn(4, WIDTH))
    return torch.export.export(model, examples, dynamic_shapes=[{0: rows}, {0: rows}])


def build(model, recipe):
    settings = dict(torch_executed_ops=set(recipe.kept), min_block_size=recipe.min_block_size)
    return torch_tensorrt.dynamo.compile(export(model), inputs=specs(), **settings)


def problem(recipe: Recipe):
    """What is wrong with the compiled program; None if nothing is."""
    torch.manual_seed(recipe.seed)
    model = Program(recipe).eval()
    try:
        export(copy.deepcopy(model))
    except Exception:
        return None  # a program that torch.export itself refuses
    try:
        compiled = build(copy.deepcopy(model), recipe)
        for rows in ROWS:
            x, y = torch.randn(rows, WIDTH), torch.randn(rows, WIDTH)
            mine, theirs = (x.clone(), y.clone()), (x.clone(), y.clone())
            with torch.no_grad():
                got, want = compiled(*mine), model(*theirs)
            for pair in ((got, want, "output"), (mine, theirs, "input")):
                found = difference(*pair)
                if found:
                    return f"{rows} rows, {found}"
            state = compiled.state_dict()
            kept = {n: b for n, b in model.named_buffers() if n in state}
            found = difference({n: state[n] for n in kept}, kept, "buffer")
            if found:
                return f"{rows} rows, {found}"
    except Exception:
        return traceback.format_exc(limit=-3)
    return None


@pytest.mark.parametrize("number", range(BATCHES))
@torch.no_grad()
def test_random_programs(number):
    first = SEED * 1000 + number * PER_BATCH
    check_random(range(first, first + PER_BATCH), problem)
