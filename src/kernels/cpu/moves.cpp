// SPDX-License-Identifier: Apache-2.0
// Layers that only move elements, in any dtype and layout: shuffle, reorder, identity, expand,
// slice, concatenation. Each is one strided copy per input (copy.h); a shuffle whose reshape cannot
// be seen as strides goes through scratch.
#include <algorithm>

#include "kernels/cpu/copy.h"

namespace tenon::kernels::cpu {

namespace {

struct Copy {
  size_t input;
  CopyPlan plan;
};

class CopyKernel : public Kernel {
 public:
  explicit CopyKernel(std::vector<Copy> copies) : copies_(std::move(copies)) {}
  void run(const Call& call) const override {
    for (const Copy& c : copies_) c.plan.run(call.in[c.input], call.out[0]);
  }

 private:
  std::vector<Copy> copies_;
};

class TwoCopiesKernel : public Kernel {
 public:
  TwoCopiesKernel(CopyPlan first, CopyPlan second, size_t bytes)
      : first_(std::move(first)), second_(std::move(second)) {
    scratch_bytes = bytes;
  }
  void run(const Call& call) const override {
    first_.run(call.in[0], call.scratch);
    second_.run(call.scratch, call.out[0]);
  }

 private:
  CopyPlan first_, second_;
};

class Move : public KernelImpl {
 public:
  Move(const char* op, const char* name) : KernelImpl(op, name, 50) {}
  Support supports(const Problem& p) const override {
    const size_t size = size_of(p.out[0].dtype);
    if (size == 0) return Support::no("no whole elements");
    for (const TensorDesc& d : p.in) {
      if (d.dtype != p.out[0].dtype) return Support::no("the dtypes differ");
      if (!d.format.empty()) return Support::no("packed operand");
    }
    if (p.out[0].shape.size() > kMaxOperands) return Support::no("too many dims");
    return Support::yes();
  }

 protected:
  static std::unique_ptr<Kernel> one(CopyPlan plan) {
    std::vector<Copy> copies;
    copies.push_back({0, std::move(plan)});
    return std::make_unique<CopyKernel>(std::move(copies));
  }
  static size_t size(const Problem& p) { return size_of(p.out[0].dtype); }
};

// ---- shuffle

class Shuffle : public Move {
 public:
  Shuffle() : Move("shuffle", "cpu.shuffle") {}

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    const Ints first = attr_ints(p, "first_transpose"), second = attr_ints(p, "second_transpose");
    const Ints shape = permuted(x.shape, first), strides = permuted(x.strides(), first);
    if (y.elements() == 0) return std::make_unique<CopyKernel>(std::vector<Copy>{});
    if (!attr_bool(p, "has_reshape", false)) {
      return one(CopyPlan(y.shape, y.strides(), permuted(strides, second), size(p)));
    }
    const Ints middle = permuted(y.shape, inverse(second));
    if (const auto view = reshaped_strides(shape, strides, middle)) {
      return one(CopyPlan(y.shape, y.strides(), permuted(*view, second), size(p)));
    }
    return std::make_unique<TwoCopiesKernel>(
        CopyPlan(shape, row_major(shape), strides, size(p)),
        CopyPlan(y.shape, y.strides(), permuted(row_major(middle), second), size(p)), y.bytes());
  }
};

// ---- the others

struct Reorder : Move {
  Reorder(const char* op, const char* name) : Move(op, name) {}
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    return one(CopyPlan(y.shape, y.strides(), x.strides(), size(p)));
  }
};
struct ReorderLayer : Reorder {
  ReorderLayer() : Reorder("reorder", "cpu.reorder") {}
};
struct IdentityLayer : Reorder {
  IdentityLayer() : Reorder("identity", "cpu.identity") {}
};

struct Expand : Move {
  Expand() : Move("expand", "cpu.expand") {}
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    return one(CopyPlan(y.shape, y.strides(), broadcast_strides(x, y.shape), size(p)));
  }
};

struct Slice : Move {
  Slice() : Move("slice", "cpu.slice") {}
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    const Ints start = attr_sizes(p, "start"), step = attr_ints(p, "stride"), own = x.strides();
    Ints strides = own;
    int64_t at = 0;
    for (size_t d = 0; d < own.size(); ++d) {
      strides[d] *= step.empty() ? 1 : step.at(d);
      at += start.at(d) * own[d];
    }
    return one(CopyPlan(y.shape, y.strides(), strides, size(p), 0, at));
  }
};

struct Concatenation : Move {
  Concatenation() : Move("concatenation", "cpu.concatenation") {}
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const TensorDesc& y = p.out[0];
    int64_t axis = attr_int(p, "axis", 0), at = 0;
    if (axis < 0) axis += static_cast<int64_t>(y.shape.size());
    const int64_t step = y.strides().at(static_cast<size_t>(axis));
    std::vector<Copy> copies;
    for (size_t i = 0; i < p.in.size(); ++i) {
      const TensorDesc& x = p.in[i];
      copies.push_back({i, CopyPlan(x.shape, y.strides(), x.strides(), size(p), at * step)});
      at += x.shape.at(static_cast<size_t>(axis));
    }
    return std::make_unique<CopyKernel>(std::move(copies));
  }
};

const RegisterKernel<Shuffle> kShuffle;
const RegisterKernel<ReorderLayer> kReorder;
const RegisterKernel<IdentityLayer> kIdentity;
const RegisterKernel<Expand> kExpand;
const RegisterKernel<Slice> kSlice;
const RegisterKernel<Concatenation> kConcatenation;

}  // namespace

}  // namespace tenon::kernels::cpu
