# SPDX-License-Identifier: Apache-2.0
"""Device, Input, dtype and the other small types: each field, member and method."""

import json
import platform

import numpy as np
import pytest
import torch

import torch_tensorrt
from torch_tensorrt import Device, DeviceType, EngineCapability, Input, Platform, ts, utils
from torch_tensorrt import dtype as D
from torch_tensorrt import memory_format as Format
from torch_tensorrt.dynamo import SourceIR, types


def test_device_fields():
    cpu, gpu, dla = Device("cpu"), Device(gpu_id=2, allow_gpu_fallback=True), Device("dla:1")
    assert (cpu.device_type, cpu.gpu_id, cpu.dla_core) == (DeviceType.CPU, -1, -1)
    assert (gpu.device_type, gpu.gpu_id, gpu.dla_core) == (DeviceType.GPU, 2, -1)
    assert (dla.device_type, dla.gpu_id, dla.dla_core) == (DeviceType.DLA, 0, 1)
    assert gpu.allow_gpu_fallback and not cpu.allow_gpu_fallback
    assert gpu.to(torch.device) == torch.device("cuda:2")
    assert DeviceType.UNKNOWN not in {d.device_type for d in (cpu, gpu, dla)}
    with pytest.raises(ValueError, match="by its string or by gpu_id/dla_core, not by both"):
        Device("cuda:0", dla_core=0)


def test_input_fields():
    example = torch.ones(2, 3, dtype=torch.float16)
    spec = Input(
        (2, 3),
        dtype=torch.float16,
        format=Format.linear,
        tensor_domain=(1, 5),
        torch_tensor=example,
        name="x",
        is_shape_tensor=False,
        shared_dims={0: "batch"},
    )
    assert (spec.shape, spec.dtype, spec.format) == ((2, 3), D.f16, Format.linear)
    assert spec.tensor_domain == (1, 5) and spec.torch_tensor is example and spec.name == "x"
    assert not spec.is_shape_tensor and spec.shared_dims == {0: "batch"} and spec.rank == 2
    assert spec.profiles == [{"min": (2, 3), "opt": (2, 3), "max": (2, 3)}]
    assert spec.shape_mode is Input._ShapeMode.STATIC and spec.example_tensor() is example
    assert [s.shape for s in Input.from_tensors([example, example[0]])] == [(2, 3), (3,)]


TORCH_TYPES = [
    (D.u8, torch.uint8),
    (D.uint8, torch.uint8),
    (D.i8, torch.int8),
    (D.int8, torch.int8),
    (D.i32, torch.int32),
    (D.int32, torch.int32),
    (D.int, torch.int32),
    (D.i64, torch.int64),
    (D.int64, torch.int64),
    (D.long, torch.int64),
    (D.f16, torch.float16),
    (D.float16, torch.float16),
    (D.half, torch.float16),
    (D.fp16, torch.float16),
    (D.f32, torch.float32),
    (D.float32, torch.float32),
    (D.float, torch.float32),
    (D.fp32, torch.float32),
    (D.f64, torch.float64),
    (D.float64, torch.float64),
    (D.double, torch.float64),
    (D.fp64, torch.float64),
    (D.b, torch.bool),
    (D.bool, torch.bool),
    (D.bf16, torch.bfloat16),
    (D.bfloat16, torch.bfloat16),
    (D.f8, torch.float8_e4m3fn),
    (D.float8, torch.float8_e4m3fn),
    (D.fp8, torch.float8_e4m3fn),
]


@pytest.mark.parametrize(("ours", "theirs"), TORCH_TYPES)
def test_dtypes_are_those_of_torch(ours, theirs):
    assert ours.to(torch.dtype) is theirs and ours.try_to(torch.dtype) is theirs
    assert D._from(theirs) is D.try_from(theirs) is ours and ours == theirs


def test_dtypes_that_torch_lacks():
    for ours in (D.unknown, D.f4, D.float4, D.fp4):
        assert ours.try_to(torch.dtype) is None
        with pytest.raises(TypeError, match="has no dtype form"):
            ours.to(torch.dtype)
    assert D.f4 is D.float4 is D.fp4
    assert D.f16.to(np.dtype) == np.float16 and D.bf16.try_to(np.dtype) is None


def test_memory_formats():
    assert Format.linear is Format.contiguous and Format.linear == torch.contiguous_format
    assert Format.hwc is Format.channels_last and Format.hwc == torch.channels_last
    assert Format.dhwc is Format.channels_last_3d and Format.dhwc == torch.channels_last_3d
    assert Format.hwc.to(torch.memory_format) is torch.channels_last
    assert Format.try_from(torch.channels_last_3d) is Format.dhwc
    assert Format.try_from("linear") is None
    others = (
        (Format.chw2, Format.chw4, Format.chw16, Format.chw32, Format.cdhw32)
        + (Format.hwc8, Format.hwc16, Format.dhwc8)
        + (Format.dla_linear, Format.dla_hwc4)
    )
    for other in others:
        assert other.try_to(torch.memory_format) is None
        assert Input((1, 3, 4, 4), format=other).example_tensor().is_contiguous()
    assert len({*others, Format.linear, Format.hwc, Format.dhwc}) == len(Format)


def test_conversion_to_and_from_trt():
    trt = torch_tensorrt.trt
    pairs = [(D.u8, trt.uint8), (D.i8, trt.int8), (D.i32, trt.int32), (D.i64, trt.int64)]
    pairs += [(D.f16, trt.float16), (D.f32, trt.float32), (D.b, trt.bool), (D.bf16, trt.bfloat16)]
    pairs += [(D.f8, trt.fp8), (D.f4, trt.fp4)]
    for ours, theirs in pairs:
        assert ours.to(trt.DataType) is theirs and D._from(theirs) is ours
        assert ours == theirs and theirs == ours and ours != trt.e8m0
    assert D.f64.try_to(trt.DataType) is None and D.try_from(trt.e8m0) is None
    for layout in Format:
        assert Format._from(layout.to(trt.TensorFormat)) is layout
    gpu: DeviceType = DeviceType.GPU
    assert gpu.to(trt.DeviceType) is trt.DeviceType.GPU and gpu == trt.DeviceType.GPU
    assert DeviceType.try_from(trt.DeviceType.DLA) is DeviceType.DLA
    assert DeviceType.CPU.try_to(trt.DeviceType) is None
    safe: EngineCapability = EngineCapability.SAFETY
    assert safe.to(trt.EngineCapability) is trt.EngineCapability.SAFETY
    assert EngineCapability.try_from(trt.EngineCapability.STANDARD) is EngineCapability.STANDARD
    assert safe.try_to(trt.DataType) is None and D.try_from(trt.DeviceType.GPU) is None
    assert safe != gpu


def test_defaults_where_there_is_no_conversion():
    trt = torch_tensorrt.trt
    assert D._from("nothing", use_default=True) is D.try_from(None, use_default=True) is D.f32
    assert D.f64.to(trt.DataType, use_default=True) is trt.float32
    assert Format.chw32.to(torch.memory_format, use_default=True) is torch.contiguous_format
    assert DeviceType.CPU.try_to(trt.DeviceType, use_default=True) is trt.DeviceType.GPU
    assert EngineCapability.try_from(7, use_default=True) is EngineCapability.STANDARD


def test_platform():
    names = {
        Platform.LINUX_X86_64: "linux_x86_64",
        Platform.LINUX_AARCH64: "linux_aarch64",
        Platform.WIN_X86_64: "windows_x86_64",
        Platform.WIN_ARM64: "windows_arm64",
        Platform.UNKNOWN: "unknown",
    }
    assert {member: str(member) for member in Platform} == names
    here = {
        ("Linux", "x86_64"): Platform.LINUX_X86_64,
        ("Linux", "aarch64"): Platform.LINUX_AARCH64,
    }
    wanted = here.get((platform.system(), platform.machine()))
    assert wanted is None or Platform.current_platform() is wanted


def test_platform_by_another_name(monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Plan9")
    assert Platform.current_platform() is Platform.UNKNOWN
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")
    assert Platform.current_platform() is Platform.WIN_X86_64


@pytest.mark.parametrize("value", [EngineCapability.SAFETY, EngineCapability.DLA_STANDALONE])
def test_engine_capability_has_no_effect_and_says_so(value, caplog):
    model, x = torch.nn.ReLU().eval(), torch.ones(2)
    settings = {"min_block_size": 1, "timing_cache_path": "none", "optimization_level": 0}
    quiet = torch_tensorrt.compile(
        model, inputs=[x], engine_capability=EngineCapability.STANDARD, **settings
    )
    assert "engine_capability" not in caplog.text and torch.equal(quiet(x), x)
    torch_tensorrt.compile(model, inputs=[x], engine_capability=value, **settings)
    assert "engine_capability" in caplog.text and "no effect" in caplog.text


def test_source_ir():
    names = [SourceIR.NN, SourceIR.ACC, SourceIR.ATEN, SourceIR.PRIM]
    assert list(map(str, names)) == ["nn", "acc", "aten", "prim"]
    assert str(SourceIR.TORCHTRT_LOWERED) == "torchtrt_lowered"
    assert str(SourceIR.UNKNOWN) == "unknown"


def test_types_of_converters():
    trt = torch_tensorrt.trt
    assert types.TRTNetwork is trt.INetworkDefinition and types.TRTTensor is trt.ITensor
    assert types.TRTLayer is trt.ILayer and types.TRTDataType is trt.DataType
    assert types.TRTElementWiseOp is trt.ElementWiseOperation
    assert types.TRTTensor in types.TRTReturn.__args__

    def annotated(target: types.Target, x: types.Argument, s: types.Shape, r: types.ShapeRange): ...

    assert set(annotated.__annotations__) == {"target", "x", "s", "r"}


def test_build_info(capsys):
    info = json.loads(torch_tensorrt.get_build_info())
    assert info["version"] == torch_tensorrt.__version__
    assert "aten::relu" in info["converters"] and info["isa"]
    torch_tensorrt.dump_build_info()
    assert json.loads(capsys.readouterr().out) == info == json.loads(ts.get_build_info())
    ts.dump_build_info()
    assert json.loads(capsys.readouterr().out) == info


@pytest.mark.parametrize("place", [torch_tensorrt, ts], ids=["torch_tensorrt", "ts"])
def test_set_device(place):
    count = torch.cuda.device_count()
    with pytest.raises(RuntimeError, match=f"no CUDA device {count}: this machine has {count}"):
        place.set_device(count)
    if count:
        place.set_device(count - 1)
        assert torch.cuda.current_device() == count - 1
        torch_tensorrt.set_device(0)
        ts.set_device(0)


def test_where_cpp_programs_find_things():
    from pathlib import Path

    assert (Path(utils.library_path) / "libtorchtrt.so").exists()
    assert (Path(utils.cmake_prefix_path) / "lib" / "cmake").exists()
    assert (Path(utils.include_paths()[0]) / "torch_tensorrt" / "torch_tensorrt.h").exists()
    assert "aten::relu" in utils.supported_ops()


def test_features():
    features = torch_tensorrt.ENABLED_FEATURES
    assert features.torchscript_frontend and features.fx_frontend and features.dynamo_frontend
    assert features.torch_tensorrt_runtime
    assert not (features.refit or features.qdp_plugin or features.windows_cross_compile)
    assert not (features.tensorrt_rtx or features.trtllm_for_nccl)
    assert not (features.native_trt_collectives or features.complex_decomposition)
