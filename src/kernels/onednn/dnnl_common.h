// SPDX-License-Identifier: Apache-2.0
// What every oneDNN kernel needs: the engine, memory descriptors of operands, names of packed
// layouts, and the translation of dnnl::error. Stateless but for the engine; thread safe.
#pragma once

#include <dnnl.hpp>
#include <string>

#include "base/error.h"
#include "kernels/kernel.h"

namespace tenon::kernels::onednn {

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;

/// The CPU engine of this process.
const dnnl::engine& cpu_engine();

/// Operand `i`, or null if it is absent.
const TensorDesc* operand(const Problem& problem, size_t i);

/// Descriptor of an operand in the physical order `layout`.
Desc desc_of(const TensorDesc& tensor, ir::Layout layout);
/// In its own order.
inline Desc desc_of(const TensorDesc& tensor) { return desc_of(tensor, tensor.layout); }
/// Dense descriptor with explicit element strides.
Desc strided(const Dims& dims, const Dims& strides);
/// Row-major strides of `dims`.
Dims row_major(const Dims& dims);
int64_t product(const Dims& dims);

/// "yes" if all present operands are f32 and none is empty.
Support check_operands(const Problem& problem);
/// "yes" if all present operands are row-major.
Support check_plain(const Problem& problem);

/// Name of a packed layout, from which parse_format() makes the same descriptor in any process:
/// "onednn:64x32x3x3:ABcd16b16a". Empty if oneDNN has no public name for it.
std::string format_name(const Desc& desc);
Desc parse_format(const std::string& format);
/// The same, but empty where oneDNN has no such layout.
Desc find_format(const std::string& format);

/// "convolution 1x3x8x8 4x3x3x3 -> 1x4x8x8", for messages.
std::string describe(const Problem& problem);

/// True for a descriptor of a real kernel; oneDNN's reference loops are worse than ours.
bool usable(const dnnl::primitive_desc_base& pd, std::string* why);
bool exists(const dnnl::primitive_desc_base& pd);
/// Batch-reduce GEMM: adds the products of an output in one sequence.
bool is_brgemm(const dnnl::primitive_desc_base& pd);

/// Runs `body`; what oneDNN throws leaves as tenon::Error that names the layer.
template <typename Body>
auto guarded(const Problem& problem, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const dnnl::error& e) {
    throw Error(detail::concat("oneDNN: ", e.what(), " in ", describe(problem)));
  }
}

/// The same for supports(): what oneDNN throws is a "no".
template <typename Body>
Support answered(Body&& body) {
  try {
    return body();
  } catch (const dnnl::error& e) {
    return Support::no(detail::concat("oneDNN: ", e.what()));
  }
}

}  // namespace tenon::kernels::onednn
