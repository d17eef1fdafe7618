# SPDX-License-Identifier: Apache-2.0
"""What eager PyTorch promises about memory: writes, views, the same tensor twice, odd outputs."""

import pytest
import torch
from dynamo_fixtures import builds_so_far, fresh_dynamo  # noqa: F401
from models import CLOSE
from torch import nn

import torch_tensorrt

OPTIONS = {"min_block_size": 1, "timing_cache_path": "none", "optimization_level": 0}


def compiled(function, **settings):
    return torch.compile(function, backend="tensorrt", options=OPTIONS, **settings)


def compare(function, *shapes, dynamic=False):
    """Runs both on equal inputs; then outputs, inputs, and who shares memory with whom agree."""
    fast = compiled(function, dynamic=dynamic)
    for _ in range(2):
        mine = [torch.randn(s) for s in shapes]
        theirs = [t.clone() for t in mine]
        with torch.no_grad():
            seen, wanted = fast(*mine), function(*theirs)
        torch.testing.assert_close(seen, wanted, **CLOSE)
        torch.testing.assert_close(mine, theirs, **CLOSE)
        assert sharing(seen, mine) == sharing(wanted, theirs)


def sharing(outputs, inputs):
    """Which pairs of tensors share memory."""
    tensors = [t for t in torch.utils._pytree.tree_leaves((outputs, inputs)) if t is not None]
    keys = [t.untyped_storage().data_ptr() for t in tensors if isinstance(t, torch.Tensor)]
    return [[keys.index(key)] for key in keys]


def writes_input(x):
    y = torch.relu(x) * 2
    x.add_(1)
    return y + x


def writes_view_of_input(x):
    x[0].mul_(3)
    return torch.relu(x)


def returns_written_input(x):
    return torch.sigmoid(x.relu_())


def returns_input(x):
    return torch.relu(x), x


def returns_view_of_input(x):
    return torch.relu(x) + 1, x.view(-1), x[1:], x.t()


def returns_view_of_view(x):
    return torch.relu(x), x.view(-1)[2:].view(2, -1)


def returns_parts_of_input(x):
    a, b = x.chunk(2)
    return torch.relu(a), b


def returns_dropped_out_input(x):
    return nn.functional.dropout(x, 0.5, False), torch.relu(x)


def outputs_share(x):
    y = torch.relu(x) * 2
    return y, y.view(-1), y[0]


def outputs_share_through_lost_base(x):
    y = (torch.relu(x) * 2).view(-1)
    return y[:8], y[8:]


def outputs_share_written(x):
    y = torch.relu(x) * 2
    z = y.view(-1)
    y.add_(1)
    return y, z


def same_output_twice(x):
    y = torch.relu(x) + 1
    return y, y


def nested(x):
    y = torch.relu(x) + 1
    return {"a": [y, None], "b": (y * 2, 3)}


def constants(x):
    return torch.relu(x), torch.tensor([1.0, 2.0]), torch.zeros(3)


def in_place_on_intermediate(x):
    y = torch.relu(x)
    y += 1
    y.mul_(2)[0].zero_()
    return y * 2


def writes_into_slice(x):
    y = torch.zeros(4, 4)
    y[1:3] = torch.relu(x)[1:3]
    return y + 1


def no_engine(x):
    return x.view(-1)


FUNCTIONS = [
    writes_input,
    writes_view_of_input,
    returns_written_input,
    returns_input,
    returns_view_of_input,
    returns_view_of_view,
    returns_parts_of_input,
    returns_dropped_out_input,
    outputs_share,
    outputs_share_through_lost_base,
    outputs_share_written,
    same_output_twice,
    nested,
    constants,
    in_place_on_intermediate,
    writes_into_slice,
    no_engine,
]


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_memory(function, dynamic):
    compare(function, (4, 4), dynamic=dynamic)


def test_constant_output_is_new_at_each_call():
    fast = compiled(constants)
    x = torch.randn(4, 4)
    fast(x)[1].zero_()
    assert fast(x)[1].tolist() == [1, 2]


def test_view_of_a_buffer_is_the_buffer():
    model = nn.BatchNorm1d(4).eval()

    class Wrapper(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = model

        def forward(self, x):
            return self.norm(x), self.norm.running_mean.view(2, 2)

    with torch.no_grad():
        compiled(Wrapper())(torch.randn(4, 4))[1].fill_(5)
    assert model.running_mean.tolist() == [5] * 4


def test_an_input_given_twice(builds):
    def function(x, y):
        return torch.relu(x) + y

    fast, x, y = compiled(function), torch.randn(4, 4), torch.randn(4, 4)
    for pair in ((x, y), (x, x), (x, y)):
        torch.testing.assert_close(fast(*pair), function(*pair), **CLOSE)


def test_inputs_that_overlap_where_the_graph_writes(caplog):
    def function(x, y):
        x.add_(1)
        return torch.relu(y) * 2

    fast, x = compiled(function), torch.ones(8)
    fast(torch.ones(4), torch.ones(4))
    torch.testing.assert_close(fast(x[:4], x[2:6]), torch.tensor([4.0, 4, 2, 2]))
    assert "inputs share memory that the graph writes to" in caplog.text


def test_shape_changed_in_place(caplog):
    def function(x):
        y = torch.relu(x) + 1
        return y.t_() * 2

    x = torch.randn(3, 4)
    torch.testing.assert_close(compiled(function)(x), function(x))


def test_inputs_that_are_not_dense():
    def function(x):
        return torch.relu(x) + 1

    fast = compiled(function, dynamic=False)
    base = torch.randn(8, 8)
    for x in (base.t(), base[::2, ::2], base[0].expand(4, 8)):
        torch.testing.assert_close(fast(x), function(x))


def outputs_share_transposed(x):
    y = torch.relu(x.t())
    return y, y.t().view(-1)


def views_transposed(x):
    y = torch.relu(x.t()) + 1
    return torch.flip(y.t().view(-1), (0,))


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("function", [outputs_share_transposed, views_transposed])
def test_views_find_the_order_in_memory_that_they_need(function, dynamic, monkeypatch):
    monkeypatch.setitem(OPTIONS, "torch_executed_ops", {"aten.view", "aten.t"})
    compare(function, (4, 8), dynamic=dynamic)


def test_views_of_exported_programs_too():
    class Views(nn.Module):
        def forward(self, x):
            return views_transposed(x)

    x, kept = torch.randn(4, 8), {"aten.view", "aten.t"}
    module = torch_tensorrt.compile(Views(), inputs=[x], min_block_size=1, torch_executed_ops=kept)
    torch.testing.assert_close(module(x), views_transposed(x))


def reads_before_a_write_that_stays_in_torch(x):
    y = torch.relu(x) + 1
    early = x * 3 + y  # in a later engine than the product, beside which the write stands
    y.mul_(0.5)
    return early + y


def test_reads_before_a_write_see_the_old_value(monkeypatch):
    kept = {"aten.mul.Tensor"}
    monkeypatch.setitem(OPTIONS, "torch_executed_ops", kept)
    compare(reads_before_a_write_that_stays_in_torch, (4, 4))

    class Writes(nn.Module):
        def forward(self, x):
            return reads_before_a_write_that_stays_in_torch(x)

    x = torch.randn(4, 4)
    module = torch_tensorrt.compile(Writes(), inputs=[x], min_block_size=1, torch_executed_ops=kept)
    torch.testing.assert_close(module(x), Writes()(x))
