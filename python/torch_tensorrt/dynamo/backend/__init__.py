# SPDX-License-Identifier: Apache-2.0
"""The backend of torch.compile: "torch_tensorrt", "tensorrt" and "aot_torch_tensorrt_aten".

It is registered when torch's registry of backends is imported, not before: torch.compile's
machinery takes a second to import, which running a saved model needs not."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from typing import Any, Optional

NAMES = ("torch_tensorrt", "tensorrt", "aot_torch_tensorrt_aten")
_REGISTRY = "torch._dynamo.backends.registry"


def torch_tensorrt_backend(gm: Any, sample_inputs: Any, **kwargs: Any) -> Any:
    """Compiles one graph that torch.compile hands over.

    Args:
        gm: dynamo's graph; parameters and buffers are among its placeholders.
        sample_inputs: a value for each placeholder: tensor or SymInt.
        options: settings as of ``torch_tensorrt.compile``.

    Returns:
        A callable that takes what ``gm`` takes and returns what it returns.
    """
    from ._compile_graph import compile_graph

    return compile_graph(gm, sample_inputs, **kwargs)


aot_torch_tensorrt_aten_backend = torch_tensorrt_backend


_has_them: list[Any] = []  # the registry, once it knows the names


def _register(registry: Any) -> None:
    if registry in _has_them:
        return
    _has_them.append(registry)
    for name in NAMES:
        registry.register_backend(torch_tensorrt_backend, name=name)


class _RegisterAfterImport(importlib.abc.MetaPathFinder):
    """Waits for the registry to be imported, and steps aside."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Optional[Any]:
        if fullname != _REGISTRY:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_register(module: Any) -> None:
                run(module)
                _register(module)

            spec.loader.exec_module = run_and_register  # of this module's own loader object
        return spec


def register() -> None:
    """Makes torch.compile know the backend, now or as soon as torch.compile is used. Importing
    torch_tensorrt has done so; again it changes nothing."""
    registry = sys.modules.get(_REGISTRY)
    if registry is not None:
        _register(registry)
    elif not any(isinstance(finder, _RegisterAfterImport) for finder in sys.meta_path):
        sys.meta_path.insert(0, _RegisterAfterImport())
