# SPDX-License-Identifier: Apache-2.0
"""Layers of nvinfer1 that engines do not have: the name is there and says so."""

from typing import Any, NoReturn

_PLUGINS = "engines run no plugins; keep the op in PyTorch (torch_executed_ops), which runs it"
_CONTROL = "engines have no control flow; keep it in PyTorch, or unroll it while converting"
_QUANTIZED = "engines have no INT8, FP8 or FP4 arithmetic yet"
_DATA = "the size of its result depends on data, which an engine cannot give"

_REASONS = {
    "add_plugin": _PLUGINS,
    "add_plugin_v2": _PLUGINS,
    "add_plugin_v3": _PLUGINS,
    "add_plugin_ext": _PLUGINS,
    "add_loop": _CONTROL,
    "add_if_conditional": _CONTROL,
    "add_assertion": "engines check the sizes of their inputs only",
    "add_quantize": _QUANTIZED,
    "add_dequantize": _QUANTIZED,
    "add_dynamic_quantize": _QUANTIZED,
    "add_non_zero": _DATA,
    "add_nms": _DATA,
    "add_scatter": "there is no scatter layer; compare indices with a range and use add_select",
    "add_one_hot": "compare with a constant range (add_elementwise, EQUAL) instead",
    "add_grid_sample": "there is no grid sampling layer",
    "add_einsum": "use add_shuffle and add_matrix_multiply",
    "add_lrn": "there is no local response normalization layer",
    "add_ragged_softmax": "there is no ragged softmax layer; mask with add_select",
    "add_reverse_sequence": "there is no reverse sequence layer; add_slice with stride -1 reverses",
    "add_kv_cache_update": "engines have no aliased inputs and outputs",
    "add_dist_collective": "engines run on one device",
    "add_rotary_embedding": "use add_slice, add_elementwise and add_concatenation",
    "add_moe": "there is no mixture-of-experts layer",
}


def _absent(name: str, reason: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{name} is not supported: {reason}")

    method.__name__, method.__doc__ = name, f"NotImplementedError: {reason}."
    return method


class AbsentMethods:
    """Each of these raises NotImplementedError with its reason."""


for _name, _reason in _REASONS.items():
    setattr(AbsentMethods, _name, _absent(_name, _reason))
