# SPDX-License-Identifier: Apache-2.0
"""``import tensorrt`` for converters written against it: ``torch_tensorrt.trt`` stands in where no
package of that name is installed."""

import importlib.util
import sys


def install() -> bool:
    """Makes ``tensorrt`` mean ``torch_tensorrt.trt`` unless there is such a package; returns whether
    it does."""
    from . import trt

    if "tensorrt" in sys.modules:
        return sys.modules["tensorrt"] is trt
    if importlib.util.find_spec("tensorrt") is not None:
        return False
    sys.modules["tensorrt"] = trt
    return True
