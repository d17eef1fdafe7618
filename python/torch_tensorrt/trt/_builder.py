# SPDX-License-Identifier: Apache-2.0
"""Network -> plan: Logger, Builder, its configuration and profiles."""

from __future__ import annotations

import warnings
from typing import Any, Iterable, NoReturn, Optional

import torch

from ..logging import LOGGER
from . import _enums as E
from . import _native
from ._network import INetworkDefinition
from ._values import Dims, tensor_at

_PRECISIONS = {E.BuilderFlag.FP16: "float16", E.BuilderFlag.BF16: "bfloat16"}


class Logger:
    """Messages of the engine go to Python's logging (``torch_tensorrt.logging``); a Logger only says
    which of them its owner wants to see there."""

    Severity = E.Severity
    INTERNAL_ERROR, ERROR, WARNING = E.Severity.INTERNAL_ERROR, E.Severity.ERROR, E.Severity.WARNING
    INFO, VERBOSE = E.Severity.INFO, E.Severity.VERBOSE

    def __init__(self, min_severity: Any = E.Severity.WARNING):
        self.min_severity = E.Severity(min_severity)

    def log(self, severity: Any, message: str) -> None:
        if severity <= self.min_severity:
            LOGGER.log([50, 40, 30, 20, 10][int(severity)], "%s", message)


class HostMemory(bytes):
    """The bytes of a plan."""

    dtype = E.DataType.INT8

    @property
    def nbytes(self) -> int:
        return len(self)


IHostMemory = HostMemory


class IOptimizationProfile:
    """The sizes that run-time dimensions of inputs may take."""

    def __init__(self) -> None:
        self._shapes: dict[str, list[list[int]]] = {}

    def set_shape(
        self, input: str, min: Iterable[int], opt: Iterable[int], max: Iterable[int]
    ) -> None:
        self._shapes[input] = [[int(d) for d in dims] for dims in (min, opt, max)]

    def get_shape(self, input: str) -> list[Dims]:
        return [Dims(dims) for dims in self._shapes.get(input, [])]

    def set_shape_input(self, *args: Any) -> NoReturn:
        raise NotImplementedError("set_shape_input: inputs are data; sizes come from their shapes")

    def __bool__(self) -> bool:
        return True


class ITimingCache:
    """Timings are kept in a file, see IBuilderConfig.timing_cache_path."""

    def serialize(self) -> HostMemory:
        return HostMemory()

    def combine(self, other: Any, ignore_mismatch: bool) -> bool:
        return False


class IBuilderConfig:
    """How to build. Settings without a counterpart here are kept, and warn that they do nothing."""

    def __init__(self) -> None:
        self.builder_optimization_level = 3
        self.avg_timing_iterations = 1
        self.timing_cache_path = ""  # "": in the temporary folder; "none": off
        self.profiling_verbosity = E.ProfilingVerbosity.LAYER_NAMES_ONLY
        self.engine_capability = E.EngineCapability.STANDARD
        self.default_device_type = E.DeviceType.GPU
        self.device = "cpu"  # ours: "cpu" or "cuda", where the engine runs
        self.flags = 1 << int(E.BuilderFlag.TF32)
        self._pools: dict[Any, int] = {}
        self._profiles: list[IOptimizationProfile] = []
        self._cache: Optional[ITimingCache] = None

    def set_flag(self, flag: Any) -> None:
        if flag not in (*_PRECISIONS, E.BuilderFlag.TF32):
            warnings.warn(f"{E.BuilderFlag(flag)!s} has no effect here", stacklevel=2)
        self.flags |= 1 << int(flag)

    def clear_flag(self, flag: Any) -> None:
        self.flags &= ~(1 << int(flag))

    def get_flag(self, flag: Any) -> bool:
        return bool(self.flags >> int(flag) & 1)

    def set_memory_pool_limit(self, pool: Any, pool_size: int) -> None:
        """Kept; engines decide about their memory themselves."""
        self._pools[E.MemoryPoolType(pool)] = int(pool_size)

    def get_memory_pool_limit(self, pool: Any) -> int:
        return self._pools.get(E.MemoryPoolType(pool), 0)

    def add_optimization_profile(self, profile: IOptimizationProfile) -> int:
        if self._profiles:
            raise NotImplementedError("a second optimization profile: a plan has one")
        self._profiles.append(profile)
        return 0

    num_optimization_profiles = property(lambda self: len(self._profiles))

    def create_timing_cache(self, serialized: bytes) -> ITimingCache:
        return ITimingCache()

    def set_timing_cache(self, cache: ITimingCache, ignore_mismatch: bool) -> bool:
        self._cache = cache
        return True

    def get_timing_cache(self) -> Optional[ITimingCache]:
        return self._cache

    def _request(self) -> bytes:
        options: dict[str, Any] = {
            "optimization_level": int(self.builder_optimization_level),
            "num_avg_timing_iters": int(self.avg_timing_iterations),
            "timing_cache_path": self.timing_cache_path,
            "disable_tf32": not self.get_flag(E.BuilderFlag.TF32),
            "device": self.device,
        }
        precisions = [name for flag, name in _PRECISIONS.items() if self.get_flag(flag)]
        if precisions:
            options["enabled_precisions"] = ["float32", *precisions]
        profile = self._profiles[0]._shapes if self._profiles else {}
        threads = torch.get_num_threads()
        return _native.to_json({"options": options, "profile": profile, "threads": threads})


class Builder:
    """Makes networks, and plans of them."""

    max_threads = 1
    num_DLA_cores = 0  # noqa: N815
    max_DLA_batch_size = 0  # noqa: N815
    platform_has_tf32 = platform_has_fast_fp16 = True
    platform_has_fast_int8 = False

    def __init__(self, logger: Any = None):
        self.logger = logger

    def create_network(self, flags: int = 0) -> INetworkDefinition:
        """Batch is always explicit and types are always strong, whatever ``flags`` say."""
        network = INetworkDefinition(flags=flags)
        network.builder = self
        return network

    def create_builder_config(self) -> IBuilderConfig:
        return IBuilderConfig()

    def create_optimization_profile(self) -> IOptimizationProfile:
        return IOptimizationProfile()

    def build_serialized_network(
        self, network: INetworkDefinition, config: IBuilderConfig
    ) -> HostMemory:
        """The plan; RuntimeError if the network is wrong (nvinfer1 returns None there)."""
        plan = _native.handle_from("network_build", network._handle, config._request())
        try:
            data, size = _native.data_from("plan_data", plan)
            return HostMemory(tensor_at(data, size, torch.uint8, (size,)).numpy())
        finally:
            _native.call("plan_free", plan)

    def build_engine_with_config(self, network: INetworkDefinition, config: IBuilderConfig) -> Any:
        from ._runtime import Runtime

        return Runtime(self.logger).deserialize_cuda_engine(
            self.build_serialized_network(network, config)
        )

    build_engine = build_engine_with_config

    def is_network_supported(self, network: INetworkDefinition, config: IBuilderConfig) -> bool:
        """Whether its types can be inferred."""
        try:
            network.print()
        except RuntimeError:
            return False
        return True

    def reset(self) -> None:
        """Nothing to reset."""


def get_plugin_registry() -> NoReturn:
    raise NotImplementedError("get_plugin_registry: engines run no plugins")


def init_libnvinfer_plugins(logger: Any, namespace: str) -> bool:
    """True: there are no plugins to load."""
    return True
