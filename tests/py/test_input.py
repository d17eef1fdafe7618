# SPDX-License-Identifier: Apache-2.0
"""torch_tensorrt.Input."""

from collections import namedtuple

import pytest
import torch

import torch_tensorrt
from torch_tensorrt import Input

MODE = Input._ShapeMode


def test_fixed_shape():
    spec = Input((2, 3))
    assert spec.shape == (2, 3) and spec.shape_mode is MODE.STATIC
    assert spec.dtype == torch.float32
    assert spec.example_tensor().shape == (2, 3)


def test_range_of_shapes():
    spec = Input(min_shape=(1, 3), opt_shape=(4, 3), max_shape=(8, 3), dtype=torch.int64)
    assert spec.shape_mode is MODE.DYNAMIC
    assert spec.shape == {"min_shape": (1, 3), "opt_shape": (4, 3), "max_shape": (8, 3)}
    for field, rows in (("min_shape", 1), ("opt_shape", 4), ("max_shape", 8)):
        example = spec.example_tensor(field)
        assert example.shape == (rows, 3) and example.dtype == torch.int64


def test_equal_range_is_fixed():
    assert Input(min_shape=(2,), opt_shape=(2,), max_shape=(2,)).shape_mode is MODE.STATIC


def test_profiles_span_their_union():
    spec = Input(
        profiles=[{"min": (1,), "opt": (2,), "max": (4,)}, dict(min=(4,), opt=(6,), max=(9,))]
    )
    assert spec.range_of(0) == (1, 2, 9)


def test_shape_ranges_of_fx():
    assert Input(shape_ranges=[((1,), (2,), (3,))]).range_of(0) == (1, 2, 3)


def test_named_tuple_names_dimensions():
    Shape = namedtuple("Shape", "batch width")
    spec = Input(min_shape=Shape(1, 8), opt_shape=Shape(2, 8), max_shape=Shape(4, 8))
    assert spec.shared_dims == {0: "batch", 1: "width"}


def test_from_tensor_keeps_the_tensor():
    tensor = torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    spec = Input.from_tensor(tensor)
    assert spec.format is torch_tensorrt.memory_format.channels_last
    assert spec.example_tensor() is tensor
    with pytest.raises(ValueError, match="disable_memory_format_check"):
        Input.from_tensor(torch.randn(4, 3).t())
    assert Input.from_tensor(torch.randn(4, 3).t(), disable_memory_format_check=True).shape == (
        3,
        4,
    )


def test_tensor_domain_bounds_examples():
    example = Input((100,), tensor_domain=(5, 7)).example_tensor()
    assert 5 <= example.min() and example.max() < 7


def test_equivalent_spec():
    a = Input(min_shape=(1,), opt_shape=(2,), max_shape=(3,))
    assert Input.equivalent_spec(a, Input(min_shape=(1,), opt_shape=(2,), max_shape=(3,)))
    assert not Input.equivalent_spec(a, Input((2,)))


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({}, "exactly one of"),
        ({"shape": (1,), "min_shape": (1,)}, "shape and min_shape"),
        ({"min_shape": (1,)}, "opt_shape, max_shape"),
        ({"min_shape": (1,), "opt_shape": (1, 2), "max_shape": (1,)}, "differ in rank"),
        ({"min_shape": (4,), "opt_shape": (2,), "max_shape": (8,)}, "min 4, opt 2, max 8"),
        ({"min_shape": (0,), "opt_shape": (2,), "max_shape": (8,)}, "0 < min"),
        ({"shape": (-1,)}, "0 or more"),
        ({"shape": (1,), "tensor_domain": (2, 2)}, "low < high"),
        ({"shape": (1,), "shapes": (1,)}, "does not know shapes"),
    ],
)
def test_wrong_arguments(arguments, text):
    with pytest.raises(ValueError, match=text):
        Input(**arguments)


def test_example_of_a_range_needs_a_field():
    with pytest.raises(ValueError, match="min_shape, opt_shape, max_shape"):
        Input(min_shape=(1,), opt_shape=(2,), max_shape=(3,)).example_tensor()
