// SPDX-License-Identifier: Apache-2.0
// linear for many rows, f32, constant weights packed into panels of 64 columns (gemm.h); bias,
// residual and activation while a block's output is in cache. 2 flops a product; each weight is
// read from memory once for every 512 KiB of input rows.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/buffer.h"
#include "kernels/cpu/gemm.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/linear_support.h"

namespace tenon::kernels::cpu {

namespace {

constexpr const char* kFormat = "cpu:panels64";
constexpr int64_t kFewestRows = kGemmRows;  // with fewer, most of a register tile is idle
constexpr int64_t kRowsOfTask = 28 * kGemmRows;
constexpr int64_t kTasksOfThread = 8;
constexpr int64_t kFlopsOfTask = 500000;  // fewer do not pay for a second thread

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct Sizes {
  explicit Sizes(const Problem& p)
      : columns(p.in[1].shape.at(0)),
        depth(p.in[1].shape.at(1)),
        rows(depth > 0 ? p.in[0].elements() / depth : 0),
        panels(ceil_div(columns, kPanel)) {}
  size_t packed_bytes() const {
    return static_cast<size_t>(panels * depth * kPanel) * sizeof(float);
  }
  int64_t columns, depth, rows, panels;
};

/// [columns][depth] -> [panel][depth][kPanel], 16 x 16 elements at a time.
void pack_panels(const float* w, const Sizes& s, float* out) {
  std::memset(out, 0, s.packed_bytes());
  constexpr int64_t kSquare = 16;
  for (int64_t c0 = 0; c0 < s.columns; c0 += kSquare) {
    float* panel = out + c0 / kPanel * kPanel * s.depth + c0 % kPanel;
    const int64_t c_end = std::min(kSquare, s.columns - c0);
    for (int64_t k0 = 0; k0 < s.depth; k0 += kSquare) {
      const int64_t k_end = std::min(k0 + kSquare, s.depth);
      for (int64_t k = k0; k < k_end; ++k)
        for (int64_t c = 0; c < c_end; ++c) panel[k * kPanel + c] = w[(c0 + c) * s.depth + k];
    }
  }
}

/// Rows and panels in parts that threads take one after the other, whoever is free: cores are
/// seldom equally fast, for other work and for other tenants of the machine.
struct Tasks {
  Tasks(const Sizes& s, int threads) {
    if (threads <= 1) return;
    const double flops = 2.0 * static_cast<double>(s.rows * s.columns) * s.depth;
    const int64_t most = std::max<int64_t>(static_cast<int64_t>(flops / kFlopsOfTask), 1);
    const int64_t wanted = std::min<int64_t>(most, kTasksOfThread * threads);
    // Rows in as few parts as the caches ask for anyway: then no weight is read more often.
    by_rows = std::clamp<int64_t>(ceil_div(s.rows, kRowsOfTask), 1, wanted);
    by_panels = std::clamp<int64_t>(ceil_div(wanted, by_rows), 1, std::max<int64_t>(s.panels, 1));
  }
  int64_t count() const { return by_rows * by_panels; }
  int64_t by_rows = 1, by_panels = 1;
};

class PackedLinearKernel : public Kernel {
 public:
  explicit PackedLinearKernel(const Problem& p)
      : sizes_(p),
        tasks_(sizes_, p.threads),
        threads_(std::clamp<int64_t>(p.threads, 1, tasks_.count())),
        fns_(TENON_ISA_PICK(gemm_fns)),
        has_bias_(has_input(p, 2)),
        has_residual_(has_input(p, 3)),
        activation_(p) {
    if (!p.in[1].format.empty()) return;
    // Chosen in the place of a kernel that cannot run these sizes: nothing was packed at build
    // time.
    TENON_CHECK(p.in[1].data, "the weights of ", ir::describe(*p.layer), " are not known");
    own_panels_ = make_buffer(sizes_.packed_bytes());
    pack_panels(static_cast<const float*>(p.in[1].data), sizes_,
                static_cast<float*>(own_panels_.get()));
  }

  void run(const Call& call) const override {
    auto input = [&](size_t i) { return static_cast<const float*>(call.in[i]); };
    const GemmArgs a{
        .rows = sizes_.rows,
        .depth = sizes_.depth,
        .columns = sizes_.columns,
        .x = input(0),
        .panels = own_panels_ ? static_cast<const float*>(own_panels_.get()) : input(1),
        .bias = has_bias_ ? input(2) : nullptr,
        .residual = has_residual_ ? input(3) : nullptr,
        .out = static_cast<float*>(call.out[0]),
        .activation = activation_.function,
        .params = activation_.params};
    std::atomic<int64_t> next = 0;
    parallel_for(threads_, 1, [&](int64_t, int64_t) {
      for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < tasks_.count();)
        run_task(a, i / tasks_.by_panels, i % tasks_.by_panels);
    });
  }

 private:
  void run_task(const GemmArgs& a, int64_t rows, int64_t panels) const {
    const int64_t tiles = ceil_div(a.rows, kGemmRows);
    const int64_t row = tiles * rows / tasks_.by_rows * kGemmRows;
    const int64_t row_end = std::min(a.rows, tiles * (rows + 1) / tasks_.by_rows * kGemmRows);
    fns_.block(a, row, row_end, sizes_.panels * panels / tasks_.by_panels,
               sizes_.panels * (panels + 1) / tasks_.by_panels);
  }

  Sizes sizes_;
  Tasks tasks_;
  int64_t threads_;
  const GemmFns& fns_;
  bool has_bias_, has_residual_;
  Activation activation_;
  std::shared_ptr<void> own_panels_;
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
    const Sizes s(p);
    if (w.format.empty()) return worth_packing(s);
    // Once packed, they are for this kernel alone, so it takes any number of rows.
    if (w.constant_bytes != s.packed_bytes()) {
      return Support::no("packed weights have " + std::to_string(w.constant_bytes) +
                         " bytes, wanted " + std::to_string(s.packed_bytes()));
    }
    return Support::yes();
  }

  Packed pack(const Problem& p, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (!p.in[1].format.empty() || !in[1]) return packed;
    const Sizes sizes(p);
    auto panels = std::make_shared<ir::Constant>(*in[1]);
    panels->data = nullptr;
    panels->bytes = sizes.packed_bytes();
    panels->format = kFormat;
    panels->fill = [source = in[1], sizes](void* out) {
      const auto dense = source->materialise();
      pack_panels(static_cast<const float*>(dense.get()), sizes, static_cast<float*>(out));
    };
    packed[1] = std::move(panels);
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<PackedLinearKernel>(p);
  }
  bool in_place(const Problem&, size_t i) const override { return i == 3; }

 private:
  static Support worth_packing(const Sizes& s) {
    if (s.rows >= kFewestRows) return Support::yes();
    return Support::no(std::to_string(s.rows) + " rows; " + std::to_string(kFewestRows) +
                       " or more can be fast here");
  }
};

const RegisterKernel<PackedLinear> kRegister;

}  // namespace

}  // namespace tenon::kernels::cpu
