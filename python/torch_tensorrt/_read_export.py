# SPDX-License-Identifier: Apache-2.0
"""torch.export.load whose errors say what is wrong."""

from __future__ import annotations

import logging
from typing import Any, Optional

import torch

# Where torch.export.load logs the exception that it does not raise.
_LOGGER = logging.getLogger("torch.export")


class _Logged(logging.Filter):
    """Keeps back the records that report an exception."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.exc_info:
            return True
        self.records.append(record)
        return False


def read_export(file: Any, extra_files: Optional[dict[str, Any]]) -> torch.export.ExportedProgram:
    """Reads an exported program; ``file`` and ``extra_files`` as for ``torch.export.load``. Where
    that logs why it failed and then raises an error without it, RuntimeError with the reason; what
    it logs otherwise is logged."""
    logged = _Logged()
    _LOGGER.addFilter(logged)
    try:
        program = torch.export.load(file, extra_files=extra_files)
    except Exception:
        if not logged.records:
            raise
        reason = logged.records[0].exc_info[1]
        raise RuntimeError(str(reason)) from reason
    finally:
        _LOGGER.removeFilter(logged)
    for record in logged.records:
        _LOGGER.handle(record)
    return program
