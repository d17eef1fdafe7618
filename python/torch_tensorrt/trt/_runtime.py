# SPDX-License-Identifier: Apache-2.0
"""Running a plan: Runtime, ICudaEngine, IExecutionContext, over torch.classes.tensorrt.Engine.
Despite the name, an engine built for the CPU runs there, and addresses are then host addresses."""

from __future__ import annotations

import json
from typing import Any, Iterable

import torch

from .. import _library
from ..runtime import _sizes
from . import _enums as E
from ._builder import HostMemory
from ._values import Dims, data_type, tensor_at, volume

_library.load()


class Runtime:
    """Loads plans."""

    def __init__(self, logger: Any = None):
        self.logger = logger

    def deserialize_cuda_engine(self, plan: Any) -> ICudaEngine:
        """``plan``: bytes. A damaged or foreign one is a RuntimeError."""
        return ICudaEngine(torch.frombuffer(bytearray(plan), dtype=torch.uint8))


class ICudaEngine:
    """An engine; immutable and shared."""

    num_optimization_profiles = 1

    def __init__(self, plan: torch.Tensor):
        self._engine = torch.classes.tensorrt.Engine(plan)
        e = self._engine
        self._inputs, self._outputs = e.input_names(), e.output_names()
        self._names = [*self._inputs, *self._outputs]
        self._exprs = dict(zip(self._names, [*e.input_exprs(), *e.output_exprs()]))
        self._dtypes = dict(zip(self._names, [*e.input_dtypes(), *e.output_dtypes()]))
        self._ranges = dict(zip(self._inputs, e.input_ranges()))
        self._info = json.loads(e.get_layer_info())

    num_io_tensors = property(lambda self: len(self._names))
    num_layers = property(lambda self: len(self._info["Layers"]))
    name = property(lambda self: self._engine.content_hash()[:16])

    def get_tensor_name(self, index: int) -> str:
        return self._names[index]

    def _known(self, name: str) -> str:
        if name not in self._exprs:
            raise ValueError(f"the engine has no tensor '{name}', only {', '.join(self._names)}")
        return name

    def get_tensor_mode(self, name: str) -> Any:
        if self._known(name) in self._inputs:
            return E.TensorIOMode.INPUT
        return E.TensorIOMode.OUTPUT

    def get_tensor_shape(self, name: str) -> Dims:
        exprs = self._exprs[self._known(name)]
        return Dims([int(d) if d.isdigit() else -1 for d in exprs], exprs)

    def get_tensor_dtype(self, name: str) -> Any:
        return data_type(getattr(torch, self._dtypes[self._known(name)]))

    def get_tensor_location(self, name: str) -> Any:
        return E.TensorLocation.DEVICE

    def get_tensor_profile_shape(self, name: str, profile_index: int) -> list[Dims]:
        """Sizes of an input at min, opt and max."""
        return [Dims([size[i] for size in self._ranges[name]]) for i in range(3)]

    def create_execution_context(self, *_: Any) -> IExecutionContext:
        return IExecutionContext(self)

    def create_engine_inspector(self) -> EngineInspector:
        return EngineInspector(self)

    def serialize(self) -> HostMemory:
        return HostMemory(self._engine.plan().numpy())

    def __getitem__(self, index: int) -> str:
        return self._names[index]


class EngineInspector:
    """Layer information."""

    def __init__(self, engine: ICudaEngine):
        self._layers = engine._info["Layers"]
        self._text = engine._engine.get_layer_info()

    def get_engine_information(self, format: Any) -> str:
        if format == E.LayerInformationFormat.JSON:
            return self._text
        return "\n".join(json.dumps(layer) for layer in self._layers)

    def get_layer_information(self, layer_index: int, format: Any) -> str:
        return json.dumps(self._layers[layer_index])


class _CudaMemory:
    """Device memory of the caller's, in the form from which torch makes a tensor."""

    def __init__(self, address: int, nbytes: int):
        self.__cuda_array_interface__ = {
            "shape": (nbytes,),
            "typestr": "|u1",
            "data": (address, False),
            "version": 2,
        }


class IExecutionContext:
    """One caller's use of an engine: shapes, addresses, a run."""

    def __init__(self, engine: ICudaEngine):
        self.engine = engine
        self._shapes = {
            name: None
            if -1 in engine.get_tensor_shape(name)
            else list(engine.get_tensor_shape(name))
            for name in engine._inputs
        }
        self._addresses: dict[str, int] = {}

    def set_input_shape(self, name: str, shape: Iterable[int]) -> bool:
        if self.engine.get_tensor_mode(name) != E.TensorIOMode.INPUT:
            raise ValueError(f"set_input_shape: '{name}' is an output")
        self._shapes[name] = [int(d) for d in shape]
        return True

    @property
    def all_binding_shapes_specified(self) -> bool:
        return all(shape is not None for shape in self._shapes.values())

    all_shape_inputs_specified = True

    def infer_shapes(self) -> list[str]:
        """Names of the inputs whose shapes are missing."""
        return [name for name, shape in self._shapes.items() if shape is None]

    def get_tensor_shape(self, name: str) -> Dims:
        known = self._shapes.get(self.engine._known(name))
        if known is not None:
            return Dims(known)
        if name in self._shapes or self.infer_shapes():
            return self.engine.get_tensor_shape(name)
        exprs = [self.engine._exprs[n] for n in self.engine._inputs]
        sizes = _sizes.bind(exprs, [self._shapes[n] for n in self.engine._inputs])
        return Dims([_sizes.evaluate(text, sizes) for text in self.engine._exprs[name]])

    def set_tensor_address(self, name: str, memory: int) -> bool:
        self._addresses[self.engine._known(name)] = int(memory)
        return True

    def get_tensor_address(self, name: str) -> int:
        return self._addresses.get(self.engine._known(name), 0)

    def _tensor(self, name: str, device: torch.device) -> torch.Tensor:
        if not self._addresses.get(name):
            raise RuntimeError(f"tensor '{name}' has no address: call set_tensor_address")
        shape, dtype = self.get_tensor_shape(name), getattr(torch, self.engine._dtypes[name])
        nbytes = volume(shape) * dtype.itemsize
        if device.type == "cpu":
            return tensor_at(self._addresses[name], nbytes, dtype, list(shape))
        memory = _CudaMemory(self._addresses[name], nbytes)
        return torch.as_tensor(memory, device=device).view(dtype).reshape(list(shape))

    def execute_v2(self, bindings: Iterable[int]) -> bool:
        """Runs with the addresses in order (inputs, outputs), and waits."""
        for name, address in zip(self.engine._names, bindings):
            self.set_tensor_address(name, address)
        device = self._run()
        if device.type == "cuda":
            torch.cuda.current_stream(device).synchronize()
        return True

    def execute_async_v3(self, stream_handle: int) -> bool:
        """Runs on a CUDA stream; on the CPU the handle means nothing and the call waits."""
        if self._device().type == "cpu":
            self._run()
            return True
        with torch.cuda.stream(torch.cuda.ExternalStream(stream_handle)):
            self._run()
        return True

    def _device(self) -> torch.device:
        return torch.device(self.engine._engine.device())

    def _run(self) -> torch.device:
        missing = self.infer_shapes()
        if missing:
            raise RuntimeError(f"inputs without a shape: {', '.join(missing)}; see set_input_shape")
        device = self._device()
        inputs = [self._tensor(name, device) for name in self.engine._inputs]
        outputs = self.engine._engine.execute(inputs)
        for name, value in zip(self.engine._outputs, outputs):
            self._tensor(name, device).copy_(value)
        return device
