// SPDX-License-Identifier: Apache-2.0
// What libtenon.so looks up in this library.
#include "kernels/onednn/plugin.h"

#include <dnnl.hpp>
#include <string>

#include "kernels/kernel.h"

namespace {
/// TENON_ISA holds for oneDNN too. It must be said before the first primitive is made.
void limit_isa() {
  using tenon::kernels::Isa;
  switch (tenon::kernels::isa()) {
    case Isa::kAvx512:
      return;
    case Isa::kAvx2:
      dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2);
      return;
    case Isa::kGeneric:
      dnnl::set_max_cpu_isa(dnnl::cpu_isa::sse41);
      return;
  }
}
}  // namespace

extern "C" TENON_API void tenon_register_kernels() {
  limit_isa();
  // A primitive takes up to a millisecond to make; the default of 1024 is little for a process
  // that runs several dynamic engines.
  dnnl::set_primitive_cache_capacity(4096);
  tenon::kernels::onednn::register_convolution();
  tenon::kernels::onednn::register_convolution_split();
  tenon::kernels::onednn::register_deconvolution();
  tenon::kernels::onednn::register_linear();
  tenon::kernels::onednn::register_matrix_multiply();
  tenon::kernels::onednn::register_pooling();
}

extern "C" TENON_API const char* tenon_plugin_version() {
  static const std::string text = [] {
    const dnnl_version_t* v = dnnl_version();
    return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
           std::to_string(v->patch) + " (" + std::string(v->hash).substr(0, 10) + ")";
  }();
  return text.c_str();
}
