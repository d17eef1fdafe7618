# SPDX-License-Identifier: Apache-2.0
"""INetworkDefinition: a network of our own, or the one a node is being converted into."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Optional, Sequence

from . import _enums as E
from . import _layers as L
from . import _native
from . import _windows as W
from ._absent import AbsentMethods
from ._add_layers import AddLayers
from ._layer import ILayer
from ._tensor import ITensor
from ._values import Dims, as_weights, data_type

_CLASSES = {
    "convolution": W.IConvolutionLayer,
    "deconvolution": W.IDeconvolutionLayer,
    "matrix_multiply": L.IMatrixMultiplyLayer,
    "activation": L.IActivationLayer,
    "unary": L.IUnaryLayer,
    "elementwise": L.IElementWiseLayer,
    "select": L.ISelectLayer,
    "cast": L.ICastLayer,
    "scale": L.IScaleLayer,
    "pooling": W.IPoolingLayer,
    "reduce": L.IReduceLayer,
    "softmax": L.ISoftMaxLayer,
    "normalization": L.INormalizationLayer,
    "attention": L.IAttentionLayer,
    "shuffle": L.IShuffleLayer,
    "concatenation": L.IConcatenationLayer,
    "slice": L.ISliceLayer,
    "padding": L.IPaddingLayer,
    "gather": L.IGatherLayer,
    "cumsum": L.ICumulativeLayer,
    "topk": L.ITopKLayer,
    "resize": L.IResizeLayer,
    "range": L.IFillLayer,
    "constant": L.IConstantLayer,
}


class INetworkDefinition(AddLayers, AbsentMethods):
    """A network being put together: one's own (``Builder.create_network``), or the one that a node
    is being converted into, whose inputs and outputs are the compiler's.

    Mistakes are RuntimeErrors that name the layer, the value seen and the value wanted; types are
    checked when they are asked for (``shape``, ``dtype``) and when the network is built. What our
    layers cannot do raises NotImplementedError."""

    def __init__(self, handle: Optional[int] = None, flags: int = 0):
        self._owned = handle is None
        self._handle = _native.handle_from("network_create") if handle is None else handle
        self.flags = flags

    def __del__(self) -> None:
        if getattr(self, "_owned", False):
            _native.library().tenon_network_free(self._handle)

    # ---- inputs, outputs, layers

    def _info(self) -> dict:
        return _native.json_from("network_info", self._handle)

    @property
    def name(self) -> str:
        return self._info()["name"]

    @name.setter
    def name(self, name: str) -> None:
        _native.call("network_set_name", self._handle, name.encode())

    num_inputs = property(lambda self: len(self._info()["inputs"]))
    num_outputs = property(lambda self: len(self._info()["outputs"]))
    num_layers = property(lambda self: len(self._info()["layers"]))
    has_implicit_batch_dimension = False

    def get_flag(self, flag: Any) -> bool:
        """Batch is always explicit, types are always strong."""
        return flag in (
            E.NetworkDefinitionCreationFlag.EXPLICIT_BATCH,
            E.NetworkDefinitionCreationFlag.STRONGLY_TYPED,
        )

    def get_input(self, index: int) -> ITensor:
        return ITensor(self, self._info()["inputs"][index])

    def get_output(self, index: int) -> ITensor:
        return ITensor(self, self._info()["outputs"][index])

    def get_layer(self, index: int) -> ILayer:
        handle = self._info()["layers"][index]
        op = _native.json_from("layer_info", handle)["op"]
        return _CLASSES.get(op, ILayer)(self, handle)

    def __len__(self) -> int:
        return self.num_layers

    def __getitem__(self, index: int) -> ILayer:
        return self.get_layer(index)

    def __iter__(self) -> Iterator[ILayer]:
        return (self.get_layer(i) for i in range(len(self)))

    def __bool__(self) -> bool:
        return True  # also without layers

    def add_input(self, name: str, dtype: Any, shape: Iterable[int]) -> ITensor:
        """-1 in ``shape`` is a run-time size; its range comes from an optimization profile."""
        dims = [int(d) for d in shape]
        kind = int(data_type(dtype))
        handle = _native.handle_from(
            "network_add_input",
            self._handle,
            name.encode(),
            kind,
            len(dims),
            _native.integers(dims),
        )
        return ITensor(self, handle)

    def mark_output(self, tensor: ITensor) -> None:
        _native.call("network_mark_output", self._handle, tensor._handle, 1)

    def unmark_output(self, tensor: ITensor) -> None:
        _native.call("network_mark_output", self._handle, tensor._handle, 0)

    def print(self) -> str:
        """The network as it would be built, as text."""
        return _native.text_from("network_print", self._handle)

    # ---- how layers are made

    def _add(self, op: str, inputs: Sequence[Optional[ITensor]], cls: Any = None, **attrs: Any):
        """Any layer of layers.def by its op name and attributes."""
        for i, t in enumerate(inputs):
            if t is not None and not isinstance(t, ITensor):
                raise TypeError(f"input {i} of {op} is {type(t).__name__}, wanted an ITensor")
        handle = _native.handle_from(
            "network_add_layer",
            self._handle,
            op.encode(),
            _native.handles([t._handle if t else 0 for t in inputs]),
            len(inputs),
            _native.to_json(attrs),
        )
        return (cls or _CLASSES.get(op, ILayer))(self, handle)

    add_layer = _add

    def _composite(self, kind: str, cls: Any, *inputs: ITensor, text: Optional[str] = None) -> Any:
        handles = _native.handles([t._handle for t in inputs])
        text = None if text is None else text.encode()
        arguments = (self._handle, kind.encode(), handles, len(inputs), text)
        return cls(self, _native.handle_from("network_add_composite", *arguments))

    def _weighted(
        self, op: str, x: ITensor, maps: int, window: Iterable[int], kernel: Any, bias: Any
    ) -> Any:
        sizes = [int(k) for k in window]
        kernel, bias = as_weights(kernel), as_weights(bias)
        handle = _native.handle_from(
            "network_add_weighted",
            self._handle,
            op.encode(),
            x._handle,
            int(maps),
            len(sizes),
            _native.integers(sizes),
            kernel.struct(),
            bias.struct(),
        )
        facts = {"num_output_maps": maps, "kernel_size_nd": Dims(sizes)}
        return _CLASSES.get(op, ILayer)(self, handle, **facts, kernel=kernel, bias=bias)

    def size(self, expression: Any) -> ITensor:
        """A run-time size ("2*s0", as ``shape.exprs`` has it) as an INT64 tensor without dims."""
        return self._add("size_of", [], size=[expression]).get_output(0)
