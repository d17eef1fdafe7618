// SPDX-License-Identifier: Apache-2.0
// What the oneDNN candidates refuse, and many threads on one kernel.
#include <omp.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "ops/onednn_case.h"

namespace tenon::kernels::onednn_test {
namespace {

TEST_F(OneDnn, SaysWhyNot) {
  const KernelImpl& impl = *find_kernel("convolution", "onednn.convolution");
  const Operand w = tensor({8, 8, 3, 3}, kPlain, true, random_);
  Case c =
      make_conv({8, 8, 3, 1, 1, 1, 1, 1, false, "swoosh"}, 1, kLast, kLast, w, absent(), random_);
  EXPECT_EQ("there is no activation swoosh", impl.supports(c.problem()).reason());
  Problem half = c.problem();
  half.in[0].dtype = DataType::kHALF;
  EXPECT_EQ("operands are f16, only f32 is implemented", impl.supports(half).reason());
  Problem empty = c.problem();
  empty.in[0].shape[0] = empty.out[0].shape[0] = 0;
  EXPECT_EQ("empty operand", impl.supports(empty).reason());
}

TEST_F(OneDnn, RefusesWeightsPackedForAnotherLayer) {
  const KernelImpl& impl = *find_kernel("linear", "onednn.linear");
  const Operand w = tensor({32, 64}, kPlain, true, random_);
  Problem problem = make_linear({4, 64}, false, "", w, absent(), random_).problem();
  for (const char* format :
       {"onednn:32x32:AB16b32a", "onednn:32x64:nonsense", "onednn:32xx64:ab", "onednn:3q:ab",
        "onednn:99999999999999999999:a", "other:32x64:ab", "onednn:"}) {
    problem.in[1].format = format;
    problem.in[1].constant_bytes = 1 << 20;
    EXPECT_THROW(impl.prepare(problem), Error) << format;
  }
  problem.in[1].format = "onednn:32x64:ab";
  EXPECT_NO_THROW(impl.prepare(problem));
  problem.in[1].constant_bytes = 32 * 64 * 4 - 1;
  EXPECT_THROW(impl.prepare(problem), Error) << "one byte short";
}

TEST_F(OneDnn, ManyThreadsShareAKernel) {
  const Operand w = tensor({96, 128}, kPlain, true, random_);
  const Case c = make_linear({64, 128}, false, "relu", w, absent(), random_);
  const Problem problem = c.problem();
  const int team = omp_get_max_threads();
  omp_set_num_threads(1);  // scratch is for one thread; callers may have more
  const auto kernel = find_kernel("linear", "onednn.linear")->prepare(problem);
  omp_set_num_threads(team);
  const Buffer want = run(*kernel, problem, c.pointers());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        wrong +=
            std::memcmp(run(*kernel, problem, c.pointers()).get(), want.get(), c.out.bytes()) != 0;
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(0, wrong.load());
}

}  // namespace
}  // namespace tenon::kernels::onednn_test
