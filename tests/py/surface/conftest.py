# SPDX-License-Identifier: Apache-2.0
"""These tests share helpers with those of converters."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "converters"))
