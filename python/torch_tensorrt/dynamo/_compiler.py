# SPDX-License-Identifier: Apache-2.0
"""The dynamo frontend: ExportedProgram -> module that runs engines, or the bytes of one engine."""

from __future__ import annotations

import contextlib
import logging
from typing import Any, Optional, Sequence

import torch
from torch.utils import _pytree as pytree

from .._Device import Device
from ..logging import LOGGER
from ..logging import debug as debug_level
from ..runtime import TorchTensorRTModule
from . import _native, _program, _ranges, _specs
from ._assemble import assemble
from ._settings import resolve, with_settings


@with_settings
def compile(
    exported_program: torch.export.ExportedProgram,
    inputs: Optional[Sequence[Any]] = None,
    *,
    arg_inputs: Optional[Sequence[Any]] = None,
    kwarg_inputs: Optional[dict[str, Any]] = None,
    **settings: Any,
) -> torch.fx.GraphModule:
    """Compiles a program: what the engines can run becomes engines, the rest stays PyTorch.

    Args:
        exported_program: from ``torch_tensorrt.dynamo.trace`` or ``torch.export.export``.
        inputs, arg_inputs: the inputs the program was exported with (the two mean the same); their
            ranges narrow the program's and say which sizes to be fastest at.
        kwarg_inputs: keyword inputs.
        settings: see ``torch_tensorrt.dynamo.CompilationSettings``.

    Returns:
        A module called as the program is; ``torch_tensorrt_report`` says what runs where and why.
    """
    specs = _specs.normalise(inputs, arg_inputs, kwarg_inputs, required=False)
    options = resolve(settings)
    given = inputs is not None or arg_inputs is not None or kwarg_inputs is not None
    with debug_level() if options.get("debug") else contextlib.nullcontext():
        module = _compile(exported_program, specs if given else None, options)
    if not options.get("dryrun"):
        module.torch_tensorrt_inputs = _specs.from_tensors(specs) if given else None
    return module


def _compile(program: Any, specs: Optional[tuple], options: dict[str, Any]) -> torch.fx.GraphModule:
    result = _build(program, specs, options)
    report = result.report
    if options.get("dryrun"):
        _show_dryrun(report["dryrun"], options["dryrun"])
        return program.module(check_guards=False)

    def make_engine(index: int, segment: dict) -> TorchTensorRTModule:
        return TorchTensorRTModule(result.plan(index), name=f"{segment['name']}_engine")

    with _on(options["device"]):  # engines live on the device that is current when they are loaded
        module = assemble(program, report, make_engine)
    module.torch_tensorrt_report = report
    if LOGGER.isEnabledFor(logging.DEBUG):
        LOGGER.debug("who runs what:\n%s", report["dryrun"])
        LOGGER.debug("final graph:\n%s", module.print_readable(print_output=False))
    return module


@with_settings
def convert_exported_program_to_serialized_trt_engine(
    exported_program: torch.export.ExportedProgram,
    inputs: Optional[Sequence[Any]] = None,
    *,
    arg_inputs: Optional[Sequence[Any]] = None,
    kwarg_inputs: Optional[dict[str, Any]] = None,
    **settings: Any,
) -> bytes:
    """The plan of a program that one engine runs as a whole; RuntimeError if that cannot be."""
    specs = _specs.normalise(inputs, arg_inputs, kwarg_inputs, required=False)
    given = inputs is not None or arg_inputs is not None or kwarg_inputs is not None
    options = {**resolve(settings), "require_full_compilation": True, "dryrun": ""}
    result = _build(exported_program, specs if given else None, options)
    segments = result.report["segments"]
    if [s["kind"] for s in segments] != ["engine"]:
        kinds = ", ".join(f"{s['name']} ({s['kind']})" for s in segments) or "none"
        raise _native.CompilationError(
            f"a serialized engine needs the program in one engine; its segments are: {kinds}"
        )
    return result.plan(0).numpy().tobytes()


def _build(program: Any, specs: Optional[tuple], options: dict[str, Any]) -> _native.Result:
    if not isinstance(program, torch.export.ExportedProgram):
        raise TypeError(
            f"dynamo.compile wants a torch.export.ExportedProgram, not {type(program).__name__};"
            " see torch_tensorrt.dynamo.trace, or use torch_tensorrt.compile"
        )
    if LOGGER.isEnabledFor(logging.DEBUG):
        text = program.graph_module.print_readable(print_output=False)
        LOGGER.debug("lowered graph:\n%s", text)
    constants = _program.constants(program)
    options["device"] = _device(program, constants, specs, options.get("device", ""))
    symbols = _ranges.symbols(program, *specs) if specs else {}
    result = _native.build(_program.to_json(program), constants, options, symbols)
    for warning in result.report["warnings"]:
        LOGGER.warning("%s", warning)
    return result


def _device(program: Any, constants: dict, specs: Any, wish: str) -> str:
    """The one device of the parameters and inputs, which ``wish`` must agree with."""
    # A CPU constant without dimensions is a number, which may meet tensors of any device; and where
    # an input lies that nothing reads does not matter.
    numbers = {n for n, t in constants.items() if t.dim() == 0 and t.device.type == "cpu"}
    unread = {n.name for n in program.graph.find_nodes(op="placeholder") if not n.users}
    tensors = {n: t for n, t in constants.items() if n not in numbers}
    inputs = dict(_ranges.user_inputs(program))
    tensors |= {n: v for n, v in inputs.items() if torch.is_tensor(v) and n not in unread}
    for i, leaf in enumerate(pytree.tree_leaves(specs, is_leaf=_specs.is_leaf)):
        if isinstance(leaf, torch.Tensor):
            tensors[f"input {i}"] = leaf
    seen: dict[str, str] = {}
    for name, tensor in tensors.items():
        seen.setdefault(str(tensor.device), name)
    if len(seen) > 1:
        places = ", ".join(f"'{name}' is on {device}" for device, name in seen.items())
        raise ValueError(f"the model and its inputs are on several devices: {places}")
    found = next(iter(seen), wish or "cpu")
    if wish and Device._from(wish).to(torch.device).type != torch.device(found).type:
        raise ValueError(f"device is {wish}, but the model and its inputs are on {found}")
    if torch.device(found).type not in ("cpu", "cuda"):
        raise ValueError(f"the model is on {found}; engines are built for cpu and cuda")
    return found


def _on(device: str) -> Any:
    """A context in which the CUDA device that was built for is the current one."""
    if torch.device(device).type != "cuda":
        return contextlib.nullcontext()
    return torch.cuda.device(torch.device(device))


def _show_dryrun(text: str, where: str) -> None:
    print(text)
    if where == "1":
        return
    try:
        with open(where, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        print(f"{where} exists and was not overwritten")
