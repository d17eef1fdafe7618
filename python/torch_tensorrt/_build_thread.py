# SPDX-License-Identifier: Apache-2.0
"""Builds run in a thread of their own, so that Ctrl-C is seen at once and stops the build at its
next step, with a progress line on a terminal."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any, Callable

from . import _library


class ProgressLine:
    """One line on stderr, overwritten; silent if stderr is no terminal, unless
    TORCH_TENSORRT_PROGRESS=1."""

    def __init__(self) -> None:
        wish = os.environ.get("TORCH_TENSORRT_PROGRESS")
        self._on = wish == "1" or (wish is None and sys.stderr is not None and sys.stderr.isatty())
        self._start = time.monotonic()
        self._width = 0

    def show(self, stage: str, done: int, total: int) -> None:
        if not self._on:
            return
        count = f" {done}/{total}" if total else ""
        text = f"torch_tensorrt: {stage}{count}, {time.monotonic() - self._start:.1f} s"
        print("\r" + text.ljust(self._width), end="", file=sys.stderr, flush=True)
        self._width = len(text)

    def clear(self) -> None:
        if self._on and self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)


class _BuildThread:
    def __init__(self, build: Callable[[Any], Any]):
        self._build = build
        self._cancel = False
        self._line = ProgressLine()
        self._callback = _library.PROGRESS(self._progress)
        self._result: Any = None
        self._error: Any = None

    def _progress(self, stage: bytes, done: int, total: int, _user: Any) -> int:
        if not self._cancel:
            self._line.show(stage.decode(errors="replace"), done, total)
        return 0 if self._cancel else 1

    def _work(self) -> None:
        try:
            self._result = self._build(self._callback)
        except BaseException as error:  # raised again in the caller's thread
            self._error = error

    def run(self) -> Any:
        worker = threading.Thread(target=self._work, name="torch_tensorrt build", daemon=True)
        worker.start()
        try:
            worker.join()
        except BaseException:
            # The worker reads what the caller owns, so it must end before that may go.
            self._cancel = True
            worker.join()
            raise
        finally:
            self._line.clear()
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # its traceback holds this object
        return self._result


def run(build: Callable[[Any], Any]) -> Any:
    """``build(progress)`` in another thread; ``progress`` is the C callback that the compiler
    reports to. Returns its result, or raises what it raised. KeyboardInterrupt cancels: the thread
    has ended when it is raised here."""
    return _BuildThread(build).run()
