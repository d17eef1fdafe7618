// SPDX-License-Identifier: Apache-2.0
// The TorchScript frontend: a lowered graph and what is known of its inputs -> ScriptProgram.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontends/torchscript/lower.h"
#include "frontends/torchscript/program.h"

namespace tenon::torchscript {

/// A tensor that the method takes.
struct InputSpec {
  std::vector<int64_t> min, opt, max;
  at::ScalarType dtype = at::kFloat;
};

/// `structure`: per argument of the method (without self) a tree whose ints index `inputs`; the
/// arguments beyond it take their default values.
struct InputSpecs {
  std::vector<InputSpec> inputs;
  std::vector<c10::IValue> structure;
};

/// The program points into `lowered`, which must outlive it.
std::unique_ptr<ScriptProgram> read(const Lowered& lowered, const c10::FunctionSchema& schema,
                                    const InputSpecs& specs, c10::Device device,
                                    const InferTypes& infer);

}  // namespace tenon::torchscript
