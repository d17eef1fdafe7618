// SPDX-License-Identifier: Apache-2.0
// A layer on concrete operands, run by oneDNN candidates as the engine does, with packed weights.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/kernel.h"
#include "seed.h"

namespace tenon::kernels::onednn_test {

using ir::Layout;
using Shape = std::vector<int64_t>;
using Buffer = std::shared_ptr<void>;
constexpr Layout kPlain = Layout::kPlain, kLast = Layout::kChannelsLast;

struct Operand {
  TensorDesc desc;
  std::shared_ptr<const void> data;
};

/// Uniform in [-1, 1).
Operand tensor(Shape shape, Layout layout, bool constant, std::minstd_rand& random);
Operand absent();

struct Case {
  ir::Node layer;
  std::vector<Operand> in;
  TensorDesc out;

  Problem problem() const;
  std::vector<const void*> pointers() const;
};

struct Conv {
  int64_t c, k, kernel, stride = 1, pre = 0, post = 0, dilation = 1, groups = 1;
  bool residual = false;
  const char* activation = "";
  double alpha = 0, beta = 0;
};
Case make_conv(const Conv& v, int64_t batch, Layout in, Layout out, const Operand& w,
               const Operand& bias, std::minstd_rand& random);
Case make_linear(Shape x, bool residual, const char* activation, const Operand& w,
                 const Operand& bias, std::minstd_rand& random);

Buffer run(const Kernel& kernel, const Problem& problem, const std::vector<const void*>& in);
Packed pack(const KernelImpl& impl, const Case& c);
/// Runs `impl` on `c` with the constants in `packed` instead of its own.
Buffer run_packed(const KernelImpl& impl, const Case& c, const Packed& packed);

/// Every oneDNN candidate that supports `c`, with weights packed for `c`, on `c` and on `other`.
/// Returns how many there were.
int check(const Case& c, const Case& other, const std::string& what);

class OneDnn : public ::testing::Test {
 protected:
  void SetUp() override {
    const Support loaded = load_plugins();
    if (!loaded) GTEST_SKIP() << loaded.reason();
  }
  std::minstd_rand random_{static_cast<std::minstd_rand::result_type>(test::first_seed())};
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, test::seed_text(test::first_seed())};
};

}  // namespace tenon::kernels::onednn_test
