# SPDX-License-Identifier: Apache-2.0
"""Programs with a damaged description: compiled all the same, or refused in words; never a crash,
never a file that was not meant."""

import json
import os
import random
import zipfile

from conftest import SEED
from models import LeNet, batch
from torchtrtc_runner import export, start

COUNT = 300 if os.environ.get("TENON_TEST_FULL") == "1" else 12


def places(value, path=()):
    """Paths of everything in a JSON document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in items:
        yield (*path, key)
        if isinstance(child, (dict, list)):
            yield from places(child, (*path, key))


def damage(document, r: random.Random):
    """Takes something out of the document or puts something else in its place."""
    path = r.choice(list(places(document)))
    *way, last = path
    for key in way:
        document = document[key]
    if r.random() < 0.5:
        del document[last]
    else:
        document[last] = r.choice([None, -1, 2**62, "x", "", [], {}, [[]], {"as_int": 1}, True])
    return path


def test_damaged_descriptions(tmp_path):
    export(tmp_path / "m.pt2", LeNet(), [batch(1, 28, 28)])
    with zipfile.ZipFile(tmp_path / "m.pt2") as archive:
        entries = {n: archive.read(n) for n in archive.namelist()}
    targets = [n for n in entries if n.endswith(".json")]
    out = tmp_path / "out.pt2"
    for i in range(COUNT):
        r = random.Random(SEED * 1000 + i)
        target = r.choice(targets)
        document = json.loads(entries[target])
        path = damage(document, r)
        with zipfile.ZipFile(tmp_path / "bad.pt2", "w") as archive:
            for name, data in entries.items():
                archive.writestr(name, json.dumps(document) if name == target else data)
        status, text = start(tmp_path / "bad.pt2", out, "--mbs", 1, "--no-threshold-check")
        assert status in (0, 1), (i, target, path, text)
        assert out.exists() == (status == 0), (i, target, path, text)
        assert status == 0 or "torchtrtc: error: " in text, (i, target, path, text)
        out.unlink(missing_ok=True)
