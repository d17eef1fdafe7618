# SPDX-License-Identifier: Apache-2.0
"""Many threads run one module, each with its own shapes, and get their own results."""

import threading

import torch
from models import CLOSE, compile_mlp


def test_many_threads_one_module():
    model, compiled = compile_mlp()
    inputs = [torch.randn(1 + i % 8, 8) for i in range(64)]
    wanted = [model(x).detach() for x in inputs]
    failures = []
    start = threading.Barrier(8)

    def work(first):
        start.wait()
        try:
            for _ in range(20):
                for i in range(first, len(inputs), 8):
                    torch.testing.assert_close(compiled(inputs[i]), wanted[i], **CLOSE)
        except BaseException as error:  # reported by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def test_errors_of_one_thread_do_not_reach_others():
    model, compiled = compile_mlp()
    x = torch.randn(4, 8)
    wanted = model(x).detach()
    seen = []

    def fail():
        for _ in range(200):
            try:
                compiled(torch.zeros(9, 8))
            except RuntimeError as error:
                seen.append(str(error))

    thread = threading.Thread(target=fail)
    thread.start()
    for _ in range(200):
        torch.testing.assert_close(compiled(x), wanted, **CLOSE)
    thread.join()
    assert len(seen) == 200 and all("dimension 0 is 9" in text for text in seen)
