// SPDX-License-Identifier: Apache-2.0
// What the kernels of linear with packed weights share.
#pragma once

#include <memory>

#include "kernels/cpu/gemm.h"
#include "kernels/cpu/linear_support.h"
#include "kernels/cpu/tasks.h"

namespace tenon::kernels::cpu {

struct LinearSizes {
  explicit LinearSizes(const Problem& p)
      : columns(p.in[1].shape.at(0)),
        depth(p.in[1].shape.at(1)),
        rows(depth > 0 ? p.in[0].elements() / depth : 0),
        panels(ceil_div(columns, kPanel)) {}
  /// Of the weights as panels of f32 (gemm.h).
  size_t panel_bytes() const {
    return static_cast<size_t>(panels * depth * kPanel) * sizeof(float);
  }
  int64_t columns, depth, rows, panels;
};

/// Panel `panel` (gemm.h) of the weights [columns][depth].
void pack_panel(const float* w, const LinearSizes& sizes, int64_t panel, float* out);

/// Rows and columns in parts that share_out() gives to threads.
class LinearTasks {
 public:
  struct Wanted {
    int64_t row_step;     // rows are shared out in multiples of this
    int64_t rows;         // of a part, about
    int64_t column_step;  // columns are shared out in multiples of this: panels
    int64_t each_thread;  // parts
  };
  LinearTasks(const LinearSizes& sizes, int threads, const Wanted& wanted);
  int64_t threads() const { return threads_; }
  int64_t most_rows() const { return ceil_div(tiles_, by_rows_) * row_step_; }

  /// body(row, row_end, panel, panel_end, thread) for each part.
  template <typename F>
  void run(const F& body) const {
    share_out(by_rows_ * by_panels_, threads_, [&](int64_t i, int64_t thread) {
      const int64_t r = i / by_panels_, p = i % by_panels_;
      body(tiles_ * r / by_rows_ * row_step_,
           std::min(rows_, tiles_ * (r + 1) / by_rows_ * row_step_), panels_ * p / by_panels_,
           panels_ * (p + 1) / by_panels_, thread);
    });
  }

 private:
  int64_t rows_, panels_, row_step_, tiles_, threads_ = 1, by_rows_ = 1, by_panels_ = 1;
};

/// The layer's operands, without weights.
class LinearOperands {
 public:
  explicit LinearOperands(const Problem& p);
  GemmArgs args(const Call& call) const;
  const LinearSizes sizes;

 private:
  bool has_bias_, has_residual_;
  Activation activation_;
};

/// Runs with these panels of f32 (gemm.h), or, if null, with those the call brings.
std::unique_ptr<Kernel> packed_linear_kernel(const Problem& p, std::shared_ptr<const void> panels);

}  // namespace tenon::kernels::cpu
