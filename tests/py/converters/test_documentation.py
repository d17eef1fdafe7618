# SPDX-License-Identifier: Apache-2.0
"""The Python half of docs/user_converters.md runs as it stands, one block after the other."""

import re
from pathlib import Path

from converter_fixtures import only_this_test  # noqa: F401

PAGE = Path(__file__).resolve().parents[3] / "docs" / "user_converters.md"


def test_the_page_runs():
    half = PAGE.read_text().split("\n## Python\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```python\n(.*?)^```", half, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    names = {"__name__": "user_converters"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
