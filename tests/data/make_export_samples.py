# SPDX-License-Identifier: Apache-2.0
"""Writes the small .pt2 files beside this script. Needs torch and transformers.

Run it again when a model below or the schema of torch.export changes, then run the tests with
--update and look at the difference. The files are committed, so the tests need neither package.
"""

import io
import json
import pathlib
import re
import zipfile

import torch
from torch._export.serde.serialize import serialize
from torch.export import Dim

HERE = pathlib.Path(__file__).parent


class LeNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.features = torch.nn.Sequential(
            torch.nn.Conv2d(1, 4, 5),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(4, 8, 3),
            torch.nn.ReLU(),
            torch.nn.AvgPool2d(2),
        )
        self.classifier = torch.nn.Linear(8 * 5 * 5, 10)

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1)).softmax(-1)


class Residual(torch.nn.Module):
    """In-place activations and an in-place sum, as torchvision's residual networks write them."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(4)
        self.conv2 = torch.nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(4)
        self.relu = torch.nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x
        return self.relu(out)


class Writes(torch.nn.Module):
    """Writes that cannot be rewritten, sizes of every kind, and outputs that are not tensors."""

    def __init__(self):
        super().__init__()
        self.register_buffer("steps", torch.zeros(3))
        self.register_buffer("turned", torch.arange(6.0).reshape(2, 3).t())

    def forward(self, x, k: int, scale: float):
        self.steps.add_(1)
        row = x[0]
        row.mul_(2)
        picked = x[x > 0]
        tail = torch.zeros(x.shape[0] // 2 + 1)
        wide = x.unsqueeze(0).expand(k, -1, -1)
        waves = torch.fft.fft(x)
        columns = x[:, torch.tensor([0, 2])]
        return {
            "picked": picked,
            "tail": tail,
            "wide": wide @ self.turned,
            "abs": waves.abs(),
            "columns": columns * scale,
            "count": x.shape[0] * 2 - 1,
            "three": 3,
            "none": None,
        }


class Small(torch.nn.Module):
    """The seed of the JSON fuzz target: short, with most kinds of arguments and outputs."""

    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(4, 4))
        self.b = torch.nn.Parameter(torch.zeros(4))
        self.register_buffer("n", torch.tensor(0))

    def forward(self, x, k: int):
        self.n.add_(1)
        y = torch.nn.functional.linear(x, self.w, self.b).relu_()
        first, second = y.split(2, 1)
        first.mul_(0.5)
        picked = x[x > 0]
        rows = torch.zeros((x.shape[0] + 1) // 2, dtype=torch.float16)
        both = torch.cat([first, second, x.view(-1, 4)], 1)
        return both.expand(k, -1, -1), picked, rows, both.max(1)[1], k * 2 - 1, None, 3


def bert():
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=40,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=16,
    )
    return BertModel(config, add_pooling_layer=False)


def shrink(text):
    """Compact JSON; of the metadata only what the importer reads, without this machine's folders."""
    document = json.loads(text)
    for node in document["graph_module"]["graph"]["nodes"]:
        frames = re.findall(r'File "([^"]*)", line (\d+)', node["metadata"].get("stack_trace", ""))
        node["metadata"] = {
            "stack_trace": "\n".join(f'File "{relative(path)}", line {n}' for path, n in frames),
            "nn_module_stack": node["metadata"].get("nn_module_stack", ""),
        }
    document["graph_module"]["module_call_graph"] = []
    return json.dumps(document, separators=(",", ":"))


def relative(path):
    return "/" + path.split("-packages/")[1] if "-packages/" in path else path.rsplit("/", 1)[-1]


def save_json(name, model, args, shapes):
    with torch.no_grad():
        program = torch.export.export(model.eval(), args, dynamic_shapes=shapes)
    text = serialize(program).exported_program.decode()
    (HERE / f"{name}.json").write_text(shrink(text) + "\n")
    print(name, len(text))


def save(name, model, args, kwargs=None, shapes=None):
    with torch.no_grad():
        program = torch.export.export(model.eval(), args, kwargs, dynamic_shapes=shapes)
    program.example_inputs = None
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    source = zipfile.ZipFile(buffer)
    with zipfile.ZipFile(HERE / f"{name}.pt2", "w", zipfile.ZIP_STORED) as target:
        for info in source.infolist():
            data = source.read(info)
            entry = zipfile.ZipInfo(name + "/" + info.filename.split("/", 1)[1])
            if "sample_inputs" in entry.filename:
                continue
            if entry.filename.endswith("models/model.json"):
                data = shrink(data.decode()).encode()
            if entry.filename.endswith("_config.json"):
                data = json.dumps(json.loads(data), separators=(",", ":")).encode()
            # As torch does: an extra field pads the data to a multiple of 64 bytes.
            start = target.fp.tell() + 30 + len(entry.filename) + 4
            padding = -start % 64
            entry.extra = b"FB" + padding.to_bytes(2, "little") + bytes(padding)
            target.writestr(entry, data)
    print(name, (HERE / f"{name}.pt2").stat().st_size)


def main():
    torch.manual_seed(0)
    batch = Dim("batch", max=64)
    save("lenet", LeNet(), (torch.randn(2, 1, 28, 28),), shapes={"x": {0: batch}})
    save("residual", Residual(), (torch.randn(1, 4, 8, 8),))
    save(
        "writes",
        Writes(),
        (torch.randn(4, 3), 7, 0.5),
        shapes={"x": {0: Dim("rows", max=9)}, "k": Dim.DYNAMIC, "scale": None},
    )
    save_json(
        "small",
        Small(),
        (torch.randn(3, 4), 5),
        {"x": {0: Dim("r", min=3, max=8)}, "k": Dim.DYNAMIC},
    )
    sequence = Dim("sequence", min=2, max=16)
    shape = {0: batch, 1: sequence}
    ids = torch.randint(0, 40, (2, 8))
    save(
        "bert",
        bert(),
        (),
        {"input_ids": ids, "attention_mask": torch.ones_like(ids)},
        shapes={"input_ids": shape, "attention_mask": shape},
    )


if __name__ == "__main__":
    main()
