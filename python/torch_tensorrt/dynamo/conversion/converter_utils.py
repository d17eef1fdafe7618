# SPDX-License-Identifier: Apache-2.0
"""What converters share: values as tensors of the network, types, names, shapes. ``ctx`` is a
ConversionContext; tensors are ITensors of ``ctx.net``."""

from __future__ import annotations

import functools
from typing import Any, Callable, Optional, Sequence, Union

import numpy as np
import torch

from ... import trt
from ...trt._values import data_type, torch_type
from .._SourceIR import SourceIR
from ._ConversionContext import ConversionContext


def set_layer_name(
    layer: trt.ILayer,
    target: Any,
    name: str,
    source_ir: Optional[SourceIR] = None,
    is_acc: Any = None,
) -> None:
    """Names a layer "[KIND]-[source.target]-[name]"."""
    kind = layer.type.name if layer.type is not None else type(layer).__name__
    text = target if isinstance(target, str) else getattr(target, "__name__", str(target))
    layer.name = f"[{kind}]-[{source_ir or SourceIR.UNKNOWN}.{text}]-[{name}]"


def to_torch(value: Any, dtype: Any = None) -> Optional[torch.Tensor]:
    """A number, list, numpy array or tensor as a CPU tensor; None stays None. Numbers of numpy that
    are float64, its default, become float32 unless ``dtype`` says otherwise."""
    if value is None:
        return None
    if isinstance(value, trt.Weights):
        value = value.tensor()
    tensor = value.detach().cpu() if isinstance(value, torch.Tensor) else torch.as_tensor(value)
    if dtype is None and isinstance(value, (np.ndarray, np.generic)):
        dtype = torch.float32 if tensor.dtype == torch.float64 else None
    return tensor if dtype is None else tensor.to(torch_type(dtype))


def to_numpy(value: Any, dtype: Any = None) -> Optional[np.ndarray]:
    """As to_torch, as a numpy array."""
    tensor = to_torch(value, dtype)
    return None if tensor is None else tensor.numpy()


def to_trt_weights(
    ctx: ConversionContext, value: Any, name: str, *_: Any, **__: Any
) -> trt.Weights:
    """The values as Weights, which keep them alive."""
    tensor = to_torch(value)
    ctx.record_weight(name, tensor)
    return trt.Weights(tensor)


def create_constant(
    ctx: ConversionContext, value: Any, name: str, dtype: Any = None, min_rank: int = 0
) -> trt.ITensor:
    """A constant tensor; at least ``min_rank`` dims, ones in front."""
    tensor = to_torch(value, dtype)
    assert tensor is not None
    while tensor.dim() < min_rank:
        tensor = tensor.unsqueeze(0)
    layer = ctx.net.add_constant(tuple(tensor.shape), tensor)
    layer.name = name
    return layer.get_output(0)


def get_trt_tensor(
    ctx: ConversionContext, input_val: Any, name: str, dtype: Any = None, min_rank: int = 0
) -> trt.ITensor:
    """``input_val`` as an ITensor: itself (cast to ``dtype`` if given), or a constant. Lists that
    hold ITensors of sizes become one list of them."""
    if isinstance(input_val, trt.ITensor):
        return input_val if dtype is None else cast_trt_tensor(ctx, input_val, dtype, name)
    if isinstance(input_val, (list, tuple)) and any(isinstance(v, trt.ITensor) for v in input_val):
        return shape_tensor(ctx, input_val, name)
    if not isinstance(input_val, (int, float, list, tuple, np.ndarray, np.generic, torch.Tensor)):
        raise TypeError(f"'{name}' is {type(input_val).__name__}, wanted a tensor or a number")
    return create_constant(ctx, input_val, name, dtype, min_rank)


def cast_trt_tensor(
    ctx: ConversionContext,
    input_val: trt.ITensor,
    dtype: Any,
    name: str,
    target: Any = "",
    source_ir: Optional[SourceIR] = None,
) -> trt.ITensor:
    """The tensor in another element type; itself if it has it."""
    if input_val.dtype == data_type(dtype):
        return input_val
    layer = ctx.net.add_cast(input_val, data_type(dtype))
    layer.name = f"{name}_cast_{len(ctx.net)}"
    return layer.get_output(0)


def shape_tensor(ctx: ConversionContext, values: Sequence[Any], name: str) -> trt.ITensor:
    """Numbers and size tensors (no dims, or one of size 1) as one INT64 list."""
    parts = []
    for i, v in enumerate(values):
        if not isinstance(v, trt.ITensor):
            parts.append(create_constant(ctx, [int(v)], f"{name}_{i}", torch.int64))
            continue
        v = cast_trt_tensor(ctx, v, torch.int64, f"{name}_{i}")
        parts.append(v if len(v.shape) == 1 else _reshaped(ctx, v, [1]))
    layer = ctx.net.add_concatenation(parts)
    layer.axis = 0
    return layer.get_output(0)


def _reshaped(ctx: ConversionContext, tensor: trt.ITensor, sizes: Sequence[Any]) -> trt.ITensor:
    layer = ctx.net.add_shuffle(tensor)
    layer.zero_is_placeholder = False
    layer.reshape_dims = sizes
    return layer.get_output(0)


def prepend_ones(
    ctx: ConversionContext, tensor: Any, name: str, num_prepend_ones: int
) -> trt.ITensor:
    """The tensor with that many dims of size 1 in front."""
    x = get_trt_tensor(ctx, tensor, name)
    if num_prepend_ones <= 0:
        return x
    return _reshaped(ctx, x, [*[1] * num_prepend_ones, *x.shape.exprs])


def broadcast(
    ctx: ConversionContext, a: Any, b: Any, a_name: str, b_name: str, preset_diff: int = 0
) -> tuple[trt.ITensor, trt.ITensor]:
    """Both with the rank of the larger one."""
    a, b = get_trt_tensor(ctx, a, a_name), get_trt_tensor(ctx, b, b_name)
    more = len(a.shape) - len(b.shape) - preset_diff
    return prepend_ones(ctx, a, f"{a_name}_ones", -more), prepend_ones(
        ctx, b, f"{b_name}_ones", more
    )


def broadcast_to_same_shape(
    ctx: ConversionContext, target: Any, source_ir: Any, name: str, lhs_val: Any, rhs_val: Any
) -> tuple[trt.ITensor, trt.ITensor]:
    """Both expanded to the shape that they broadcast to."""
    lhs, rhs = broadcast(ctx, lhs_val, rhs_val, f"{name}_lhs", f"{name}_rhs")
    pairs = zip(lhs.shape.exprs, rhs.shape.exprs)
    sizes = [b if a == 1 else a for a, b in pairs]
    return tuple(ctx.net.add_layer("expand", [t], dims=sizes).get_output(0) for t in (lhs, rhs))  # type: ignore[return-value]


def get_positive_dim(dim: Union[int, Sequence[int]], dim_size: int) -> Any:
    """Dims counted from the end, counted from the front; ValueError outside the rank."""
    if not isinstance(dim, int):
        return tuple(get_positive_dim(d, dim_size) for d in dim)
    if not -max(dim_size, 1) <= dim < max(dim_size, 1):
        raise ValueError(f"dim {dim} of a tensor of {dim_size} dims")
    return dim % dim_size if dim_size else 0


def get_axes_for_reduce_op(dim: Union[int, Sequence[int]]) -> int:
    """The mask of non-negative dims."""
    return sum(1 << int(d) for d in ((dim,) if isinstance(dim, int) else dim))


def has_dynamic_shape(shape: Sequence[int]) -> int:
    """How many sizes are known only at run time."""
    return sum(1 for d in shape if not isinstance(d, int) or d == -1)


def has_dynamic_shapes(node: Any) -> bool:
    """Whether the node's result or a tensor argument has a run-time size (for validators)."""

    def symbolic(value: Any) -> bool:
        if isinstance(value, (list, tuple)):
            return any(symbolic(v) for v in value)
        shape = getattr(value, "shape", ())
        return any(not isinstance(d, int) for d in shape)

    values = [n.meta["val"] for n in (node, *node.args) if hasattr(n, "meta")]
    return any(symbolic(v) for v in values)


def dynamic_unsupported(node: Any, *_: Any) -> bool:
    """A validator: only nodes whose sizes are all fixed."""
    return not has_dynamic_shapes(node)


def args_bounds_check(args: Sequence[Any], i: int, replacement: Any = None) -> Any:
    """args[i], or the replacement if there is none or it is None."""
    return args[i] if len(args) > i and args[i] is not None else replacement


def enforce_tensor_types(
    type_dictionary: dict[Union[int, str], tuple], promote: bool = True
) -> Callable[[Callable], Callable]:
    """A decorator of converters: argument number or keyword -> the classes it may have. With
    ``promote`` constants become ITensors (or numpy arrays, torch tensors) where that is one of
    them; TypeError otherwise."""

    def wrap(function: Callable) -> Callable:
        @functools.wraps(function)
        def checked(ctx: Any, target: Any, args: tuple, kwargs: dict, name: str) -> Any:
            args, kwargs = list(args), dict(kwargs)
            for key, wanted in type_dictionary.items():
                held: Any = args if isinstance(key, int) else kwargs
                if isinstance(key, str) and key not in kwargs:
                    continue
                held[key] = _enforced(ctx, held[key], wanted, promote, f"{name}_{key}")
            return function(ctx, target, tuple(args), kwargs, name)

        return checked

    return wrap


def _enforced(ctx: Any, value: Any, wanted: tuple, promote: bool, name: str) -> Any:
    if isinstance(value, tuple(wanted)):
        return value
    if promote and not isinstance(value, trt.ITensor):
        if trt.ITensor in wanted:
            return get_trt_tensor(ctx, value, name)
        if np.ndarray in wanted:
            return to_numpy(value)
        if torch.Tensor in wanted:
            return to_torch(value)
    names = " or ".join(t.__name__ for t in wanted)
    raise TypeError(f"'{name}' is {type(value).__name__}, wanted {names}")


def promoted(ctx: ConversionContext, lhs: Any, rhs: Any, name: str) -> tuple[Any, Any]:
    """Both as ITensors of the type that torch computes in; numbers give way to tensors."""
    kind = torch.result_type(_example(lhs), _example(rhs))
    return get_trt_tensor(ctx, lhs, f"{name}_lhs", kind), get_trt_tensor(
        ctx, rhs, f"{name}_rhs", kind
    )


def _example(value: Any) -> Any:
    if isinstance(value, trt.ITensor):
        return torch.empty([1] * len(value.shape), dtype=torch_type(value.dtype), device="meta")
    numbers = isinstance(value, (bool, int, float, torch.Tensor))
    return value if numbers else to_torch(value)


def append(
    ctx: ConversionContext, original_tensor: trt.ITensor, new_value: Any, name: str, dim: int = 0
) -> trt.ITensor:
    """One more element at the end of ``dim``."""
    value = get_trt_tensor(ctx, new_value, name, original_tensor.dtype, len(original_tensor.shape))
    if len(value.shape) < len(original_tensor.shape):
        value = prepend_ones(ctx, value, name, len(original_tensor.shape) - len(value.shape))
    layer = ctx.net.add_concatenation([original_tensor, value])
    layer.axis = get_positive_dim(dim, len(original_tensor.shape))
    return layer.get_output(0)


def set_item(
    ctx: ConversionContext, original_tensor: trt.ITensor, index: int, new_value: Any, name: str
) -> trt.ITensor:
    """A list of fixed length with element ``index`` replaced."""
    length = original_tensor.shape[0]
    if len(original_tensor.shape) != 1 or length < 0:
        raise ValueError(f"set_item of a tensor of shape {original_tensor.shape}, wanted a list")
    index = get_positive_dim(index, length)
    net = ctx.net
    value = get_trt_tensor(ctx, new_value, name, original_tensor.dtype, 1)
    if len(value.shape) == 0:
        value = _reshaped(ctx, value, [1])
    parts = [net.add_slice(original_tensor, [0], [index], [1]).get_output(0)] if index else []
    parts.append(value)
    rest = length - index - 1
    if rest:
        parts.append(net.add_slice(original_tensor, [index + 1], [rest], [1]).get_output(0))
    layer = net.add_concatenation(parts)
    layer.axis = 0
    return layer.get_output(0)


def flatten_dims(input: trt.ITensor, start_dim: int, end_dim: int) -> tuple[int, ...]:
    """The fixed shape with dims start to end (inclusive) made one."""
    shape = tuple(input.shape)
    first, last = get_positive_dim((start_dim, end_dim), len(shape))
    return (*shape[:first], trt.volume(shape[first : last + 1]), *shape[last + 1 :])
