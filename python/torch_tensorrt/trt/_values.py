# SPDX-License-Identifier: Apache-2.0
"""Dims, Permutation and Weights, and the element types by their other names."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import Any, Iterable, Optional

import numpy as np
import torch

from .._library import TensorStruct
from ._enums import DataType

# Ours beyond nvinfer1's: float64 tensors exist in a network that is being converted.
_DOUBLE = 100
_TORCH = {
    DataType.FLOAT: torch.float32,
    DataType.HALF: torch.float16,
    DataType.INT8: torch.int8,
    DataType.INT32: torch.int32,
    DataType.BOOL: torch.bool,
    DataType.UINT8: torch.uint8,
    DataType.FP8: torch.float8_e4m3fn,
    DataType.BF16: torch.bfloat16,
    DataType.INT64: torch.int64,
    _DOUBLE: torch.float64,
}
_FROM_TORCH = {v: k for k, v in _TORCH.items()}
_NUMPY = {
    DataType.FLOAT: np.float32,
    DataType.HALF: np.float16,
    DataType.INT8: np.int8,
    DataType.INT32: np.int32,
    DataType.BOOL: np.bool_,
    DataType.UINT8: np.uint8,
    DataType.INT64: np.int64,
}


def data_type(value: Any) -> Any:
    """DataType of a DataType, a torch or numpy dtype, a torch_tensorrt.dtype, or a native number."""
    if isinstance(value, DataType):
        return value
    if isinstance(value, int):
        return _DOUBLE if value == _DOUBLE else DataType(value)
    from .._enums import dtype

    found = dtype.try_from(value)
    as_torch = found.try_to(torch.dtype) if found is not None else None
    if as_torch not in _FROM_TORCH:
        raise TypeError(f"{value!r} is not an element type")
    return _FROM_TORCH[as_torch]


def torch_type(value: Any) -> torch.dtype:
    return _TORCH[data_type(value)]


def nptype(value: DataType) -> type:
    """The numpy type of a DataType; TypeError if numpy has none."""
    if value not in _NUMPY:
        raise TypeError(f"numpy has no type for {value}")
    return _NUMPY[value]


def volume(shape: Iterable[int]) -> int:
    """The number of elements of a shape; 1 for none."""
    return math.prod(int(d) for d in shape)


class Dims(Sequence):
    """Up to eight sizes; -1 is one known only at run time. Compares equal to any sequence of the
    same numbers. ``exprs`` of a tensor's shape has the sizes as numbers or expressions."""

    MAX_DIMS = 8

    def __init__(self, shape: Iterable[int] = (), exprs: Optional[Iterable[Any]] = None):
        self._sizes = [int(d) for d in shape]
        self.exprs = list(exprs) if exprs is not None else list(self._sizes)
        if len(self._sizes) > self.MAX_DIMS:
            raise ValueError(f"Dims of {len(self._sizes)} sizes, wanted at most {self.MAX_DIMS}")

    def __len__(self) -> int:
        return len(self._sizes)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return Dims(self._sizes[i], self.exprs[i])
        return self._sizes[i]

    def __setitem__(self, i: Any, value: Any) -> None:
        self._sizes[i] = value
        self.exprs[i] = value

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Iterable) and self._sizes == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"({', '.join(map(str, self._sizes))}{',' if len(self) == 1 else ''})"


class _FixedDims(Dims):
    _rank = 0

    def __init__(self, *sizes: Any):
        given = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], Iterable) else sizes
        super().__init__(given or [0] * self._rank)
        if len(self) != self._rank:
            raise ValueError(f"{type(self).__name__} wants {self._rank} sizes, not {len(self)}")


class Dims2(_FixedDims):
    _rank = 2


class DimsHW(Dims2):
    @property
    def h(self) -> int:
        return self[0]

    @property
    def w(self) -> int:
        return self[1]


class Dims3(_FixedDims):
    _rank = 3


class Dims4(_FixedDims):
    _rank = 4


class Permutation(Dims):
    """Entry i is the input dimension that becomes dimension i."""


class Weights:
    """Constant data: ``Weights(array)`` of a numpy array or CPU torch tensor, which it keeps alive;
    ``Weights(DataType, address, count)`` of memory that the caller keeps alive until it has been
    given to a network; ``Weights()`` of nothing."""

    def __init__(self, first: Any = None, address: Optional[int] = None, count: int = 0):
        self._kept: Any = None
        if first is None or isinstance(first, DataType):
            self.dtype: Any = DataType.FLOAT if first is None else first
            self._address, self.size, self.shape = int(address or 0), int(count), (int(count),)
            return
        tensor = first.detach() if isinstance(first, torch.Tensor) else _as_tensor(first)
        tensor = tensor.cpu().contiguous()
        self._kept, self.dtype = tensor, data_type(tensor.dtype)
        self._address, self.size = tensor.data_ptr(), tensor.numel()
        self.shape = tuple(tensor.shape)

    @property
    def nbytes(self) -> int:
        return self.size * torch_type(self.dtype).itemsize

    def __len__(self) -> int:
        return self.size

    def tensor(self) -> torch.Tensor:
        """The values, not copied."""
        if self._kept is not None:
            return self._kept
        if not self.size:
            return torch.empty(0, dtype=torch_type(self.dtype))
        return tensor_at(self._address, self.nbytes, torch_type(self.dtype), self.shape)

    def numpy(self) -> np.ndarray:
        return self.tensor().numpy()

    def struct(self, shape: Optional[Sequence[int]] = None) -> Any:
        """struct tenon_tensor of these values in ``shape``, or None if there are none."""
        if not self.size and shape is None:
            return None
        sizes = list(self.shape if shape is None else shape)
        if volume(sizes) != self.size:
            raise ValueError(f"a constant of shape {tuple(sizes)} has {self.size} values")
        strides = [volume(sizes[i + 1 :]) for i in range(len(sizes))]
        array = ctypes.c_int64 * max(len(sizes), 1)
        made = TensorStruct(b"constant", int(self.dtype), len(sizes))
        made.shape, made.strides, made.data = array(*sizes), array(*strides), self._address
        return made


def _as_tensor(values: Any) -> torch.Tensor:
    # A copy where numpy does not own or allow writing: torch wants to be asked for neither.
    return torch.from_numpy(np.array(values, order="C"))


def tensor_at(address: int, nbytes: int, dtype: torch.dtype, shape: Sequence[int]) -> torch.Tensor:
    """A CPU tensor over memory that somebody else keeps alive."""
    if nbytes == 0:
        return torch.empty(tuple(shape), dtype=dtype)
    view = (ctypes.c_uint8 * nbytes).from_address(address)
    return torch.frombuffer(view, dtype=torch.uint8).view(dtype).reshape(tuple(shape))


def as_weights(values: Any) -> Weights:
    if isinstance(values, Weights):
        return values
    return Weights() if values is None else Weights(values)
