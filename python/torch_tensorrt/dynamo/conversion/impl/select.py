# SPDX-License-Identifier: Apache-2.0
"""Parts of tensors by index."""

from ..converter_utils import create_constant, get_positive_dim, get_trt_tensor
from ._make import result


def select(ctx, target, source_ir, name, input, dim, index):
    """input[..., index, ...] without ``dim``."""
    dim = get_positive_dim(dim, len(input.shape))
    size = input.shape[dim]
    if index < 0 and size < 0:
        raise NotImplementedError(f"index {index} of a size known only at run time")
    at = create_constant(ctx, index % size if index < 0 else index, f"{name}_index")
    return result(ctx.net.add_gather(input, at, dim), target, source_ir, name)


def gather(ctx, target, source_ir, name, input, dim, index):
    """torch.gather."""
    layer = ctx.net.add_gather(input, get_trt_tensor(ctx, index, f"{name}_index"), dim)
    layer._set(mode="element", axis=get_positive_dim(dim, len(input.shape)))
    return result(layer, target, source_ir, name)


def index_select(ctx, target, source_ir, name, input, dim, index):
    """The listed indices of ``dim``."""
    at = get_trt_tensor(ctx, index, f"{name}_index")
    dim = get_positive_dim(dim, len(input.shape))
    return result(ctx.net.add_gather(input, at, dim), target, source_ir, name)
