# SPDX-License-Identifier: Apache-2.0
"""What tracing needs. The meta kernel of ``tensorrt::execute_engine`` gives output shapes from
symbolic input shapes, for torch.export and fake tensors. ``tensorrt::execute_engine_by_hash`` names
the engine by its content instead of holding it: torch.compile's backends and caches know strings,
not classes. Its graphs live in the process that made them and never outlive the module that owns
the engine."""

import weakref
from typing import Any

import torch

from . import _sizes


@torch.library.register_fake("tensorrt::execute_engine")
def _execute_engine(inputs: list[torch.Tensor], engine: Any) -> list[torch.Tensor]:
    names = engine.input_names()
    if len(inputs) != len(names):
        raise RuntimeError(f"the engine was given {len(inputs)} inputs, wanted {len(names)}")
    exprs = engine.input_exprs()
    for name, dims, value in zip(names, exprs, inputs):
        if value.dim() != len(dims):
            raise RuntimeError(f"input '{name}' has {value.dim()} dimensions, wanted {len(dims)}")
    sizes = _sizes.bind(exprs, [value.shape for value in inputs])
    outputs = zip(engine.output_exprs(), engine.output_dtypes())
    device = inputs[0].device if inputs else torch.device("cpu")
    return [
        torch.empty(
            [_sizes.evaluate(text, sizes) for text in dims],
            dtype=getattr(torch, dtype),
            device=device,
        )
        for dims, dtype in outputs
    ]


_OP = "execute_engine_by_hash"
_library = torch.library.Library("tensorrt", "FRAGMENT")
_library.define(f"{_OP}(Tensor[] inputs, str content_hash) -> Tensor[]")
_owners: dict[str, weakref.WeakSet] = {}


def remember(owner: torch.nn.Module, content_hash: str) -> None:
    """Lets ``execute_engine_by_hash`` find ``owner.engine`` for as long as the owner lives."""
    _owners.setdefault(content_hash, weakref.WeakSet()).add(owner)


def _find(content_hash: str) -> Any:
    for owner in _owners.get(content_hash, ()):
        return owner.engine
    raise RuntimeError(f"the module that owned engine {content_hash} is gone")


def _execute_by_hash(inputs: list[torch.Tensor], content_hash: str) -> list[torch.Tensor]:
    return _find(content_hash).execute(inputs)


_library.impl(_OP, _execute_by_hash, "CompositeExplicitAutograd")
_library.impl(_OP, torch.library.fallthrough_kernel, "Autograd")


@torch.library.register_fake(f"tensorrt::{_OP}", lib=_library)
def _execute_by_hash_meta(inputs: list[torch.Tensor], content_hash: str) -> list[torch.Tensor]:
    return _execute_engine(inputs, _find(content_hash))
