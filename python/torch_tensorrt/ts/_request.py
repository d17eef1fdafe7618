# SPDX-License-Identifier: Apache-2.0
"""What a user says about a TorchScript compilation, as the JSON that the native compiler reads."""

from __future__ import annotations

import difflib
import json
from typing import Any, Optional, Sequence

import torch

from .._Device import Device
from .._Input import Input
from ..dynamo import _settings
from ..logging import LOGGER

# Keyword of this frontend -> setting. None: accepted, and there is nothing to set.
_OWN_NAMES = {
    "truncate_long_and_double": "truncate_double",
    "capability": "engine_capability",
    "refit": None,
    "allow_shape_tensors": None,
}
_NO_EFFECT = {
    "refit": "engines keep the weights they were built with",
    "allow_shape_tensors": "sizes are always expressions",
}
_OWN_DEFAULTS = {"min_block_size": 3}


def make(
    method: str,
    inputs: Optional[Sequence[Any]],
    input_signature: Optional[Any],
    device: Any,
    settings: dict[str, Any],
) -> tuple[str, dict[str, Any]]:
    """(request, options)."""
    if (inputs is None) == (input_signature is None):
        given = "both" if inputs is not None else "neither"
        raise ValueError(f"give inputs or input_signature; {given} is given")
    options = _options(settings)
    tree = input_signature if inputs is None else inputs
    if isinstance(tree, (Input, torch.Tensor)):
        tree = (tree,)
    reader = _Reader()
    signature = {"tuple": [reader.read(value, f"input {i}") for i, value in enumerate(tree)]}
    options["device"] = _device(device, reader.devices)
    request = {
        "method": method,
        "inputs": reader.inputs,
        "signature": signature,
        "options": options,
    }
    return json.dumps(request), options


def check_names(settings: dict[str, Any]) -> None:
    """TypeError names the first unknown setting and the nearest known one."""
    known = [*_settings.table(), *_OWN_NAMES]
    for name in settings:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise TypeError(f"unknown setting '{name}'{hint}")


def _options(settings: dict[str, Any]) -> dict[str, Any]:
    check_names(settings)
    named = dict(_OWN_DEFAULTS)
    for name, value in settings.items():
        setting = _OWN_NAMES.get(name, name)
        if setting is not None and value is not None:
            named[setting] = value
        if name in _NO_EFFECT and value:
            LOGGER.warning("setting '%s' has no effect here: %s", name, _NO_EFFECT[name])
    # "debug" is a setting of this frontend, not a deprecated one of the other.
    debug = bool(named.pop("debug", False))
    return {**_settings.resolve(named), "debug": debug}


class _Reader:
    """Collects the tensors of a tree of Input, tensor, tuple, list and dict."""

    def __init__(self) -> None:
        self.inputs: list[dict[str, Any]] = []
        self.devices: list[torch.device] = []

    def read(self, value: Any, where: str) -> Any:
        if value is None:
            return None
        if isinstance(value, (Input, torch.Tensor)):
            self.inputs.append(self._tensor(value))
            return len(self.inputs) - 1
        if isinstance(value, dict):
            return {"dict": {k: self.read(v, f"{where}[{k!r}]") for k, v in value.items()}}
        if isinstance(value, (tuple, list)):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return {kind: [self.read(v, f"{where}[{i}]") for i, v in enumerate(value)]}
        raise TypeError(
            f"{where} is a {type(value).__name__}; wanted Input, a tensor, or a tuple, list or"
            " dict of them"
        )

    def _tensor(self, value: Any) -> dict[str, Any]:
        if isinstance(value, torch.Tensor):
            self.devices.append(value.device)
            sizes = list(value.shape)
            ranges = [sizes, sizes, sizes]
            kind = value.dtype
        else:
            spans = [value.range_of(axis) for axis in range(value.rank)]
            ranges = [[span[i] for span in spans] for i in range(3)]
            kind = value.dtype.to(torch.dtype)
        return {
            "min": ranges[0],
            "opt": ranges[1],
            "max": ranges[2],
            "dtype": str(kind).removeprefix("torch."),
        }


def _device(wish: Any, seen: list[torch.device]) -> str:
    if len(set(seen)) > 1:
        raise ValueError(f"the inputs are on several devices: {', '.join(map(str, seen))}")
    if wish is not None:
        wanted = Device._from(wish).to(torch.device)
        if seen and seen[0].type != wanted.type:
            raise ValueError(f"device is {wanted}, but the inputs are on {seen[0]}")
        return str(wanted)
    return str(seen[0]) if seen else ""
