// SPDX-License-Identifier: Apache-2.0
// reduce, f32: sum, avg, max, min, prod over axes that are neighbours in memory. The input is seen
// as [outer][reduced][inner]: inner == 1 reduces rows, else strips of columns; a reduction of one
// long row or few columns stays on one thread. Also adaptive average and max pooling to 1x1, which
// is the same thing. 4 bytes read and one operation an element. Best measured (one core of a
// shared, busy Zen 5, AVX-512; kernel_bench): 110 GB/s for rows and columns of 1024 x 768, 7 x 7
// planes 72 GB/s plain and 119 GB/s channels last.
#include <algorithm>
#include <optional>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/rows.h"
#include "kernels/cpu/slabs.h"

namespace tenon::kernels::cpu {

namespace {

std::optional<ReduceOp> op_of(const std::string& name) {
  if (name == "sum") return ReduceOp::kSum;
  if (name == "avg" || name == "average") return ReduceOp::kAvg;
  if (name == "max") return ReduceOp::kMax;
  if (name == "min") return ReduceOp::kMin;
  if (name == "prod") return ReduceOp::kProd;
  return std::nullopt;
}

std::string operation(const Problem& p) {
  return p.layer->op == "reduce" ? attr_str(p, "operation", "sum") : attr_str(p, "type", "average");
}

class ReduceKernel : public Kernel {
 public:
  ReduceKernel(ReduceOp op, const Slabs& s) : op_(op), s_(s), fns_(TENON_ISA_PICK(row_fns)) {}

  void run(const Call& call) const override {
    const float* x = static_cast<const float*>(call.in[0]);
    float* out = static_cast<float*>(call.out[0]);
    if (s_.inner == 1) {
      parallel_for(
          s_.outer, std::max<int64_t>(1, kGrain / s_.axis),
          [&](int64_t begin, int64_t end) { fns_.reduce_rows(op_, x, out, s_.axis, begin, end); });
      return;
    }
    for_each_strip(s_, s_.axis, [&](int64_t slab, int64_t begin, int64_t end) {
      fns_.reduce_columns(op_, x + slab * s_.axis * s_.inner, out + slab * s_.inner, s_.axis,
                          s_.inner, begin, end);
    });
  }

 private:
  ReduceOp op_;
  Slabs s_;
  const RowFns& fns_;
};

class Reduce : public KernelImpl {
 public:
  Reduce(const char* op, const char* name, int priority) : KernelImpl(op, name, priority) {}

  Support supports(const Problem& p) const override {
    const TensorDesc &x = p.in[0], &y = p.out[0];
    if (x.dtype != DataType::kFLOAT || y.dtype != DataType::kFLOAT) return Support::no("f32 only");
    if (!op_of(operation(p))) return Support::no("no fast form of \"" + operation(p) + "\"");
    if (p.layer->op == "adaptive_pooling") {
      for (int64_t s : attr_ints(p, "output_size")) {
        if (s != 1) return Support::no("the output is larger than 1x1");
      }
    }
    if (x.elements() == 0) return Support::no("empty input");
    return slabs_reduced(p.in[0], p.out[0], reduced_dims(p))
               ? Support::yes()
               : Support::no("the reduced dims are not neighbours in memory");
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<ReduceKernel>(*op_of(operation(p)),
                                          *slabs_reduced(p.in[0], p.out[0], reduced_dims(p)));
  }
};

struct ReduceLayer : Reduce {
  ReduceLayer() : Reduce("reduce", "cpu.reduce", 50) {}
};
struct GlobalPooling : Reduce {
  GlobalPooling() : Reduce("adaptive_pooling", "cpu.global_pooling", 55) {}
};
const RegisterKernel<ReduceLayer> kReduce;
const RegisterKernel<GlobalPooling> kGlobalPooling;

}  // namespace

}  // namespace tenon::kernels::cpu
