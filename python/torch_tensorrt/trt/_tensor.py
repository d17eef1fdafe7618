# SPDX-License-Identifier: Apache-2.0
"""ITensor: a tensor of a network."""

from __future__ import annotations

from typing import Any, Iterable

from . import _native
from ._enums import DataType, TensorFormat, TensorLocation
from ._values import Dims, data_type


class ITensor:
    """An input of a network or an output of a layer; made by the network. Its shape and type are
    inferred when they are asked for."""

    def __init__(self, network: Any, handle: int):
        self.network, self._handle = network, handle

    def _info(self) -> dict:
        return _native.json_from("tensor_info", self._handle)

    @property
    def name(self) -> str:
        return self._info()["name"]

    @name.setter
    def name(self, name: str) -> None:
        _native.call("tensor_set_name", self._handle, str(name).encode())

    @property
    def shape(self) -> Dims:
        """Sizes, -1 for those known only at run time; ``shape.exprs`` has them as expressions."""
        sizes = self._info()["shape"]
        return Dims([-1 if isinstance(d, str) else d for d in sizes], sizes)

    @shape.setter
    def shape(self, shape: Iterable[int]) -> None:
        _native.call("tensor_set_type", self._handle, -1, _native.to_json(list(shape)))

    @property
    def dtype(self) -> Any:
        return data_type(self._info()["dtype"])

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        if not self.is_network_input and data_type(dtype) != self.dtype:
            raise NotImplementedError(
                f"tensor '{self.name}' is {self.dtype}: types follow from the layers, so only"
                " network inputs take another one; use add_cast"
            )
        if self.is_network_input:
            _native.call("tensor_set_type", self._handle, int(data_type(dtype)), None)

    @property
    def is_network_input(self) -> bool:
        return self._info()["input"]

    @property
    def is_network_output(self) -> bool:
        return self._info()["output"]

    # Every tensor is computed on the device; sizes are expressions (add_shape).
    is_shape_tensor = False
    is_execution_tensor = True
    location = TensorLocation.DEVICE
    broadcast_across_batch = False
    dynamic_range = None
    allowed_formats = 1 << int(TensorFormat.LINEAR)

    def set_dynamic_range(self, low: float, high: float) -> bool:
        raise NotImplementedError("set_dynamic_range: engines have no implicit INT8 quantization")

    def set_dimension_name(self, index: int, name: str) -> None:
        """Inputs that use one name have the same run-time size there."""
        _native.call("tensor_set_dimension_name", self._handle, index, name.encode())

    def get_dimension_name(self, index: int) -> str:
        size = self.shape.exprs[index]
        return size if isinstance(size, str) and size.isidentifier() else ""

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, ITensor) and other._handle == self._handle

    def __hash__(self) -> int:
        return hash(self._handle)

    def __repr__(self) -> str:
        info = self._info()
        kind = data_type(info["dtype"])
        kind = kind.name if isinstance(kind, DataType) else "DOUBLE"
        return f"ITensor('{info['name']}', {kind}, {info['shape']})"
