# SPDX-License-Identifier: Apache-2.0
"""ExportedProgram -> what the native compiler reads: JSON of its graph (the same object as
``models/model.json`` of a .pt2 archive; no weight goes through it) and views of its constants."""

from __future__ import annotations

import ctypes
import json
from typing import Any

import torch
from torch.export.graph_signature import InputKind

from .._enums import dtype
from .._library import TensorStruct

# tenon::DataType
_NATIVE = {
    dtype.f32: 0,
    dtype.f16: 1,
    dtype.i8: 2,
    dtype.i32: 3,
    dtype.b: 4,
    dtype.u8: 5,
    dtype.f8: 6,
    dtype.bf16: 7,
    dtype.i64: 8,
    dtype.f64: 100,
}

_CONSTANT_KINDS = (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR)


def to_json(program: torch.export.ExportedProgram) -> str:
    """The program's graph, signature and ranges as JSON."""
    # Imported here: it brings in torch.compile's machinery, seconds that running a model needs not.
    from torch._export.serde import schema
    from torch._export.serde import serialize as serde

    serializer = serde.GraphModuleSerializer(program.graph_signature, program.module_call_graph)
    ranges = serde.serialize_range_constraints(program.range_constraints)
    model = schema.ExportedProgram(
        graph_module=serializer.serialize(program.graph_module),
        opset_version={"aten": torch._C._get_max_operator_version()},
        range_constraints=ranges,
        schema_version=schema.SchemaVersion(*schema.SCHEMA_VERSION),
        verifiers=[v.dialect for v in program.verifiers],
        torch_version=torch.__version__,
        guards_code=[],
    )
    as_dict = serde._dataclass_to_dict(model)
    return json.dumps(as_dict, cls=serde.EnumEncoder, allow_nan=False)


def constants(program: torch.export.ExportedProgram) -> dict[str, torch.Tensor]:
    """Parameters, buffers and constants that the graph uses, by fully qualified name."""
    found = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind not in _CONSTANT_KINDS:
            continue
        name = spec.target
        held = program.state_dict if name in program.state_dict else program.constants
        found[name] = held[name]
    return found


class ConstantStructs:
    """The C view of constants; keeps what it points to alive."""

    def __init__(self, tensors: dict[str, torch.Tensor]):
        usable = [(n, t.detach().cpu()) for n, t in tensors.items() if _readable(n, t)]
        self._kept: list[Any] = [usable]
        self.count = len(usable)
        self.array = (TensorStruct * max(self.count, 1))()
        for struct, (name, tensor) in zip(self.array, usable):
            self._fill(struct, name, tensor)

    def _fill(self, struct: TensorStruct, name: str, tensor: torch.Tensor) -> None:
        sizes = ctypes.c_int64 * max(tensor.dim(), 1)
        shape, strides = sizes(*tensor.shape), sizes(*tensor.stride())
        text = name.encode()
        self._kept += [shape, strides, text]
        struct.name, struct.dtype = text, _NATIVE[dtype._from(tensor.dtype)]
        struct.ndim, struct.shape, struct.strides = tensor.dim(), shape, strides
        struct.data = tensor.data_ptr()


def _readable(name: str, tensor: torch.Tensor) -> bool:
    """Whether the compiler can be given this; ops that use others stay in PyTorch."""
    if isinstance(tensor, torch._subclasses.FakeTensor):
        raise ValueError(f"'{name}' is a fake tensor: the program has no weights to compile")
    known = dtype.try_from(tensor.dtype)
    plain = tensor.layout is torch.strided and not (tensor.is_conj() or tensor.is_neg())
    return known in _NATIVE and plain and type(tensor) in (torch.Tensor, torch.nn.Parameter)
