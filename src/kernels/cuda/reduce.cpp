// SPDX-License-Identifier: Apache-2.0
// reduce, and adaptive pooling to one position, which is the same thing, on CUDA (src/reduce.cu
// says how). Where few outputs have long axes, blocks share an axis and a second launch combines
// their parts in a fixed order.
#include <algorithm>

#include "kernels/cuda/rows.h"

namespace tenon::kernels {
namespace {

using rows::Ints;

constexpr size_t kDims = 8;

struct Reduce {
  const void* x;
  void *y, *partial;
  int64_t outer, axis, inner, part;
  int32_t splits, lanes;
};
struct ReduceAny {
  const void* x;
  void* y;
  int64_t outputs, count;
  int64_t kept[kDims], kept_x[kDims], kept_y[kDims];
  int64_t reduced[kDims], reduced_x[kDims];
  int32_t kept_rank, reduced_rank, lanes;
};

bool is_pooling(const Problem& p) { return p.layer->op == "adaptive_pooling"; }

/// The device code's struct for the operation, or null.
const char* operation(const Problem& p) {
  const std::string name =
      is_pooling(p) ? attr_str(p, "type", "average") : attr_str(p, "operation", "sum");
  const std::pair<const char*, const char*> names[] = {
      {"sum", "Sum"}, {"prod", "Prod"},   {"max", "Max"}, {"min", "Min"},
      {"avg", "Avg"}, {"average", "Avg"}, {"any", "Any"}, {"all", "All"}};
  for (const auto& [ours, device] : names)
    if (name == ours) return device;
  return nullptr;
}

std::vector<std::string> defines(const Problem& p) {
  return {std::string("T=") + device_type(p.in[0].dtype), std::string("OP=") + operation(p)};
}

/// Parts of the axis, so that `blocks` times as many fill the chip and each part is worth a block.
int64_t splits_for(int64_t blocks, int64_t axis, int64_t least_part, int processors) {
  const int64_t wanted = ceil_div(2 * processors, std::max<int64_t>(blocks, 1));
  return std::clamp<int64_t>(std::min(wanted, axis / least_part), 1, 256);
}

class SlabKernel final : public DeviceKernel {
 public:
  SlabKernel(const Problem& p, const cpu::Slabs& s)
      : slabs_(s), vector_(rows::per_vector(p.in[0].dtype)), processors_(p.target->processors) {
    const char* const names[] = {"rows_lanes_s", "rows_lanes_v", "rows_block_s", "rows_block_v",
                                 "columns_s",    "columns_v",    "finish"};
    for (size_t i = 0; i < 7; ++i)
      functions_[i] = rows::function(p, "reduce.cu", defines(p), names[i]);
    by_lanes_ = s.inner == 1 && (s.axis <= 1024 || s.outer >= 8 * processors_);
    if (s.inner == 1 && !by_lanes_)
      splits_ = splits_for(s.outer, s.axis, 4096, processors_);
    else if (s.inner > 1)
      splits_ = splits_for(s.outer * ceil_div(s.inner, 32), s.axis, 128, processors_);
    if (splits_ > 1) scratch_bytes = static_cast<size_t>(splits_ * s.outer * s.inner) * 8;
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    Reduce r{call.in[0],
             call.out[0],
             call.scratch,
             slabs_.outer,
             slabs_.axis,
             slabs_.inner,
             0,
             static_cast<int32_t>(splits_),
             0};
    // Parts are multiples of every vector's length.
    r.part = ceil_div(ceil_div(r.axis, splits_), 16) * 16;
    const int64_t extent = r.inner == 1 ? r.axis : r.inner;
    const bool vectors = extent % vector_ == 0 && rows::aligned({r.x});
    if (by_lanes_)
      launch_lanes(r, vectors, sink);
    else if (r.inner == 1)
      launch_blocks(r, vectors, sink);
    else
      launch_columns(r, vectors, sink);
    if (splits_ > 1)
      sink(functions_[6], rows::grid_of(ceil_div(r.outer * r.inner, 256)), {256}, 0, r);
  }

 private:
  void launch_lanes(Reduce r, bool vectors, LaunchSink& sink) const {
    const int64_t parts = r.axis / (vectors ? vector_ : 1);
    r.lanes = static_cast<int32_t>(std::min<int64_t>(32, rows::power_of_two_from(parts)));
    const rows::Shape shape = rows::spread(r.outer, r.lanes, processors_);
    sink(functions_[vectors], shape.grid, shape.block, 0, r);
  }
  void launch_blocks(const Reduce& r, bool vectors, LaunchSink& sink) const {
    Dim3 grid = rows::grid_of(r.outer);
    grid.y = static_cast<unsigned>(splits_);
    sink(functions_[2 + vectors], grid, {256}, 0, r);
  }
  void launch_columns(const Reduce& r, bool vectors, LaunchSink& sink) const {
    // Vectors only where the chip is full with them.
    const int64_t wide = r.outer * ceil_div(r.inner, 32 * vector_) * splits_;
    vectors = vectors && wide >= processors_;
    const int64_t columns = r.inner / (vectors ? vector_ : 1);
    const int64_t x = std::min<int64_t>(32, rows::power_of_two_from(columns));
    const int64_t y = std::min<int64_t>(256 / x, rows::power_of_two_from(r.part));
    Dim3 grid = rows::grid_of(r.outer * ceil_div(columns, x));
    grid.y = static_cast<unsigned>(splits_);
    sink(functions_[4 + vectors], grid, {static_cast<unsigned>(x), static_cast<unsigned>(y)}, 0, r);
  }

  cpu::Slabs slabs_;
  int64_t vector_;
  int processors_;
  int64_t splits_ = 1;
  bool by_lanes_ = false;
  CUfunction functions_[7];
};

class AnyKernel final : public DeviceKernel {
 public:
  explicit AnyKernel(const Problem& p) : processors_(p.target->processors) {
    const TensorDesc& x = p.in[0];
    const std::vector<bool> reduced = cpu::reduced_dims(p);
    const Ints own = x.strides(), out = cpu::kept_strides(p.out[0], reduced);
    Ints kept_shape, kept_x, kept_y, reduced_shape, reduced_x;
    for (size_t d = 0; d < reduced.size(); ++d) {
      (reduced[d] ? reduced_shape : kept_shape).push_back(x.shape[d]);
      (reduced[d] ? reduced_x : kept_x).push_back(own[d]);
      if (!reduced[d]) kept_y.push_back(out[d]);
    }
    any_.outputs = cpu::product(kept_shape), any_.count = cpu::product(reduced_shape);
    const cpu::Space kept = cpu::make_space(kept_shape, {kept_y, kept_x});
    const cpu::Space inner = cpu::make_space(reduced_shape, {reduced_x});
    any_.kept_rank = fill(kept.dims, any_.kept);
    fill(kept.strides[0], any_.kept_y), fill(kept.strides[1], any_.kept_x);
    any_.reduced_rank = fill(inner.dims, any_.reduced);
    fill(inner.strides[0], any_.reduced_x);
    any_.lanes =
        static_cast<int32_t>(std::min<int64_t>(32, rows::power_of_two_from(any_.count / 4)));
    function_ = rows::function(p, "reduce.cu", defines(p), "any");
  }
  void launches(const Call& call, LaunchSink& sink) const override {
    if (any_.outputs == 0) return;
    ReduceAny a = any_;
    a.x = call.in[0], a.y = call.out[0];
    const rows::Shape shape = rows::spread(a.outputs, a.lanes, processors_);
    sink(function_, shape.grid, shape.block, 0, a);
  }

 private:
  static int32_t fill(const Ints& from, int64_t* to) {
    std::copy(from.begin(), from.end(), to);
    return static_cast<int32_t>(from.size());
  }
  ReduceAny any_{};
  int processors_;
  CUfunction function_;
};

Support supports_types(const Problem& p) {
  const DataType t = p.in[0].dtype;
  const std::string op = operation(p);
  const bool logic = op == "Any" || op == "All";
  const bool integer = t == DataType::kINT64 || t == DataType::kINT32;
  if (p.out[0].dtype != t) return Support::no("a result of another type");
  if (logic ? t == DataType::kBOOL : is_device_float(t) || (integer && op != "Avg"))
    return Support::yes();
  return Support::no("no CUDA kernel for " + op + " of " + name_of(t));
}

class Reduction : public KernelImpl {
 public:
  Reduction(const char* op, const char* name, int priority)
      : KernelImpl(op, name, priority, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (!operation(p)) return Support::no("no such reduction");
    if (Support s = supports_types(p); !s) return s;
    if (p.in[0].shape.size() > kDims) return Support::no("more than 8 dims");
    if (is_pooling(p)) {
      for (int64_t size : attr_ints(p, "output_size"))
        if (size != 1) return Support::no("the output is larger than one position");
    }
    const std::string op = operation(p);
    const bool nothing = p.in[0].elements() == 0 && p.out[0].elements() > 0;
    if (nothing && (op == "Max" || op == "Min"))
      return Support::no("max and min of no elements are not defined");
    return Support::yes();
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    if (p.in[0].elements() != 0) {
      if (const auto slabs = cpu::slabs_reduced(p.in[0], p.out[0], cpu::reduced_dims(p)))
        return std::make_unique<SlabKernel>(p, *slabs);
    }
    return std::make_unique<AnyKernel>(p);
  }
};

struct ReduceLayer : Reduction {
  ReduceLayer() : Reduction("reduce", "cuda.reduce", 50) {}
};
struct GlobalPooling : Reduction {
  GlobalPooling() : Reduction("adaptive_pooling", "cuda.global_pooling", 55) {}
};
const RegisterKernel<ReduceLayer> kReduce;
const RegisterKernel<GlobalPooling> kGlobalPooling;

std::vector<SourceVariant> all_variants() {
  std::vector<SourceVariant> all;
  for (const char* op : {"OP=Sum", "OP=Prod", "OP=Max", "OP=Min"})
    for (SourceVariant& v : rows::variants("reduce.cu", {"f32", "f16", "bf16", "i32", "i64"}, {op}))
      all.push_back(std::move(v));
  for (SourceVariant& v : rows::variants("reduce.cu", {"f32", "f16", "bf16"}, {"OP=Avg"}))
    all.push_back(std::move(v));
  for (const char* op : {"OP=Any", "OP=All"})
    for (SourceVariant& v : rows::variants("reduce.cu", {"u8"}, {op})) all.push_back(std::move(v));
  return all;
}
const RegisterSources kSources(all_variants());

}  // namespace
}  // namespace tenon::kernels
