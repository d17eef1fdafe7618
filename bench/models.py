# SPDX-License-Identifier: Apache-2.0
"""The models of the benchmark and of the model tests, built in code with random weights.

Default batch-norm statistics (mean 0, variance 1) would hide errors of folding, so running_mean,
running_var, weight and bias are drawn at random, small enough that activations keep their size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import torch
from torch import nn

Inputs = dict[str, torch.Tensor]


class LeNet(nn.Module):
    """LeNet-5 with rectifiers, [n, 1, 28, 28] -> [n, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(torch.relu(self.fc2(x)))


def randomise_batch_norm(model: nn.Module, seed: int) -> None:
    """Draws statistics and scales of every batch norm from a generator of its own."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            with torch.no_grad():
                module.running_mean.normal_(0, 0.3, generator=generator)
                module.running_var.uniform_(0.5, 2.0, generator=generator)
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.normal_(0, 0.3, generator=generator)


def lenet(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return LeNet().eval()


def resnet18(seed: int = 0) -> nn.Module:
    import torchvision

    torch.manual_seed(seed)
    model = torchvision.models.resnet18(weights=None).eval()
    randomise_batch_norm(model, seed)
    return model


def bert_base(seed: int = 0, layers: int = 12) -> nn.Module:
    import transformers

    torch.manual_seed(seed)
    config = transformers.BertConfig(num_hidden_layers=layers)
    return transformers.BertModel(config).eval()


def images(batch: int, channels: int, height: int, width: int, seed: int = 1) -> Inputs:
    generator = torch.Generator().manual_seed(seed)
    return {"x": torch.randn(batch, channels, height, width, generator=generator)}


def tokens(batch: int, length: int, seed: int = 1, vocabulary: int = 30522) -> Inputs:
    """Token numbers and a mask: the first row has full length, the others at least half of it."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, vocabulary, (batch, length), generator=generator)
    lengths = torch.randint((length + 1) // 2, length + 1, (batch, 1), generator=generator)
    lengths[0] = length
    mask = (torch.arange(length) < lengths).long()
    return {"input_ids": ids, "attention_mask": mask}


@dataclass(frozen=True)
class Model:
    """A row of the benchmark: how to build the model and its inputs, by name of the argument."""

    name: str
    build: Callable[[], nn.Module]
    inputs: Callable[[int], Inputs]


MODELS = {
    m.name: m
    for m in (
        Model("lenet", lenet, lambda batch: images(batch, 1, 28, 28)),
        Model("resnet18", resnet18, lambda batch: images(batch, 3, 224, 224)),
        Model("bert_base", bert_base, lambda batch: tokens(batch, 128)),
    )
}


def flat(output: object) -> list[torch.Tensor]:
    """The tensors of a model's output, in order."""
    from torch.utils import _pytree as pytree

    return [t for t in pytree.tree_leaves(output) if isinstance(t, torch.Tensor)]


def double_reference(model: nn.Module, inputs: Inputs) -> list[torch.Tensor]:
    """The outputs of a float64 copy of the model."""
    import copy

    wide = copy.deepcopy(model).double()
    wanted = {k: v.double() if v.is_floating_point() else v for k, v in inputs.items()}
    with torch.no_grad():
        return flat(wide(**wanted))


def relative_error(seen: list[torch.Tensor], wanted: list[torch.Tensor]) -> float:
    """The largest relative L2 error over the outputs; infinite if the shapes differ or a NaN appears."""
    if len(seen) != len(wanted) or any(s.shape != w.shape for s, w in zip(seen, wanted)):
        return float("inf")
    errors = [((s.double() - w).norm() / w.norm()).item() for s, w in zip(seen, wanted)]
    return max(e if e == e else float("inf") for e in errors)
