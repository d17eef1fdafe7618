// SPDX-License-Identifier: Apache-2.0
// An op that no converter knows: a library for --custom-torch-ops.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

namespace {

at::Tensor reverse(const at::Tensor& x) { return x.flip({-1}); }
at::Tensor shape(const at::Tensor& x) { return at::empty_like(x); }

TORCH_LIBRARY(tenon_cpp_test, m) { m.def("reverse(Tensor x) -> Tensor"); }
TORCH_LIBRARY_IMPL(tenon_cpp_test, CPU, m) { m.impl("reverse", reverse); }
TORCH_LIBRARY_IMPL(tenon_cpp_test, Meta, m) { m.impl("reverse", shape); }

}  // namespace
