# SPDX-License-Identifier: Apache-2.0
"""nvinfer1's add_* methods over the layers of layers.def."""

from __future__ import annotations

from typing import Any, Iterable, Sequence

from . import _enums as E
from . import _layers as L
from . import _native
from . import _windows as W
from ._layer import ILayer, axes_of, one_axis, stored_sizes
from ._tensor import ITensor
from ._values import Dims, Weights, as_weights, data_type


class AddLayers:
    """The part of INetworkDefinition that adds layers; what it adds them with is in _network.py."""

    _handle: int
    _add: Any
    _composite: Any
    _weighted: Any

    # ---- layers with constants

    def add_constant(self, shape: Iterable[int], weights: Any) -> L.IConstantLayer:
        """``weights``: Weights, a numpy array or a torch tensor; they are copied."""
        weights = as_weights(weights)
        struct = weights.struct([int(d) for d in shape])
        handle = _native.handle_from("network_add_constant", self._handle, struct)
        return L.IConstantLayer(self, handle, weights=weights)

    def add_convolution_nd(
        self, input: ITensor, num_output_maps: int, kernel_shape: Any, kernel: Any, bias: Any = None
    ) -> W.IConvolutionLayer:
        return self._weighted("convolution", input, num_output_maps, kernel_shape, kernel, bias)

    def add_deconvolution_nd(
        self, input: ITensor, num_output_maps: int, kernel_shape: Any, kernel: Any, bias: Any = None
    ) -> W.IDeconvolutionLayer:
        return self._weighted("deconvolution", input, num_output_maps, kernel_shape, kernel, bias)

    add_convolution, add_deconvolution = add_convolution_nd, add_deconvolution_nd

    def add_fully_connected(
        self, input: ITensor, num_outputs: int, kernel: Any, bias: Any = None
    ) -> ILayer:
        """The product over the last three dims, as it was in nvinfer1: [..., num_outputs, 1, 1]."""
        rank = len(input.shape)
        if rank < 4:
            raise ValueError(f"add_fully_connected wants at least 4 dims, not {rank}")
        flat = self.add_shuffle(input)
        flat.reshape_dims = [*[0] * (rank - 3), -1]
        linear = self._weighted("linear", flat.get_output(0), num_outputs, (), kernel, bias)
        out = self.add_shuffle(linear.get_output(0))
        out.reshape_dims = [*[0] * (rank - 3), num_outputs, 1, 1]
        return out

    def add_scale_nd(
        self,
        input: ITensor,
        mode: Any,
        shift: Any = None,
        scale: Any = None,
        power: Any = None,
        channel_axis: int = 1,
    ) -> L.IScaleLayer:
        """(x * scale + shift) ^ power; made of elementwise layers except per channel."""
        rank, steps = len(input.shape), E.ElementWiseOperation
        out, last = input, None
        for values, op in ((scale, steps.PROD), (shift, steps.SUM), (power, steps.POW)):
            values = as_weights(values)
            if not values.size:
                continue
            shape = self._scale_shape(input, mode, values, channel_axis % rank)
            constant = self.add_constant(shape, values).get_output(0)
            last = self.add_elementwise(out, constant, op)
            out = last.get_output(0)
        last = last or self.add_identity(input)
        return L.IScaleLayer(self, last._handle, mode=mode, channel_axis=channel_axis)

    def _scale_shape(self, x: ITensor, mode: Any, values: Weights, axis: int) -> list[int]:
        rank = len(x.shape)
        if mode == E.ScaleMode.UNIFORM:
            return [1] * rank
        if mode == E.ScaleMode.CHANNEL:
            return [values.size if i == axis else 1 for i in range(rank)]
        return [1, *x.shape[1:]]

    def add_scale(self, input: ITensor, mode: Any, shift: Any, scale: Any, power: Any = None):
        return self.add_scale_nd(input, mode, shift, scale, power, len(input.shape) - 3)

    # ---- layers without constants

    def add_activation(self, input: ITensor, type: Any) -> L.IActivationLayer:
        kind = E.ActivationType(type)
        return self._add("activation", [input], type=kind.name.lower())

    def add_pooling_nd(self, input: ITensor, type: Any, window_size: Any) -> W.IPoolingLayer:
        if type == E.PoolingType.MAX_AVERAGE_BLEND:
            raise NotImplementedError("MAX_AVERAGE_BLEND pooling: add a MAX and an AVERAGE pooling")
        kind = E.PoolingType(type).name.lower()
        return self._add("pooling", [input], type=kind, window=[int(w) for w in window_size])

    add_pooling = add_pooling_nd

    def add_elementwise(self, input1: ITensor, input2: ITensor, op: Any) -> L.IElementWiseLayer:
        kind = E.ElementWiseOperation(op).name.lower()
        return self._add("elementwise", [input1, input2], operation=kind)

    def add_unary(self, input: ITensor, op: Any) -> L.IUnaryLayer:
        return self._add("unary", [input], operation=E.UnaryOperation(op).name.lower())

    def add_reduce(self, input: ITensor, op: Any, axes: int, keep_dims: bool) -> L.IReduceLayer:
        layer = self._add("reduce", [input], axes=axes_of(axes), keep_dims=bool(keep_dims))
        layer.op = op
        return layer

    def add_softmax(self, input: ITensor) -> L.ISoftMaxLayer:
        return self._add("softmax", [input], axis=max(0, len(input.shape) - 3))

    def add_topk(self, input: ITensor, op: Any, k: int, axes: int) -> L.ITopKLayer:
        """Outputs: values, indices (INT64)."""
        largest = op == E.TopKOperation.MAX
        return self._add("topk", [input], k=int(k), axis=one_axis("top-k", axes), largest=largest)

    def add_concatenation(self, inputs: Sequence[ITensor]) -> L.IConcatenationLayer:
        inputs = list(inputs)
        return self._add("concatenation", inputs, axis=max(0, len(inputs[0].shape) - 3))

    def add_gather(self, input: ITensor, indices: ITensor, axis: int) -> L.IGatherLayer:
        return self._add("gather", [input, indices], axis=int(axis))

    def add_gather_v2(self, input: ITensor, indices: ITensor, mode: Any) -> L.IGatherLayer:
        layer = self._add("gather", [input, indices])
        layer.mode = mode
        return layer

    def add_matrix_multiply(
        self, input0: ITensor, op0: Any, input1: ITensor, op1: Any
    ) -> L.IMatrixMultiplyLayer:
        words = [E.MatrixOperation(op).name.lower() for op in (op0, op1)]
        return self._add("matrix_multiply", [input0, input1], op0=words[0], op1=words[1])

    def add_shuffle(self, input: ITensor) -> L.IShuffleLayer:
        return self._add("shuffle", [input])

    def add_slice(self, input: ITensor, start: Any, shape: Any, stride: Any) -> L.ISliceLayer:
        """Empty lists: given later, as properties or with set_input(1 to 3)."""
        steps = [int(s) for s in stride]
        return self._add(
            "slice", [input], start=stored_sizes(start), size=stored_sizes(shape), stride=steps
        )

    def add_select(
        self, condition: ITensor, then_input: ITensor, else_input: ITensor
    ) -> L.ISelectLayer:
        return self._add("select", [condition, then_input, else_input])

    def add_cast(self, input: ITensor, to_type: Any) -> L.ICastLayer:
        return self._add("cast", [input], to=int(data_type(to_type)))

    def add_identity(self, input: ITensor) -> L.IIdentityLayer:
        return self._add("cast", [input], L.IIdentityLayer, to=int(input.dtype))

    def add_padding_nd(
        self, input: ITensor, pre_padding: Any, post_padding: Any
    ) -> L.IPaddingLayer:
        """Pads the last dims with zeros; negative numbers cut off."""
        rank = len(input.shape)
        pads = [[int(p) for p in given] for given in (pre_padding, post_padding)]
        pre, post = ([0] * (rank - len(p)) + p for p in pads)
        return self._add("padding", [input], pre_padding=pre, post_padding=post)

    add_padding = add_padding_nd

    def add_resize(self, input: ITensor) -> L.IResizeLayer:
        return self._add("resize", [input])

    def add_fill(self, shape: Any, op: Any, output_type: Any = E.DataType.FLOAT) -> L.IFillLayer:
        if op != E.FillOperation.LINSPACE:
            raise NotImplementedError(f"{E.FillOperation(op)!s}: engines draw no random numbers")
        sizes = stored_sizes(shape)
        attrs = {"size": sizes} if sizes else {}
        return self._add("range", [], **attrs, to=int(data_type(output_type)))

    def add_normalization(
        self, input: ITensor, scale: ITensor, bias: ITensor, axesMask: int
    ) -> L.INormalizationLayer:
        """Layer norm over the last dims; others are NotImplementedError."""
        rank, axes = len(input.shape), axes_of(axesMask)
        if not axes or axes != list(range(rank - len(axes), rank)):
            raise NotImplementedError(
                f"add_normalization over axes {axes} of {rank} dims: wanted the last ones"
            )
        wanted = [0] * len(axes)
        parts = [self._last_dims(t, len(wanted)) for t in (scale, bias)]
        layer = self._add("normalization", [input, *parts], rank=len(axes))
        layer.axes = axesMask
        return layer

    def _last_dims(self, tensor: ITensor, count: int) -> ITensor:
        """The tensor without the leading dims of size 1 that nvinfer1 wants there."""
        sizes = tensor.shape
        if len(sizes) == count:
            return tensor
        shuffle = self.add_shuffle(tensor)
        shuffle.reshape_dims = Dims(list(sizes)[-count:], sizes.exprs[-count:])
        return shuffle.get_output(0)

    def add_attention(
        self, query: ITensor, key: ITensor, value: ITensor, norm_op: Any, causal: bool
    ) -> L.IAttentionLayer:
        if norm_op != E.AttentionNormalizationOp.SOFTMAX:
            raise NotImplementedError("attention without softmax: use add_matrix_multiply")
        tensors = [query, key, value, None]
        return self._add("attention", tensors, causal=bool(causal), scale=1.0)

    add_attention_v2 = add_attention

    def add_shape(self, input: ITensor) -> L.IShapeLayer:
        """The sizes of the input as INT64."""
        return self._composite("shape", L.IShapeLayer, input)

    def add_parametric_relu(self, input: ITensor, slopes: ITensor) -> L.IParametricReLULayer:
        return self._composite("parametric_relu", L.IParametricReLULayer, input, slopes)

    def add_unsqueeze(self, input: ITensor, axes: ITensor) -> L.IUnsqueezeLayer:
        return self._composite("unsqueeze", L.IUnsqueezeLayer, input, axes)

    def add_squeeze(self, input: ITensor, axes: ITensor) -> L.ISqueezeLayer:
        return self._composite("squeeze", L.ISqueezeLayer, input, axes)

    def add_einsum(self, inputs: Sequence[ITensor], equation: str) -> L.IEinsumLayer:
        """One or two tensors, without "..." and repeated labels."""
        layer = self._composite("einsum", L.IEinsumLayer, *inputs, text=equation)
        layer.equation = equation
        return layer

    def add_cumulative(
        self, input: ITensor, axis: ITensor, operation: Any, exclusive: bool, reverse: bool
    ) -> L.ICumulativeLayer:
        if exclusive or reverse:
            raise NotImplementedError("add_cumulative: exclusive and reverse sums")
        layer = self._add("cumsum", [input])
        layer.set_input(1, axis)
        return layer
