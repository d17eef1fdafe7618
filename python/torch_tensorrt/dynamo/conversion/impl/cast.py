# SPDX-License-Identifier: Apache-2.0
"""Element types."""

from ..converter_utils import cast_trt_tensor


def to_copy(ctx, target, source_ir, name, input, dtype, force_layer=False):
    """The tensor in another element type; with ``force_layer`` a copy even in its own."""
    if force_layer:
        return ctx.net.add_cast(input, dtype).get_output(0)
    return cast_trt_tensor(ctx, input, dtype, name, target, source_ir)
