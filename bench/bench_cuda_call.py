# SPDX-License-Identifier: Apache-2.0
"""Host time of a call on CUDA, in microseconds: an engine without work, ResNet-18, and what PyTorch
itself takes for its smallest calls. Each figure is the median over 15 rows of calls that are not
waited for; rows are short enough that the GPU's queue never fills."""

from __future__ import annotations

import time
from typing import Callable

import common

common.find_package()

import models  # noqa: E402
import torch  # noqa: E402

import torch_tensorrt  # noqa: E402


class Add(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1


def host_us(call: Callable, calls: int) -> float:
    for _ in range(20):
        call()
    times = []
    for _ in range(15):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - start) / calls * 1e6)
    torch.cuda.synchronize()
    return common.median(times)


@torch.no_grad()
def main() -> None:
    x = torch.zeros(8, device="cuda", dtype=torch.half)
    small = torch_tensorrt.compile(Add().cuda(), inputs=[x], min_block_size=1)
    image = torch.randn(1, 3, 224, 224, device="cuda", dtype=torch.half)
    resnet = torch_tensorrt.compile(models.resnet18().half().cuda(), inputs=[image])
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        _ = x + 1
    figures = {
        "engine without work": host_us(lambda: small(x), 200),
        "its torch class alone": host_us(lambda: small._run_on_acc_0.engine.execute([x]), 200),
        "ResNet-18, batch 1": host_us(lambda: resnet(image), 5),
        "eager x + 1": host_us(lambda: x + 1, 200),
        "torch.empty": host_us(lambda: torch.empty(8, device="cuda"), 200),
        "replay of a graph of one node": host_us(graph.replay, 200),
    }
    for name, us in figures.items():
        print(f"{name:32} {us:6.1f} us")


if __name__ == "__main__":
    main()
