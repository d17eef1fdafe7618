# SPDX-License-Identifier: Apache-2.0
"""The layer classes: nvinfer1's properties over the attributes of layers.def."""

from __future__ import annotations

from typing import Any, Iterable

from . import _enums as E
from ._layer import (
    Attribute,
    ILayer,
    axes_of,
    flag,
    integer,
    integers,
    mask,
    number,
    one_axis,
    sizes,
    word,
)
from ._values import Dims, data_type


class IActivationLayer(ILayer):
    type = E.LayerType.ACTIVATION
    alpha, beta = number("alpha"), number("beta")


class IElementWiseLayer(ILayer):
    type = E.LayerType.ELEMENTWISE
    op = word("operation", E.ElementWiseOperation)


class IUnaryLayer(ILayer):
    type = E.LayerType.UNARY
    op = word("operation", E.UnaryOperation)


class IReduceLayer(ILayer):
    type = E.LayerType.REDUCE
    op = word(
        "operation", E.ReduceOperation, {E.ReduceOperation.NONE: "there is nothing to reduce"}
    )
    axes = Attribute("axes", mask, axes_of)
    keep_dims = flag("keep_dims")


class ISoftMaxLayer(ILayer):
    type = E.LayerType.SOFTMAX

    @property
    def axes(self) -> int:
        return 1 << (self._get("axis") % len(self.get_input(0).shape))

    @axes.setter
    def axes(self, axes: int) -> None:
        self._set(axis=one_axis("softmax", axes))


class ITopKLayer(ILayer):
    """Outputs: values, and indices as INT64."""

    type = E.LayerType.TOPK
    k = integer("k")

    @property
    def op(self) -> Any:
        return E.TopKOperation.MAX if self._get("largest") else E.TopKOperation.MIN

    @op.setter
    def op(self, op: Any) -> None:
        self._set(largest=op == E.TopKOperation.MAX)

    @property
    def axes(self) -> int:
        return 1 << (self._get("axis") % len(self.get_input(0).shape))

    @axes.setter
    def axes(self, axes: int) -> None:
        self._set(axis=one_axis("top-k", axes))


class IConcatenationLayer(ILayer):
    type = E.LayerType.CONCATENATION
    axis = integer("axis")


class IGatherLayer(ILayer):
    type = E.LayerType.GATHER
    axis = integer("axis")
    mode = word("mode", E.GatherMode, {E.GatherMode.ND: "use add_gather one axis at a time"})

    @property
    def num_elementwise_dims(self) -> int:
        return 0

    @num_elementwise_dims.setter
    def num_elementwise_dims(self, count: int) -> None:
        if count:
            raise NotImplementedError(f"num_elementwise_dims {count} of a gather: wanted 0")


class IMatrixMultiplyLayer(ILayer):
    type = E.LayerType.MATRIX_MULTIPLY
    op0, op1 = word("op0", E.MatrixOperation), word("op1", E.MatrixOperation)


class IShuffleLayer(ILayer):
    type = E.LayerType.SHUFFLE
    first_transpose, second_transpose = integers("first_transpose"), integers("second_transpose")
    # 0 copies the input's size, one -1 takes what is left; reading gives the sizes that come out.
    reshape_dims = sizes("reshape_dims")
    zero_is_placeholder = flag("zero_is_placeholder")


class ISliceLayer(ILayer):
    type = E.LayerType.SLICE
    start, shape, stride = sizes("start"), sizes("size"), integers("stride")

    @property
    def mode(self) -> Any:
        return E.SampleMode.STRICT_BOUNDS

    @mode.setter
    def mode(self, mode: Any) -> None:
        if mode != E.SampleMode.STRICT_BOUNDS:
            raise NotImplementedError(
                f"{E.SampleMode(mode)!s} is not supported: a slice stays inside its input; pad it"
                " first with add_padding_nd"
            )


class IResizeLayer(ILayer):
    """Without a coordinate transformation NEAREST is ASYMMETRIC, the others are HALF_PIXEL."""

    type = E.LayerType.RESIZE
    resize_mode = interpolation_mode = word("mode", E.InterpolationMode)
    _shape = sizes("output_size")

    @property
    def shape(self) -> Dims:
        """Sizes of all dims; the first two are those of the input."""
        return self.get_output(0).shape

    @shape.setter
    def shape(self, shape: Iterable[Any]) -> None:
        self._shape = Dims(list(shape)[2:], list(getattr(shape, "exprs", shape))[2:])

    @property
    def scales(self) -> list[float]:
        return [1.0, 1.0, *self._get("scales")]

    @scales.setter
    def scales(self, scales: Iterable[float]) -> None:
        given = [float(s) for s in scales]
        sizes_in = list(self.get_input(0).shape)
        if len(given) != len(sizes_in) or given[:2] != [1.0, 1.0]:
            raise ValueError(f"scales are {given}, wanted 1, 1 and one for each further dim")
        if -1 in sizes_in[2:]:
            raise NotImplementedError("scales of sizes known only at run time: give the shape")
        self._set(
            scales=given[2:], output_size=[int(d * s) for d, s in zip(sizes_in[2:], given[2:])]
        )

    @property
    def coordinate_transformation(self) -> Any:
        kinds = E.ResizeCoordinateTransformation
        if self.resize_mode == E.InterpolationMode.NEAREST:
            return kinds.ASYMMETRIC
        return kinds.ALIGN_CORNERS if self._get("align_corners") else kinds.HALF_PIXEL

    @coordinate_transformation.setter
    def coordinate_transformation(self, kind: Any) -> None:
        kinds = E.ResizeCoordinateTransformation
        nearest = self.resize_mode == E.InterpolationMode.NEAREST
        if (kind == kinds.ASYMMETRIC) != nearest:
            raise NotImplementedError(
                f"{kinds(kind)!s} with {self.resize_mode!s} is not supported: NEAREST is ASYMMETRIC,"
                " LINEAR and CUBIC are HALF_PIXEL or ALIGN_CORNERS; set resize_mode first"
            )
        self._set(align_corners=kind == kinds.ALIGN_CORNERS)

    @property
    def nearest_rounding(self) -> Any:
        return E.ResizeRoundMode.FLOOR

    @nearest_rounding.setter
    def nearest_rounding(self, mode: Any) -> None:
        if mode != E.ResizeRoundMode.FLOOR:
            raise NotImplementedError(f"{E.ResizeRoundMode(mode)!s}: NEAREST rounds with FLOOR")


class IPaddingLayer(ILayer):
    type = E.LayerType.PADDING
    pre_padding_nd = pre_padding = integers("pre_padding")
    post_padding_nd = post_padding = integers("post_padding")


class IFillLayer(ILayer):
    """LINSPACE over one dimension: alpha + i * beta."""

    type = E.LayerType.FILL
    operation = E.FillOperation.LINSPACE
    shape, alpha, beta = sizes("size"), number("start"), number("step")


class INormalizationLayer(ILayer):
    type = E.LayerType.NORMALIZATION
    epsilon = number("epsilon")
    axes = 0  # what add_normalization was given

    @property
    def num_groups(self) -> int:
        return 1

    @num_groups.setter
    def num_groups(self, groups: int) -> None:
        if groups != 1:
            raise NotImplementedError(f"num_groups {groups} of a normalization: wanted 1")


class IAttentionLayer(ILayer):
    """softmax(q k^T + mask) v, not scaled: scale the query, as with nvinfer1."""

    causal = flag("causal")
    decomposable = True

    @property
    def mask(self) -> Any:
        return self.get_input(3)

    @mask.setter
    def mask(self, tensor: Any) -> None:
        self.set_input(3, tensor)


class ICastLayer(ILayer):
    type = E.LayerType.CAST
    to_type = Attribute("to", data_type, lambda v: int(data_type(v)))


class IIdentityLayer(ICastLayer):
    type = E.LayerType.IDENTITY

    def set_output_type(self, index: int, dtype: Any) -> None:
        """Makes the layer a cast, as older code expects."""
        self.to_type = dtype


class IConstantLayer(ILayer):
    type = E.LayerType.CONSTANT
    weights: Any = None  # what add_constant was given

    @property
    def shape(self) -> Dims:
        return self.get_output(0).shape


class ISelectLayer(ILayer):
    type = E.LayerType.SELECT


class IShapeLayer(ILayer):
    type = E.LayerType.SHAPE


class IParametricReLULayer(ILayer):
    type = E.LayerType.PARAMETRIC_RELU


class IUnsqueezeLayer(ILayer):
    type = E.LayerType.UNSQUEEZE


class ISqueezeLayer(ILayer):
    type = E.LayerType.SQUEEZE


class IScaleLayer(ILayer):
    type = E.LayerType.SCALE
    mode = E.ScaleMode.CHANNEL
    channel_axis = 1


class IEinsumLayer(ILayer):
    type = E.LayerType.EINSUM
    equation = ""  # what add_einsum was given


class ICumulativeLayer(ILayer):
    type = E.LayerType.CUMULATIVE
    op = E.CumulativeOperation.SUM


__all__ = [
    name
    for name, value in list(globals().items())
    if isinstance(value, type) and issubclass(value, ILayer) and not name.startswith("_")
]
