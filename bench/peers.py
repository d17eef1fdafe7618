# SPDX-License-Identifier: Apache-2.0
"""The competitors. A peer's ``prepare`` builds the model for one set of inputs and returns a call
without arguments that runs it once and gives its raw outputs; ``tensors`` turns those into torch's,
outside the measured time. ``missing`` says why a peer cannot take part."""

from __future__ import annotations

import copy
import importlib.util
import logging
import tempfile
import warnings
from pathlib import Path
from typing import Any, Callable, Optional

import torch
from models import Inputs, flat
from torch import nn

Call = Callable[[], Any]


def _absent(*modules: str) -> Optional[str]:
    gone = [m for m in modules if importlib.util.find_spec(m) is None]
    return f"{' and '.join(gone)} not installed (requirements/bench.txt)" if gone else None


class Peer:
    name = ""
    title = ""

    def missing(self) -> Optional[str]:
        return None

    def prepare(self, model: nn.Module, inputs: Inputs, threads: int) -> Call:
        raise NotImplementedError

    def tensors(self, raw: Any) -> list[torch.Tensor]:
        return flat(raw)


class Eager(Peer):
    name, title = "eager", "eager"

    def prepare(self, model: nn.Module, inputs: Inputs, threads: int) -> Call:
        return lambda: model(**inputs)


class Inductor(Peer):
    """torch.compile with frozen weights."""

    name, title = "inductor", "Inductor, freezing"

    def prepare(self, model: nn.Module, inputs: Inputs, threads: int) -> Call:
        import torch._inductor.config as config

        torch._dynamo.reset()
        compiled = torch.compile(copy.deepcopy(model), dynamic=False)
        with config.patch(freezing=True):
            compiled(**inputs)  # compiles
        return lambda: compiled(**inputs)


def _onnx_file(model: nn.Module, inputs: Inputs, folder: str) -> Path:
    path = Path(folder, "model.onnx")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(model, (), kwargs=dict(inputs), dynamo=True, verbose=False)
    program.save(str(path))
    return path


class OnnxRuntime(Peer):
    name, title = "onnxruntime", "ONNX Runtime"

    def missing(self) -> Optional[str]:
        return _absent("onnxruntime", "onnx", "onnxscript")

    def prepare(self, model: nn.Module, inputs: Inputs, threads: int) -> Call:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        with tempfile.TemporaryDirectory() as folder:
            path = _onnx_file(model, inputs, folder)
            session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        taken = {i.name for i in session.get_inputs()}
        feed = {k: v.numpy() for k, v in inputs.items() if k in taken}
        return lambda: session.run(None, feed)

    def tensors(self, raw: Any) -> list[torch.Tensor]:
        return [torch.from_numpy(v) for v in raw]


class OpenVino(Peer):
    """Asked for float32: its own default is bfloat16 where the CPU has it."""

    name, title = "openvino", "OpenVINO"

    def missing(self) -> Optional[str]:
        return _absent("openvino", "onnx", "onnxscript")

    def prepare(self, model: nn.Module, inputs: Inputs, threads: int) -> Call:
        import openvino

        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        with tempfile.TemporaryDirectory() as folder:
            path = _onnx_file(model, inputs, folder)
            compiled = openvino.Core().compile_model(str(path), "CPU", settings)
        request = compiled.create_infer_request()
        names = {n for port in compiled.inputs for n in port.names}
        feed = {k: v.numpy() for k, v in inputs.items() if k in names}
        count = len(compiled.outputs)

        def call() -> list:
            request.infer(feed, share_inputs=True, share_outputs=True)
            return [request.get_output_tensor(i).data for i in range(count)]

        return call

    def tensors(self, raw: Any) -> list[torch.Tensor]:
        return [torch.from_numpy(v.copy()) for v in raw]


class Ours(Peer):
    name, title = "torch_tensorrt", "torch_tensorrt"

    def prepare(self, model: nn.Module, inputs: Inputs, threads: int) -> Call:
        import torch_tensorrt

        with tempfile.TemporaryDirectory() as folder:  # no timings of earlier builds
            compiled = torch_tensorrt.compile(
                model,
                kwarg_inputs=dict(inputs),
                min_block_size=1,
                require_full_compilation=True,
                timing_cache_path=str(Path(folder, "timing_cache.bin")),
            )
        return lambda: compiled(**inputs)


PEERS: list[Peer] = [Eager(), Inductor(), OnnxRuntime(), OpenVino(), Ours()]
