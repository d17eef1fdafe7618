# SPDX-License-Identifier: Apache-2.0
"""SourceIR: which kind of graph a node came from; converters put it into layer names."""

from enum import Enum, auto


class SourceIR(Enum):
    NN = auto()
    ACC = auto()
    ATEN = auto()
    PRIM = auto()
    TORCHTRT_LOWERED = auto()
    UNKNOWN = auto()

    def __str__(self) -> str:
        return {"TORCHTRT_LOWERED": "torchtrt_lowered"}.get(self.name, self.name.lower())
