# SPDX-License-Identifier: Apache-2.0
"""Training and gradients run in PyTorch with a reason; a model in eval mode does not."""

import gc
import weakref

import torch
from dynamo_fixtures import builds_so_far, fresh_dynamo  # noqa: F401
from models import CLOSE, Mlp
from torch import nn

import torch_tensorrt  # noqa: F401 - registers the backend


def compiled(model, **options):
    return torch.compile(model, backend="tensorrt", options={"min_block_size": 1, **options})


def test_eval_mode_without_no_grad(builds, caplog):
    model = Mlp().eval()
    fast, x = compiled(model), torch.randn(4, 8)
    y = fast(x)
    torch.testing.assert_close(y, model(x).detach(), **CLOSE)
    assert len(builds) == 1 and not y.requires_grad
    fast(x)
    assert [r.getMessage() for r in caplog.records if r.name == "torch_tensorrt"] == [
        "outputs of compiled models do not require grad; run them under torch.no_grad()"
    ]


def test_parameters_under_no_grad_and_inference_mode(builds, caplog):
    model = Mlp().eval()
    fast, x = compiled(model), torch.randn(4, 8)
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            torch.testing.assert_close(fast(x), model(x), **CLOSE)
    assert builds and not [r for r in caplog.records if r.name == "torch_tensorrt"]


def test_input_that_requires_grad(builds, caplog):
    model = Mlp().eval()
    fast, x = compiled(model), torch.randn(4, 8, requires_grad=True)
    fast(x).sum().backward()
    assert x.grad is not None and not builds
    assert "input 'x' requires grad, and engines have no gradients" in caplog.text
    with torch.no_grad():
        torch.testing.assert_close(fast(x), model(x), **CLOSE)
    assert len(builds) == 1


def test_training_has_gradients(builds, caplog):
    model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
    fast, x = compiled(model.train()), torch.randn(16, 8)
    before = model[0].weight.detach().clone()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        fast(x).sum().backward()
        optimiser.step()
    assert not torch.equal(model[0].weight, before)
    assert model[1].num_batches_tracked == 2
    assert not builds
    assert caplog.text.count("a parameter of a module in training mode requires grad") == 1


def test_modes_alternate(builds):
    """Nothing of dynamo's tells eval from train for a model that does not ask."""
    model = Mlp()
    fast, x = compiled(model), torch.randn(4, 8)
    for _ in range(2):
        assert not fast.eval()(x).requires_grad
        assert fast.train()(x).requires_grad
    assert len(builds) == 1


def test_frozen_parameters_do_not_hinder_training_of_others(builds):
    body = Mlp().requires_grad_(False)
    model = nn.Sequential(compiled(body), nn.Linear(8, 1)).train()
    model(torch.randn(4, 8)).sum().backward()
    assert len(builds) == 1 and model[1].weight.grad is not None


def test_batch_norm_and_dropout_in_training_mode_under_no_grad():
    model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 8)).train()
    fast, x = compiled(model), torch.randn(16, 8)
    with torch.no_grad():
        wanted = nn.functional.batch_norm(model[0](x), None, None, training=True)
        seen = fast(x)
    torch.testing.assert_close(seen, model[3](torch.relu(wanted)), **CLOSE)
    assert model[1].num_batches_tracked == 1
    assert model[1].running_mean.abs().sum() > 0


def test_parameter_of_no_module_is_differentiated(builds):
    weight = nn.Parameter(torch.randn(8))

    def function(x):
        return torch.relu(x * weight) + 1

    compiled(function)(torch.randn(4, 8)).sum().backward()
    assert weight.grad is not None and not builds


def test_a_module_put_in_place_later_is_trained(builds):
    model = nn.Sequential(Mlp(), nn.ReLU()).eval()
    fast, x = compiled(model), torch.randn(4, 8)
    assert not fast(x).requires_grad
    model[0] = Mlp()
    model.train()
    fast(x).sum().backward()
    assert model[0].up.weight.grad is not None


def test_parameters_thawed_later_are_trained():
    model = Mlp().requires_grad_(False).train()
    fast, x = compiled(model), torch.randn(4, 8)
    assert not fast(x).requires_grad
    model.requires_grad_(True)
    fast(x).sum().backward()
    assert model.up.weight.grad is not None


def test_a_compiled_model_can_go():
    for grad in (True, False):
        model = Mlp().eval()
        gone = weakref.ref(model.up.weight)
        with torch.set_grad_enabled(grad):
            compiled(model)(torch.randn(4, 8))
        del model
        gc.collect()
        assert gone() is None
