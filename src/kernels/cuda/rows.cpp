// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/rows.h"

#include <algorithm>

#include "kernels/cuda/code.h"

namespace tenon::kernels::rows {

CUfunction function(const Problem& p, const char* file, std::vector<std::string> defines,
                    const std::string& name) {
  TENON_ASSERT(p.target && p.target->code, "a CUDA kernel needs a CUDA target");
  return p.target->code->function({file, std::string(source_file(file)), std::move(defines)}, name);
}

std::vector<SourceVariant> variants(const char* file, std::initializer_list<const char*> types,
                                    const std::vector<std::string>& more) {
  std::vector<SourceVariant> all;
  for (const char* type : types) {
    SourceVariant v{file, {std::string("T=") + type}};
    v.defines.insert(v.defines.end(), more.begin(), more.end());
    all.push_back(std::move(v));
  }
  return all;
}

Support one_real_type(const Problem& p) {
  const DataType t = p.in[0].dtype;
  if (!is_device_float(t)) return Support::no(std::string("no CUDA kernel for ") + name_of(t));
  for (const TensorDesc& d : p.in) {
    if (!d.present) continue;
    if (d.dtype != t) return Support::no("operands of different types");
    if (!d.format.empty()) return Support::no("packed operand");
  }
  return p.out[0].dtype == t ? Support::yes() : Support::no("a result of another type");
}

bool same_order(const TensorDesc& a, const TensorDesc& b) {
  return a.layout == b.layout || std::max(a.shape.size(), b.shape.size()) < 3;
}

bool aligned(std::initializer_list<const void*> pointers) {
  return std::all_of(pointers.begin(), pointers.end(),
                     [](const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; });
}

int64_t power_of_two_from(int64_t n) {
  int64_t p = 1;
  while (p < n) p *= 2;
  return p;
}

Dim3 grid_of(int64_t blocks) {
  TENON_CHECK(blocks > 0 && blocks < int64_t{1} << 31, "a grid of ", blocks, " blocks");
  return {static_cast<unsigned>(blocks)};
}

Shape spread(int64_t groups, int64_t lanes, int processors, int64_t most_threads) {
  const int64_t warps = ceil_div(groups * lanes, 32);
  const int64_t wanted = warps / (2 * std::max(processors, 1));
  const int64_t block = std::clamp<int64_t>(wanted, 1, most_threads / 32) * 32;
  return {grid_of(ceil_div(groups * lanes, block)), {static_cast<unsigned>(block)}};
}

RowPlan plan_rows(int64_t rows, int64_t size, int64_t vector, int processors) {
  constexpr int64_t kLaneRow = 256, kLaneRowVectors = 1024, kBlockRow = 8192;  // the longest rows
  const bool vectors = vector > 1;
  const int64_t parts = size / vector;
  if (size > (vectors ? kLaneRowVectors : kLaneRow)) {
    const bool fits = vectors && size <= kBlockRow;
    const int64_t most = fits ? 512 : 1024;
    const Dim3 block{static_cast<unsigned>(std::min(most, whole_warps(parts)))};
    return {fits ? RowPlan::kBlockVectors : RowPlan::kLong, 0, {grid_of(rows), block}};
  }
  const int64_t lanes = std::min<int64_t>(32, power_of_two_from(parts));
  return {vectors ? RowPlan::kLanesVectors : RowPlan::kLanes, static_cast<int32_t>(lanes),
          spread(rows, lanes, processors)};
}

}  // namespace tenon::kernels::rows
