# SPDX-License-Identifier: Apache-2.0
"""The GraphModule that a compilation returns."""

from __future__ import annotations

from typing import Any

from torch import fx


class _Child:
    """What nn.Module's ``__getattr__`` finds for a child, without its search, which costs a
    microsecond: Python asks it only after it has looked everywhere else. Not a data descriptor, so
    that attributes of the same name can be set as ever."""

    def __init__(self, name: str):
        self._name = name

    def __get__(self, module: Any, owner: Any = None) -> Any:
        if module is None:
            return self
        try:
            return module._modules[self._name]
        except KeyError:
            raise AttributeError(self._name) from None  # Python asks __getattr__ now


class CompiledModule(fx.GraphModule):
    """An ordinary GraphModule whose calls cost less: a small engine takes no longer than the three
    Python calls that fx and nn.Module put before it."""

    def recompile(self) -> Any:
        code = super().recompile()
        # fx makes a class for each instance and puts there a __call__ that only explains errors in
        # generated code; nn.Module's own is what it calls.
        own = type(self)
        del own.__call__
        for node in self.graph.nodes:
            if node.op == "call_module" and node.target.isidentifier():
                setattr(own, node.target, _Child(node.target))
        return code
