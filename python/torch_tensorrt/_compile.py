# SPDX-License-Identifier: Apache-2.0
"""The front door: compile, convert_method_to_trt_engine, save, load."""

from __future__ import annotations

import inspect
from typing import Any, Optional, Sequence

import torch

from . import dynamo
from .dynamo import _settings, _specs

_IRS = ("default", "ts", "torchscript", "fx", "dynamo", "torch_compile")
_NOT_BUILT = ("ts", "torchscript", "fx", "torch_compile")
_FORMATS = ("exported_program", "torchscript")


def _checked_ir(module: Any, ir: str) -> None:
    if ir not in _IRS:
        raise ValueError(f"ir is {ir!r}; wanted one of {', '.join(_IRS)}")
    if isinstance(module, (torch.jit.ScriptModule, torch.jit.ScriptFunction)) and ir == "default":
        ir = "ts"
    if ir in _NOT_BUILT:
        raise NotImplementedError(f"ir='{ir}' is not built yet; use ir='dynamo'")


def _program(module: Any, args: Any, kwargs: Any, strict: bool) -> torch.export.ExportedProgram:
    if isinstance(module, torch.export.ExportedProgram):
        return module
    if not isinstance(module, torch.nn.Module):
        raise TypeError(
            "compile wants a torch.nn.Module or a torch.export.ExportedProgram, not"
            f" {type(module).__name__}"
        )
    return dynamo.trace(module, arg_inputs=args, kwarg_inputs=kwargs, strict=strict)


def compile(
    module: Any,
    ir: str = "default",
    inputs: Optional[Sequence[Any]] = None,
    arg_inputs: Optional[Sequence[Any]] = None,
    kwarg_inputs: Optional[dict[str, Any]] = None,
    enabled_precisions: Optional[Any] = None,
    **settings: Any,
) -> torch.nn.Module:
    """Compiles a model into one that runs on engines where that is possible.

    Args:
        module: nn.Module, GraphModule or ExportedProgram, in eval mode.
        ir: frontend; "default" and "dynamo" export the module with torch.export.
        inputs, arg_inputs: positional inputs (the two mean the same): ``Input`` or example tensors.
        kwarg_inputs: keyword inputs.
        enabled_precisions: precisions the builder may use; those of the model if not given.
        settings: see ``torch_tensorrt.dynamo.CompilationSettings``.
    """
    _checked_ir(module, ir)
    return _run(
        dynamo.compile, module, inputs, arg_inputs, kwarg_inputs, enabled_precisions, settings
    )


def convert_method_to_trt_engine(
    module: Any,
    method_name: str = "forward",
    inputs: Optional[Sequence[Any]] = None,
    arg_inputs: Optional[Sequence[Any]] = None,
    kwarg_inputs: Optional[dict[str, Any]] = None,
    ir: str = "default",
    enabled_precisions: Optional[Any] = None,
    **settings: Any,
) -> bytes:
    """The serialized engine of a model that one engine runs whole; takes what compile takes."""
    _checked_ir(module, ir)
    if method_name != "forward":
        raise ValueError(f"method_name is {method_name!r}; ir='dynamo' converts 'forward' only")
    convert = dynamo.convert_exported_program_to_serialized_trt_engine
    return _run(convert, module, inputs, arg_inputs, kwarg_inputs, enabled_precisions, settings)


def _run(
    function: Any,
    module: Any,
    inputs: Any,
    arg_inputs: Any,
    kwarg_inputs: Any,
    enabled_precisions: Any,
    settings: dict,
) -> Any:
    is_program = isinstance(module, torch.export.ExportedProgram)
    args, kwargs = _specs.normalise(inputs, arg_inputs, kwarg_inputs, required=not is_program)
    if enabled_precisions is not None:
        settings["enabled_precisions"] = enabled_precisions
    strict = bool(settings.pop("strict", False))
    _settings.check_names(settings)  # a typo costs no export
    program = _program(module, args, kwargs, strict)
    if inputs is None and arg_inputs is None and kwarg_inputs is None:
        return function(program, **settings)
    return function(program, arg_inputs=args, kwarg_inputs=kwargs, **settings)


def save(
    module: Any,
    file_path: str = "",
    *,
    extra_files: Optional[dict[str, str]] = None,
    output_format: str = "exported_program",
    inputs: Optional[Sequence[Any]] = None,
    arg_inputs: Optional[Sequence[Any]] = None,
    kwarg_inputs: Optional[dict[str, Any]] = None,
    retrace: bool = True,
    pickle_protocol: int = 2,
    dynamic_shapes: Optional[Any] = None,
) -> None:
    """Saves a compiled model so that torch reads it, with ``import torch_tensorrt`` or, from C++,
    with libtorchtrt.so loaded.

    Args:
        module: what ``compile`` returned, an ExportedProgram or a ScriptModule.
        file_path: where to.
        extra_files: name -> content, stored beside the model.
        output_format: "exported_program" (.pt2) or "torchscript".
        inputs, arg_inputs, kwarg_inputs: as for ``compile``; by default those of ``compile``.
        retrace: accepted; the module is always traced anew.
        dynamic_shapes: as torch.export's; replaces what the Inputs say.
    """
    if output_format not in _FORMATS:
        raise ValueError(f"output_format is {output_format!r}; wanted one of {', '.join(_FORMATS)}")
    if not file_path:
        raise ValueError("save needs a file_path")
    if isinstance(module, torch.export.ExportedProgram):
        if output_format != "exported_program":
            raise ValueError("an ExportedProgram is saved as output_format='exported_program'")
        return _save_program(module, file_path, extra_files, pickle_protocol)
    if isinstance(module, torch.jit.ScriptModule):
        if output_format != "torchscript":
            raise ValueError("a ScriptModule is saved as output_format='torchscript'")
        return torch.jit.save(module, file_path, _extra_files=extra_files or {})
    if not isinstance(module, torch.fx.GraphModule):
        raise TypeError(
            "save wants a compiled module, an ExportedProgram or a ScriptModule, not"
            f" {type(module).__name__}; compile it first"
        )
    args, kwargs = _saved_inputs(module, inputs, arg_inputs, kwarg_inputs)
    if output_format == "torchscript":
        return _save_script(module, file_path, args, kwargs, extra_files)
    program = dynamo.trace(
        module, arg_inputs=args, kwarg_inputs=kwargs, dynamic_shapes=dynamic_shapes
    )
    _save_program(program, file_path, extra_files, pickle_protocol)


def _saved_inputs(module: Any, inputs: Any, arg_inputs: Any, kwarg_inputs: Any) -> tuple:
    kept = getattr(module, "torch_tensorrt_inputs", None)
    if inputs is None and arg_inputs is None and kwarg_inputs is None and kept is not None:
        return kept
    return _specs.normalise(inputs, arg_inputs, kwarg_inputs)


def _save_program(program: Any, path: str, extra_files: Any, pickle_protocol: int) -> None:
    torch.export.save(program, path, extra_files=extra_files, pickle_protocol=pickle_protocol)


def _save_script(module: Any, path: str, args: Any, kwargs: Any, extra_files: Any) -> None:
    args, kwargs = _specs.examples((args, kwargs))
    with torch.no_grad():
        if kwargs:
            script = torch.jit.trace(
                module, example_kwarg_inputs=_named(module, args, kwargs), check_trace=False
            )
        else:
            script = torch.jit.trace(module, args, check_trace=False)
    torch.jit.save(script, path, _extra_files=extra_files or {})


def _named(module: Any, args: tuple, kwargs: dict) -> dict[str, Any]:
    return dict(inspect.signature(module.forward).bind(*args, **kwargs).arguments)


def load(file_path: str, extra_files: Optional[dict[str, Any]] = None, **kwargs: Any) -> Any:
    """Reads what ``save`` wrote: an ExportedProgram or a ScriptModule."""
    if kwargs:
        raise TypeError(f"load does not know {', '.join(sorted(kwargs))}")
    try:
        return torch.export.load(file_path, extra_files=extra_files)
    except Exception as not_exported:
        try:
            return torch.jit.load(file_path, _extra_files=extra_files or {})
        except Exception as not_script:
            raise ValueError(
                f"{file_path} is neither an exported program ({not_exported}) nor a TorchScript"
                f" module ({not_script})"
            ) from not_exported
