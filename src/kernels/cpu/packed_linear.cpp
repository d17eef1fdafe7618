// SPDX-License-Identifier: Apache-2.0
// linear for many rows, f32, constant weights packed into panels of 64 columns (gemm.h); bias,
// residual and activation while a block's output is in cache. 2 flops a product; each weight is
// read from memory once for every 512 KiB of input rows.
#include "kernels/cpu/packed_linear.h"

#include <algorithm>
#include <cstring>

#include "base/buffer.h"
#include "kernels/cpu/isa.h"

namespace tenon::kernels::cpu {

namespace {

constexpr const char* kFormat = "cpu:panels64";
constexpr int64_t kFewestRows = kGemmRows;  // with fewer, most of a register tile is idle
constexpr LinearTasks::Wanted kTasks{kGemmRows, 28 * kGemmRows, kPanel, 8};
constexpr int64_t kFlopsOfTask = 500000;  // fewer do not pay for a second thread

/// [columns][depth] -> [panel][depth][kPanel].
void pack_panels(const float* w, const LinearSizes& s, float* out) {
  for (int64_t p = 0; p < s.panels; ++p) pack_panel(w, s, p, out + p * s.depth * kPanel);
}

}  // namespace

// 16 x 16 weights at a time.
void pack_panel(const float* w, const LinearSizes& s, int64_t panel, float* out) {
  const int64_t first = panel * kPanel, columns = std::min(kPanel, s.columns - first);
  if (columns < kPanel) std::memset(out, 0, static_cast<size_t>(s.depth * kPanel) * sizeof(float));
  constexpr int64_t kSquare = 16;
  for (int64_t c0 = 0; c0 < columns; c0 += kSquare) {
    const int64_t c_end = std::min(c0 + kSquare, columns);
    for (int64_t k0 = 0; k0 < s.depth; k0 += kSquare) {
      const int64_t k_end = std::min(k0 + kSquare, s.depth);
      for (int64_t k = k0; k < k_end; ++k)
        for (int64_t c = c0; c < c_end; ++c) out[k * kPanel + c] = w[(first + c) * s.depth + k];
    }
  }
}

LinearTasks::LinearTasks(const LinearSizes& s, int threads, const Wanted& wanted)
    : rows_(s.rows),
      panels_(ceil_div(s.columns, wanted.column_step)),
      row_step_(wanted.row_step),
      tiles_(ceil_div(s.rows, row_step_)) {
  if (threads <= 1) return;
  const double flops = 2.0 * static_cast<double>(s.rows * s.columns) * s.depth;
  const int64_t most = std::max<int64_t>(static_cast<int64_t>(flops / kFlopsOfTask), 1);
  const int64_t parts = std::min<int64_t>(most, wanted.each_thread * threads);
  // Rows in as few parts as the caches ask for anyway: then no weight is read more often.
  by_rows_ = std::clamp<int64_t>(ceil_div(s.rows, wanted.rows), 1, parts);
  by_panels_ = std::clamp<int64_t>(ceil_div(parts, by_rows_), 1, std::max<int64_t>(panels_, 1));
  const int64_t each = std::max<int64_t>(panels_ / by_panels_, 1);
  by_panels_ = ceil_div(panels_, each);  // as equal as can be, rather too many than too few
  // Few columns: rather weights read twice than an idle thread.
  const int64_t rows_for_all = ceil_div(std::min<int64_t>(parts, threads), by_panels_);
  by_rows_ = std::max(by_rows_, std::min(rows_for_all, tiles_));
  threads_ = std::clamp<int64_t>(threads, 1, by_rows_ * by_panels_);
}

LinearOperands::LinearOperands(const Problem& p)
    : sizes(p), has_bias_(has_input(p, 2)), has_residual_(has_input(p, 3)), activation_(p) {}

GemmArgs LinearOperands::args(const Call& call) const {
  auto input = [&](size_t i) { return static_cast<const float*>(call.in[i]); };
  return {.rows = sizes.rows,
          .depth = sizes.depth,
          .columns = sizes.columns,
          .x = input(0),
          .panels = input(1),
          .bias = has_bias_ ? input(2) : nullptr,
          .residual = has_residual_ ? input(3) : nullptr,
          .out = static_cast<float*>(call.out[0]),
          .activation = activation_.function,
          .params = activation_.params};
}

namespace {

class PackedLinearKernel : public Kernel {
 public:
  PackedLinearKernel(const Problem& p, std::shared_ptr<const void> panels)
      : operands_(p),
        tasks_(operands_.sizes, p.threads, kTasks),
        fns_(TENON_ISA_PICK(gemm_fns)),
        own_panels_(std::move(panels)) {}

  void run(const Call& call) const override {
    GemmArgs a = operands_.args(call);
    if (own_panels_) a.panels = static_cast<const float*>(own_panels_.get());
    tasks_.run([&](int64_t row, int64_t row_end, int64_t panel, int64_t panel_end, int64_t) {
      fns_.block(a, row, row_end, panel, panel_end);
    });
  }

 private:
  LinearOperands operands_;
  LinearTasks tasks_;
  const GemmFns& fns_;
  std::shared_ptr<const void> own_panels_;
};

class PackedLinear : public KernelImpl {
 public:
  PackedLinear() : KernelImpl("linear", "cpu.packed_linear", 60) {}

  Support supports(const Problem& p) const override {
    const TensorDesc& w = p.in[1];
    if (!w.is_constant) return Support::no("weights are not constant");
    if (!w.format.empty() && w.format != kFormat) return Support::no("weights packed for another");
    if (Support s = check_plain_f32(p, /*packed_input=*/1); !s) return s;
    if (Support s = check_vector_activation(p); !s) return s;
    const LinearSizes s(p);
    if (w.format.empty()) return worth_packing(s);
    // Once packed, they are for this kernel alone, so it takes any number of rows.
    if (w.constant_bytes != s.panel_bytes()) {
      return Support::no("packed weights have " + std::to_string(w.constant_bytes) +
                         " bytes, wanted " + std::to_string(s.panel_bytes()));
    }
    return Support::yes();
  }

  Packed pack(const Problem& p, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (!p.in[1].format.empty() || !in[1]) return packed;
    const LinearSizes sizes(p);
    auto panels = std::make_shared<ir::Constant>(*in[1]);
    panels->data = nullptr;
    panels->bytes = sizes.panel_bytes();
    panels->format = kFormat;
    panels->fill = [source = in[1], sizes](void* out) {
      const auto dense = source->materialise();
      pack_panels(static_cast<const float*>(dense.get()), sizes, static_cast<float*>(out));
    };
    packed[1] = std::move(panels);
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    if (!p.in[1].format.empty()) return packed_linear_kernel(p, nullptr);
    // Chosen in the place of a kernel that cannot run these sizes: nothing was packed at build
    // time.
    TENON_CHECK(p.in[1].data, "the weights of ", ir::describe(*p.layer), " are not known");
    const LinearSizes sizes(p);
    auto panels = make_buffer(sizes.panel_bytes());
    pack_panels(static_cast<const float*>(p.in[1].data), sizes, static_cast<float*>(panels.get()));
    return packed_linear_kernel(p, std::move(panels));
  }
  bool in_place(const Problem&, size_t i) const override { return i == 3; }

 private:
  static Support worth_packing(const LinearSizes& s) {
    if (s.rows >= kFewestRows) return Support::yes();
    return Support::no(std::to_string(s.rows) + " rows; " + std::to_string(kFewestRows) +
                       " or more can be fast here");
  }
};

const RegisterKernel<PackedLinear> kRegister;

}  // namespace

std::unique_ptr<Kernel> packed_linear_kernel(const Problem& p, std::shared_ptr<const void> panels) {
  return std::make_unique<PackedLinearKernel>(p, std::move(panels));
}

}  // namespace tenon::kernels::cpu
