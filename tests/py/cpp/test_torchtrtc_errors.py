# SPDX-License-Identifier: Apache-2.0
"""What torchtrtc refuses: one line that says why, exit status 1, and nothing left behind."""

import fcntl
import os
import resource
import shutil
import signal
import subprocess

import pytest
import torch
from models import LeNet, Mlp, batch
from torchtrtc_runner import ENVIRONMENT, TOOL, export, torchtrtc

import torch_tensorrt

pytest_plugins = ["torchtrtc_fixtures"]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("program") / "m.pt2"
    export(path, Mlp(), [batch(8)])
    return path


@pytest.fixture
def refuses(program, tmp_path):
    """Runs the tool on a program; the output folder must stay empty. Returns the message."""

    def run(*flags, source=program):
        text = torchtrtc(source, tmp_path / "out.pt2", *flags, fails=True)
        assert list(tmp_path.glob("out*")) == []
        return text

    return run


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--no-such-flag"], "no-such-flag"),
        (["--mbs", "many"], "many"),
        (["-p", "f33"], "type is 'f33', wanted one of f32"),
        (["--device", "tpu:x"], "--device is 'tpu:x', wanted cpu or cuda"),
        (["-d", "npu"], "--device-type is 'npu', wanted cpu, gpu or dla"),
        (["-d", "dla"], "DLA"),
        (["--engine-capability", "fast"], "standard, safety or dla_standalone"),
        (["--optimization-level", "9"], "9"),
        (["--custom-torch-ops", "no_such.so"], "cannot load no_such.so"),
        (["--save-engine", "--embed-engine"], "exclude each other"),
        (["--embed-engine"], "no serialized engine"),
        (["--check-method-support", "forward"], "for TorchScript"),
        (["(4,8"], "wanted ',' at ''"),
        (["(4,x)"], "wanted a size at 'x)'"),
        (["(4,8)@f32%nwhc"], "layout is 'nwhc'"),
        (["(4,8)x"], "wanted nothing at 'x'"),
        (["[(1,8);(2,8)]"], "wanted ';' at ']'"),
        (["[(4,8);(2,8);(8,8)]"], "min 4, opt 2, max 8"),
        (["(4,8)", "(4,8)"], "2 inputs are given, the program takes 1"),
        (["(4,8,1)"], "has 3 dimensions, the program's 2"),
        (["(4,9)"], "dimension 1 is 9, the program was exported with 8"),
        (["[(1,8);(4,8);(64,8)]"], "is 1..64, the program was exported with 1..8"),
        (["(4,8)@f16"], "is f16, the program was exported with f32"),
    ],
)
def test_wrong_arguments(refuses, flags, message):
    assert message in refuses(*flags)


def test_a_gpu_is_not_the_cpu(refuses):
    assert "device is cuda:0, but the program was exported on cpu" in refuses("--device", "cuda:0")


def test_without_files():
    assert "no input file" in torchtrtc(fails=True)
    assert "no output file" in torchtrtc("m.pt2", fails=True)


def test_what_is_no_model(refuses, tmp_path):
    (tmp_path / "text").write_text("not a model")
    assert "no .pt2, no TorchScript archive and no engine" in refuses(source=tmp_path / "text")
    assert "No such file" in refuses(source=tmp_path / "missing.pt2")
    shutil.make_archive(str(tmp_path / "other"), "zip", tmp_path, "text")
    assert "neither a program" in refuses(source=tmp_path / "other.zip")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_truncated_program(refuses, program, tmp_path, part):
    data = program.read_bytes()
    (tmp_path / "cut.pt2").write_bytes(data[: int(len(data) * part)])
    assert "zip" in refuses(source=tmp_path / "cut.pt2")


def test_damaged_weight(refuses, program, tmp_path):
    module = torch.export.load(program).module(check_guards=False)
    weight = next(iter(module.parameters())).detach().numpy().tobytes()
    data = bytearray(program.read_bytes())
    data[data.index(weight)] ^= 1
    (tmp_path / "bad.pt2").write_bytes(data)
    assert "checksum" in refuses(source=tmp_path / "bad.pt2")


def test_output_that_cannot_be_written(program, tmp_path):
    folder = tmp_path / "folder.pt2"
    folder.mkdir()
    assert f"cannot write {folder}" in torchtrtc(program, folder, fails=True)
    nowhere = tmp_path / "nowhere" / "out.pt2"
    assert f"cannot write {nowhere}: No such file" in torchtrtc(program, nowhere, fails=True)


def test_a_failure_leaves_the_old_output(program, tmp_path):
    out = tmp_path / "out.pt2"
    out.write_text("old")
    torchtrtc(program, out, "(4,9)", fails=True)
    torchtrtc(program, out, "--mbs", 1, "--atol", 0, "--rtol", 0, "-p", "bf16", fails=True)
    assert out.read_text() == "old" and os.listdir(tmp_path) == ["out.pt2"]


def test_threshold(program, tmp_path):
    """A deviation beyond the bounds is an error, unless nobody asks."""
    flags = (program, tmp_path / "out.pt2", "--mbs", 1, "-p", "bf16")
    text = torchtrtc(*flags, "--atol", 0, "--rtol", 0, fails=True)
    assert "output 0 deviates from the original by" in text
    torchtrtc(*flags, "--no-threshold-check")
    torchtrtc(*flags)


def test_what_cannot_convert_whole(tmp_path, op_library):
    class Other(torch.nn.Module):
        def forward(self, x):
            return torch.ops.tenon_cpp_test.reverse(torch.relu(x))

    export(tmp_path / "m.pt2", Other(), [batch(8)])
    flags = ("--custom-torch-ops", op_library)
    for more in ("--require-full-compilation", "--save-engine"):
        text = torchtrtc(tmp_path / "m.pt2", tmp_path / "o.pt2", *flags, more, fails=True)
        assert "tenon_cpp_test" in text
    text = torchtrtc(tmp_path / "m.pt2", tmp_path / "o.pt2", "--mbs", 1, fails=True)
    assert "--custom-torch-ops" in text, "the op is unknown to the process"
    assert not (tmp_path / "o.pt2").exists()


def test_settings_without_effect_warn(program, tmp_path):
    flags = ["--workspace-size", 1, "--sparse-weights", "--dla-core", 1, "--allow-gpu-fallback"]
    text = torchtrtc(program, tmp_path / "o.pt2", *flags)
    for name in ("workspace-size", "sparse-weights", "dla_core", "allow_gpu_fallback"):
        assert f"{name} has no effect" in text.replace("'", "").replace("device.", ""), name


@pytest.fixture
def lenet(tmp_path):
    """(a program, an empty folder for its result)."""
    export(tmp_path / "m.pt2", LeNet(), [batch(1, 28, 28)])
    (tmp_path / "out").mkdir()
    return tmp_path / "m.pt2", tmp_path / "out"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_killed_while_building(lenet, how):
    program, folder = lenet
    flags = ("--build-debuggable-engine", "--timing-cache", "none")
    with subprocess.Popen(
        [TOOL, program, folder / "out.pt2", *flags],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=ENVIRONMENT,
        # Shells start background jobs with SIGINT ignored, which children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        process.stderr.read(1)  # it builds, and waits as soon as the pipe is full of its graphs
        process.send_signal(how)
    assert process.returncode == -how
    assert os.listdir(folder) == []


def test_killed_while_writing(lenet):
    """The system kills a process whose file grows beyond a limit."""
    program, folder = lenet
    limit = program.stat().st_size // 2
    done = subprocess.run(
        [TOOL, program, folder / "out.pt2", "--timing-cache", "none"],
        env=ENVIRONMENT,
        check=False,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == -signal.SIGXFSZ, done.stderr
    assert os.listdir(folder) == []


def test_help_and_version():
    assert "--min-block-size" in torchtrtc("--help")
    assert torch_tensorrt.__version__ in torchtrtc("--version")
