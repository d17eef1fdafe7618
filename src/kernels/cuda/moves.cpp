// SPDX-License-Identifier: Apache-2.0
// Layers that only move elements, in any dtype and layout: shuffle, reorder, identity, expand,
// slice, concatenation. Each is a set of strided copies (copy.h); a shuffle whose reshape cannot be
// seen as strides goes through scratch.
#include <optional>

#include "kernels/cuda/copy.h"

namespace tenon::kernels::cuda_kernels {
namespace {

class MoveKernel final : public DeviceKernel {
 public:
  explicit MoveKernel(CopyPlan plan) : plan_(std::move(plan)) {}
  void launches(const Call& call, LaunchSink& sink) const override {
    plan_.launches(call.in, call.out[0], sink);
  }

 private:
  CopyPlan plan_;
};

class TwoMovesKernel final : public DeviceKernel {
 public:
  TwoMovesKernel(CopyPlan first, CopyPlan second, size_t bytes)
      : first_(std::move(first)), second_(std::move(second)) {
    scratch_bytes = bytes;
  }
  void launches(const Call& call, LaunchSink& sink) const override {
    first_.launches(call.in, call.scratch, sink);
    const void* scratch = call.scratch;
    second_.launches(&scratch, call.out[0], sink);
  }

 private:
  CopyPlan first_, second_;
};

class Move : public KernelImpl {
 public:
  Move(const char* op, const char* name) : KernelImpl(op, name, 50, Device::kCUDA) {}
  Support supports(const Problem& p) const override {
    const TensorDesc& y = p.out[0];
    if (size_of(y.dtype) == 0) return Support::no(std::string("elements of ") + name_of(y.dtype));
    for (const TensorDesc& d : p.in) {
      if (d.dtype != y.dtype) return Support::no("the dtypes differ");
      if (!d.format.empty()) return Support::no("an operand is packed as " + d.format);
      if (d.shape.size() > kMaxRank) return Support::no("an operand has more than 8 dims");
    }
    if (y.shape.size() > kMaxRank) return Support::no("the output has more than 8 dims");
    return Support::yes();
  }

 protected:
  static CopyPlan plan(const Problem& p, std::vector<CopyTask> tasks) {
    return CopyPlan(p, tasks, size_of(p.out[0].dtype));
  }
  static std::unique_ptr<Kernel> kernel(const Problem& p, std::vector<CopyTask> tasks) {
    return std::make_unique<MoveKernel>(plan(p, std::move(tasks)));
  }
};

struct Reorder : Move {
  using Move::Move;
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    return kernel(p, {{0, y.shape, y.strides(), x.strides()}});
  }
};
struct ReorderLayer : Reorder {
  ReorderLayer() : Reorder("reorder", "cuda.reorder") {}
};
struct IdentityLayer : Reorder {
  IdentityLayer() : Reorder("identity", "cuda.identity") {}
};

struct Expand : Move {
  Expand() : Move("expand", "cuda.expand") {}
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    return kernel(p, {{0, y.shape, y.strides(), cpu::broadcast_strides(x, y.shape)}});
  }
};

struct Shuffle : Move {
  Shuffle() : Move("shuffle", "cuda.shuffle") {}
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    const Ints first = attr_ints(p, "first_transpose");
    const Ints second = attr_ints(p, "second_transpose");
    const Ints shape = cpu::permuted(x.shape, first), from = cpu::permuted(x.strides(), first);
    if (y.elements() == 0) return kernel(p, {});
    if (!attr_bool(p, "has_reshape", false)) {
      return kernel(p, {{0, y.shape, y.strides(), cpu::permuted(from, second)}});
    }
    const Ints middle = cpu::permuted(y.shape, cpu::inverse(second));
    if (const auto view = cpu::reshaped_strides(shape, from, middle)) {
      return kernel(p, {{0, y.shape, y.strides(), cpu::permuted(*view, second)}});
    }
    const Ints dense = cpu::permuted(cpu::row_major(middle), second);
    return std::make_unique<TwoMovesKernel>(plan(p, {{0, shape, cpu::row_major(shape), from}}),
                                            plan(p, {{0, y.shape, y.strides(), dense}}), y.bytes());
  }
};

struct Slice : Move {
  Slice() : Move("slice", "cuda.slice") {}
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    if (y.elements() == 0) return kernel(p, {});
    const Ints start = attr_sizes(p, "start"), step = attr_ints(p, "stride");
    CopyTask task{0, y.shape, y.strides(), x.strides()};
    for (size_t d = 0; d < x.shape.size(); ++d) {
      const int64_t first = start.at(d), stride = step.empty() ? 1 : step.at(d);
      const int64_t last = first + (y.shape[d] - 1) * stride;
      TENON_CHECK(first >= 0 && first < x.shape[d] && last >= 0 && last < x.shape[d],
                  "slice of dim ", d, " reads ", first, " to ", last, " of ", x.shape[d]);
      task.from_start += first * task.from_strides[d];
      task.from_strides[d] *= stride;
    }
    return kernel(p, {task});
  }
};

struct Concatenation : Move {
  Concatenation() : Move("concatenation", "cuda.concatenation") {}
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc& y = p.out[0];
    const int64_t named = attr_int(p, "axis", 0);
    const size_t axis =
        static_cast<size_t>(named < 0 ? named + static_cast<int64_t>(y.shape.size()) : named);
    std::vector<CopyTask> tasks;
    int64_t at = 0;
    for (size_t i = 0; i < p.in.size(); ++i) {
      const TensorDesc& x = p.in[i];
      tasks.push_back({i, x.shape, y.strides(), x.strides(), at * y.strides().at(axis)});
      at += x.shape.at(axis);
    }
    return kernel(p, std::move(tasks));
  }
};

const RegisterKernel<ReorderLayer> kReorder;
const RegisterKernel<IdentityLayer> kIdentity;
const RegisterKernel<Expand> kExpand;
const RegisterKernel<Shuffle> kShuffle;
const RegisterKernel<Slice> kSlice;
const RegisterKernel<Concatenation> kConcatenation;

}  // namespace
}  // namespace tenon::kernels::cuda_kernels
