# SPDX-License-Identifier: Apache-2.0
"""Matrix products."""

from .... import trt
from ..converter_utils import promoted
from ._make import result


def matrix_multiply(
    ctx,
    target,
    source_ir,
    name,
    input,
    other,
    input_matrix_op=trt.MatrixOperation.NONE,
    other_matrix_op=trt.MatrixOperation.NONE,
):
    """input x other over the last two dims; vectors as torch.matmul takes them."""
    a, b = promoted(ctx, input, other, name)
    ops = [
        trt.MatrixOperation.VECTOR if len(t.shape) == 1 else op
        for t, op in ((a, input_matrix_op), (b, other_matrix_op))
    ]
    return result(ctx.net.add_matrix_multiply(a, ops[0], b, ops[1]), target, source_ir, name)
