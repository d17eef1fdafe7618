# SPDX-License-Identifier: Apache-2.0
"""A node as the native compiler describes it (node_json of c_api_network.h), in the shape of a
torch.fx.Node: target, args in the schema's order, keyword-only arguments in kwargs, meta["val"]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Iterator

import torch

from ...runtime import _sizes
from ...trt import _native
from ...trt._values import torch_type

_MEMORY_FORMATS = {
    "contiguous_format": torch.contiguous_format,
    "channels_last": torch.channels_last,
    "channels_last_3d": torch.channels_last_3d,
    "preserve_format": torch.preserve_format,
}
_HINT = 8  # for run-time sizes whose range is not known


class Meta(Mapping):
    """meta of a node; ``val`` is made when it is asked for."""

    def __init__(self, make: Callable[[], Any]):
        self._make, self._made = make, None

    def __getitem__(self, key: str) -> Any:
        if key != "val":
            raise KeyError(key)
        if self._made is None:
            self._made = (self._make(),)
        return self._made[0]

    def __iter__(self) -> Iterator[str]:
        return iter(("val",))

    def __len__(self) -> int:
        return 1


class NodeView:
    """What validators and converters see of a node."""

    def __init__(self, op: str, name: str, target: Any, meta: Meta):
        self.op, self.name, self.target, self.meta = op, name, target, meta
        self.args: tuple = ()
        self.kwargs: dict[str, Any] = {}
        self.module = self.location = ""

    def __repr__(self) -> str:
        return self.name


def overload(op: str) -> Any:
    """The OpOverload of a native name such as "aten::add.Tensor"."""
    namespace, _, rest = op.partition("::")
    name, _, kind = rest.partition(".")
    return getattr(getattr(getattr(torch.ops, namespace), name), kind or "default")


class _Fakes:
    """Tensors without data: on the meta device, or, with run-time sizes, fake ones whose symbolic
    sizes agree between the tensors of a node."""

    def __init__(self, symbols: dict[str, Any]):
        self._ranges, self._sizes, self._mode = symbols, {}, None

    def value(self, described: dict) -> Any:
        if "size" in described:
            return self._size(described["size"])
        if "dtype" not in described:
            return None
        shape = described["shape"]
        dtype = torch_type(described["dtype"])
        if all(isinstance(d, int) for d in shape):
            return torch.empty(shape, dtype=dtype, device="meta")
        sizes = [self._size(d) for d in shape]
        with self._fake_mode():
            return torch.empty(sizes, dtype=dtype)

    def _fake_mode(self) -> Any:
        from torch._subclasses.fake_tensor import FakeTensorMode
        from torch.fx.experimental.symbolic_shapes import ShapeEnv

        if self._mode is None:
            self._mode = FakeTensorMode(shape_env=ShapeEnv())
        return self._mode

    def _symbol(self, name: str) -> Any:
        from torch._dynamo.source import ConstantSource
        from torch.fx.experimental.symbolic_shapes import DimDynamic

        env = self._fake_mode().shape_env
        hint = self._ranges.get(name, (1, _HINT, _HINT))[1]
        source = ConstantSource(name)
        symbol = env.create_symbol(max(hint, 2), source, dynamic_dim=DimDynamic.DYNAMIC)
        return env.create_symintnode(symbol, hint=max(hint, 2), source=source)

    def _size(self, size: Any) -> Any:
        if isinstance(size, int):
            return size
        known = _Symbols(self._sizes, self._symbol)
        return _sizes.evaluate(size, known)


class _Symbols(dict):
    def __init__(self, known: dict, make: Callable[[str], Any]):
        self._known, self._create = known, make

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._create(name)
        return self._known[name]


class Description:
    """node_json, read."""

    def __init__(self, text: bytes):
        import json

        self.json = _native.from_json(json.loads(text))
        self.target = overload(self.json["op"])
        self.name = self.json["name"]
        self._fakes = _Fakes(self.json.get("symbols", {}))

    def arguments(self, tensor: Callable[[int], Any], size: Callable[[str], Any]) -> tuple:
        """(args, kwargs): positional arguments up to the last one given, with defaults between
        them, and keyword-only arguments that were given."""
        given = self.json["arguments"]
        args, kwargs, pending = [], {}, []
        for a in self.target._schema.arguments:
            if a.name in given:
                value = self._value(given[a.name], str(a.type), tensor, size)
                if a.kwarg_only:
                    kwargs[a.name] = value
                else:
                    args += [*pending, value]
                    pending = []
            elif not a.kwarg_only:
                pending.append(a.default_value if a.has_default_value() else None)
        return tuple(args), kwargs

    def _value(self, value: Any, kind: str, tensor: Any, size: Any) -> Any:
        if isinstance(value, list):
            return [self._value(v, kind, tensor, size) for v in value]
        if isinstance(value, dict):
            if "tensor" in value:
                return tensor(value["tensor"])
            return size(value["size"]) if "size" in value else torch_type(value["dtype"])
        if isinstance(value, str):
            return _typed(value, kind)
        if isinstance(value, int) and "float" in kind and not isinstance(value, bool):
            return float(value)
        return value

    def has_run_time_sizes(self) -> bool:
        """Whether an operand or a result has a size known only at run time."""
        values = [*self.json["inputs"], *self.json["outputs"]]
        return any(isinstance(d, str) for v in values for d in v.get("shape", ()))

    def view(self) -> NodeView:
        """The node without data, for validators."""
        node = NodeView("call_function", self.name, self.target, Meta(self._results))
        node.module, node.location = self.json["module"], self.json["location"]
        node.args, node.kwargs = self.arguments(self._operand, self._fakes._size)
        return node

    def _results(self) -> Any:
        values = [self._fakes.value(o) for o in self.json["outputs"]]
        return values[0] if len(values) == 1 else values

    def _operand(self, index: int) -> NodeView:
        described = self.json["inputs"][index]
        op = "get_attr" if described["constant"] else "placeholder"
        name = described["name"]
        return NodeView(op, name, name, Meta(lambda: self._fakes.value(described)))


def _typed(text: str, kind: str) -> Any:
    """A string argument whose schema type may be no string: a device, memory format or layout."""
    if text.startswith("unsupported:"):
        raise NotImplementedError(f"an argument is {text.removeprefix('unsupported: ')}")
    if "str" in kind:
        return text
    if "Device" in kind:
        return torch.device(text)
    if text in _MEMORY_FORMATS:
        return _MEMORY_FORMATS[text]
    return torch.strided if text == "strided" else text
