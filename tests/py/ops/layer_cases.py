# SPDX-License-Identifier: Apache-2.0
"""Cases of test_core_ops.py: layers of networks, products and reductions."""

import torch
import torch.nn.functional as F
from op_cases import Case, booleans, distinct, integers_in, positive, randn, x, xy

W2, B = randn(8, 4, 3, 3) / 6, randn(8)

CONVOLUTION = {
    "conv1d": x(F.conv1d, 4, 15, constants=(randn(8, 4, 3), B)),
    "conv2d": x(F.conv2d, 4, 9, 11, constants=(W2, B)),
    "conv2d_no_bias": x(F.conv2d, 4, 9, 11, constants=(W2,)),
    "conv2d_strides": x(
        lambda a, w, b: F.conv2d(a, w, b, (2, 1), (1, 2), (1, 2)), 4, 9, 11, constants=(W2, B)
    ),
    "conv2d_groups": x(
        lambda a, w: F.conv2d(a, w, groups=2, padding=1), 4, 9, 9, constants=(randn(6, 2, 3, 3),)
    ),
    "conv2d_depthwise": x(
        lambda a, w: F.conv2d(a, w, groups=8, padding=1), 8, 9, 9, constants=(randn(8, 1, 3, 3),)
    ),
    "conv2d_same": x(
        lambda a, w, b: F.conv2d(a, w, b, padding="same"), 4, 8, 9, constants=(W2, B)
    ),
    "conv2d_relu_add": x(
        lambda a, w, b: torch.relu(F.conv2d(a, w, b, padding=1) + F.conv2d(a, w, padding=1)),
        4, 9, 9, constants=(W2, B),
    ),
    "conv3d": x(F.conv3d, 3, 5, 6, 7, constants=(randn(4, 3, 3, 3, 3), randn(4))),
    "conv_transpose1d": x(
        lambda a, w: F.conv_transpose1d(a, w, stride=2), 4, 9, constants=(randn(4, 3, 3),)
    ),
    "conv_transpose2d": x(
        lambda a, w, b: F.conv_transpose2d(a, w, b, stride=2, padding=1, output_padding=1),
        4, 5, 7, constants=(randn(4, 6, 3, 3), randn(6)),
    ),
    "conv_transpose3d": x(F.conv_transpose3d, 3, 4, 3, 5, constants=(randn(3, 2, 2, 2, 2),)),
}  # fmt: skip

NORMALIZATION = {
    "batch_norm": x(
        lambda a, m, v, w, b: F.batch_norm(a, m, v, w, b),
        5, 6, 7, constants=(randn(5), positive(5), randn(5), positive(5)),
    ),
    "batch_norm_plain": x(
        lambda a, m, v: F.batch_norm(a, m, v, eps=1e-3), 5, constants=(randn(5), positive(5))
    ),
    "conv_batch_norm_relu": x(
        lambda a, k, m, v, w, b: torch.relu(F.batch_norm(F.conv2d(a, k, padding=1), m, v, w, b)),
        4, 9, 9, constants=(W2, randn(8), positive(8), randn(8), positive(8)),
    ),
    "layer_norm": x(
        lambda a, w, b: F.layer_norm(a, (6,), w, b), constants=(positive(6), randn(6))
    ),
    "layer_norm_two": x(lambda a: F.layer_norm(a, (4, 6))),
    "rms_norm": x(lambda a, w: F.rms_norm(a, (6,), w, 1e-5), constants=(positive(6),)),
    "group_norm": x(
        lambda a, w, b: F.group_norm(a, 3, w, b), 6, 5, 4, constants=(positive(6), randn(6))
    ),
    "instance_norm": x(F.instance_norm, 4, 5, 6),
}  # fmt: skip

MATMUL = {
    "linear": x(F.linear, 7, 6, constants=(randn(5, 6), randn(5))),
    "linear_no_bias": x(F.linear, 6, constants=(randn(5, 6),)),
    "linear_gelu": x(
        lambda a, w, b: F.gelu(F.linear(a, w, b)), 6, constants=(randn(5, 6), randn(5))
    ),
    "matmul": Case(lambda a, b: a @ b, lambda n: [randn(n, 4, 6), randn(n, 6, 3)]),
    "matmul_constant": x(lambda a, w: a @ w, constants=(randn(6, 5),)),
    "matmul_broadcast": Case(lambda a, b: a @ b, lambda n: [randn(n, 2, 4, 6), randn(6, 3)]),
    "matmul_vector": x(lambda a, v: a @ v, constants=(randn(6),)),
    "mm": Case(torch.mm, lambda n: [randn(n, 6), randn(6, 3)]),
    "bmm": Case(torch.bmm, lambda n: [randn(n, 4, 6), randn(n, 6, 3)]),
    "mv": Case(torch.mv, lambda n: [randn(n, 6), randn(6)]),
    "dot": Case(torch.dot, lambda n: [positive(n), positive(n)]),
    "outer": Case(torch.outer, lambda n: [randn(n), randn(5)]),
    "addmm": Case(
        lambda a, b, c: torch.addmm(a, b, c, beta=0.5, alpha=2.0),
        lambda n: [randn(n, 3), randn(n, 6), randn(6, 3)],
    ),
    "baddbmm": Case(
        lambda a, b, c: torch.baddbmm(a, b, c, beta=0.5),
        lambda n: [randn(n, 4, 3), randn(n, 4, 6), randn(n, 6, 3)],
    ),
    "einsum": Case(
        lambda a, b: torch.einsum("nij,njk->nik", a, b), lambda n: [randn(n, 4, 6), randn(n, 6, 3)]
    ),
    "einsum_heads": Case(
        lambda a, b: torch.einsum("bqhd,bkhd->bhqk", a, b),
        lambda n: [randn(n, 5, 2, 4), randn(n, 7, 2, 4)],
    ),
    "attention": Case(
        F.scaled_dot_product_attention,
        lambda n: [randn(n, 2, 5, 8), randn(n, 2, 7, 8), randn(n, 2, 7, 8)],
    ),
    "attention_causal": Case(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        lambda n: [randn(n, 2, 6, 8), randn(n, 2, 6, 8), randn(n, 2, 6, 8)],
    ),
    "attention_scale": Case(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.2),
        lambda n: [randn(n, 2, 5, 8), randn(n, 2, 7, 8), randn(n, 2, 7, 8)],
    ),
    "attention_mask": Case(
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m),
        lambda n: [randn(n, 2, 5, 8), randn(n, 2, 7, 8), randn(n, 2, 7, 8), randn(n, 1, 5, 7)],
    ),
    "attention_bool_mask": Case(
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m > -1),
        lambda n: [randn(n, 2, 5, 8), randn(n, 2, 7, 8), randn(n, 2, 7, 8), randn(n, 1, 5, 7)],
    ),
}

POOLING = {
    "max_pool1d": x(lambda a: F.max_pool1d(a, 3, 2, 1), 4, 11),
    "max_pool2d": x(lambda a: F.max_pool2d(a, 3, 2, 1), 4, 11, 9),
    "max_pool2d_ceil": x(lambda a: F.max_pool2d(a, 3, 2, ceil_mode=True), 4, 12, 8),
    "max_pool2d_dilation": x(lambda a: F.max_pool2d(a, 3, 1, 1, 2), 4, 11, 9),
    "max_pool3d": x(lambda a: F.max_pool3d(a, 2), 3, 6, 7, 8),
    "avg_pool1d": x(lambda a: F.avg_pool1d(a, 3, 2, 1), 4, 11),
    "avg_pool2d": x(lambda a: F.avg_pool2d(a, 3, 2, 1), 4, 11, 9),
    "avg_pool2d_exclusive": x(
        lambda a: F.avg_pool2d(a, 3, 2, 1, count_include_pad=False), 4, 11, 9
    ),
    "avg_pool2d_ceil": x(lambda a: F.avg_pool2d(a, 3, 2, ceil_mode=True), 4, 12, 8),
    "avg_pool3d": x(lambda a: F.avg_pool3d(a, 2), 3, 6, 7, 8),
    "adaptive_avg_pool1d": x(lambda a: F.adaptive_avg_pool1d(a, 3), 4, 12),
    "adaptive_avg_pool2d": x(lambda a: F.adaptive_avg_pool2d(a, (1, 1)), 4, 7, 5),
    "adaptive_avg_pool2d_cells": x(lambda a: F.adaptive_avg_pool2d(a, (3, 2)), 4, 9, 8),
    "adaptive_avg_pool3d": x(lambda a: F.adaptive_avg_pool3d(a, 1), 3, 4, 5, 6),
    "adaptive_max_pool1d": x(lambda a: F.adaptive_max_pool1d(a, 3), 4, 12),
    "adaptive_max_pool2d": x(lambda a: F.adaptive_max_pool2d(a, (3, 2)), 4, 9, 8),
    "adaptive_max_pool3d": x(lambda a: F.adaptive_max_pool3d(a, 1), 3, 4, 5, 6),
}

REDUCTION = {
    "sum": x(torch.sum),
    "sum_dims": x(lambda a: a.sum((0, 2), keepdim=True)),
    "sum_integers": x(lambda a: a.sum(-1), make=integers_in()),
    "sum_bools": x(lambda a: a.sum(-1), make=booleans),
    "mean": x(torch.mean, make=positive),
    "mean_dim": x(lambda a: a.mean(1)),
    "prod": x(lambda a: a.prod(1)),
    "amax": x(lambda a: a.amax((0, 1))),
    "amin": x(lambda a: a.amin(-1, keepdim=True)),
    "max_all": x(torch.max),
    "min_all": x(torch.min),
    "max_dim": x(lambda a: tuple(a.max(1)), make=distinct),
    "min_dim": x(lambda a: tuple(a.min(1)), make=distinct),
    "argmax": x(lambda a: a.argmax(-1), make=distinct),
    "argmin": x(lambda a: a.argmin(1, keepdim=True), make=distinct),
    "argmax_ties": x(lambda a: a.argmax(-1), make=integers_in(0, 2)),
    "any": x(lambda a: a.any(-1), make=booleans),
    "all": x(lambda a: a.all(1), make=booleans),
    "any_all": x(torch.any, make=booleans),
    "logsumexp": x(lambda a: torch.logsumexp(a, -1)),
    "cumsum": x(lambda a: a.cumsum(1), make=positive),
    "cumsum_first": x(lambda a: a.cumsum(0), make=positive),
    "topk": x(lambda a: tuple(a.topk(3, -1)), make=distinct),
    "topk_smallest": x(lambda a: tuple(a.topk(2, 1, largest=False)), make=distinct),
    "sort": x(lambda a: tuple(a.sort(-1, descending=True)), make=distinct),
    "argsort": x(lambda a: a.argsort(1), make=distinct),
    "aminmax": x(lambda a: tuple(torch.aminmax(a, dim=1))),
    "count_nonzero": x(lambda a: torch.count_nonzero(a, dim=-1), make=integers_in(-1, 2)),
    "var": x(lambda a: a.var(-1)),
    "var_biased": x(lambda a: a.var((1, 2), correction=0, keepdim=True)),
    "std": x(lambda a: a.std(1)),
    "var_mean": x(lambda a: torch.var_mean(a, -1)),
    "norm": x(lambda a: a.norm(dim=-1)),
    "norm_1": x(lambda a: a.norm(1, dim=-1)),
    "vector_norm": x(lambda a: torch.linalg.vector_norm(a, 3, dim=(1, 2))),
    "vector_norm_inf": x(lambda a: torch.linalg.vector_norm(a, float("inf"), dim=1)),
    "cosine_similarity": xy(lambda a, b: F.cosine_similarity(a, b, dim=-1)),
}
