# SPDX-License-Identifier: Apache-2.0
"""A parameter or buffer that changes after compilation is never stale."""

import pytest
import torch
from dynamo_fixtures import builds_so_far, fresh_dynamo  # noqa: F401
from models import CLOSE, Counter, Mlp
from torch import nn

import torch_tensorrt  # noqa: F401 - registers the backend


class Net(nn.Module):
    """Parameters, a buffer and a plain tensor attribute."""

    def __init__(self):
        super().__init__()
        self.mlp = Mlp()
        self.norm = nn.BatchNorm1d(8)
        self.register_buffer("scale", torch.rand(8) + 0.5)
        self.shift = torch.randn(8)

    def forward(self, x):
        return self.norm(self.mlp(x)) * self.scale + self.shift


@pytest.fixture
def net():
    return Net().eval()


def compiled(model):
    options = {"min_block_size": 1, "timing_cache_path": "none", "optimization_level": 0}
    return torch.compile(model, backend="tensorrt", options=options)


def check(model, fast, x):
    with torch.no_grad():
        torch.testing.assert_close(fast(x), model(x), **CLOSE)


def in_place(net):
    with torch.no_grad():
        net.mlp.up.weight.add_(1)


def through_data(net):
    net.mlp.up.weight.data.add_(1)


def through_numpy(net):
    net.mlp.down.bias.detach().numpy()[:] = 3


def through_detach(net):
    net.mlp.up.weight.detach().mul_(2)


def data_replaced(net):
    net.mlp.up.weight.data = torch.randn(16, 8)


def parameter_replaced(net):
    net.mlp.up.weight = nn.Parameter(torch.randn(16, 8))


def module_replaced(net):
    net.mlp = Mlp()


def state_dict(net):
    net.load_state_dict(Net().state_dict())


def assigned_state_dict(net):
    net.load_state_dict(Net().state_dict(), assign=True)


def optimiser(net):
    for p in net.parameters():
        p.grad = torch.ones_like(p)
    torch.optim.Adam(net.parameters(), lr=0.1).step()


def buffer(net):
    net.norm.running_mean.fill_(2)


def buffer_replaced(net):
    net.scale = torch.full((8,), 7.0)


def attribute(net):
    net.shift.add_(1)


CHANGES = [
    in_place,
    through_data,
    through_numpy,
    through_detach,
    data_replaced,
    parameter_replaced,
    module_replaced,
    state_dict,
    assigned_state_dict,
    optimiser,
    buffer,
    buffer_replaced,
    attribute,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_change_is_seen(net, change, builds):
    fast, x = compiled(net), torch.randn(4, 8)
    check(net, fast, x)
    check(net, fast, x)
    assert len(builds) == 1
    change(net)
    check(net, fast, x)
    check(net, fast, x)
    assert len(builds) == 2


def test_change_of_dtype(net):
    fast, x = compiled(net), torch.randn(4, 8)
    check(net, fast, x)
    net.double()
    net.shift = net.shift.double()
    check(net, fast, x.double())
    net.float()
    net.shift = net.shift.float()
    check(net, fast, x)


def test_large_tensor_edited_through_data():
    """Only some bytes are compared; an edit of the whole tensor always touches them."""
    model = nn.Linear(300, 200).eval()
    fast, x = compiled(model), torch.randn(4, 300)
    check(model, fast, x)
    model.weight.data.mul_(-1)
    check(model, fast, x)


def test_one_element_edited_through_data():
    model = nn.Linear(32, 32).eval()  # 4 KiB
    fast, x = compiled(model), torch.randn(4, 32)
    check(model, fast, x)
    model.weight.data[17, 5] += 1
    check(model, fast, x)


def test_transposed_parameter(builds):
    model = nn.Linear(8, 8).eval()
    model.weight = nn.Parameter(torch.randn(8, 8).t())
    fast, x = compiled(model), torch.randn(4, 8)
    check(model, fast, x)
    model.weight.data.add_(1)
    check(model, fast, x)
    assert len(builds) == 2


def test_model_made_under_inference_mode():
    with torch.inference_mode():
        model = Net().eval()
        fast, x = compiled(model), torch.randn(4, 8)
        torch.testing.assert_close(fast(x), model(x), **CLOSE)
        model.mlp.up.weight.add_(1)  # such tensors have no version
        torch.testing.assert_close(fast(x), model(x), **CLOSE)


def test_buffer_that_the_model_counts_in(builds):
    model = Counter().eval()
    fast, x = compiled(model), torch.randn(4, 8)
    with torch.no_grad():
        for call in range(1, 4):
            torch.testing.assert_close(fast(x), model.mlp(x) + call, **CLOSE)
    assert len(builds) == 1
    assert model.calls.item() == 3


def test_constants_that_change_often_are_reported(net, caplog):
    fast, x = compiled(net), torch.randn(4, 8)
    for _ in range(12):
        check(net, fast, x)
        net.scale.add_(1)
    assert caplog.text.count("engines were built 10 times because their constants change") == 1
    assert "now scale" in caplog.text
