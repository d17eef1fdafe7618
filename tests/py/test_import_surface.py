# SPDX-License-Identifier: Apache-2.0
"""The names and signatures that users' code relies on."""

import inspect

import pytest
import torch

import torch_tensorrt

NAMES = """ENABLED_FEATURES Device DeviceType EngineCapability Input Platform compile
convert_method_to_trt_engine dtype dynamo load logging memory_format runtime save
dynamo.CompilationSettings dynamo.compile dynamo.trace
dynamo.convert_exported_program_to_serialized_trt_engine runtime.TorchTensorRTModule
logging.set_level logging.internal_errors logging.errors logging.warnings logging.info
logging.debug logging.graphs""".split()


@pytest.mark.parametrize("name", NAMES)
def test_name_exists(name):
    value = torch_tensorrt
    for part in name.split("."):
        value = getattr(value, part)


def test_compile_signature():
    signature = inspect.signature(torch_tensorrt.compile)
    defaults = {n: p.default for n, p in signature.parameters.items() if n != "settings"}
    assert defaults == {
        "module": inspect.Parameter.empty,
        "ir": "default",
        "inputs": None,
        "arg_inputs": None,
        "kwarg_inputs": None,
        "enabled_precisions": None,
    }


def test_dynamo_compile_lists_every_setting():
    parameters = inspect.signature(torch_tensorrt.dynamo.compile).parameters
    assert parameters["min_block_size"].default == 5
    assert parameters["require_full_compilation"].default is False
    assert parameters["optimization_level"].default == 3


def test_settings_have_documentation():
    settings = torch_tensorrt.dynamo.CompilationSettings(min_block_size=2)
    assert settings.min_block_size == 2
    assert "min_block_size" in type(settings).__doc__


def test_torch_objects_are_registered():
    assert torch.ops.tensorrt.execute_engine.default
    assert torch.classes.tensorrt.Engine


def test_version_is_one():
    assert torch_tensorrt.__version__.count(".") == 2


def test_features_can_be_replaced():
    features = torch_tensorrt.ENABLED_FEATURES
    assert features.dynamo_frontend and features.torch_tensorrt_runtime
    assert features._replace(refit=True).refit


def test_dtype_speaks_torch_and_numpy():
    import numpy

    dtype = torch_tensorrt.dtype
    assert dtype._from(torch.float16) is dtype.half is dtype.f16
    assert dtype._from(numpy.float32) is dtype.f32
    assert dtype._from(numpy.dtype("int64")) is dtype.i64
    assert dtype.f32 == torch.float32 and dtype.f32 != torch.float16
    assert dtype.bf16.to(torch.dtype) is torch.bfloat16
    assert dtype.try_from("no such thing") is None
    with pytest.raises(TypeError, match="complex64"):
        dtype._from(torch.complex64)


def test_memory_format_speaks_torch():
    formats = torch_tensorrt.memory_format
    assert formats._from(torch.channels_last) is formats.hwc
    assert formats.contiguous.to(torch.memory_format) is torch.contiguous_format
    with pytest.raises(TypeError, match="chw32"):
        formats.chw32.to(torch.memory_format)


def test_device_forms():
    Device = torch_tensorrt.Device
    assert Device("cpu").to(torch.device) == torch.device("cpu")
    assert Device("gpu:1") == Device(gpu_id=1) == torch.device("cuda:1")
    assert Device._from(None) == Device("cpu")
    assert Device("dla:1").gpu_id == 0
    with pytest.raises(ValueError, match="tpu"):
        Device("tpu:0")


def test_another_torch_is_one_sentence(fresh_python, tmp_path):
    (tmp_path / "torch_version.txt").write_text("1.13.1\n")
    code = (
        "import os, sys\n"
        "os.environ['TORCH_TENSORRT_LIB_DIR'] = sys.argv[1]\n"
        "try:\n    import torch_tensorrt\nexcept ImportError as e:\n    print(e)"
    )
    assert "was built for torch 1.13 and cannot be used with torch" in fresh_python(code, tmp_path)


def test_missing_library_is_one_sentence(fresh_python, tmp_path):
    code = (
        "import os, sys\n"
        "os.environ['TORCH_TENSORRT_LIB_DIR'] = sys.argv[1]\n"
        "try:\n    import torch_tensorrt\nexcept ImportError as e:\n    print(e)"
    )
    assert "libtenon.so is missing" in fresh_python(code, tmp_path)
