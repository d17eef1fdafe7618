// SPDX-License-Identifier: Apache-2.0
// attention by our own kernels: tensor cores for f16 and bf16 where the depth allows
// (src/attention.cu), else f32 arithmetic (src/attention_plain.cu). Tactics are the numbers of
// queries per block: few give more blocks, many read keys and values less often.
#include <cmath>

#include "kernels/cpu/nd.h"
#include "kernels/cuda/element_type.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/sources.h"

namespace tenon::kernels {
namespace {

using cpu::Ints;

/// Twin of the struct in src/attention.cuh.
struct AttentionParams {
  const void *q = nullptr, *k = nullptr, *v = nullptr, *mask = nullptr;
  void* out = nullptr;
  int64_t q_stride[3]{}, k_stride[3]{}, v_stride[3]{}, out_stride[3]{}, mask_stride[4]{};
  int32_t heads = 0, group = 0;
  int32_t queries = 0, keys = 0, depth = 0, value_depth = 0;
  int32_t query_blocks = 0;
  int32_t mask_kind = 0, causal = 0;
  int32_t aligned = 0;
  float scale_log2 = 0;
};
constexpr int32_t kMaskBool = 1, kMaskFloat = 2;
constexpr int64_t kMaxDepth = 256, kMaxTensorDepth = 128;

/// Sizes and strides in the order batch, head, position, depth.
struct Operand {
  Ints shape, strides;
  int64_t offset = 0;  // in elements
};
Operand operand(const Problem& p, const TensorDesc& d, const char* layout_attr) {
  const std::string layout = attr_str(p, layout_attr, "bhsd");
  const Ints &s = d.shape, t = d.strides();
  if (layout == "bshd") return {{s[0], s[2], s[1], s[3]}, {t[0], t[2], t[1], t[3]}};
  if (layout.rfind("qkv", 0) == 0)  // [B, S, 3, H, D]
    return {{s[0], s[3], s[1], s[4]}, {t[0], t[3], t[1], t[4]}, (layout.back() - '0') * t[2]};
  return {s, t};
}

int64_t depth_of(const TensorDesc& d) { return d.shape.empty() ? 0 : d.shape.back(); }

/// The last dim is known while building: device code compiled for it serves every run.
bool fixed_depth(const Problem& p, size_t i) {
  const ir::Value* v = p.layer->input(i);
  return v && !v->type.shape.empty() && v->type.shape.back().is_const();
}

bool on_tensor_cores(const Problem& p) {
  const int64_t depth = depth_of(p.in[0]);
  return p.in[0].dtype != DataType::kFLOAT && depth == depth_of(p.in[2]) && depth > 0 &&
         depth % 16 == 0 && depth <= kMaxTensorDepth && fixed_depth(p, 0) && fixed_depth(p, 2);
}

/// What is launched: one of the kernels in one of the sources.
struct Choice {
  CodeSource source;
  std::string function;
  int64_t queries = 0;  // per block
  unsigned threads = 128;
  int64_t shared_bytes = 0;
};

Choice tensor_choice(const Problem& p, int64_t queries) {
  const int64_t depth = depth_of(p.in[0]);
  Choice c;
  const std::string type = device_type(p.in[0].dtype);
  c.source = {"attention.cu",
              std::string(source_file("attention.cu")),
              {"T=" + type, "D=" + std::to_string(depth)}};
  c.function = "attention_q" + std::to_string(queries);
  c.queries = queries;
  c.shared_bytes = 2 * 2 * 64 * (depth + 8) * 2;  // stages, keys and values, a tile's rows
  return c;
}

Choice plain_choice(const Problem& p, int64_t queries) {
  const int64_t value_depth = depth_of(p.in[2]);
  const int64_t columns = value_depth <= 64 ? 64 : value_depth <= 128 ? 128 : 256;
  Choice c;
  c.source = {"attention_plain.cu",
              std::string(source_file("attention_plain.cu")),
              {std::string("T=") + device_type(p.in[0].dtype)}};
  c.queries = columns == 256 ? std::min<int64_t>(queries, 32) : queries;
  c.function = "attention_q" + std::to_string(c.queries) + "_v" + std::to_string(columns);
  const int64_t pitch = 4 * ceil_div(depth_of(p.in[0]), 4) + 4;
  // As the source lays them out: queries, keys, values, probabilities.
  c.shared_bytes = 4 * (c.queries * pitch + 32 * pitch + 32 * columns + c.queries * 36);
  return c;
}

std::vector<int64_t> block_sizes(const Problem& p) {
  std::vector<int64_t> sizes = {64, 32, 16};
  if (on_tensor_cores(p) && depth_of(p.in[0]) <= 64) sizes.insert(sizes.begin(), 128);
  return sizes;
}

/// The most queries per block that still give every processor a block, else the fewest.
int64_t guess(const Problem& p) {
  const Operand q = operand(p, p.in[0], "query_layout");
  for (int64_t size : block_sizes(p))
    if (q.shape[0] * q.shape[1] * ceil_div(q.shape[2], size) >= p.target->processors) return size;
  return block_sizes(p).back();
}

Choice choose(const Problem& p) {
  int64_t queries = guess(p);
  for (int64_t size : block_sizes(p))
    if (p.tactic == "q" + std::to_string(size)) queries = size;
  return on_tensor_cores(p) ? tensor_choice(p, queries) : plain_choice(p, queries);
}

void set_mask(const Problem& p, const Ints& scores, AttentionParams& a) {
  if (!has_input(p, 3)) return;
  a.mask_kind = p.in[3].dtype == DataType::kBOOL ? kMaskBool : kMaskFloat;
  const Ints strides = cpu::broadcast_strides(p.in[3], scores);
  std::copy(strides.begin(), strides.end(), a.mask_stride);
}

AttentionParams make_params(const Problem& p) {
  const Operand q = operand(p, p.in[0], "query_layout"), k = operand(p, p.in[1], "key_layout"),
                v = operand(p, p.in[2], "value_layout"), y = operand(p, p.out[0], "output_layout");
  AttentionParams a;
  std::copy_n(q.strides.begin(), 3, a.q_stride);
  std::copy_n(k.strides.begin(), 3, a.k_stride);
  std::copy_n(v.strides.begin(), 3, a.v_stride);
  std::copy_n(y.strides.begin(), 3, a.out_stride);
  a.heads = static_cast<int32_t>(q.shape[1]);
  a.group = static_cast<int32_t>(q.shape[1] / std::max<int64_t>(k.shape[1], 1));
  a.queries = static_cast<int32_t>(q.shape[2]);
  a.keys = static_cast<int32_t>(k.shape[2]);
  a.depth = static_cast<int32_t>(q.shape[3]);
  a.value_depth = static_cast<int32_t>(v.shape[3]);
  a.causal = attr_bool(p, "causal", false);
  double scale = attr_float(p, "scale", 0);
  if (scale == 0) scale = 1 / std::sqrt(static_cast<double>(q.shape[3]));
  a.scale_log2 = static_cast<float>(scale * M_LOG2E);
  set_mask(p, {q.shape[0], q.shape[1], q.shape[2], k.shape[2]}, a);
  return a;
}

bool aligned16(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) % 16 == 0; }

class AttentionKernel final : public DeviceKernel {
 public:
  explicit AttentionKernel(const Problem& p) : params_(make_params(p)) {
    const Choice c = choose(p);
    threads_ = c.threads;
    shared_bytes_ = static_cast<unsigned>(c.shared_bytes);
    const size_t bytes = size_of(p.in[0].dtype);
    offsets_[0] = bytes * static_cast<size_t>(operand(p, p.in[0], "query_layout").offset);
    offsets_[1] = bytes * static_cast<size_t>(operand(p, p.in[1], "key_layout").offset);
    offsets_[2] = bytes * static_cast<size_t>(operand(p, p.in[2], "value_layout").offset);
    function_ = p.target->code->function(c.source, c.function);
    allow_shared(function_, shared_bytes_);
    params_.query_blocks = static_cast<int32_t>(ceil_div(params_.queries, c.queries));
    const int64_t batch = p.in[0].shape[0];
    blocks_ = p.out[0].elements() == 0 ? 0 : batch * params_.heads * params_.query_blocks;
    TENON_CHECK(blocks_ <= INT32_MAX, "attention over ", blocks_, " blocks is too large");
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    if (blocks_ == 0) return;
    AttentionParams a = params_;
    const auto part = [&](size_t i) { return static_cast<const char*>(call.in[i]) + offsets_[i]; };
    a.q = part(0);
    a.k = part(1);
    a.v = part(2);
    a.mask = a.mask_kind ? call.in[3] : nullptr;
    a.out = call.out[0];
    a.aligned = aligned16(a.q) && aligned16(a.k) && aligned16(a.v) && aligned16(a.out);
    sink(function_, {static_cast<unsigned>(blocks_), 1, 1}, {threads_, 1, 1}, shared_bytes_, a);
  }

 private:
  AttentionParams params_;
  CUfunction function_ = nullptr;
  int64_t blocks_ = 0;
  size_t offsets_[3] = {};  // bytes to each operand's part
  unsigned threads_ = 0, shared_bytes_ = 0;
};

Support supports_operand(const TensorDesc& d, DataType t) {
  if (d.dtype != t) return Support::no("operands of different types");
  if (!d.plain()) return Support::no("plain layout only");
  if (!d.format.empty()) return Support::no("packed operand");
  return Support::yes();
}

Support supports_mask(const Problem& p) {
  if (!has_input(p, 3)) return Support::yes();
  const TensorDesc& m = p.in[3];
  if (m.dtype != DataType::kBOOL && m.dtype != p.in[0].dtype)
    return Support::no("a mask that is neither bool nor of the query's type");
  if (!m.plain()) return Support::no("the mask is not in the plain layout");
  return Support::yes();
}

class Attention final : public KernelImpl {
 public:
  Attention() : KernelImpl("attention", "cuda.attention", 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    const DataType t = p.in[0].dtype;
    if (!is_device_float(t)) return Support::no("f32, f16 and bf16 only");
    for (size_t i = 0; i < 3; ++i)
      if (Support s = supports_operand(p.in[i], t); !s) return s;
    if (Support s = supports_operand(p.out[0], t); !s) return s;
    if (Support s = supports_mask(p); !s) return s;
    const int64_t depth = depth_of(p.in[0]), value_depth = depth_of(p.in[2]);
    if (depth == 0) return Support::no("a depth of zero");
    if (depth > kMaxDepth || value_depth > kMaxDepth)
      return Support::no("a depth of " + std::to_string(std::max(depth, value_depth)) +
                         "; up to 256 fit the kernel's registers");
    const Operand q = operand(p, p.in[0], "query_layout"), k = operand(p, p.in[1], "key_layout");
    for (const Operand* o : {&q, &k})
      if (o->shape[1] > INT32_MAX || o->shape[2] > INT32_MAX) return Support::no("sizes over 2^31");
    if (k.shape[1] == 0 || q.shape[1] % k.shape[1] != 0)
      return Support::no("head counts do not divide");
    return Support::yes();
  }

  std::vector<std::string> tactics(const Problem& p) const override {
    const int64_t first = guess(p);
    std::vector<std::string> names = {"q" + std::to_string(first)};
    for (int64_t size : block_sizes(p))
      if (size != first) names.push_back("q" + std::to_string(size));
    return names;
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<AttentionKernel>(p);
  }
};

// Of the depths, which differ in the length of loops only, those at both ends and in common use.
const RegisterSources kSources({{"attention.cu", {"T=f16", "D=16"}},
                                {"attention.cu", {"T=f16", "D=64"}},
                                {"attention.cu", {"T=bf16", "D=64"}},
                                {"attention.cu", {"T=bf16", "D=128"}},
                                {"attention_plain.cu", {"T=f32"}},
                                {"attention_plain.cu", {"T=f16"}},
                                {"attention_plain.cu", {"T=bf16"}}});
const RegisterKernel<Attention> kRegister;

}  // namespace
}  // namespace tenon::kernels
