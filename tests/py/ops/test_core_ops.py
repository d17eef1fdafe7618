# SPDX-License-Identifier: Apache-2.0
"""Every family of converters against eager: float64 is the reference, relative L2 error at most 1e-5,
integers and booleans exactly. Each case runs once with fixed sizes and once with the first dimension of
its inputs dynamic, as one engine with nothing left in torch."""

import pytest
import torch
from elementwise_cases import ACTIVATION, ARITHMETIC, COMPARE, UNARY
from layer_cases import CONVOLUTION, MATMUL, NORMALIZATION, POOLING, REDUCTION
from op_cases import Case
from shape_cases import COPY, CREATION, INDEX, SHAPE
from torch.utils import _pytree as pytree

import torch_tensorrt

LIMIT = 1e-5
OPT = 3  # of the dynamic dimension; it runs at 1, 3 and 5

FAMILIES = {
    "activation": ACTIVATION,
    "arithmetic": ARITHMETIC,
    "unary": UNARY,
    "compare": COMPARE,
    "convolution": CONVOLUTION,
    "normalization": NORMALIZATION,
    "matmul": MATMUL,
    "pooling": POOLING,
    "reduction": REDUCTION,
    "shape": SHAPE,
    "index": INDEX,
    "creation": CREATION,
    "copy": COPY,
}
CASES = {f"{f}-{n}": case for f, family in FAMILIES.items() for n, case in family.items()}

# What converters refuse, and the reason they give; a case that works must leave this table.
KNOWN = {
    "compare-bitwise_and": "and is not defined on i64, wanted bool",
    "compare-bitwise_or": "or is not defined on i64, wanted bool",
    "compare-bitwise_xor": "xor is not defined on i64, wanted bool",
    "index-slice_scatter_step": "slice_scatter with a step",
}
SUPPORTED = [name for name in CASES if name not in KNOWN]


class Op(torch.nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        self.run = case.run
        self.names = [f"constant{i}" for i in range(len(case.constants))]
        for name, value in zip(self.names, case.constants):
            self.register_buffer(name, value)

    def forward(self, *inputs):
        return self.run(*inputs, *(getattr(self, name) for name in self.names))


def _double(value: torch.Tensor) -> torch.Tensor:
    return value.double() if value.is_floating_point() else value


def _reference(case: Case, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    constants = map(_double, case.constants)
    return pytree.tree_leaves(case.run(*map(_double, inputs), *constants))


def _check(seen: torch.Tensor, eager: torch.Tensor, wanted: torch.Tensor) -> None:
    assert (seen.shape, seen.dtype) == (eager.shape, eager.dtype)
    if not seen.is_floating_point():
        torch.testing.assert_close(seen, eager, rtol=0, atol=0)
        return
    assert torch.equal(seen.isfinite(), wanted.isfinite())
    finite = wanted.isfinite()
    difference = (seen.double() - wanted)[finite].norm()
    error = (difference / wanted[finite].norm().clamp(min=1e-30)).item()
    assert error <= LIMIT, f"relative L2 error {error:.2e}"


def _compile(case: Case, specs: list) -> torch.nn.Module:
    module = torch_tensorrt.compile(
        Op(case).eval(),
        inputs=specs,
        min_block_size=1,
        require_full_compilation=True,
        optimization_level=0,
        timing_cache_path="none",
    )
    assert [s["kind"] for s in module.torch_tensorrt_report["segments"]] == ["engine"]
    return module


def _compare(case: Case, module: torch.nn.Module, inputs: list[torch.Tensor]) -> None:
    seen = pytree.tree_leaves(module(*inputs))
    eager = pytree.tree_leaves(case.run(*inputs, *case.constants))
    for s, e, w in zip(seen, eager, _reference(case, inputs), strict=True):
        _check(s, e, w)


def _ranges(case: Case) -> list:
    """An Input per tensor; dimensions that follow the first one's size are dynamic and equal."""
    specs = []
    for low, best, high in zip(case.values(1), case.values(OPT), case.values(5)):
        if low.shape == high.shape:
            specs.append(best)
            continue
        assert low.shape[1:] == high.shape[1:]
        specs.append(
            torch_tensorrt.Input(
                min_shape=low.shape,
                opt_shape=best.shape,
                max_shape=high.shape,
                dtype=best.dtype,
                shared_dims={0: "n"},
            )
        )
    return specs


@pytest.mark.parametrize("name", SUPPORTED)
def test_fixed_sizes(name):
    case = CASES[name]
    inputs = case.values(OPT)
    _compare(case, _compile(case, inputs), inputs)


@pytest.mark.parametrize("name", SUPPORTED)
def test_dynamic_first_dimension(name):
    case = CASES[name]
    module = _compile(case, _ranges(case))
    for size in (1, OPT, 5):
        _compare(case, module, case.values(size))


@pytest.mark.parametrize("name", KNOWN)
def test_refusals_give_their_reason(name):
    with pytest.raises(torch_tensorrt.dynamo.CompilationError, match=KNOWN[name]):
        _compile(CASES[name], CASES[name].values(OPT))
