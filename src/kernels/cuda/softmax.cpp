// SPDX-License-Identifier: Apache-2.0
// softmax on CUDA (src/softmax.cu says how), over any axis in either layout.
#include <algorithm>

#include "kernels/cuda/rows.h"

namespace tenon::kernels {
namespace {

struct Softmax {
  const void* x;
  void* y;
  int64_t rows, size, columns;
  int32_t log, lanes;
};

class SoftmaxKernel final : public DeviceKernel {
 public:
  SoftmaxKernel(const Problem& p, const Softmax& softmax)
      : softmax_(softmax),
        vector_(rows::per_vector(p.in[0].dtype)),
        processors_(p.target->processors) {
    const char* const names[] = {"softmax_lanes_s", "softmax_lanes_v", "softmax_block_v",
                                 "softmax_long", "softmax_columns"};
    for (size_t i = 0; i < 5; ++i)
      functions_[i] = rows::function(p, "softmax.cu",
                                     {std::string("T=") + device_type(p.in[0].dtype)}, names[i]);
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    Softmax s = softmax_;
    if (s.rows == 0 || s.size == 0) return;
    s.x = call.in[0], s.y = call.out[0];
    if (s.columns > 1)
      return sink(functions_[4], rows::grid_of(ceil_div(s.rows, 32)), {32, 8}, 0, s);
    const bool vectors = s.size % vector_ == 0 && rows::aligned({s.x, s.y});
    const rows::RowPlan plan = rows::plan_rows(s.rows, s.size, vectors ? vector_ : 1, processors_);
    s.lanes = plan.lanes;
    sink(functions_[plan.kernel], plan.shape.grid, plan.shape.block, 0, s);
  }

 private:
  Softmax softmax_;
  int64_t vector_;
  int processors_;
  CUfunction functions_[5];
};

class SoftMax final : public KernelImpl {
 public:
  SoftMax() : KernelImpl("softmax", "cuda.softmax", 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (Support s = rows::one_real_type(p); !s) return s;
    if (p.in[0].shape.empty()) return Support::no("a scalar");
    return rows::same_order(p.in[0], p.out[0]) ? Support::yes() : Support::no("the layouts differ");
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    const cpu::Slabs v = cpu::slabs_along(p.in[0], attr_int(p, "axis", -1));
    Softmax s{};
    s.rows = v.outer * v.inner, s.size = v.axis, s.columns = v.inner;
    s.log = attr_bool(p, "log", false);
    return std::make_unique<SoftmaxKernel>(p, s);
  }
  // A position is read, at the last, by the thread that then writes it.
  bool in_place(const Problem&, size_t i) const override { return i == 0; }
};

const RegisterKernel<SoftMax> kRegister;
const RegisterSources kSources(rows::variants("softmax.cu", {"f32", "f16", "bf16"}));

}  // namespace
}  // namespace tenon::kernels
