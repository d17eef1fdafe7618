# SPDX-License-Identifier: Apache-2.0
"""The backend of torch.compile by each of its names, and as a function."""

import pytest
import torch

import torch_tensorrt.dynamo.backend as backend


@pytest.fixture(autouse=True)
def _forget():
    yield
    torch._dynamo.reset()


@pytest.mark.parametrize("name", backend.NAMES)
def test_each_name(name):
    model, x = torch.nn.ReLU().eval(), torch.randn(3)
    options = {"min_block_size": 1, "optimization_level": 0, "timing_cache_path": "none"}
    with torch.no_grad():
        seen = torch.compile(model, backend=name, options=options)(x)
    assert torch.equal(seen, x.relu()) and name in torch._dynamo.list_backends(exclude_tags=())


@pytest.mark.parametrize(
    "function", [backend.torch_tensorrt_backend, backend.aot_torch_tensorrt_aten_backend]
)
def test_as_a_function(function):
    x = torch.randn(3)
    with torch.no_grad():
        seen = torch.compile(lambda t: (t + 1).relu(), backend=function)(x)
    torch.testing.assert_close(seen, (x + 1).relu())


def test_registering_again_changes_nothing():
    before = set(torch._dynamo.list_backends(exclude_tags=()))
    backend.register()
    assert set(torch._dynamo.list_backends(exclude_tags=())) == before
