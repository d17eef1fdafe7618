// SPDX-License-Identifier: Apache-2.0
// attention, f32: blocks of 64 queries (AVX-512; 16 with AVX2) of one head, 384 keys a pass, online
// softmax; see attention_isa.cpp. Work is split evenly over (batch, head, block of queries).
// Flops: 4 * queries * keys * depth per head. Bytes: each operand once, scores stay in L1/L2.
// Best measured (one core of a shared, busy Zen 5, AVX-512; kernel_bench): 184 GFLOP/s at
// 12 heads, 128 x 128 x 64, about 70 % of the peak with the softmax included.
#include "kernels/cpu/attention.h"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/nd.h"

namespace tenon::kernels::cpu {

namespace {

// Sizes and strides of an operand by meaning instead of position.
struct Heads {
  int64_t batch, heads, rows, depth;
  HeadStrides strides;
};

Heads heads_of(const TensorDesc& d, const std::string& layout) {
  const Ints s = d.strides();
  const size_t h = layout == "bshd" ? 2 : 1, r = 3 - h;
  return {d.shape[0], d.shape[h], d.shape[r], d.shape[3], {s[0], s[h], s[r]}};
}

void describe_mask(const Problem& p, AttentionArgs* a) {
  a->mask_kind = MaskKind::kNone;
  if (!has_input(p, 3)) return;
  const TensorDesc& m = p.in[3];
  a->mask_kind = m.dtype == DataType::kBOOL ? MaskKind::kBool : MaskKind::kFloat;
  const Ints s = broadcast_strides(m, {a->batch, a->heads, a->queries, a->keys});
  a->mask = {s[0], s[1], s[2]};
  a->mask_key = s[3];
}

AttentionArgs make_args(const Problem& p) {
  AttentionArgs a{};
  const Heads q = heads_of(p.in[0], attr_str(p, "query_layout", "bhsd"));
  const Heads k = heads_of(p.in[1], attr_str(p, "key_layout", "bhsd"));
  const Heads v = heads_of(p.in[2], attr_str(p, "value_layout", "bhsd"));
  const Heads o = heads_of(p.out[0], attr_str(p, "output_layout", "bhsd"));
  a.batch = q.batch, a.heads = q.heads, a.kv_heads = k.heads;
  a.queries = q.rows, a.keys = k.rows, a.depth = q.depth, a.value_depth = v.depth;
  const double scale = attr_float(p, "scale", 0);
  a.scale = static_cast<float>(scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(q.depth)));
  a.causal = attr_bool(p, "causal", false);
  a.q = q.strides, a.k = k.strides, a.v = v.strides, a.out = o.strides;
  describe_mask(p, &a);
  return a;
}

class AttentionKernel : public Kernel {
 public:
  AttentionKernel(const AttentionArgs& args, int threads)
      : args_(args),
        fns_(TENON_ISA_PICK(attention_fns)),
        units_(args.batch * args.heads * fns_.blocks(args)) {
    const double flops = 4.0 * args.batch * args.heads * args.queries * args.keys * args.depth;
    slots_ = std::clamp<int64_t>(static_cast<int64_t>(flops / 5e5), 1, std::max(threads, 1));
    slots_ = std::min(slots_, std::max<int64_t>(units_, 1));
    slot_floats_ = fns_.scratch(args);
    scratch_bytes = static_cast<size_t>(slots_ * slot_floats_) * sizeof(float);
  }

  void run(const Call& call) const override {
    AttentionArgs a = args_;
    a.query = static_cast<const float*>(call.in[0]);
    a.key = static_cast<const float*>(call.in[1]);
    a.value = static_cast<const float*>(call.in[2]);
    a.mask_data = a.mask_kind == MaskKind::kNone ? nullptr : call.in[3];
    a.result = static_cast<float*>(call.out[0]);
    float* scratch = static_cast<float*>(call.scratch);
    parallel_for(slots_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t slot = begin; slot < end; ++slot) {
        fns_.run(a, units_ * slot / slots_, units_ * (slot + 1) / slots_,
                 scratch + slot * slot_floats_);
      }
    });
  }

 private:
  AttentionArgs args_;
  const AttentionFns& fns_;
  int64_t units_, slots_ = 1, slot_floats_ = 0;
};

class Attention : public KernelImpl {
 public:
  Attention() : KernelImpl("attention", "cpu.attention", 50) {}

  Support supports(const Problem& p) const override {
    for (size_t i = 0; i < 3; ++i) {
      const TensorDesc& d = p.in.at(i);
      if (d.dtype != DataType::kFLOAT) return Support::no("f32 only");
      if (d.shape.size() != 4 || !d.plain()) return Support::no("rank 4 in the plain layout only");
    }
    if (!p.out[0].plain() || p.out[0].dtype != DataType::kFLOAT) return Support::no("f32 only");
    if (has_input(p, 3)) {
      const TensorDesc& m = p.in[3];
      if (m.dtype != DataType::kFLOAT && m.dtype != DataType::kBOOL) {
        return Support::no("a mask of another type than f32 or bool");
      }
      if (!m.plain()) return Support::no("the mask is not in the plain layout");
    }
    const AttentionArgs a = make_args(p);
    if (a.kv_heads == 0 || a.heads % a.kv_heads != 0)
      return Support::no("head counts do not divide");
    return Support::yes();
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<AttentionKernel>(make_args(p), p.threads);
  }
};

const RegisterKernel<Attention> kRegister;

}  // namespace

}  // namespace tenon::kernels::cpu
