# SPDX-License-Identifier: Apache-2.0
"""Layers that move a window over their input: convolution, deconvolution, pooling."""

from __future__ import annotations

from typing import Any, Iterable

from . import _enums as E
from ._layer import ILayer, flag, integer, integers
from ._values import Dims

_SAME = "give the padding in numbers, or pad with add_padding_nd"
_PADDING_MODES = {E.PaddingMode.SAME_UPPER: _SAME, E.PaddingMode.SAME_LOWER: _SAME}


class _Window(ILayer):
    """What convolution, deconvolution and pooling share."""

    pre_padding = integers("pre_padding")
    post_padding = integers("post_padding")

    @property
    def padding_nd(self) -> Dims:
        return self.pre_padding

    @padding_nd.setter
    def padding_nd(self, padding: Iterable[int]) -> None:
        padding = [int(p) for p in padding]
        self._set(pre_padding=padding, post_padding=padding)

    padding = padding_nd

    def _window(self) -> int:
        raise NotImplementedError

    @property
    def stride_nd(self) -> Dims:
        return Dims(self._get("stride") or [1] * self._window())

    @stride_nd.setter
    def stride_nd(self, stride: Iterable[int]) -> None:
        self._set(stride=[int(s) for s in stride])

    stride = stride_nd

    @property
    def padding_mode(self) -> Any:
        return E.PaddingMode.EXPLICIT_ROUND_DOWN

    @padding_mode.setter
    def padding_mode(self, mode: Any) -> None:
        if mode != E.PaddingMode.EXPLICIT_ROUND_DOWN:
            raise NotImplementedError(f"{E.PaddingMode(mode)!s} is not supported here: {_SAME}")


class IConvolutionLayer(_Window):
    type = E.LayerType.CONVOLUTION
    dilation_nd = dilation = integers("dilation")
    num_groups = integer("groups")
    num_output_maps = 0  # what add_convolution_nd was given
    kernel_size_nd = Dims()

    def _window(self) -> int:
        return len(self.kernel_size_nd)


class IDeconvolutionLayer(IConvolutionLayer):
    type = E.LayerType.DECONVOLUTION


class IPoolingLayer(_Window):
    type = E.LayerType.POOLING
    window_size_nd = window_size = integers("window")
    average_count_excludes_padding = flag("exclude_padding")

    def _window(self) -> int:
        return len(self.window_size_nd)

    @property
    def padding_mode(self) -> Any:
        up = self._get("ceil_mode")
        return E.PaddingMode.EXPLICIT_ROUND_UP if up else E.PaddingMode.EXPLICIT_ROUND_DOWN

    @padding_mode.setter
    def padding_mode(self, mode: Any) -> None:
        if mode in _PADDING_MODES:
            raise NotImplementedError(f"{E.PaddingMode(mode)!s} is not supported: {_SAME}")
        self._set(ceil_mode=mode == E.PaddingMode.EXPLICIT_ROUND_UP)


__all__ = ["IConvolutionLayer", "IDeconvolutionLayer", "IPoolingLayer"]
