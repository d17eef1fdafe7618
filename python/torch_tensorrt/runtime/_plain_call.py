# SPDX-License-Identifier: Apache-2.0
"""When a call of a module is nothing but a call of its ``forward``. nn.Module's own way there takes
as long as a small engine, so the modules of this package ask first and take the short one."""

import torch
from torch.compiler import is_dynamo_compiling
from torch.fx import _symbolic_trace as _fx_trace
from torch.nn.modules import module as _nn

_compiler, _jit_trace = torch.compiler, torch._C._get_tracing_state

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


def are_plain(a: dict, b: dict) -> bool:
    """Would nn.Module's ``__call__`` do no more than call the ``forward`` of the class, for both of
    two modules (which may be the same)? torch.jit.trace is not asked about, because that takes as
    long as all else here: who calls must find out by other means.

    Args:
        a, b: the modules' ``__dict__``. Looking into these takes half the time of the attributes,
            and one call for two modules half the time of two calls.
    """
    return not (
        _compiler._is_compiling_flag
        or _fx_trace._is_fx_tracing_flag
        or a["_forward_hooks"]
        or a["_forward_pre_hooks"]
        or a["_backward_hooks"]
        or a["_backward_pre_hooks"]
        or b["_forward_hooks"]
        or b["_forward_pre_hooks"]
        or b["_backward_hooks"]
        or b["_backward_pre_hooks"]
        or "forward" in a
        or "forward" in b
        or "_compiled_call_impl" in a
        or "_compiled_call_impl" in b
        or _g1
        or _g2
        or _g3
        or _g4
    )
