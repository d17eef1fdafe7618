# SPDX-License-Identifier: Apache-2.0
"""Cases of test_core_ops.py: sizes, positions, new and copied tensors."""

import torch
import torch.nn.functional as F
from op_cases import Case, integers, integers_in, positive, randn, x, xy

SHAPE = {
    "view": x(lambda a: a.view(a.shape[0], 24)),
    "reshape_batch": x(lambda a: a.reshape(-1, 6)),
    "reshape_as": xy(lambda a, b: a.reshape(-1, 2).reshape_as(b)),
    "ravel": x(torch.ravel),
    "flatten": x(lambda a: a.flatten(1)),
    "flatten_all": x(torch.flatten),
    "unflatten": x(lambda a: a.unflatten(2, (2, 3))),
    "squeeze": x(lambda a: a.squeeze(1), 1, 6),
    "unsqueeze": x(lambda a: a.unsqueeze(-2)),
    "permute": x(lambda a: a.permute(2, 0, 1)),
    "transpose": x(lambda a: a.transpose(1, 2)),
    "transpose_batch": x(lambda a: a.transpose(0, 2)),
    "swapaxes": x(lambda a: a.swapaxes(0, 1)),
    "t": x(lambda a: a.t(), 6),
    "mT": x(lambda a: a.mT),
    "movedim": x(lambda a: a.movedim(0, -1)),
    "expand": x(lambda a: a.expand(-1, 5, 6), 1, 6),
    "broadcast_to": x(lambda a: a.broadcast_to(2, *a.shape)),
    "expand_as": Case(lambda a, b: a.expand_as(b), lambda n: [randn(n, 1), randn(n, 4)]),
    "repeat": x(lambda a: a.repeat(1, 2, 3)),
    "tile": x(lambda a: a.tile(2)),
    "repeat_interleave": x(lambda a: a.repeat_interleave(2, 1)),
    "cat": xy(lambda a, b: torch.cat([a, b, a], 1)),
    "cat_batch": xy(lambda a, b: torch.cat([a, b], 0)),
    "stack": xy(lambda a, b: torch.stack([a, b], 1)),
    "hstack": xy(lambda a, b: torch.hstack([a, b])),
    "split": x(lambda a: a.split(4, -1)),
    "split_sizes": x(lambda a: a.split([1, 3], 1)),
    "chunk": x(lambda a: a.chunk(3, -1)),
    "unbind": x(lambda a: a.unbind(1)),
    "select": x(lambda a: a[:, -1]),
    "select_first": x(lambda a: a[0]),
    "slice": x(lambda a: a[:, 1:4, ::2]),
    "slice_negative": x(lambda a: a[..., -3:-1]),
    "narrow": x(lambda a: a.narrow(2, 1, 3)),
    "flip": x(lambda a: a.flip(1, 2)),
    "roll": x(lambda a: a.roll((1, -2), (1, 2))),
    "diff": x(lambda a: a.diff(dim=-1)),
    "meshgrid": Case(
        lambda a, b: torch.meshgrid(a, b, indexing="ij"), lambda n: [randn(n), randn(4)]
    ),
    "pad": x(lambda a: F.pad(a, (1, 2, 0, 3), value=0.5)),
    "pad_crop": x(lambda a: F.pad(a, (-1, 2))),
    "pad_reflect": x(lambda a: F.pad(a, (2, 1, 1, 2), mode="reflect"), 3, 5, 6),
    "pad_replicate": x(lambda a: F.pad(a, (2, 1, 1, 2), mode="replicate"), 3, 5, 6),
    "nearest": x(lambda a: F.interpolate(a, scale_factor=2.0), 3, 5, 6),
    "nearest_size": x(lambda a: F.interpolate(a, size=(7, 4)), 3, 5, 6),
    "bilinear": x(
        lambda a: F.interpolate(a, size=(9, 8), mode="bilinear", align_corners=False), 3, 5, 6
    ),
    "bilinear_corners": x(
        lambda a: F.interpolate(a, scale_factor=2.0, mode="bilinear", align_corners=True), 3, 5, 6
    ),
    "linear1d": x(lambda a: F.interpolate(a, size=9, mode="linear"), 3, 6),
    "trilinear": x(lambda a: F.interpolate(a, size=(4, 5, 6), mode="trilinear"), 2, 3, 4, 5),
    "bicubic": x(lambda a: F.interpolate(a, size=(9, 8), mode="bicubic"), 3, 5, 6),
    "pixel_shuffle": x(lambda a: F.pixel_shuffle(a, 2), 8, 3, 4),
    "pixel_unshuffle": x(lambda a: F.pixel_unshuffle(a, 2), 3, 4, 6),
    "channel_shuffle": x(lambda a: F.channel_shuffle(a, 3), 6, 3, 4),
}

INDEX = {
    "embedding": x(F.embedding, 4, make=integers_in(0, 9), constants=(randn(9, 6),)),
    "index_select": x(lambda a, i: a.index_select(2, i), constants=(torch.tensor([3, 0, 3]),)),
    "gather": Case(
        lambda a, i: a.gather(1, i), lambda n: [randn(n, 4, 6), integers(n, 2, 6, low=0, high=4)]
    ),
    "index_one": Case(lambda a, i: a[i], lambda n: [randn(7, 6), integers(n, 2, low=0, high=7)]),
    "index_middle": x(lambda a, i: a[:, i], constants=(torch.tensor([3, 0, 3]),)),
    "index_two": Case(
        lambda a, i, j: a[i, j],
        lambda n: [randn(7, 6), integers(n, low=0, high=7), integers(n, low=-6, high=6)],
    ),
    "select_scatter": Case(
        lambda a, b: torch.select_scatter(a, b, 1, 2), lambda n: [randn(n, 4, 6), positive(n, 6)]
    ),
    "slice_scatter": Case(
        lambda a, b: torch.slice_scatter(a, b, 1, 1, 3), lambda n: [randn(n, 4, 6), randn(n, 2, 6)]
    ),
    "slice_scatter_step": Case(
        lambda a, b: torch.slice_scatter(a, b, 1, 0, 4, 2),
        lambda n: [randn(n, 4, 6), positive(n, 2, 6)],
    ),
    "one_hot": x(lambda a: F.one_hot(a, 9), 4, make=integers_in(0, 9)),
}

CREATION = {
    "arange": x(lambda a: a + torch.arange(6)),
    "arange_step": x(lambda a: a + torch.arange(1, 13, 2)),
    "arange_dynamic": x(lambda a: a[:, 0, 0] + torch.arange(a.shape[0])),
    "full": x(lambda a: a + torch.full((a.shape[0], 1, 1), 2.5)),
    "full_like": x(lambda a: a + torch.full_like(a, 2.5)),
    "new_full": x(lambda a: a + a.new_full((6,), 2.5)),
    "zeros": x(lambda a: torch.cat([a, torch.zeros(a.shape[0], 1, 6)], 1)),
    "ones": x(lambda a: a + torch.ones(4, 6)),
    "zeros_like": x(lambda a: torch.cat([a, torch.zeros_like(a)], 1)),
    "ones_like": x(lambda a: a + torch.ones_like(a)),
    "new_zeros": x(lambda a: torch.cat([a, a.new_zeros(a.shape)], 1)),
    "new_ones": x(lambda a: a * a.new_ones(4, 1)),
    "scalar_tensor": x(lambda a: a + torch.scalar_tensor(3.0)),
    "tril": x(torch.tril),
    "triu": x(lambda a: a.triu(1)),
}

COPY = {
    "clone": x(lambda a: torch.relu(a).clone()),
    "contiguous": x(lambda a: a.transpose(1, 2).contiguous() * 2),
    "to_int": x(lambda a: (a * 3).to(torch.int64)),
    "to_int32": x(lambda a: (a * 3).to(torch.int32)),
    "to_float": x(lambda a: a.float() * 0.5, make=integers_in()),
    "to_bool": x(lambda a: a.bool(), make=integers_in(-1, 2)),
    "type_as": xy(lambda a, b: a.type_as(b) * 2, integers_in()),
    "dropout": x(lambda a: F.dropout(a, 0.5, training=False) * 2),
    "detach": x(lambda a: a.detach() * 2),
}
