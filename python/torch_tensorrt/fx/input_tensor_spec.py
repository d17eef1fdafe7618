# SPDX-License-Identifier: Apache-2.0
"""InputTensorSpec: one input as the FX call describes it."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Optional, Sequence

import torch

from .._Input import Input

Shape = Sequence[int]


class InputTensorSpec(NamedTuple):
    """One input; -1 in ``shape`` is a dynamic size.

    Attributes:
        shape: sizes, the batch among them.
        dtype, device: of the tensor.
        shape_ranges: one (min, opt, max) of whole shapes if a size is dynamic.
        has_batch_dim: whether the first size is the batch.
    """

    shape: Shape
    dtype: torch.dtype
    device: torch.device = torch.device("cpu")
    shape_ranges: Sequence[tuple[Shape, Shape, Shape]] = ()
    has_batch_dim: bool = True

    @classmethod
    def from_tensor(cls, tensor: torch.Tensor) -> InputTensorSpec:
        """The spec of a tensor with fixed sizes."""
        return cls(tuple(tensor.shape), tensor.dtype, tensor.device)

    @classmethod
    def from_tensors(cls, tensors: Iterable[torch.Tensor]) -> list[InputTensorSpec]:
        """``from_tensor`` of each."""
        return [cls.from_tensor(t) for t in tensors]

    @classmethod
    def from_tensors_with_dynamic_batch_size(
        cls,
        tensors: Sequence[torch.Tensor],
        batch_size_range: tuple[int, int, int],
        opt_profile_replica: int = 1,
        batch_dims: Optional[Sequence[int]] = None,
    ) -> list[InputTensorSpec]:
        """Specs whose batch is dynamic.

        Args:
            tensors: examples, all of one batch size.
            batch_size_range: (min, opt, max).
            opt_profile_replica: accepted; engines need no copies of a range.
            batch_dims: the batch's axis in each tensor; the first if not given.
        """
        axes = batch_dims or [0] * len(tensors)
        specs = []
        for i, (tensor, axis) in enumerate(zip(tensors, axes, strict=True)):
            _check_batch(i, tensor, axis, tensors[0].shape[axes[0]])
            sizes = [_with(tensor.shape, axis, size) for size in (-1, *batch_size_range)]
            ranges = [(sizes[1], sizes[2], sizes[3])]
            specs.append(cls(sizes[0], tensor.dtype, tensor.device, ranges))
        return specs

    def to_random_tensor(self, id: int = 1) -> torch.Tensor:
        """An example; of dynamic sizes at ``shape_ranges[0][id]`` (0 min, 1 opt, 2 max)."""
        shape = self.shape if -1 not in self.shape else self.shape_ranges[0][id]
        if self.dtype.is_floating_point:
            return torch.randn(tuple(shape), dtype=self.dtype, device=self.device)
        return torch.zeros(tuple(shape), dtype=self.dtype, device=self.device)

    def to_input(self) -> Input:
        """This as a ``torch_tensorrt.Input``; dynamic sizes of the same axis are the same size."""
        if -1 not in self.shape:
            return Input(tuple(self.shape), dtype=self.dtype)
        if len(self.shape_ranges) != 1:
            raise ValueError(
                f"InputTensorSpec of shape {tuple(self.shape)} has {len(self.shape_ranges)}"
                " shape_ranges; wanted one (min, opt, max)"
            )
        low, best, high = (tuple(s) for s in self.shape_ranges[0])
        shared = {0: "batch"} if self.has_batch_dim and self.shape[0] == -1 else None
        return Input(
            min_shape=low, opt_shape=best, max_shape=high, dtype=self.dtype, shared_dims=shared
        )


def _check_batch(index: int, tensor: torch.Tensor, axis: int, wanted: int) -> None:
    if not -tensor.dim() <= axis < tensor.dim():
        raise ValueError(f"input {index} has shape {tuple(tensor.shape)}: no batch at axis {axis}")
    if tensor.shape[axis] != wanted:
        raise ValueError(
            f"input {index} has batch {tensor.shape[axis]}, input 0 has {wanted}; for inputs of"
            " different batch, dynamic_batch=False and explicit_batch_dimension=True"
        )


def _with(shape: Sequence[int], axis: int, size: int) -> tuple[int, ...]:
    sizes = list(shape)
    sizes[axis] = size
    return tuple(sizes)
