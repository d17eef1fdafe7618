# SPDX-License-Identifier: Apache-2.0
"""TorchScript modules: compile, serialize an engine, embed one, ask for support."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Optional, Sequence, Union

import torch

from .._Device import Device
from ..dynamo._compiler import _show_dryrun
from ..logging import LOGGER
from . import _native, _request


def compile(
    module: torch.jit.ScriptModule,
    inputs: Optional[Sequence[Any]] = None,
    input_signature: Optional[Any] = None,
    device: Optional[Union[Device, torch.device, str]] = None,
    method_name: str = "forward",
    **settings: Any,
) -> torch.jit.ScriptModule:
    """Compiles a method of a ScriptModule: what engines can run becomes engines, the rest stays
    TorchScript.

    Args:
        module: scripted or traced; treated as in eval mode, and not changed.
        inputs: per argument an ``Input`` or an example tensor, or a tuple, list or dict of them.
            Arguments beyond them take their default values, for good.
        input_signature: the same; for arguments that are nested.
        device: where to run; that of the module and inputs if not given.
        method_name: the method; the result has no other.
        settings: ``min_block_size`` (3), ``require_full_compilation``, ``torch_executed_ops``,
            ``torch_executed_modules``, ``enabled_precisions``, ``truncate_long_and_double``,
            ``debug``, and the other settings of ``torch_tensorrt.dynamo.CompilationSettings``.

    Returns:
        A ScriptModule; ``torch_tensorrt_report`` says what runs where and why.

    Raises:
        TypeError: not a ScriptModule, an unknown setting, an input of another kind.
        ValueError: sizes or devices that contradict each other.
        RuntimeError: the module cannot be compiled; the message names the node and the reason.
    """
    cpp = _native.unwrap(module)
    request, options = _request.make(method_name, inputs, input_signature, device, settings)
    result, text = _native.call(torch.ops.tensorrt._script_compile, cpp, request)
    report = json.loads(text)
    if options.get("dryrun"):
        _show_dryrun(report["dryrun"], options["dryrun"])
        return module
    if not any(segment["kind"] == "engine" for segment in _segments(report)):
        LOGGER.warning("nothing of the module runs in an engine; see torch_tensorrt_report")
    compiled = _native.wrap(result)
    object.__setattr__(compiled, "torch_tensorrt_report", report)
    return compiled


def _segments(report: dict) -> list[dict]:
    """Those of the method, and those of the branches and loops in it."""
    return report["segments"] + [s for block in report["blocks"] for s in _segments(block)]


def convert_method_to_trt_engine(
    module: torch.jit.ScriptModule,
    method_name: str = "forward",
    inputs: Optional[Sequence[Any]] = None,
    device: Optional[Union[Device, torch.device, str]] = None,
    input_signature: Optional[Any] = None,
    **settings: Any,
) -> bytes:
    """The plan of a method that one engine runs whole; takes what ``compile`` takes.

    Raises:
        RuntimeError: something would stay in TorchScript; the message names it.
    """
    cpp = _native.unwrap(module)
    request, _ = _request.make(method_name, inputs, input_signature, device, settings)
    plan = _native.call(torch.ops.tensorrt._script_plan, cpp, request)
    return plan.numpy().tobytes()


def embed_engine_in_new_module(
    serialized_engine: bytes,
    input_binding_names: Optional[Sequence[str]] = None,
    output_binding_names: Optional[Sequence[str]] = None,
    device: Optional[Union[Device, torch.device, str]] = None,
) -> torch.jit.ScriptModule:
    """A ScriptModule whose ``forward`` is one call of the engine.

    Args:
        serialized_engine: from ``convert_method_to_trt_engine`` or any plan.
        input_binding_names, output_binding_names: the engine's names in the order in which
            ``forward`` takes and returns them; the engine's own order if not given.
        device: the CUDA device that the engine is loaded on; the current one if not given.

    Returns:
        One output is returned bare, several as a tuple.
    """
    plan = torch.frombuffer(bytearray(serialized_engine), dtype=torch.uint8)
    place: Any = contextlib.nullcontext()
    if device is not None:
        wanted = Device._from(device).to(torch.device)
        if wanted.type == "cuda":
            place = torch.cuda.device(wanted)
    with place:
        made = torch.ops.tensorrt._script_embed(
            plan, list(input_binding_names or []), list(output_binding_names or [])
        )
    return _native.wrap(made)


def check_method_op_support(module: torch.jit.ScriptModule, method_name: str = "forward") -> bool:
    """Has every op of the method a converter? Those that have none are logged as warnings. Whether
    a converter takes an op's arguments is known only with the inputs' shapes."""
    reasons = torch.ops.tensorrt._script_unsupported(_native.unwrap(module), method_name)
    for line in reasons.splitlines():
        LOGGER.warning("%s", line)
    return not reasons


def TensorRTCompileSpec(
    inputs: Optional[Sequence[Any]] = None,
    input_signature: Optional[Any] = None,
    device: Optional[Union[Device, torch.device, str]] = None,
    **settings: Any,
) -> str:
    """What ``torch._C._jit_to_backend`` needs to know of a method; takes what ``compile`` takes.

    ``torch._C._jit_to_backend("tensorrt", module, {"forward": TensorRTCompileSpec(inputs=[...])})``
    returns a ScriptModule whose methods are one engine each; RuntimeError if one cannot be.
    """
    request, _ = _request.make("forward", inputs, input_signature, device, settings)
    return request
