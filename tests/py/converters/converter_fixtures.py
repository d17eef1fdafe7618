# SPDX-License-Identifier: Apache-2.0
"""Registrations of a test end with it; tests on both devices."""

import pytest
import torch

from torch_tensorrt.dynamo import conversion
from torch_tensorrt.dynamo.conversion import _ConverterRegistry


@pytest.fixture(autouse=True)
def only_this_test():
    before = {id(e) for entries in _ConverterRegistry._registered.values() for e in entries}
    yield
    for entries in list(_ConverterRegistry._registered.values()):
        for entry in list(entries):
            if id(entry) not in before:
                conversion.remove_converter(entry.converter_implementation)


both_devices = pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param(
            "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
        ),
    ],
)
