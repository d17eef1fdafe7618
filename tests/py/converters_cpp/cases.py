# SPDX-License-Identifier: Apache-2.0
"""cases.py <library of others.cpp> <device>: compiles models with its converters and prints what
came out as JSON. A process of its own, because converters override the built-in ones until it ends."""

import ctypes
import json
import logging
import sys

import torch

import torch_tensorrt

OPS = {  # name -> schema without it, and what it computes
    "affine": "(Tensor[] xs, float[] scales, Tensor kernel, Tensor? bias=None, int[2] stride=1) -> Tensor",
    "lifted": "(Tensor x) -> Tensor",
    "parts": "(Tensor x) -> Tensor[]",
    "numbers": "(Tensor x, float a, int b, str c, bool d, int? e, int[] f, ScalarType g, Device h) -> Tensor",
    "refuses": "(Tensor x) -> Tensor",
    "throws": "(Tensor x) -> Tensor",
    "torch_fails": "(Tensor x) -> Tensor",
    "broken": "(Tensor x) -> Tensor",
    "sized": "(Tensor x, SymInt n) -> Tensor",
}
DEVICE = sys.argv[2]
library = torch.library.Library("convcpp", "DEF")
for name, schema in OPS.items():
    library.define(name + schema)


def affine(xs, scales, kernel, bias=None, stride=(1, 1)):
    total = sum(x * s for x, s in zip(xs, scales))
    return torch.nn.functional.conv2d(total, kernel, bias, stride)


def implement(name, function):
    library.impl(name, function, "CompositeExplicitAutograd")


implement("affine", affine)
implement("parts", lambda x: [x.clone(), -x])
implement("lifted", lambda x: x.unsqueeze(0) * x.shape[0])
implement("sized", lambda x, n: x + n)
for op in ("numbers", "refuses", "throws", "torch_fails", "broken"):
    implement(op, lambda x, *_: x + 1)
ops = torch.ops.convcpp


class Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.levelname}: {record.getMessage()}")


class Call(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function
        self.kernel = torch.nn.Parameter(torch.randn(4, 3, 1, 1))
        self.bias = torch.nn.Parameter(torch.randn(4))
        self.register_buffer("image", torch.randn(2, 3, 8, 8))

    def forward(self, *inputs):
        return self.function(self, *inputs)


def compiled(function, inputs, **settings):
    model = Call(function).eval().to(DEVICE)
    with torch.no_grad():
        return model, torch_tensorrt.compile(model, inputs=inputs, min_block_size=1, **settings)


def error(function, inputs, **settings):
    """Largest difference from what PyTorch computes, number of engines, reasons of what is not."""
    model, result = compiled(function, inputs, **settings)
    rows = [3 if isinstance(i, torch_tensorrt.Input) else 2 for i in inputs]
    x = [torch.randn(r, 3, 8, 8, device=DEVICE) for r in rows]
    with torch.no_grad():
        got, want = result(*x), model(*x)
    pairs = zip(got, want) if isinstance(want, (list, tuple)) else [(got, want)]
    report = result.torch_tensorrt_report
    return {
        "error": max((a - b).abs().max().item() for a, b in pairs),
        "engines": sum(s["kind"] == "engine" for s in report["segments"]),
        "reasons": {n["target"]: n["reason"] for n in report["nodes"] if not n["engine"]},
    }


def raised(function, inputs):
    try:
        compiled(function, inputs, require_full_compilation=True)
    except RuntimeError as e:
        return str(e)
    return "no error"


def main() -> None:
    handler = Lines()
    torch_tensorrt.logging.LOGGER.addHandler(handler)
    out = {}
    image = torch.randn(2, 3, 8, 8, device=DEVICE)
    before = error(lambda m, x: x.relu(), [image])["error"]
    with torch_tensorrt.logging.info():
        native = ctypes.CDLL(sys.argv[1])
    out["log"] = handler.lines
    native.check_helpers.restype = ctypes.c_char_p
    out["helpers"] = native.check_helpers().decode()
    out["relu"] = [before, error(lambda m, x: x.relu(), [image])]
    rows = torch_tensorrt.Input(
        min_shape=(1, 3, 8, 8), opt_shape=(2, 3, 8, 8), max_shape=(4, 3, 8, 8)
    )
    two = lambda m, x, y: ops.affine([x, y], [2.0, -0.5], m.kernel)  # noqa: E731
    out["lists"] = error(two, [image, image + 1])
    one = lambda m, x: ops.affine([x], [3], m.kernel, m.bias, 2)  # noqa: E731
    out["bias"] = error(one, [image])
    # One of the list is a constant: the other a tensor of the network.
    mixed = lambda m, x: ops.affine([x, m.image], [1.0, 1.0], m.kernel)  # noqa: E731
    out["mixed"] = error(mixed, [image])
    out["dynamic"] = error(lambda m, x: ops.affine([x], [2.0], m.kernel), [rows])
    out["join"] = error(lambda m, x: torch.cat([x, m.image, x + 1], 1), [image])
    elu = torch.nn.functional.elu
    out["defaults"] = error(lambda m, x: elu(x) + elu(x, 0.5), [image])
    out["sizes"] = error(lambda m, x: ops.lifted(x), [rows])
    out["results"] = error(lambda m, x: [p * 2 for p in ops.parts(x)], [image])
    for op in ("refuses", "throws", "torch_fails", "broken"):
        function = lambda m, x, op=op: getattr(ops, op)(x * 2)  # noqa: E731
        out[op] = error(function, [image])
    out["required"] = raised(lambda m, x: ops.throws(x), [image])
    values = (2, 3, "word", True, None, [4, 5], torch.float16, torch.device("cpu"))
    out["numbers"] = error(lambda m, x: ops.numbers(x * 2, *values), [image])
    out["sized"] = error(lambda m, x: ops.sized(x * 2, x.shape[0]), [rows])
    print(json.dumps(out))


if __name__ == "__main__":
    main()
