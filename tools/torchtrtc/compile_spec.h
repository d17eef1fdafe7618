// SPDX-License-Identifier: Apache-2.0
// What the specs of both compilers, dynamo::CompileSpec and torchscript::CompileSpec, call the
// same.
#pragma once

#include "arguments.h"

namespace torchtrtc {

template <typename Spec>
void set_common(Spec& spec, const Arguments& a) {
  spec.device = a.device;
  spec.require_full_compilation = a.require_full_compilation;
  spec.min_block_size = a.min_block_size.value_or(spec.min_block_size);
  spec.torch_executed_ops = a.torch_executed_ops;
  spec.torch_executed_modules = a.torch_executed_modules;
  spec.disable_tf32 = a.disable_tf32;
  spec.debug = a.debug;
  spec.num_avg_timing_iters = a.num_avg_timing_iters;
  spec.optimization_level = a.optimization_level;
  spec.timing_cache_path = a.timing_cache;
}

}  // namespace torchtrtc
