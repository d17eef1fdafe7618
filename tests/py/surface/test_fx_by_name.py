# SPDX-License-Identifier: Apache-2.0
"""torch_tensorrt.fx: the fields of its settings, specs, and names beside fx.compile."""

import sys
from pathlib import Path

import pytest
import torch

from torch_tensorrt import Input, fx
from torch_tensorrt.dynamo import conversion
from torch_tensorrt.fx import input_tensor_spec
from torch_tensorrt.fx.lower import compile_with_names
from torch_tensorrt.fx.utils import LowerPrecision, enabled_precisions, lower_precision

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "converters"))

from converter_fixtures import only_this_test  # noqa: E402, F401

X = torch.randn(2, 4)


def test_defaults():
    setting: fx.LowerSetting = fx.LowerSetting()
    assert (setting.min_acc_module_size, setting.max_batch_size) == (10, 2048)
    assert setting.max_workspace_size == 1 << 25 and setting.cuda_graph_batch_size == -1
    assert not setting.explicit_batch_dimension and setting.dynamic_batch
    assert setting.lower_precision is LowerPrecision.FP16
    assert not (setting.verbose_log or setting.save_timing_cache)
    assert not (setting.is_aten or setting.use_experimental_fx_rt)
    assert setting.timing_cache_prefix == ""
    assert setting.correctness_atol == setting.correctness_rtol == 0.1
    assert setting.without_effect() == []


def test_what_the_fields_mean():
    setting: fx.LowerSetting = fx.LowerSetting(min_acc_module_size=2, timing_cache_prefix="/tmp/a")
    assert setting.settings() == {
        "min_block_size": 2,
        "enabled_precisions": {torch.float32, torch.float16},
        "timing_cache_path": "/tmp/a.bin",
        "truncate_double": False,
    }
    assert setting.is_batch_dynamic
    setting.explicit_batch_dimension, setting.dynamic_batch = True, False
    assert not setting.is_batch_dynamic


def test_fields_without_effect_say_so():
    setting: fx.LowerSetting = fx.LowerSetting(
        max_workspace_size=1, cuda_graph_batch_size=8, is_aten=True, use_experimental_fx_rt=True
    )
    names = [sentence.split()[0] for sentence in setting.without_effect()]
    assert names == ["max_workspace_size", "cuda_graph_batch_size", "is_aten"] + [
        "use_experimental_fx_rt"
    ]


def test_lowerer():
    setting = fx.LowerSetting(min_acc_module_size=1, max_batch_size=4, timing_cache_prefix="")
    lowerer = fx.Lowerer.create(setting)
    assert isinstance(lowerer, fx.Lowerer) and lowerer.lower_setting is setting
    module = lowerer(torch.nn.ReLU(), [X])
    for batch in (1, 2, 4):
        assert torch.equal(module(-X[:1].expand(batch, 4)), (-X[:1].expand(batch, 4)).relu())
    with pytest.raises(TypeError, match="fx wants a torch.nn.Module, not function"):
        lowerer(lambda x: x, [X])


def test_precisions():
    assert LowerPrecision.from_str("bf16") is LowerPrecision.BF16
    assert LowerPrecision.from_str("none") is None
    assert enabled_precisions(LowerPrecision.FP32) == {torch.float32}
    assert lower_precision({torch.half}) is LowerPrecision.FP16
    for value in (LowerPrecision.INT8, LowerPrecision.BF16):
        with pytest.raises(ValueError, match="wanted LowerPrecision.FP32 or LowerPrecision.FP16"):
            enabled_precisions(value)


def test_unknown_keywords():
    with pytest.raises(TypeError, match="'max_batch' of ir='fx'; did you mean 'max_batch_size'"):
        compile_with_names(torch.nn.ReLU(), [X], {"max_batch": 1})


def test_input_tensor_spec():
    spec: fx.InputTensorSpec = fx.InputTensorSpec.from_tensor(X)
    assert (spec.shape, spec.dtype, spec.device) == ((2, 4), torch.float32, torch.device("cpu"))
    assert spec.has_batch_dim and spec.shape_ranges == ()
    assert [s.shape for s in fx.InputTensorSpec.from_tensors([X, X[0]])] == [(2, 4), (4,)]
    ranged: fx.InputTensorSpec
    (ranged,) = fx.InputTensorSpec.from_tensors_with_dynamic_batch_size([X], (1, 2, 8))
    assert ranged.shape == (-1, 4) and ranged.shape_ranges == [((1, 4), (2, 4), (8, 4))]
    assert ranged.to_random_tensor().shape == (2, 4) and ranged.to_random_tensor(2).shape == (8, 4)
    made: Input = ranged.to_input()
    assert made.shape["max_shape"] == (8, 4) and made.shared_dims == {0: "batch"}


def test_shape_is_a_name_for_annotations():
    def area(shape: input_tensor_spec.Shape) -> int:
        return shape[0] * shape[1]

    assert area(X.shape) == 8


def test_converters_of_the_older_form():
    @fx.tensorrt_converter(torch.ops.aten.relu.default)
    def doubled(network, target, args, kwargs, name):
        from torch_tensorrt import trt

        op = trt.ElementWiseOperation.SUM
        return network.add_elementwise(args[0], args[0], op).get_output(0)

    assert torch.ops.aten.relu.default in fx.CONVERTERS and fx.CONVERTERS.user()
    keywords = {"explicit_batch_dimension": True, "dynamic_batch": False}
    made = fx.compile(torch.nn.ReLU(), [X], min_acc_module_size=1, correctness_atol=99, **keywords)
    assert torch.equal(made(X), 2 * X)
    assert conversion.remove_converter(doubled) == 1
