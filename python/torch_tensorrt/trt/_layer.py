# SPDX-License-Identifier: Apache-2.0
"""ILayer and what its classes are made of: attributes of the native layer as properties."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Optional

from . import _native
from ._tensor import ITensor
from ._values import Dims, data_type


class ILayer:
    """A layer of a network; made by the network's ``add_*`` methods."""

    type: Any = None
    # Set by older code; accepted where it says what is so already.
    metadata = ""

    def __init__(self, network: Any, handle: int, **facts: Any):
        self.network, self._handle = network, handle
        self.__dict__.update(facts)

    def _info(self) -> dict:
        return _native.json_from("layer_info", self._handle)

    @property
    def name(self) -> str:
        return self._info()["name"]

    @name.setter
    def name(self, name: str) -> None:
        _native.call("layer_set_name", self._handle, str(name).encode())

    @property
    def num_inputs(self) -> int:
        return len(self._info()["inputs"])

    @property
    def num_outputs(self) -> int:
        return len(self._info()["outputs"])

    def get_input(self, index: int) -> Optional[ITensor]:
        handle = self._info()["inputs"][index]
        return ITensor(self.network, handle) if handle else None

    def get_output(self, index: int) -> ITensor:
        outputs = self._info()["outputs"]
        if not 0 <= index < len(outputs):
            raise IndexError(f"layer '{self.name}' has {len(outputs)} outputs, no output {index}")
        return ITensor(self.network, outputs[index])

    def set_input(self, index: int, tensor: ITensor) -> None:
        """Replaces an input. Beyond the data inputs, some layers take shape tensors: shuffle 1,
        slice 1 to 3, resize 1, fill 0 to 2, top-k 1. Their content must follow from shapes and
        constants."""
        _native.call("layer_set_input", self._handle, index, tensor._handle)

    @property
    def precision(self) -> Any:
        return self.get_output(0).dtype

    @precision.setter
    def precision(self, dtype: Any) -> None:
        self._want_type("precision", self.get_output(0), dtype)

    precision_is_set = False

    def get_output_type(self, index: int) -> Any:
        return self.get_output(index).dtype

    def set_output_type(self, index: int, dtype: Any) -> None:
        """Accepted if the output has this type; NotImplementedError otherwise (see add_cast)."""
        self._want_type("set_output_type", self.get_output(index), dtype)

    def _want_type(self, what: str, tensor: ITensor, dtype: Any) -> None:
        if tensor.dtype != data_type(dtype):
            raise NotImplementedError(
                f"{what} {data_type(dtype)} of layer '{self.name}', whose output is"
                f" {tensor.dtype}: networks are strongly typed; use add_cast"
            )

    def output_type_is_set(self, index: int) -> bool:
        return False

    def reset_precision(self) -> None:
        """Nothing to reset: types follow from the tensors."""

    def reset_output_type(self, index: int) -> None:
        """Nothing to reset: types follow from the tensors."""

    def _get(self, attr: str) -> Any:
        return _native.json_from("layer_get", self._handle, attr.encode())

    def _set(self, **attrs: Any) -> None:
        _native.call("layer_set", self._handle, _native.to_json(attrs))

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self.name}')"


class Attribute:
    """A property that is an attribute of the native layer."""

    def __init__(
        self,
        attr: str,
        load: Callable[[Any], Any] = lambda v: v,
        store: Callable[[Any], Any] = lambda v: v,
    ):
        self._attr, self._load, self._store = attr, load, store

    def __get__(self, layer: Optional[ILayer], owner: Any = None) -> Any:
        return self if layer is None else self._load(layer._get(self._attr))

    def __set__(self, layer: ILayer, value: Any) -> None:
        layer._set(**{self._attr: self._store(value)})


def word(attr: str, enum: Any, absent: dict[Any, str] = {}) -> Attribute:  # noqa: B006
    """An operation; ``absent``: members that the layer does not know -> what to do instead."""

    def store(value: Any) -> str:
        member = enum(value)
        if member in absent:
            raise NotImplementedError(f"{member} is not supported: {absent[member]}")
        return member.name.lower()

    return Attribute(attr, lambda v: enum[v.upper()] if v.upper() in enum.__members__ else v, store)


def number(attr: str) -> Attribute:
    return Attribute(attr, store=float)


def integer(attr: str) -> Attribute:
    return Attribute(attr, store=int)


def flag(attr: str) -> Attribute:
    return Attribute(attr, store=bool)


def integers(attr: str) -> Attribute:
    return Attribute(attr, Dims, lambda v: [int(i) for i in v])


def sizes(attr: str) -> Attribute:
    """A list of numbers, or of expressions over run-time sizes as ``shape.exprs`` gives them."""
    return Attribute(attr, _shown, stored_sizes)


def _shown(values: list) -> Dims:
    return Dims([-1 if isinstance(v, str) else v for v in values], values)


def stored_sizes(values: Iterable[Any]) -> list:
    """What a list of sizes is natively."""
    values = getattr(values, "exprs", values)
    return [v if isinstance(v, str) else int(v) for v in values]


def mask(axes: Iterable[int]) -> int:
    return sum(1 << int(a) for a in axes)


def axes_of(value: int) -> list[int]:
    return [i for i in range(32) if value >> i & 1]


def one_axis(what: str, value: int) -> int:
    axes = axes_of(value)
    if len(axes) != 1:
        raise NotImplementedError(f"{what} over the axes mask {value:#b}: wanted exactly one axis")
    return axes[0]
