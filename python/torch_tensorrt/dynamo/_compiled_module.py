# SPDX-License-Identifier: Apache-2.0
"""The GraphModule that a compilation returns."""

from __future__ import annotations

from typing import Any, Optional

from torch import fx
from torch.compiler import is_dynamo_compiling

from ..runtime import TorchTensorRTModule
from ..runtime._plain_call import is_plain, is_traced, run_engine


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


def _only_step(graph: fx.Graph) -> Optional[str]:
    """The child whose result for all inputs in order is the module's result; None if the graph does
    more than call it."""
    if type(graph._codegen) is not fx.graph.CodeGen:
        return None  # takes or gives nested structures
    *inputs, call, output = graph.nodes
    is_call = call.op == "call_module" and call.target.isidentifier() and not call.kwargs
    takes_all = all(n.op == "placeholder" and not n.args for n in inputs)
    if is_call and takes_all and call.args == tuple(inputs) and output.args == (call,):
        return call.target
    return None


class CompiledModule(fx.GraphModule):
    """An ordinary GraphModule whose calls cost less: a small engine takes no longer than the Python
    calls that fx and nn.Module put before it."""

    _only: Optional[str] = None  # see _only_step; of the class that fx makes for each instance

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_dynamo_compiling():  # before what it cannot trace
            return super().__call__(*args, **kwargs)
        own = self.__dict__
        if self._only is not None and not kwargs:
            child = own["_modules"].get(self._only)
            if type(child) is TorchTensorRTModule:
                outputs = run_engine(own, child.__dict__, args)
                if outputs is not None:
                    return outputs
        if is_traced() or not is_plain(own):
            return super().__call__(*args, **kwargs)
        return self.forward(*args, **kwargs)

    def recompile(self) -> Any:
        code = super().recompile()
        # fx makes a class for each instance and puts there a __call__ that only explains errors in
        # generated code; the one above is what it calls.
        own = type(self)
        del own.__call__
        for node in self.graph.nodes:
            if node.op == "call_module" and node.target.isidentifier():
                setattr(own, node.target, _Child(node.target))
        own._only = _only_step(self.graph)
        return code
