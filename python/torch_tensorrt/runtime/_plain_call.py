# SPDX-License-Identifier: Apache-2.0
"""When a call of a module is nothing but a call of its ``forward``. nn.Module's own way there takes
as long as a small engine, so the modules of this package ask first and take the short one."""

import torch
from torch.fx import _symbolic_trace as _fx_trace
from torch.nn.modules import module as _nn

is_compiling, _jit_trace = torch.compiler.is_compiling, torch._C._get_tracing_state

# The registries of hooks on all modules; nn.Module never replaces these objects.
_g1, _g2 = _nn._global_forward_hooks, _nn._global_forward_pre_hooks
_g3, _g4 = _nn._global_backward_hooks, _nn._global_backward_pre_hooks


def is_traced() -> bool:
    """Is somebody recording what runs: torch.compile or torch.export, fx, or torch.jit.trace?"""
    return is_compiling() or _fx_trace._is_fx_tracing_flag or _jit_trace() is not None


def is_plain(module: torch.nn.Module) -> bool:
    """Would nn.Module's ``__call__`` do no more than call ``forward``?"""
    return not (
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
        or module._compiled_call_impl is not None
        or _g1
        or _g2
        or _g3
        or _g4
    )
