# SPDX-License-Identifier: Apache-2.0
"""torch.compile keeps state for the whole process; each test begins without it."""

import pytest
import torch

from torch_tensorrt.dynamo import _native
from torch_tensorrt.dynamo.backend import _compile_graph


@pytest.fixture(autouse=True)
def _fresh_dynamo():
    torch._dynamo.reset()
    _compile_graph._warned.clear()
    yield
    torch._dynamo.reset()


@pytest.fixture
def builds(monkeypatch):
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


@pytest.fixture(params=DEVICES)
def device(request):
    return request.param
