# SPDX-License-Identifier: Apache-2.0
"""Fixtures for tests of torch.compile, imported by name. torch.compile keeps state for the whole
process; each test begins without it."""

import pytest
import torch

from torch_tensorrt.dynamo import _native
from torch_tensorrt.dynamo.backend import _compile_graph


@pytest.fixture(autouse=True)
def fresh_dynamo():
    torch._dynamo.reset()
    _compile_graph._warned.clear()
    yield
    torch._dynamo.reset()


@pytest.fixture(name="builds")
def builds_so_far(monkeypatch):
    """The reports of the builds so far."""
    reports = []
    build = _native.build

    def counted(*args):
        result = build(*args)
        reports.append(result.report)
        return result

    monkeypatch.setattr(_native, "build", counted)
    return reports


DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
    ),
]


@pytest.fixture(name="device", params=DEVICES)
def each_device(request):
    return request.param
