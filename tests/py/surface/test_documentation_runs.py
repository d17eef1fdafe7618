# SPDX-License-Identifier: Apache-2.0
"""The snippets of docs/: Python runs, those of a page in order, in one process and a folder of its
own; C++ and golden text are parts of files that are built and tested; a command line prints what the
page says. ``<!-- not run: reason -->`` stands before a Python snippet that cannot run. README.md has a
test of its own (test_readme.py), the shell lines of user_converters.md too (tests/py/converters_cpp)."""

import re
import shlex
from pathlib import Path

import pytest
from conftest import ROOT

BLOCK = re.compile(r"^(<!-- not run: .* -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted((ROOT / "docs").rglob("*.md"))
SOURCES = [*(ROOT / "src").rglob("*.cpp"), *(ROOT / "examples").rglob("*.cpp")]
GOLDEN = list((ROOT / "tests").rglob("*.txt"))


def snippets(page: Path, language: str) -> list[tuple[int, str]]:
    """(line above it, text) of each snippet that is to run."""
    text = page.read_text()
    return [
        (text.count("\n", 0, m.start(3)), m[3])
        for m in BLOCK.finditer(text)
        if m[2] == language and not m[1]
    ]


def all_of(language: str) -> list:
    found = [(page, line, code) for page in PAGES for line, code in snippets(page, language)]
    return [pytest.param(code, id=f"{page.name}:{line}") for page, line, code in found]


@pytest.mark.parametrize(
    "page", [p for p in PAGES if snippets(p, "python")], ids=lambda page: page.name
)
def test_python(page, tmp_path, fresh_python):
    program = tmp_path / "page.py"
    program.write_text(
        "names = {'__name__': 'page'}\n"
        f"for line, code in {snippets(page, 'python')!r}:\n"
        f"    exec(compile('\\n' * line + code, {str(page)!r}, 'exec'), names)\n"
        "print('ran to the end')\n"
    )
    code = "import os, runpy, sys; os.chdir(sys.argv[1]); runpy.run_path('page.py')"
    assert fresh_python(code, tmp_path).splitlines()[-1] == "ran to the end"


def is_part_of(code: str, path: Path) -> bool:
    """Up to licence lines, empty lines and indentation."""
    wanted, there = (
        [line.strip() for line in text.splitlines() if line.strip()]
        for text in (code, path.read_text())
    )
    return any(there[i : i + len(wanted)] == wanted for i in range(len(there)))


@pytest.mark.parametrize("code", all_of("cpp"))
def test_cpp_is_what_is_built(code):
    assert any(is_part_of(code, path) for path in SOURCES), "no source has these lines"


@pytest.mark.parametrize("text", all_of(""))
def test_plain_blocks(text, fresh_python):
    first, _, rest = text.partition("\n")
    if first.startswith(("graph", "== ")):  # a golden file's text may go on where the page ends
        assert any(is_part_of(text, path) for path in GOLDEN), "no golden file has these lines"
    elif first.startswith("python -c"):
        assert fresh_python(shlex.split(first)[2]) == rest
    else:  # commands that build: `make test` runs them
        commands = ("build/tests/test_convert", "cmake -S . -B build -G Ninja")
        assert first.startswith(commands), "a block of a kind that is not tested"
