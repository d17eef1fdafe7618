# SPDX-License-Identifier: Apache-2.0
"""Running compiled programs."""

from ._TorchTensorRTModule import TorchTensorRTModule

__all__ = ["TorchTensorRTModule"]
