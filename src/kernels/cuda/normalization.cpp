// SPDX-License-Identifier: Apache-2.0
// normalization and group_norm on CUDA (src/normalization.cu and src/group_norm.cu say how). Which
// kernel runs depends on the length of a row and, at each call, on whether the pointers allow
// 16-byte vectors.
#include <algorithm>

#include "kernels/cuda/rows.h"

namespace tenon::kernels {
namespace {

struct Norm {
  const void *x, *residual, *scale, *bias;
  void* y;
  int64_t rows, size;
  float epsilon;
  int32_t rms, lanes;
};

std::vector<std::string> defines(const Problem& p) {
  return {std::string("T=") + device_type(p.in[0].dtype)};
}

class NormKernel final : public DeviceKernel {
 public:
  NormKernel(const Problem& p, const Norm& norm)
      : norm_(norm),
        vector_(rows::per_vector(p.in[0].dtype)),
        processors_(p.target->processors),
        present_{has_input(p, 1), has_input(p, 2), has_input(p, 3)} {
    const char* const names[] = {"norm_lanes_s", "norm_lanes_v", "norm_block_v", "norm_long"};
    for (size_t i = 0; i < 4; ++i)
      functions_[i] = rows::function(p, "normalization.cu", defines(p), names[i]);
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    Norm n = norm_;
    if (n.rows == 0 || n.size == 0) return;
    const auto input = [&](size_t i) { return present_[i - 1] ? call.in[i] : nullptr; };
    n.x = call.in[0], n.scale = input(1), n.bias = input(2), n.residual = input(3);
    n.y = call.out[0];
    const bool vectors =
        n.size % vector_ == 0 && rows::aligned({n.x, n.y, n.residual, n.scale, n.bias});
    const rows::RowPlan plan = rows::plan_rows(n.rows, n.size, vectors ? vector_ : 1, processors_);
    n.lanes = plan.lanes;
    sink(functions_[plan.kernel], plan.shape.grid, plan.shape.block, 0, n);
  }

 private:
  Norm norm_;
  int64_t vector_;
  int processors_;
  bool present_[3];
  CUfunction functions_[4];
};

class Normalization final : public KernelImpl {
 public:
  Normalization() : KernelImpl("normalization", "cuda.normalization", 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = rows::one_real_type(p); !s) return s;
    const TensorDesc& x = p.in[0];
    const int64_t rank = attr_int(p, "rank", 1);
    if (rank < 1 || rank > static_cast<int64_t>(x.shape.size())) return Support::no("rank");
    const int64_t size = cpu::product(x.shape, x.shape.size() - static_cast<size_t>(rank));
    for (size_t i : {0, 1, 2, 3}) {
      if (!has_input(p, i)) continue;
      const TensorDesc& d = p.in[i];
      if (!d.plain() && d.shape.size() >= 3) return Support::no("plain layout only");
      const bool whole = i == 0 || i == 3;
      if (whole ? d.shape != x.shape : d.elements() != size)
        return Support::no("scale, bias or residual of another size");
    }
    const TensorDesc& y = p.out[0];
    return y.plain() || y.shape.size() < 3 ? Support::yes() : Support::no("plain layout only");
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const Ints& shape = p.in[0].shape;
    const size_t first = shape.size() - static_cast<size_t>(attr_int(p, "rank", 1));
    Norm n{};
    n.size = cpu::product(shape, first);
    n.rows = cpu::product(shape, 0, first);
    n.epsilon = static_cast<float>(attr_float(p, "epsilon", 1e-5));
    n.rms = attr_bool(p, "rms", false);
    return std::make_unique<NormKernel>(p, n);
  }
  // A position is read, at the last, by the thread that then writes it.
  bool in_place(const Problem&, size_t i) const override { return i == 0 || i == 3; }

 private:
  using Ints = rows::Ints;
};

struct GroupNorm {
  const void *x, *scale, *bias;
  void* y;
  int64_t stride, image, group_step;
  int32_t groups, outer, inner, channels;
  float epsilon;
  int32_t last;
};

class GroupNormKernel final : public DeviceKernel {
 public:
  GroupNormKernel(const Problem& p, const GroupNorm& norm)
      : norm_(norm),
        blocks_(p.in[0].shape[0] * norm.groups),
        vector_(rows::per_vector(p.in[0].dtype)),
        has_scale_(has_input(p, 1)),
        has_bias_(has_input(p, 2)),
        single_(rows::function(p, "group_norm.cu", defines(p), "group_norm_s")),
        vectors_(rows::function(p, "group_norm.cu", defines(p), "group_norm_v")) {}

  void launches(const Call& call, LaunchSink& sink) const override {
    const int64_t span = static_cast<int64_t>(norm_.outer) * norm_.inner;
    if (blocks_ == 0 || span == 0) return;
    GroupNorm n = norm_;
    n.x = call.in[0], n.y = call.out[0];
    n.scale = has_scale_ ? call.in[1] : nullptr;
    n.bias = has_bias_ ? call.in[2] : nullptr;
    const bool vectors = n.inner % vector_ == 0 && rows::aligned({n.x, n.y});
    const int64_t parts = span / (vectors ? vector_ : 1);
    const unsigned threads =
        static_cast<unsigned>(std::min<int64_t>(1024, rows::whole_warps(parts)));
    sink(vectors ? vectors_ : single_, rows::grid_of(blocks_), {threads}, 0, n);
  }

 private:
  GroupNorm norm_;
  int64_t blocks_, vector_;
  bool has_scale_, has_bias_;
  CUfunction single_, vectors_;
};

class GroupNormalization final : public KernelImpl {
 public:
  GroupNormalization() : KernelImpl("group_norm", "cuda.group_norm", 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = rows::one_real_type(p); !s) return s;
    const TensorDesc& x = p.in[0];
    const int64_t groups = attr_int(p, "groups", 1);
    if (x.shape.size() < 2 || groups < 1 || x.shape[1] % groups != 0) return Support::no("groups");
    if (!rows::same_order(x, p.out[0])) return Support::no("the layouts differ");
    for (size_t i : {1, 2}) {
      if (has_input(p, i) && p.in[i].elements() != x.shape[1])
        return Support::no("scale or bias of another size");
    }
    const int64_t span = cpu::product(x.shape, 1) / groups;
    return span < int64_t{1} << 31 ? Support::yes() : Support::no("a group of 2^31 elements");
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc& x = p.in[0];
    const int64_t channels = x.shape[1], pixels = cpu::product(x.shape, 2);
    const int64_t groups = attr_int(p, "groups", 1), per_group = channels / groups;
    GroupNorm n{};
    n.last = !x.plain() && x.shape.size() >= 3;
    n.stride = n.last ? channels : pixels;
    n.image = channels * pixels;
    n.group_step = n.last ? per_group : per_group * pixels;
    n.groups = static_cast<int32_t>(groups);
    n.outer = static_cast<int32_t>(n.last ? pixels : per_group);
    n.inner = static_cast<int32_t>(n.last ? per_group : pixels);
    n.channels = static_cast<int32_t>(per_group);
    n.epsilon = static_cast<float>(attr_float(p, "epsilon", 1e-5));
    return std::make_unique<GroupNormKernel>(p, n);
  }
  bool in_place(const Problem&, size_t i) const override { return i == 0; }
};

const RegisterKernel<Normalization> kNormalization;
const RegisterKernel<GroupNormalization> kGroupNormalization;
const RegisterSources kSources(rows::variants("normalization.cu", {"f32", "f16", "bf16"}));
const RegisterSources kGroupSources(rows::variants("group_norm.cu", {"f32", "f16", "bf16"}));

}  // namespace
}  // namespace tenon::kernels
