# SPDX-License-Identifier: Apache-2.0
"""When a call of a module is nothing but a call of its ``forward``. nn.Module's own way there takes
as long as a small engine, so the modules of this package ask first and take the short one."""

from typing import Any

import torch
from torch.compiler import is_dynamo_compiling
from torch.fx import _symbolic_trace as _fx_trace
from torch.nn.modules import module as _nn

_compiler, _jit_trace, _Tensor = torch.compiler, torch._C._get_tracing_state, torch.Tensor

# The registries of hooks on all modules; nn.Module never replaces these objects.
_g1, _g2 = _nn._global_forward_hooks, _nn._global_forward_pre_hooks
_g3, _g4 = _nn._global_backward_hooks, _nn._global_backward_pre_hooks


def is_traced() -> bool:
    """Is somebody recording what runs: torch.compile or torch.export, fx, or torch.jit.trace?"""
    return (
        is_dynamo_compiling()
        or _compiler._is_compiling_flag
        or _fx_trace._is_fx_tracing_flag
        or _jit_trace() is not None
    )


def is_plain(a: dict) -> bool:
    """Would nn.Module's ``__call__`` do no more than call the ``forward`` of the class? Not asked, for
    it takes as long as all else here: does torch.jit.trace record?

    Args:
        a: the module's ``__dict__``; looking into it takes half the time of attributes.
    """
    return not (
        _compiler._is_compiling_flag
        or _fx_trace._is_fx_tracing_flag
        or a["_forward_hooks"]
        or a["_forward_pre_hooks"]
        or a["_backward_hooks"]
        or a["_backward_pre_hooks"]
        or "forward" in a
        or "_compiled_call_impl" in a
        or _g1
        or _g2
        or _g3
        or _g4
    )


def run_engine(a: dict, b: dict, inputs: tuple) -> Any:
    """The outputs of an engine, as the module that holds it returns them, if nn.Module's ``__call__``
    would do no more than that and all inputs are plain tensors. None, with nothing done, for all that
    ``__call__`` has to treat or to explain: hooks, tracers, subclasses of tensor, tensors that stand
    for others, a wrong number of inputs. Hooks on gradients are not asked for: none flows through an
    engine.

    Args:
        a, b: the ``__dict__`` of the module that was called, and of the one that holds the engine;
            they may be the same. In one function, because a call of another takes as long as three
            of these questions.
    """
    if (
        _compiler._is_compiling_flag
        or _fx_trace._is_fx_tracing_flag
        or a["_forward_hooks"]
        or a["_forward_pre_hooks"]
        or b["_forward_hooks"]
        or b["_forward_pre_hooks"]
        or "forward" in a
        or "forward" in b
        or "_compiled_call_impl" in a
        or "_compiled_call_impl" in b
        or _g1
        or _g2
    ):
        return None
    for value in inputs:
        if type(value) is not _Tensor:
            return None
    try:
        outputs = b["_function"](*inputs)
    except (NotImplementedError, TypeError):  # how it declines; torch.jit.trace, too
        return None
    return outputs if b["_single"] else list(outputs)
