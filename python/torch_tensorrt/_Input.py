# SPDX-License-Identifier: Apache-2.0
"""Input: the shape (or range of shapes), dtype and layout of one tensor a program takes."""

from __future__ import annotations

from enum import Enum
from typing import Any, Optional, Sequence

import torch

from ._enums import dtype as _dtype
from ._enums import memory_format as _memory_format

_MODES = ("min_shape", "opt_shape", "max_shape")


class Input:
    """One input of a program.

    Args:
        shape: a fixed shape, also as the first positional argument.
        min_shape, opt_shape, max_shape: a range; all three, of equal length.
        profiles: ``[{"min": ..., "opt": ..., "max": ...}]``, several ranges.
        dtype: element type; float32 if not given.
        format: layout of the example tensor.
        tensor_domain: half-open interval of example values.
        torch_tensor: used as the example instead of a random one.
        name: name in messages and of the dynamic sizes.
        is_shape_tensor: the values are sizes.
        shared_dims: ``{axis: name}``; axes of equal name have equal sizes.

    A named tuple as a shape names its axes: ``Shape(batch=(1, 4, 8), width=64)._fields`` become
    shared_dims.
    """

    class _ShapeMode(Enum):
        STATIC = 0
        DYNAMIC = 1

    def __init__(self, *args: Any, **kwargs: Any):
        if len(args) > 1:
            raise ValueError(f"Input takes one positional argument, the shape; got {len(args)}")
        if args:
            if "shape" in kwargs:
                raise ValueError("Input got the shape twice")
            kwargs["shape"] = args[0]
        self.name: Optional[str] = kwargs.pop("name", None)
        self.is_shape_tensor: bool = bool(kwargs.pop("is_shape_tensor", False))
        self.shared_dims: dict[int, str] = dict(kwargs.pop("shared_dims", None) or {})
        self._set_dtype(kwargs.pop("dtype", _dtype.unknown))
        self.format = _memory_format._from(kwargs.pop("format", _memory_format.linear))
        self.tensor_domain = _domain(kwargs.pop("tensor_domain", (0, 2)))
        self.torch_tensor: Optional[torch.Tensor] = kwargs.pop("torch_tensor", None)
        self.profiles = self._take_profiles(kwargs)
        if kwargs:
            raise ValueError(f"Input does not know {', '.join(sorted(kwargs))}")
        if self.profiles[0]["min"] == self.profiles[0]["max"] and len(self.profiles) == 1:
            self.shape_mode = Input._ShapeMode.STATIC
            self.shape: Any = self.profiles[0]["min"]
        else:
            self.shape_mode = Input._ShapeMode.DYNAMIC
            self.shape = {f"{k}_shape": v for k, v in self.profiles[0].items()}

    def _set_dtype(self, value: Any) -> None:
        self._explicit_set_dtype = value is not _dtype.unknown
        self.dtype = _dtype._from(value) if self._explicit_set_dtype else _dtype.f32

    def _take_profiles(self, kwargs: dict) -> list[dict[str, tuple[int, ...]]]:
        given = [k for k in ("shape", "min_shape", "profiles", "shape_ranges") if k in kwargs]
        given += [
            k for k in ("opt_shape", "max_shape") if k in kwargs and "min_shape" not in kwargs
        ]
        if len(given) != 1:
            raise ValueError(
                "Input wants exactly one of: shape; min_shape, opt_shape and max_shape; profiles"
                + (f"; got {' and '.join(given)}" if given else "")
            )
        if "shape" in kwargs:
            shape = self._sizes("shape", kwargs.pop("shape"))
            return [{"min": shape, "opt": shape, "max": shape}]
        if "profiles" in kwargs:
            profiles = [self._profile(**p) for p in kwargs.pop("profiles")]
        elif "shape_ranges" in kwargs:
            profiles = [self._profile(*r) for r in kwargs.pop("shape_ranges")]
        else:
            missing = [m for m in _MODES if m not in kwargs]
            if missing:
                raise ValueError(f"Input has a range of shapes without {', '.join(missing)}")
            profiles = [self._profile(*(kwargs.pop(m) for m in _MODES))]
        if not profiles or any(len(p["min"]) != len(profiles[0]["min"]) for p in profiles):
            raise ValueError("Input's profiles must be at least one, all of the same rank")
        return profiles

    def _profile(self, min: Any, opt: Any, max: Any) -> dict[str, tuple[int, ...]]:
        sizes = {
            "min": self._sizes("min_shape", min),
            "opt": self._sizes("opt_shape", opt),
            "max": self._sizes("max_shape", max),
        }
        lo, best, hi = sizes.values()
        if not len(lo) == len(best) == len(hi):
            raise ValueError(f"min_shape {lo}, opt_shape {best} and max_shape {hi} differ in rank")
        for axis, (a, b, c) in enumerate(zip(lo, best, hi)):
            if not 0 < a <= b <= c and not a == b == c:
                raise ValueError(
                    f"dimension {axis} of an Input has min {a}, opt {b}, max {c};"
                    " wanted 0 < min <= opt <= max"
                )
        return sizes

    def _sizes(self, what: str, value: Any) -> tuple[int, ...]:
        if isinstance(value, int):
            value = (value,)
        if not isinstance(value, (tuple, list, torch.Size)):
            raise TypeError(f"{what} is {value!r}; wanted a sequence of sizes")
        for size in value:
            if not isinstance(size, int) or isinstance(size, bool) or size < 0:
                raise ValueError(f"{what} has {size!r}; wanted sizes of 0 or more")
        for axis, name in enumerate(getattr(value, "_fields", ())):
            self.shared_dims.setdefault(axis, name)
        return tuple(value)

    @classmethod
    def from_tensor(cls, t: torch.Tensor, disable_memory_format_check: bool = False) -> Input:
        """An Input with the shape, dtype and layout of ``t``, and ``t`` as its example."""
        layout = torch.contiguous_format
        if not disable_memory_format_check and not t.is_contiguous():
            candidates = {4: torch.channels_last, 5: torch.channels_last_3d}
            layout = candidates.get(t.dim(), layout)
            if not t.is_contiguous(memory_format=layout):
                raise ValueError(
                    "from_tensor wants a contiguous or channels-last tensor; pass"
                    " disable_memory_format_check=True for any other"
                )
        return cls(t.shape, dtype=t.dtype, format=layout, torch_tensor=t)

    @classmethod
    def from_tensors(
        cls, ts: Sequence[torch.Tensor], disable_memory_format_check: bool = False
    ) -> list[Input]:
        """``from_tensor`` of each."""
        return [cls.from_tensor(t, disable_memory_format_check) for t in ts]

    def range_of(self, axis: int) -> tuple[int, int, int]:
        """(min, opt, max) of a dimension over all profiles."""
        first = self.profiles[0]
        return (
            min(p["min"][axis] for p in self.profiles),
            first["opt"][axis],
            max(p["max"][axis] for p in self.profiles),
        )

    @property
    def rank(self) -> int:
        return len(self.profiles[0]["min"])

    def example_tensor(self, optimization_profile_field: Optional[str] = None) -> torch.Tensor:
        """A tensor of this Input; of a range, at "min_shape", "opt_shape" or "max_shape"."""
        if self.shape_mode is Input._ShapeMode.STATIC:
            if optimization_profile_field is not None:
                raise ValueError("this Input has a fixed shape; example_tensor takes no argument")
            if self.torch_tensor is not None:
                return self.torch_tensor
            return self._random(self.shape)
        if optimization_profile_field not in _MODES:
            raise ValueError(
                f"this Input has a range of shapes; example_tensor wants one of {', '.join(_MODES)}"
            )
        return self._random(self.shape[optimization_profile_field])

    def _random(self, shape: Sequence[int]) -> torch.Tensor:
        kind = self.dtype.to(torch.dtype)
        lo, hi = self.tensor_domain
        values = torch.rand(tuple(shape)) * (hi - lo) + lo
        layout = self.format.try_to(torch.memory_format) or torch.contiguous_format
        if (len(shape), layout) not in ((4, torch.channels_last), (5, torch.channels_last_3d)):
            layout = torch.contiguous_format
        return values.to(kind).contiguous(memory_format=layout)

    @staticmethod
    def equivalent_spec(a: Input, b: Input) -> bool:
        """Whether two Inputs describe the same tensors (examples do not count)."""
        return (a.profiles, a.dtype, a.format, a.shared_dims) == (
            b.profiles,
            b.dtype,
            b.format,
            b.shared_dims,
        )

    def __repr__(self) -> str:
        if self.shape_mode is Input._ShapeMode.STATIC:
            shape = f"shape={self.shape}"
        else:
            shape = ", ".join(f"{k}={v}" for k, v in self.shape.items())
        return f"Input({shape}, dtype={self.dtype.name}, format={self.format.name})"


def _domain(value: Sequence[float]) -> tuple[float, float]:
    if len(value) != 2 or not value[0] < value[1]:
        raise ValueError(f"tensor_domain is {value!r}; wanted (low, high) with low < high")
    return (value[0], value[1])
