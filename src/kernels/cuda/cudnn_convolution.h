// SPDX-License-Identifier: Apache-2.0
// How a convolution layer becomes a cuDNN graph, and which of cuDNN's engines may run it. Planning
// takes the device as a value, so that it can be done (and tested) where there is no GPU.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/cudnn_plan.h"
#include "kernels/kernel.h"

namespace tenon::kernels::cudnn {

/// Format of constant weights that are packed channels last.
constexpr const char* kPackedFormat = "cudnn:krsc";

/// Names of the operands in Plan::execute(). A plan with `adds_bias` wants a bias even if the
/// layer has none (of zeros then).
enum ConvolutionOperand : int64_t { kInput = 1, kKernel, kBias, kResidual, kOutput };

/// Whether the layer has the form that cuDNN's fused engines have; asks no engine.
Support convolution_supported(const Problem& p);

/// cuDNN's engines compute relu(conv + residual + bias) only with the bias.
bool adds_bias(const Problem& p);

/// Engines for the layer, best guess first: "e41:2=5,13=1". Ahead of all others are engines that
/// cuDNN has compiled; only where there are none, two that it compiles when they are planned
/// (0.1 to 2 s each), which end in ",rtc". Empty if there is none at all; `why` says more.
std::vector<std::string> convolution_tactics(const Problem& p, const PlanDevice& device,
                                             std::string* why);

/// The plan of problem.tactic, or of cuDNN's best guess where that is empty or does not fit these
/// sizes. Throws Error if there is none.
std::unique_ptr<Plan> plan_convolution(const Problem& p, const PlanDevice& device);

}  // namespace tenon::kernels::cudnn
