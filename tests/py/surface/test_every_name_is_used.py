# SPDX-License-Identifier: Apache-2.0
"""Every public name has a test or example that uses it. A name without one is printed."""

import importlib
import re
from enum import IntEnum
from functools import cache

import cpp_names
import pytest
from public_names import ROOT, python_names
from uses import Uses

FIELDS_ARE_KEYWORDS = ("CompilationSettings", "LowerSetting")


@cache
def python_uses() -> Uses:
    uses = Uses()
    for folder in ("tests", "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            uses.file(path)
    return uses


def is_used(uses: Uses, path: str, owner: "str | None") -> bool:
    name = path.rpartition(".")[2]
    if owner is None:
        return path in uses.paths
    module, _, kind_name = owner.rpartition(".")
    kind = getattr(importlib.import_module(module), kind_name)
    if module == "torch_tensorrt.trt" and issubclass(kind, IntEnum):
        return True  # test_trt_enumerators.py looks at all enumerators of all of them
    if kind_name in FIELDS_ARE_KEYWORDS and name in uses.keywords:
        return True
    return (kind, name) in uses.members or name in uses.loose


def test_every_python_name():
    names, uses = python_names(), python_uses()
    assert len(names) > 1000, "the walk finds the package"
    unused = sorted(path for path, owner in names.items() if not is_used(uses, path, owner))
    assert not unused, "no test or example uses:\n" + "\n".join(unused)


@cache
def cpp_uses() -> set[str]:
    sources = [
        path
        for folder in ("tests", "examples")
        for pattern in ("*.cpp", "*.h")
        for path in sorted((ROOT / folder).rglob(pattern))
    ]
    return cpp_names.used(sources)


HEADERS = sorted((ROOT / "include").rglob("*.h"))


@cache
def own_macros() -> set[str]:
    """Macros that the headers themselves use: visibility, and the parts of other macros."""
    text = "\n".join(cpp_names.code(path.read_text()) for path in HEADERS)
    names = cpp_names.macros(text)
    return {n for n in names if len(re.findall(rf"\b{n}\b", text)) > text.count(f"define {n}")}


@cache
def called_from_python() -> set[str]:
    """Functions of the C API that the package calls; its tests run them all."""
    texts = [path.read_text() for path in (ROOT / "python").rglob("*.py")]
    called = {n for text in texts for n in re.findall(r"\.(tenon_\w+)\(", text)}
    by_name = {n for text in texts for n in re.findall(r"(?:call|_from)\(\s*\"(\w+)\"", text)}
    return called | {f"tenon_{name}" for name in by_name}


@pytest.mark.parametrize("header", HEADERS, ids=lambda p: str(p.relative_to(ROOT / "include")))
def test_every_cpp_name(header):
    names = cpp_names.declared(header.read_text())
    unused = sorted(names - cpp_uses() - own_macros() - called_from_python())
    assert not unused, f"no test or example uses, of {header.name}:\n" + "\n".join(unused)


USE = """
import torch_tensorrt
from torch_tensorrt import Input, trt
spec = Input((1, 2))
spec.rank
with_keyword = torch_tensorrt.compile(None, min_block_size=1)
def layer(net: trt.INetworkDefinition):
    net.add_softmax(None).axes
getattr(trt, "Builder")
"""
NO_USE = '''
"""torch_tensorrt.compile, Input.rank"""
names = ["compile", "rank", "torch_tensorrt.compile", "trt.Builder"]
something.shape  # of anything
'''


def test_what_counts_as_a_use():
    from torch_tensorrt import Input, trt

    uses = Uses()
    uses.code(USE)
    assert {"torch_tensorrt.compile", "torch_tensorrt.Input", "torch_tensorrt.trt.Builder"} <= (
        uses.paths
    )
    assert (Input, "rank") in uses.members and "min_block_size" in uses.keywords
    assert (trt.ISoftMaxLayer, "axes") in uses.members
    none = Uses()
    none.code(NO_USE)
    assert not (none.paths or none.members or none.loose or none.keywords)


HEADER = """
// comment_of(x);
#define MACRO(x) x
namespace a {
class API_API Kind : public Base {
 public:
  Kind();
  int method(int argument) const { return hidden_call(argument); }
  int field = 3, other;
 private:
  void secret();
};
enum class Word : int { kONE = 1, kTWO };
template <typename T> T* made(T&& value, const Kind& default_argument = {}, int more = 0);
using Alias = std::vector<int>;
struct Forward;
}
"""


def test_what_counts_as_a_declaration():
    wanted = {"MACRO", "Kind", "method", "field", "other", "Word", "kONE", "kTWO", "made", "Alias"}
    assert cpp_names.declared(HEADER) == wanted
