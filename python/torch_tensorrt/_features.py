# SPDX-License-Identifier: Apache-2.0
"""What this build can do."""

from collections import namedtuple

FeatureSet = namedtuple(
    "FeatureSet",
    [
        "torchscript_frontend",
        "torch_tensorrt_runtime",
        "dynamo_frontend",
        "fx_frontend",
        "refit",
        "qdp_plugin",
        "windows_cross_compile",
        "tensorrt_rtx",
        "trtllm_for_nccl",
        "native_trt_collectives",
        "complex_decomposition",
    ],
    defaults=(False,) * 11,
)

ENABLED_FEATURES = FeatureSet(
    torchscript_frontend=True, torch_tensorrt_runtime=True, dynamo_frontend=True, fx_frontend=True
)
