# SPDX-License-Identifier: Apache-2.0
"""All benchmarks, one process each, then the README's tables: what ``make bench`` runs.

Arguments go to every benchmark, e.g. --force. Ends at the first that refuses (exit status 3) or fails;
the table is written from whatever was measured before.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCHMARKS = ("bench_models.py", "bench_overhead.py", "bench_build.py")


def main() -> int:
    status = 0
    for name in BENCHMARKS:
        print(f"--- {name}", flush=True)
        status = subprocess.call([sys.executable, str(HERE / name), *sys.argv[1:]])
        if status:
            break
    readme = HERE.parent / "README.md"
    if "--force" in sys.argv[1:]:
        print("measured by force: the README stays as it is")
    elif readme.exists():
        status = subprocess.call([sys.executable, str(HERE / "table.py")]) or status
    return status


if __name__ == "__main__":
    sys.exit(main())
