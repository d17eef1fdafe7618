# SPDX-License-Identifier: Apache-2.0
"""The two callbacks of a converter: "will you?" and "do". They are called by the native compiler on
its own thread. No exception may leave them: it becomes the message that the report shows."""

from __future__ import annotations

import inspect
import json
import traceback
from typing import Any, Callable, Optional, Sequence

import torch

from ... import trt
from ...trt import _native
from ...trt._values import tensor_at, torch_type
from .._settings import CompilationSettings
from ._ConversionContext import ConversionContext
from ._node import Description


def _explain(error: BaseException) -> str:
    """ "ValueError: text (mine.py:12)", then the traceback from the converter on."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename != __file__]
    where = f" ({own[-1].filename.rpartition('/')[2]}:{own[-1].lineno})" if own else ""
    lines = "".join(traceback.format_list(own)).rstrip()
    return f"{type(error).__name__}: {error}{where}\n{lines}"


def _settings() -> Any:
    """Settings of the compilation that runs on this thread."""
    text = _native.library().tenon_current_settings()
    settings = CompilationSettings()
    for name, value in json.loads(text or b"{}").items():
        setattr(settings, name, set(value) if isinstance(value, list) else value)
    return settings


def _say(text: str) -> None:
    _native.library().tenon_callback_message(text.encode(errors="replace"))


class Converter:
    """A converter function with its validator; ``call`` says how to call it."""

    def __init__(
        self,
        function: Callable,
        validator: Optional[Callable],
        refusal: str,
        dynamic: bool,
        call: Callable,
    ):
        self.function, self.validator, self.dynamic = function, validator, dynamic
        self._refusal, self._call = refusal, call

    def validate(self, node_json: bytes, _user: Any) -> int:
        if self._refusal:
            _say(self._refusal)
            return 1
        try:
            reason = self._reason(node_json)
        except BaseException as error:
            reason = "its capability_validator failed: " + _explain(error)
        if reason:
            _say(reason)
        return 1 if reason else 0

    def _reason(self, node_json: bytes) -> str:
        """Why it does not take the node; "" if it does."""
        if self.dynamic and self.validator is None:
            return ""
        node = Description(node_json)
        assumed = self.dynamic or _settings().assume_dynamic_shape_support
        if not assumed and node.has_run_time_sizes():
            return "it is not marked as able to convert run-time sizes (supports_dynamic_shapes)"
        if self.validator is None or self._ask(node.view()):
            return ""
        return "its capability_validator returned False"

    def _ask(self, node: Any) -> bool:
        assert self.validator is not None
        try:
            parameters = inspect.signature(self.validator).parameters.values()
        except ValueError:  # a builtin
            return bool(self.validator(node))
        positional = [
            p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        takes_settings = len(positional) > 1 or any(p.kind is p.VAR_POSITIONAL for p in parameters)
        return bool(self.validator(node, _settings()) if takes_settings else self.validator(node))

    def convert(self, network: int, node_json: bytes, _user: Any) -> int:
        try:
            self._convert(network, Description(node_json))
            return 0
        except BaseException as error:
            _say(_explain(error))
            return 1

    def _convert(self, network: int, node: Description) -> None:
        net = trt.INetworkDefinition(network)
        args, kwargs = node.arguments(_Operands(net, node), net.size)
        view = node.view()
        ctx = ConversionContext(net, _settings(), view, node.json["symbols"])
        results = self._call(self.function, ctx, node.target, args, kwargs, node.name)
        handles = [_handle(ctx, r, node.name) for r in _listed(results)]
        if not any(handles):
            raise TypeError(f"the converter returned {results!r}, wanted ITensors")
        _native.call("convert_return", network, _native.handles(handles), len(handles))


class _Operands:
    """Operand ``index`` of the node: an ITensor, or the values of a constant."""

    def __init__(self, net: trt.INetworkDefinition, node: Description):
        self._net, self._inputs = net, node.json["inputs"]

    def __call__(self, index: int) -> Any:
        described = self._inputs[index]
        if not described["constant"]:
            return trt.ITensor(self._net, described["tensor"])
        data, size = _native.data_from("convert_data", self._net._handle, index)
        dtype = torch_type(described["dtype"])
        # A copy: the memory is the model's, and not the converter's to keep or change.
        return tensor_at(data or 0, size, dtype, described["shape"]).clone()


def _listed(results: Any) -> Sequence[Any]:
    return results if isinstance(results, (list, tuple)) else [results]


def _handle(ctx: ConversionContext, result: Any, name: str) -> int:
    if result is None:
        return 0
    from .converter_utils import get_trt_tensor

    return get_trt_tensor(ctx, result, f"{name}_result")._handle


def call_dynamo(
    function: Callable, ctx: ConversionContext, target: Any, args: Any, kwargs: Any, name: str
) -> Any:
    with torch.no_grad():
        return function(ctx, target, args, kwargs, name)


def call_fx(
    function: Callable, ctx: ConversionContext, target: Any, args: Any, kwargs: Any, name: str
) -> Any:
    with torch.no_grad():
        return function(ctx.net, target, args, kwargs, name)
