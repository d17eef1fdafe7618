# SPDX-License-Identifier: Apache-2.0
"""The FX call: module and example inputs -> module that runs engines where that is possible."""

from __future__ import annotations

import contextlib
import difflib
import warnings
from dataclasses import fields
from typing import Any, Sequence

import torch
from torch.utils import _pytree as pytree

from .. import dynamo, logging
from .._Input import Input
from ..dynamo._specs import device_of
from .input_tensor_spec import InputTensorSpec
from .lower_setting import LowerSetting
from .utils import LowerPrecision, lower_precision


def compile(
    module: torch.nn.Module,
    input: Sequence[Any],
    min_acc_module_size: int = 10,
    max_batch_size: int = 2048,
    max_workspace_size: int = 1 << 25,
    explicit_batch_dimension: bool = False,
    lower_precision: LowerPrecision = LowerPrecision.FP16,
    verbose_log: bool = False,
    timing_cache_prefix: str = "",
    save_timing_cache: bool = False,
    cuda_graph_batch_size: int = -1,
    dynamic_batch: bool = True,
    is_aten: bool = False,
    use_experimental_fx_rt: bool = False,
    correctness_atol: float = 0.1,
    correctness_rtol: float = 0.1,
    truncate_double: bool = False,
) -> torch.fx.GraphModule:
    """Compiles a module as ``torch_tensorrt.compile(ir="dynamo")`` does.

    Args:
        module: put in eval mode.
        input: positional inputs: tensors, whose first size is dynamic unless
            ``explicit_batch_dimension and not dynamic_batch``; ``InputTensorSpec`` and
            ``torch_tensorrt.Input``, which say themselves what is dynamic.

    The other keywords are described in ``LowerSetting``. The result can be given to ``torch.save``,
    ``torch.jit.trace`` and ``torch_tensorrt.save``.
    """
    keywords = dict(locals())
    settings = {f.name: keywords[f.name] for f in fields(LowerSetting)}
    return Lowerer(LowerSetting(**settings))(module, input)


class Lowerer:
    """Compiles modules with one setting."""

    def __init__(self, lower_setting: LowerSetting):
        self.lower_setting = lower_setting

    @classmethod
    def create(cls, lower_setting: LowerSetting) -> Lowerer:
        return cls(lower_setting)

    def __call__(self, module: torch.nn.Module, inputs: Sequence[Any]) -> torch.fx.GraphModule:
        if not isinstance(module, torch.nn.Module):
            raise TypeError(f"fx wants a torch.nn.Module, not {type(module).__name__}")
        for sentence in self.lower_setting.without_effect():
            logging.LOGGER.warning("%s", sentence)
        with logging.debug() if self.lower_setting.verbose_log else contextlib.nullcontext():
            return self._lower(module.eval(), list(inputs))

    def _lower(self, module: torch.nn.Module, given: list[Any]) -> torch.fx.GraphModule:
        inputs = self._inputs(given)
        settings = self.lower_setting.settings()
        if _on_cpu(module, given):  # FP16, the default, is about GPUs
            settings.pop("enabled_precisions")
        try:
            program = dynamo.trace(module, inputs)
        except torch._dynamo.exc.UserError as error:
            if not self.lower_setting.is_batch_dynamic:
                raise
            raise ValueError(
                "the module cannot be traced with a dynamic batch; explicit_batch_dimension=True"
                f" with dynamic_batch=False keeps sizes fixed. {error}"
            ) from error
        compiled = dynamo.compile(program, inputs, **settings)
        self._verify(module, compiled, given)
        return compiled

    def _inputs(self, given: list[Any]) -> list[Any]:
        """Inputs for tracing; every other value is passed as it is."""
        tensors = [v for v in given if isinstance(v, torch.Tensor)]
        specs = iter(self._specs(tensors))
        made = []
        for value in given:
            spec = next(specs) if isinstance(value, torch.Tensor) else value
            made.append(spec.to_input() if isinstance(spec, InputTensorSpec) else spec)
        return made

    def _specs(self, tensors: list[torch.Tensor]) -> list[Any]:
        if not tensors or not self.lower_setting.is_batch_dynamic:
            return list(tensors)
        if not tensors[0].dim():
            raise ValueError("input 0 has no dimensions, so there is no batch; dynamic_batch=False")
        batch, largest = tensors[0].shape[0], self.lower_setting.max_batch_size
        if not 1 <= batch <= largest:
            raise ValueError(f"input 0 has batch {batch}, wanted 1..{largest} (max_batch_size)")
        spec = InputTensorSpec.from_tensors_with_dynamic_batch_size
        return spec(tensors, (1, batch, largest))

    @torch.no_grad()
    def _verify(self, module: torch.nn.Module, compiled: torch.nn.Module, given: list[Any]) -> None:
        """Compares the two on the example inputs."""
        device = device_of(module)
        inputs = [_example(v, device) for v in given]
        pairs = zip(pytree.tree_leaves(compiled(*inputs)), pytree.tree_leaves(module(*inputs)))
        setting = self.lower_setting
        for i, (seen, wanted) in enumerate(pairs):
            if not isinstance(wanted, torch.Tensor) or torch.allclose(
                seen, wanted, setting.correctness_rtol, setting.correctness_atol, equal_nan=True
            ):
                continue
            worst = (seen.double() - wanted.double()).abs().max().item()
            logging.LOGGER.warning(
                "output %d differs from the module's by up to %.3g, beyond correctness_atol=%g and"
                " correctness_rtol=%g",
                *(i, worst, setting.correctness_atol, setting.correctness_rtol),
            )


def _on_cpu(module: Any, inputs: Sequence[Any]) -> bool:
    devices = [torch.device(v.device) for v in inputs if getattr(v, "device", None) is not None]
    if isinstance(module, torch.nn.Module):
        devices.append(device_of(module))
    return all(device.type == "cpu" for device in devices)


def _example(value: Any, device: torch.device) -> Any:
    if isinstance(value, InputTensorSpec):
        return value.to_random_tensor().to(device)
    if isinstance(value, Input):
        dynamic = value.shape_mode is Input._ShapeMode.DYNAMIC
        return value.example_tensor("opt_shape" if dynamic else None).to(device)
    return value


def compile_with_names(module: Any, inputs: Sequence[Any], settings: dict[str, Any]) -> Any:
    """``torch_tensorrt.compile(ir="fx")``: as ``compile``, with ``enabled_precisions`` for
    ``lower_precision``, the older name of ``truncate_double``, and a TypeError for an unknown keyword
    that suggests the nearest."""
    settings = dict(settings)
    if "enabled_precisions" in settings:
        if "lower_precision" in settings:
            raise ValueError("give enabled_precisions or lower_precision, not both")
        settings["lower_precision"] = lower_precision(settings.pop("enabled_precisions"))
    old = "truncate_long_and_double"
    if old in settings:
        message = f"setting '{old}' is deprecated: use truncate_double"
        warnings.warn(message, DeprecationWarning, stacklevel=3)
        settings["truncate_double"] = settings.pop(old)
    known = [f.name for f in fields(LowerSetting)]
    for name in settings:
        if name not in known:
            near = difflib.get_close_matches(name, [*known, "enabled_precisions"], n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise TypeError(f"unknown keyword '{name}' of ir='fx'{hint}")
    wish = settings.setdefault("lower_precision", LowerPrecision.FP32)
    if wish != LowerPrecision.FP32 and _on_cpu(module, inputs):
        logging.LOGGER.warning(
            "lower_precision %s has no effect here: on the CPU an engine computes in the types of the"
            " graph",
            wish,
        )
    return Lowerer(LowerSetting(**settings))(module, inputs)
