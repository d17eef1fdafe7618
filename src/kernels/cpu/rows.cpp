// SPDX-License-Identifier: Apache-2.0
// normalization (layer norm and RMS, with residual) and softmax, f32.
// Normalisation: mean, then squares about the mean, then the result: three passes over a row in L1,
// so memory is read once and written once (8 bytes an element, 12 with a residual), about 8 flops.
// Softmax over the innermost axis: a row in L1, about 20 flops an element; over another axis:
// strips of columns. Best measured (one core of a shared, busy Zen 5, AVX-512; kernel_bench): layer
// norm of 128 x 768 with residual 64 GB/s, softmax of rows of 128 0.33 ns an element, of columns 31
// GB/s.
#include "kernels/cpu/rows.h"

#include <algorithm>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/slabs.h"

namespace tenon::kernels::cpu {

namespace {

Support all_f32(const Problem& p) {
  for (const TensorDesc& d : p.in) {
    if (d.present && d.dtype != DataType::kFLOAT) return Support::no("f32 only");
    if (d.present && !d.format.empty()) return Support::no("packed operand");
  }
  if (p.out[0].dtype != DataType::kFLOAT) return Support::no("f32 only");
  return Support::yes();
}

class NormKernel : public Kernel {
 public:
  NormKernel(const NormArgs& args, int64_t rows)
      : args_(args), rows_(rows), fns_(TENON_ISA_PICK(row_fns)) {}
  void run(const Call& call) const override {
    NormArgs a = args_;
    a.x = static_cast<const float*>(call.in[0]);
    auto input = [&](size_t i, bool used) {
      return used ? static_cast<const float*>(call.in[i]) : nullptr;
    };
    a.scale = input(1, has_scale), a.bias = input(2, has_bias), a.residual = input(3, has_residual);
    a.out = static_cast<float*>(call.out[0]);
    parallel_for(rows_, std::max<int64_t>(1, kGrain / 4 / std::max<int64_t>(a.size, 1)),
                 [&](int64_t begin, int64_t end) { fns_.normalize(a, begin, end); });
  }
  bool has_scale = false, has_bias = false, has_residual = false;

 private:
  NormArgs args_;
  int64_t rows_;
  const RowFns& fns_;
};

class Normalization : public KernelImpl {
 public:
  Normalization() : KernelImpl("normalization", "cpu.normalization", 50) {}

  Support supports(const Problem& p) const override {
    if (Support s = all_f32(p); !s) return s;
    const TensorDesc &x = p.in[0], &y = p.out[0];
    const bool plain = x.plain() || x.shape.size() < 3;
    if (!plain || !same_place(x, y)) return Support::no("plain layout only");
    const int64_t rank = attr_int(p, "rank", 1);
    if (rank < 1 || rank > static_cast<int64_t>(x.shape.size())) return Support::no("rank");
    const int64_t size = product(x.shape, x.shape.size() - static_cast<size_t>(rank));
    for (size_t i : {1, 2}) {
      if (has_input(p, i) && (p.in[i].elements() != size || !p.in[i].plain())) {
        return Support::no("scale or bias of another size");
      }
    }
    if (has_input(p, 3) && !same_place(p.in[3], x)) return Support::no("residual of another shape");
    return Support::yes();
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const Ints& shape = p.in[0].shape;
    const size_t first = shape.size() - static_cast<size_t>(attr_int(p, "rank", 1));
    NormArgs a{};
    a.size = product(shape, first);
    a.epsilon = static_cast<float>(attr_float(p, "epsilon", 1e-5));
    a.rms = attr_bool(p, "rms", false);
    auto k = std::make_unique<NormKernel>(a, a.size == 0 ? 0 : product(shape, 0, first));
    k->has_scale = has_input(p, 1), k->has_bias = has_input(p, 2),
    k->has_residual = has_input(p, 3);
    return k;
  }
  // Each pass reads a position before it is written.
  bool in_place(const Problem& p, size_t i) const override { return i == 0 || i == 3; }
};

class SoftMaxKernel : public Kernel {
 public:
  SoftMaxKernel(const Slabs& slabs, bool log)
      : s_(slabs), log_(log), fns_(TENON_ISA_PICK(row_fns)) {}

  void run(const Call& call) const override {
    const float* x = static_cast<const float*>(call.in[0]);
    float* out = static_cast<float*>(call.out[0]);
    const int64_t cost = std::max<int64_t>(1, s_.axis * 4);
    if (s_.inner == 1) {
      parallel_for(s_.outer, std::max<int64_t>(1, kGrain / cost), [&](int64_t begin, int64_t end) {
        fns_.softmax_rows(x, out, s_.axis, log_, begin, end);
      });
      return;
    }
    for_each_strip(s_, cost, [&](int64_t slab, int64_t begin, int64_t end) {
      const int64_t at = slab * s_.axis * s_.inner;
      fns_.softmax_columns(x + at, out + at, s_.axis, s_.inner, log_, begin, end);
    });
  }

 private:
  Slabs s_;
  bool log_;
  const RowFns& fns_;
};

class SoftMax : public KernelImpl {
 public:
  SoftMax() : KernelImpl("softmax", "cpu.softmax", 50) {}

  Support supports(const Problem& p) const override {
    if (Support s = all_f32(p); !s) return s;
    if (p.in[0].shape.empty()) return Support::no("a scalar");
    return same_place(p.in[0], p.out[0]) ? Support::yes() : Support::no("the layouts differ");
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<SoftMaxKernel>(slabs_along(p.in[0], attr_int(p, "axis", -1)),
                                           attr_bool(p, "log", false));
  }
  bool in_place(const Problem& p, size_t i) const override { return i == 0; }
};

const RegisterKernel<Normalization> kNormalization;
const RegisterKernel<SoftMax> kSoftMax;

}  // namespace

}  // namespace tenon::kernels::cpu
