# SPDX-License-Identifier: Apache-2.0
"""Module -> torch.export.ExportedProgram."""

from __future__ import annotations

import inspect
from typing import Any, Optional, Sequence

import torch

from . import _specs


def trace(
    mod: torch.nn.Module,
    inputs: Optional[Sequence[Any]] = None,
    *,
    arg_inputs: Optional[Sequence[Any]] = None,
    kwarg_inputs: Optional[dict[str, Any]] = None,
    strict: bool = False,
    dynamic_shapes: Optional[Any] = None,
    prefer_deferred_runtime_asserts_over_guards: bool = True,
) -> torch.export.ExportedProgram:
    """Exports a module with the sizes of its inputs dynamic where the Inputs have ranges.

    Args:
        mod: the module, in eval mode.
        inputs, arg_inputs: positional inputs (the two mean the same): ``Input`` or tensors, nested
            in tuples, lists and dicts as the module takes them. Tensors made for Inputs are on the
            module's device.
        kwarg_inputs: keyword inputs.
        strict: trace Python bytecode instead of running the module.
        dynamic_shapes: as torch.export's; replaces what the Inputs say.
    """
    args, kwargs = _specs.normalise(inputs, arg_inputs, kwarg_inputs)
    if dynamic_shapes is None:
        bound = inspect.signature(mod.forward).bind(*args, **kwargs).arguments
        dynamic_shapes = _specs.dynamic_shapes(bound)
    args, kwargs = _specs.examples((args, kwargs), _specs.device_of(mod))
    return torch.export.export(
        mod,
        args,
        kwargs,
        dynamic_shapes=dynamic_shapes,
        strict=strict,
        prefer_deferred_runtime_asserts_over_guards=prefer_deferred_runtime_asserts_over_guards,
    )
