# SPDX-License-Identifier: Apache-2.0
"""The front door: compile, convert_method_to_trt_engine, save, load."""

from __future__ import annotations

import inspect
from typing import Any, Optional, Sequence

import torch
from torch.utils import _pytree as pytree

from . import _saved_kind, dynamo
from ._read_export import read_export
from .dynamo import _settings, _specs

_IRS = ("default", "ts", "torchscript", "fx", "dynamo", "torch_compile")
_FORMATS = ("exported_program", "torchscript")


def _frontend(module: Any, ir: str) -> str:
    """The frontend that ``ir`` means for this module: ts, fx, dynamo or torch_compile."""
    if ir not in _IRS:
        raise ValueError(f"ir is {ir!r}; wanted one of {', '.join(_IRS)}")
    if ir == "default":
        is_script = isinstance(module, (torch.jit.ScriptModule, torch.jit.ScriptFunction))
        return "ts" if is_script else "dynamo"
    return "ts" if ir == "torchscript" else ir


def _program(module: Any, args: Any, kwargs: Any, strict: bool) -> torch.export.ExportedProgram:
    if isinstance(module, torch.export.ExportedProgram):
        return module
    _want_module(module, "a torch.nn.Module or a torch.export.ExportedProgram")
    return dynamo.trace(module, arg_inputs=args, kwarg_inputs=kwargs, strict=strict)


def _want_module(module: Any, what: str) -> None:
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"compile wants {what}, not {type(module).__name__}")


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
        module: nn.Module, GraphModule, ExportedProgram or ScriptModule, in eval mode.
        ir: frontend. "dynamo" exports the module with torch.export; "ts" or "torchscript" compiles
            a ScriptModule, or scripts the module first; "fx" is "dynamo" with the keywords of the
            old FX frontend; "torch_compile" compiles when the result is called. "default" is "ts"
            for a ScriptModule, else "dynamo".
        inputs, arg_inputs: positional inputs (the two mean the same): ``Input`` or example tensors.
        kwarg_inputs: keyword inputs.
        enabled_precisions: precisions the builder may use; those of the model if not given.
        settings: see ``torch_tensorrt.dynamo.CompilationSettings``, ``torch_tensorrt.ts.compile``
            and ``torch_tensorrt.fx.compile``.
    """
    frontend = _frontend(module, ir)
    if enabled_precisions is not None:
        settings["enabled_precisions"] = enabled_precisions
    if frontend == "dynamo":
        return _run(dynamo.compile, module, inputs, arg_inputs, kwarg_inputs, settings)
    may_lack_inputs = frontend == "torch_compile" or "input_signature" in settings
    args, kwargs = _specs.normalise(inputs, arg_inputs, kwarg_inputs, required=not may_lack_inputs)
    if frontend == "torch_compile":
        return _torch_compile(module, args, kwargs, settings)
    if kwargs:
        raise ValueError(f"kwarg_inputs are for ir='dynamo' and 'torch_compile', not '{frontend}'")
    if frontend == "fx":
        from .fx.lower import compile_with_names

        return compile_with_names(module, args, settings)
    return _ts().compile(_script(module), **_ts_inputs(args), **settings)


def _ts_inputs(args: tuple) -> dict[str, Any]:
    return {"inputs": list(args)} if args else {}  # there may be an input_signature instead


def _torch_compile(module: Any, args: tuple, kwargs: dict, settings: dict) -> Any:
    """Sizes are dynamic if an Input says so; else each new shape is compiled for itself."""
    _want_module(module, "a torch.nn.Module")
    _settings.check_names(settings)
    leaves = pytree.tree_leaves((args, kwargs), is_leaf=_specs.is_leaf)
    dynamic = any(_specs.is_leaf(v) and v.shape_mode is v._ShapeMode.DYNAMIC for v in leaves)
    return torch.compile(module, backend="torch_tensorrt", dynamic=dynamic, options=settings)


def _ts() -> Any:
    from . import ts  # late: programs that never see TorchScript need not load it

    return ts


def _script(module: Any) -> Any:
    if isinstance(module, (torch.jit.ScriptModule, torch.jit.ScriptFunction)):
        return module
    _want_module(module, "a torch.nn.Module or a torch.jit.ScriptModule")
    return torch.jit.script(module)


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
    """The serialized engine of a model that one engine runs whole; takes what compile takes, for
    ``ir`` "default", "dynamo", "ts" or "torchscript"."""
    frontend = _frontend(module, ir)
    if frontend in ("fx", "torch_compile"):
        raise ValueError(f"ir='{ir}' has no serialized engine; use ir='dynamo' or ir='ts'")
    if enabled_precisions is not None:
        settings["enabled_precisions"] = enabled_precisions
    if frontend == "ts":
        required = "input_signature" not in settings
        args, kwargs = _specs.normalise(inputs, arg_inputs, kwarg_inputs, required=required)
        if kwargs:
            raise ValueError("kwarg_inputs are for ir='dynamo', not TorchScript")
        return _ts().convert_method_to_trt_engine(
            _script(module), method_name, **_ts_inputs(args), **settings
        )
    if method_name != "forward":
        raise ValueError(f"method_name is {method_name!r}; ir='dynamo' converts 'forward' only")
    convert = dynamo.convert_exported_program_to_serialized_trt_engine
    return _run(convert, module, inputs, arg_inputs, kwarg_inputs, settings)


def _run(
    function: Any, module: Any, inputs: Any, arg_inputs: Any, kwarg_inputs: Any, settings: dict
) -> Any:
    is_program = isinstance(module, torch.export.ExportedProgram)
    args, kwargs = _specs.normalise(inputs, arg_inputs, kwarg_inputs, required=not is_program)
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
    args, kwargs = _specs.examples((args, kwargs), _specs.device_of(module))
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


def load(file_path: Any, extra_files: Optional[dict[str, Any]] = None, **kwargs: Any) -> Any:
    """Reads what ``save`` wrote: an ExportedProgram or a ScriptModule. ``file_path`` is a path or a
    binary file that can seek. OSError (FileNotFoundError, ...) if the file cannot be opened;
    ValueError if it is no such file or damaged, with what it is instead."""
    if kwargs:
        raise TypeError(f"load does not know {', '.join(sorted(kwargs))}")
    kind = _saved_kind.of(file_path)
    try:
        if kind == "script":
            return torch.jit.load(file_path, _extra_files=extra_files or {})
        return read_export(file_path, extra_files)
    except Exception as error:
        what = "a TorchScript module" if kind == "script" else "an exported program"
        raise ValueError(f"{file_path} is {what} that cannot be read: {error}") from error
