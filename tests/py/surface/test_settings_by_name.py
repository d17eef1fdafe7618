# SPDX-License-Identifier: Apache-2.0
"""Each field of CompilationSettings: its default, and a warning where it has no effect."""

import re
from pathlib import Path

import pytest
import torch

import torch_tensorrt
from torch_tensorrt import _library
from torch_tensorrt.dynamo import CompilationSettings

# A value other than the default.
WITHOUT_EFFECT = {
    "sparse_weights": True,
    "immutable_weights": False,
    "strip_engine_weights": True,
    "refit_identical_engine_weights": True,
    "enable_weight_streaming": True,
    "version_compatible": True,
    "hardware_compatible": True,
    "use_fp32_acc": True,
    "cache_built_engines": True,
    "reuse_cached_engines": True,
    "engine_cache_dir": "/nowhere",
    "engine_cache_size": 1,
    "workspace_size": 1 << 20,
    "max_aux_streams": 2,
    "engine_capability": "safety",
    "dla_sram_size": 1,
    "dla_local_dram_size": 1,
    "dla_global_dram_size": 1,
    "use_fast_partitioner": False,
    "enable_experimental_decompositions": True,
    "lazy_engine_init": True,
    "tiling_optimization_level": "full",
    "l2_limit_for_tiling": 1,
    "use_distributed_mode_trace": True,
    "offload_module_to_cpu": True,
    "use_complex_decomposition": True,
    "enable_autocast": True,
    "autocast_low_precision_type": torch.float16,
    "autocast_excluded_nodes": {"a"},
    "autocast_excluded_ops": {torch.ops.aten.relu.default},
    "autocast_max_output_threshold": 1.0,
    "autocast_max_depth_of_reduction": 1,
    "enable_resource_partitioning": True,
    "cpu_memory_budget": 1,
    "dynamically_allocate_resources": True,
    "decompose_attention": True,
    "attn_bias_is_causal": False,
    "disabled_constant_fold_exclusions": {"a"},
    "fallback_data_dependent_ops": True,
}


def compiled(**settings):
    return torch_tensorrt.compile(
        torch.nn.ReLU().eval(), inputs=[torch.ones(2)], min_block_size=1, **settings
    )


def test_each_setting_without_effect_warns_and_the_result_is_right(caplog):
    inert = {row["name"] for row in _library.options_table() if row["status"] == "inert"}
    assert inert == set(WITHOUT_EFFECT)
    module = compiled(**WITHOUT_EFFECT)
    lines = [r.message for r in caplog.records]
    silent = [
        n for n in WITHOUT_EFFECT if not any(f"'{n}'" in s and "no effect" in s for s in lines)
    ]
    assert not silent, lines
    assert module(torch.tensor([-1.0, 2.0])).tolist() == [0.0, 2.0]


def test_a_setting_without_effect_says_why(caplog):
    compiled(sparse_weights=True, max_aux_streams=2)
    lines = [r.message for r in caplog.records]
    assert (
        "setting 'sparse_weights' = true has no effect here: there are no sparse kernels" in lines
    )
    assert sum("max_aux_streams" in line for line in lines) == 1
    for row in _library.options_table():
        assert len(row["doc"]) > len("-1: None; "), row
        inert = f"{row['name']}: accepted, no effect: {row['doc']}"
        assert (inert in CompilationSettings.__doc__) == (row["status"] == "inert")


@pytest.mark.parametrize(
    "settings, line",
    [
        ({"enabled_precisions": {torch.half}}, "'enabled_precisions' .* on the CPU"),
        ({"disable_tf32": True}, "'disable_tf32' .* CPUs have no TF32"),
        ({"dump_dir": "d"}, "'dump_dir' .* 'debug' alone"),
        ({"num_avg_timing_iters": 2, "optimization_level": 0}, "'num_avg_timing_iters' .*_level 0"),
        ({"pass_through_build_failures": True}, "'pass_through_build_failures' .* torch.compile"),
    ],
    ids=lambda v: next(iter(v)) if isinstance(v, dict) else "",
)
def test_settings_in_vain_on_this_device_or_beside_others_say_so(settings, line, caplog):
    compiled(**settings)
    messages = [r.message for r in caplog.records if "no effect here" in r.message]
    assert len(messages) == 1 and re.search(line, messages[0]), messages


def test_every_setting_is_read_or_says_that_it_is_not():
    """By the compiler's sources: as ``options.name`` in C++, by its name in Python."""
    root = Path(__file__).resolve().parents[3]
    sources = [*(root / "src").rglob("*.cpp"), *(root / "src").rglob("*.h")]
    inside = {root / "src/base/options.cpp", root / "src/torch/api/settings.cpp"}
    cpp = "\n".join(p.read_text() for p in sources if p not in inside)
    python = "\n".join(p.read_text() for p in (root / "python").rglob("*.py"))
    for row in _library.options_table():
        name = row["name"]
        used = re.search(rf"\b(options|options_)(\.|->){name}\b", cpp) or re.search(
            rf"_settings\(\)\.{name}\b|\.pop\(\"{name}\"", python
        )
        assert bool(used) == (row["status"] == "live"), name


def test_defaults_do_not_warn(caplog):
    table = {row["name"]: row["default"] for row in _library.options_table()}
    compiled(**{n: v for n, v in table.items() if n not in ("min_block_size", "debug")})
    assert [r for r in caplog.records if r.name == "torch_tensorrt"] == []


def test_defaults_with_an_effect():
    settings = CompilationSettings()
    assert settings.min_block_size == 5 and not settings.require_full_compilation
    assert settings.torch_executed_ops == settings.torch_executed_modules == set()
    assert settings.device == "" and settings.optimization_level == 3
    assert settings.num_avg_timing_iters == 1 and settings.timing_cache_path == ""
    assert settings.dryrun == "" and not settings.debug and settings.dump_dir == ""
    assert settings.enabled_precisions == set() and not settings.disable_tf32
    assert not settings.pass_through_build_failures and not settings.assume_dynamic_shape_support


def test_settings_with_an_effect(tmp_path, capsys):
    cache = tmp_path / "timing.bin"
    module = compiled(
        device=torch.device("cpu"),
        num_avg_timing_iters=2,
        timing_cache_path=str(cache),
        disable_tf32=True,
        torch_executed_modules={"no.such.module"},
    )
    assert module(torch.tensor([-1.0, 2.0])).tolist() == [0.0, 2.0]
    with pytest.warns(DeprecationWarning, match="debug"):
        torch_tensorrt.compile(
            torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU()).eval(),
            inputs=[torch.ones(1, 2)],
            min_block_size=1,
            debug=True,
            dump_dir=str(tmp_path / "passes"),
        )
    dumps = sorted((tmp_path / "passes").iterdir())
    assert dumps and all(p.read_text().startswith("graph") for p in dumps)
    compiled(dryrun=True)
    assert "Dry-Run Results" in capsys.readouterr().out
