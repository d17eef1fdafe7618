# SPDX-License-Identifier: Apache-2.0
"""TorchTensorRTModule: an engine as an nn.Module."""

from __future__ import annotations

import copy
import json
import tempfile
from typing import Any, Optional, Sequence, Union

import torch
from torch.compiler import is_dynamo_compiling

from .. import _library

_library.load()

from . import _meta  # noqa: E402
from ._plain_call import is_traced, run_engine  # noqa: E402


def _no_engine(*inputs: torch.Tensor) -> None:
    raise RuntimeError("this TorchTensorRTModule has no serialized engine")


class TorchTensorRTModule(torch.nn.Module):
    """Runs a serialized engine.

    Args:
        serialized_engine: the plan as bytes or as a one-dimensional uint8 tensor (not copied then,
            if it is 64-byte aligned).
        input_binding_names, output_binding_names: checked against the engine's own, if given.
        name: name in profiles and logs.
        settings: settings the engine was built with, kept for reference.

    ``forward`` takes the inputs in binding order; a single output is returned as itself, several as
    a list. The engine is immutable: copies of the module share it.
    """

    def __init__(
        self,
        serialized_engine: Optional[Union[bytes, torch.Tensor]] = None,
        input_binding_names: Optional[Sequence[str]] = None,
        output_binding_names: Optional[Sequence[str]] = None,
        *,
        name: str = "",
        settings: Any = None,
    ):
        super().__init__()
        self.name = name
        self.settings = settings
        self.serialized_engine = serialized_engine
        self._wanted_names = (input_binding_names, output_binding_names)
        self._attach(None)
        if serialized_engine is not None:
            self.setup_engine()

    def setup_engine(self) -> None:
        """Loads the engine, if that has not happened yet."""
        if self.engine is not None:
            return
        if self.serialized_engine is None:
            _no_engine()
        plan = self.serialized_engine
        if not isinstance(plan, torch.Tensor):
            plan = torch.frombuffer(bytearray(plan), dtype=torch.uint8)
        self._set_engine(torch.classes.tensorrt.Engine(plan))
        self.serialized_engine = None  # the engine holds the plan now

    def _set_engine(self, engine: Any) -> None:
        names = (engine.input_names(), engine.output_names())
        for kind, wanted, seen in zip(("input", "output"), self._wanted_names, names):
            if wanted is not None and list(wanted) != seen:
                raise ValueError(f"the engine's {kind}s are {seen}, not {list(wanted)}")
        self.input_binding_names, self.output_binding_names = names
        self._single = len(names[1]) == 1
        self._content_hash = engine.content_hash()
        self._attach(engine)

    def _attach(self, engine: Any) -> None:
        self.engine = engine
        if engine is None:
            self._run = self._function = _no_engine
            return
        self._run, self._function = engine.execute, engine.as_function().grad_fn
        _meta.remember(self, self._content_hash)

    def __call__(self, *inputs: torch.Tensor) -> Any:
        if not is_dynamo_compiling() and type(self) is TorchTensorRTModule:
            own = self.__dict__
            outputs = run_engine(own, own, inputs)
            if outputs is not None:
                return outputs
        return super().__call__(*inputs)

    def forward(self, *inputs: torch.Tensor) -> Any:
        if is_traced():
            outputs = self._trace(inputs)
        else:
            self._check_types(inputs)
            outputs = self._run(inputs)
        return outputs[0] if self._single else outputs

    def _check_types(self, inputs: tuple) -> None:
        for name, value in zip(self.input_binding_names, inputs):
            if not isinstance(value, torch.Tensor) and not hasattr(value, "__torch_function__"):
                raise TypeError(
                    f"input '{name}' is of type {type(value).__name__}, wanted a tensor"
                )

    def _trace(self, inputs: tuple) -> list[torch.Tensor]:
        # Dynamo takes is_exporting() for true always, hence the flag.
        if torch.compiler.is_dynamo_compiling() and not torch.compiler._is_exporting_flag:
            return torch.ops.tensorrt.execute_engine_by_hash(list(inputs), self._content_hash)
        return torch.ops.tensorrt.execute_engine(list(inputs), self.engine)

    def get_layer_info(self) -> str:
        """JSON: the engine's layers, kernels and bindings."""
        self.setup_engine()
        return self.engine.get_layer_info()

    def dump_layer_info(self) -> None:
        """Prints the engine's layers."""
        print(json.dumps(json.loads(self.get_layer_info()), indent=2))

    def enable_profiling(
        self, profiling_results_dir: Optional[str] = None, profile_format: str = "perfetto"
    ) -> None:
        """From now on each call adds the time of each layer to
        ``<dir>/<name>_engine_execution_profile.trace``."""
        if profile_format != "perfetto":
            raise ValueError(f"profile_format is {profile_format!r}; wanted 'perfetto'")
        self.setup_engine()
        self.engine.enable_profiling(
            profiling_results_dir or tempfile.gettempdir(), self.name or "engine"
        )

    def disable_profiling(self) -> None:
        """Calls are not timed any more; the files stay."""
        self.setup_engine()
        self.engine.disable_profiling()

    def get_extra_state(self) -> Any:
        """The plan as a uint8 tensor, and the name."""
        plan = self.serialized_engine if self.engine is None else self.engine.plan()
        return {"name": self.name, "plan": plan}

    def set_extra_state(self, state: Any) -> None:
        self.name = state["name"]
        self.serialized_engine = state["plan"]
        self.engine = None
        if self.serialized_engine is not None:
            self.setup_engine()

    def __getstate__(self) -> dict:
        state = self.__dict__.copy()
        for name in ("_run", "_function"):
            state.pop(name, None)  # these do not pickle
        return state

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        self._attach(self.engine)

    def __deepcopy__(self, memo: dict) -> TorchTensorRTModule:
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        if self.engine is not None:
            memo[id(self.engine)] = self.engine
        state = {k: copy.deepcopy(v, memo) for k, v in self.__getstate__().items()}
        copied.__setstate__(state)
        return copied

    def extra_repr(self) -> str:
        if self.engine is None:
            return "no engine"
        return f"{', '.join(self.input_binding_names)} -> {', '.join(self.output_binding_names)}"
