# SPDX-License-Identifier: Apache-2.0
"""Log level of the package and of its native library, which logs through Python's ``logging``."""

import atexit
import contextlib
import logging as _py
import sys
from typing import Optional, Union

from . import _library

GRAPHS = _py.DEBUG - 5  # below DEBUG: dumps of whole graphs
_py.addLevelName(GRAPHS, "GRAPH")

LOGGER = _py.getLogger("torch_tensorrt")
TRT_LOGGER = LOGGER

# The native levels, 0 to 5.
_LEVELS = [_py.CRITICAL, _py.ERROR, _py.WARNING, _py.INFO, _py.DEBUG, GRAPHS]


def _native_level(level: int) -> int:
    return max((i for i, python in enumerate(_LEVELS) if python >= level), default=0)


def set_level(level: Union[int, str], logger: Optional[_py.Logger] = None) -> None:
    """Messages below ``level`` (of Python's logging, or ``GRAPHS``) are dropped."""
    logger = logger or LOGGER
    logger.setLevel(level)
    if logger is LOGGER:
        _library.tenon().tenon_set_log_level(_native_level(LOGGER.level))


class _Level(contextlib.ContextDecorator):
    """Sets the level while active."""

    level = _py.WARNING

    def __enter__(self) -> "_Level":
        self._before = LOGGER.level
        set_level(self.level)
        return self

    def __exit__(self, *_: object) -> None:
        set_level(self._before or _py.WARNING)


class internal_errors(_Level):
    """Only internal errors."""

    level = _py.CRITICAL


class errors(_Level):
    """Errors."""

    level = _py.ERROR


class warnings(_Level):
    """Errors and warnings."""

    level = _py.WARNING


class info(_Level):
    """Also what is being done."""

    level = _py.INFO


class debug(_Level):
    """Also details of what is being done."""

    level = _py.DEBUG


class graphs(_Level):
    """Also whole graphs."""

    level = GRAPHS


@_library.LOG
def _sink(level: int, text: bytes, _user: object) -> None:
    LOGGER.log(_LEVELS[min(max(level, 0), 5)], "%s", text.decode(errors="replace"))


class _Console(_py.Handler):
    """Prints to stderr until the program configures Python's logging, which by itself would drop
    everything below WARNING then."""

    def emit(self, record: _py.LogRecord) -> None:
        if LOGGER.handlers == [self] and not _py.getLogger().handlers:
            print(self.format(record), file=sys.stderr)


def _install() -> None:
    LOGGER.addHandler(_Console())
    native = _library.tenon()
    native.tenon_set_log(_sink, None)
    set_level(_py.WARNING)
    # After the interpreter is gone, a callback into it must not happen.
    atexit.register(native.tenon_set_log, _library.LOG(), None)


_install()
