# SPDX-License-Identifier: Apache-2.0
"""Random hybrid programs (tests/py/hybrid_programs.py), traced and compiled with a dynamic number of
rows: results of successive calls, and what is written into the inputs, are TorchScript's. A failing
one is made smaller."""

import copy

import pytest
import torch
from common import batch
from conftest import SEED
from differences import difference
from hybrid_programs import WIDTH, Program, Recipe, check_random

from torch_tensorrt import ts

PROGRAMS = 150
ROWS = (2, 4, 7)


def problem(recipe: Recipe):
    """What is wrong with the compiled program; None if nothing is."""
    torch.manual_seed(recipe.seed)
    model = Program(recipe).eval()
    examples = (torch.randn(4, WIDTH), torch.randn(4, WIDTH))
    try:
        traced = torch.jit.trace(model, examples, check_trace=False, strict=False)
    except RuntimeError:
        return None  # a program that cannot be traced
    specs = [batch(WIDTH), batch(WIDTH)]
    settings = dict(torch_executed_ops=set(recipe.kept), min_block_size=recipe.min_block_size)
    try:
        compiled = ts.compile(traced, inputs=specs, optimization_level=0, **settings)
    except RuntimeError as error:
        return str(error)
    for rows in ROWS:
        reference, module = copy.deepcopy(traced), copy.deepcopy(compiled)
        for call in range(2):  # some have state
            theirs = [torch.randn(rows, WIDTH) for _ in range(2)]
            ours = [t.clone() for t in theirs]
            try:
                want = reference(*theirs)
            except RuntimeError:
                break  # the trace has sizes built in
            try:
                wrong = difference(module(*ours), want, "output")
                wrong = wrong or difference(ours, theirs, "input")
            except RuntimeError as error:
                wrong = str(error)
            if wrong:
                return f"{rows} rows, call {call}: {wrong}"
    return None


@pytest.mark.parametrize("part", range(3))
def test_random_programs(part):
    first = SEED + part * PROGRAMS
    with torch.no_grad():
        check_random(range(first, first + PROGRAMS // 3), problem)
