# SPDX-License-Identifier: Apache-2.0
"""Ops arrive whole here (conv2d, linear, layer_norm). Older programs name, in torch_executed_ops, the
ops that torch's decompositions make of them; those names mean the whole ops too."""

from __future__ import annotations

_CONVOLUTIONS = [f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)]
_WHOLE = {
    "convolution": _CONVOLUTIONS,
    "_convolution": _CONVOLUTIONS,
    "addmm": ["linear"],
    "mm": ["linear", "matmul"],
    "bmm": ["matmul"],
    "native_batch_norm": ["batch_norm"],
    "_native_batch_norm_legit_no_training": ["batch_norm"],
    "native_layer_norm": ["layer_norm"],
    "native_group_norm": ["group_norm"],
    "native_dropout": ["dropout"],
    "max_pool2d_with_indices": ["max_pool2d"],
    "max_pool3d_with_indices": ["max_pool3d"],
    "_adaptive_avg_pool2d": ["adaptive_avg_pool2d"],
    "_adaptive_avg_pool3d": ["adaptive_avg_pool3d"],
    "_softmax": ["softmax"],
    "_log_softmax": ["log_softmax"],
    "_scaled_dot_product_flash_attention": ["scaled_dot_product_attention"],
    "_scaled_dot_product_efficient_attention": ["scaled_dot_product_attention"],
    "_scaled_dot_product_cudnn_attention": ["scaled_dot_product_attention"],
    "_scaled_dot_product_flash_attention_for_cpu": ["scaled_dot_product_attention"],
}


def with_whole_ops(names: list[str]) -> list[str]:
    """The names, and those of the whole ops that they are parts of."""
    found = list(names)
    for name in names:
        space, _, rest = name.removeprefix("torch.ops.").replace("::", ".").partition(".")
        if space == "aten":
            found += [f"aten::{whole}" for whole in _WHOLE.get(rest.partition(".")[0], ())]
    return found
