// SPDX-License-Identifier: Apache-2.0
// The oneDNN candidates against the reference kernels: layouts, packed weights that are used at a
// batch they were not packed for, run-time weights, and many threads on one kernel.
#include <gtest/gtest.h>
#include <omp.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <random>
#include <thread>

#include "kernels/kernel.h"
#include "seed.h"

namespace tenon::kernels {
namespace {

using ir::Layout;
using Shape = std::vector<int64_t>;
constexpr Layout kPlain = Layout::kPlain, kLast = Layout::kChannelsLast;

std::shared_ptr<void> aligned(size_t bytes, int byte = 0xff) {
  std::shared_ptr<void> p(::operator new(std::max<size_t>(bytes, 1), std::align_val_t{64}),
                          [](void* q) { ::operator delete(q, std::align_val_t{64}); });
  std::memset(p.get(), byte, bytes);
  return p;
}

struct Operand {
  TensorDesc desc;
  std::shared_ptr<const void> data;
};

Operand tensor(Shape shape, Layout layout, bool constant, std::minstd_rand& random) {
  Operand t;
  t.desc.shape = std::move(shape);
  t.desc.layout = layout;
  t.desc.is_constant = constant;
  auto data = aligned(t.desc.bytes());
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (int64_t i = 0; i < t.desc.elements(); ++i)
    static_cast<float*>(data.get())[i] = uniform(random);
  t.data = data;
  if (constant) t.desc.data = data.get();
  return t;
}

Operand absent() {
  Operand t;
  t.desc.present = false;
  return t;
}

/// A layer on concrete operands.
struct Case {
  ir::Node layer;
  std::vector<Operand> in;
  TensorDesc out;

  Problem problem() const {
    Problem p;
    p.layer = &layer;
    for (const Operand& t : in) p.in.push_back(t.desc);
    p.out = {out};
    p.threads = omp_get_max_threads();
    return p;
  }
};

using Buffer = std::shared_ptr<void>;

Buffer run(const Kernel& kernel, const Problem& problem, const std::vector<const void*>& in) {
  Buffer out = aligned(problem.out[0].bytes()), scratch = aligned(kernel.scratch_bytes);
  void* outs[] = {out.get()};
  kernel.run({in.data(), outs, scratch.get()});
  return out;
}

std::vector<const void*> pointers(const Case& c) {
  std::vector<const void*> in;
  for (const Operand& t : c.in) in.push_back(t.data.get());
  return in;
}

/// Runs `impl` on `c` with the constants in `packed` instead of its own.
Buffer run_packed(const KernelImpl& impl, const Case& c, const Packed& packed) {
  Problem problem = c.problem();
  std::vector<const void*> in = pointers(c);
  std::vector<std::shared_ptr<const void>> alive;
  for (size_t i = 0; i < packed.size(); ++i) {
    if (!packed[i]) continue;
    alive.push_back(packed[i]->materialise());
    problem.in[i].format = packed[i]->format;
    problem.in[i].constant_bytes = packed[i]->bytes;
    problem.in[i].data = in[i] = alive.back().get();
  }
  return run(*impl.prepare(problem), problem, in);
}

Packed pack(const KernelImpl& impl, const Case& c) {
  std::vector<ir::ConstantPtr> constants;
  for (const Operand& t : c.in)
    constants.push_back(
        t.desc.is_constant ? ir::make_constant(t.desc.dtype, t.desc.shape, t.data.get()) : nullptr);
  return impl.pack(c.problem(), constants);
}

/// Products added up in one output element, for layers whose input 1 is a weight [N, ...].
int64_t sum_length(const Case& c) {
  if (c.in.size() < 2) return 1;
  const TensorDesc& w = c.in[1].desc;
  return w.present && !w.shape.empty() && w.shape[0] ? w.elements() / w.shape[0] : 1;
}

/// n products of numbers in [-1, 1) added one after the other: the partial sums have an rms of
/// sqrt(n) / 3 at the end, each addition rounds by 2^-24 / sqrt(3) of it, so the error's rms is
/// 8e-9 * n. Five times that, and something for the epilogue, is allowed.
void expect_near(const Case& c, const Buffer& got, const Buffer& want, const std::string& what) {
  const auto* g = static_cast<const float*>(got.get());
  const auto* w = static_cast<const float*>(want.get());
  const float bound = 2e-5f + 4e-8f * static_cast<float>(sum_length(c));
  for (int64_t i = 0; i < c.out.elements(); ++i)
    ASSERT_LE(std::abs(g[i] - w[i]), bound * (1 + std::abs(w[i]))) << what << ", element " << i;
}

/// Every oneDNN candidate that supports `c`, with weights packed for `c`, on `c` and on `other`.
/// Returns how many there were.
int check(const Case& c, const Case& other, const std::string& what) {
  int checked = 0;
  for (const KernelImpl* impl : candidates(c.layer.op)) {
    if (!impl->name().starts_with("onednn.") || !impl->supports(c.problem())) continue;
    const Packed packed = pack(*impl, c);
    for (const Case* run_case : {&c, &other}) {
      const KernelImpl& reference = reference_kernel(c.layer.op);
      const Buffer want =
          run(*reference.prepare(run_case->problem()), run_case->problem(), pointers(*run_case));
      expect_near(*run_case, run_packed(*impl, *run_case, packed), want,
                  impl->name() + " " + what + (run_case == &other ? " other batch" : ""));
    }
    ++checked;
  }
  return checked;
}

class OneDnn : public ::testing::Test {
 protected:
  void SetUp() override {
    const Support loaded = load_plugins();
    if (!loaded) GTEST_SKIP() << loaded.reason();
  }
  std::minstd_rand random_{static_cast<std::minstd_rand::result_type>(test::first_seed())};
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, test::seed_text(test::first_seed())};
};

// ---- convolution

struct Conv {
  int64_t c, k, kernel, stride = 1, pre = 0, post = 0, dilation = 1, groups = 1;
  bool residual = false;
  const char* activation = "";
  double alpha = 0, beta = 0;
};

constexpr Conv kConvs[] = {
    {16, 32, 3, 1, 1, 1},
    {17, 13, 3, 2, 1, 0, 1, 1, true, "relu"},
    {33, 7, 3, 1, 2, 2, 2, 1, false, "gelu_erf"},
    {32, 32, 3, 1, 1, 1, 1, 4, true, "silu"},
    {24, 24, 3, 2, 1, 1, 1, 24, false, "clip", 0, 0.6},
    {10, 20, 3, 1, 1, 1, 1, 10, false, "mish"},
    {64, 64, 1, 1, 0, 0, 1, 1, true, "leaky_relu", 0.1},
    {64, 96, 1, 2, 0, 0, 1, 1, false, "elu", 0.7},
    {1, 6, 5, 1, 2, 2, 1, 1, false, "tanh"},
    {3, 64, 7, 2, 3, 3, 1, 1, false, "relu"},
    {8, 8, 3, 1, 0, 2, 1, 1, true, "hard_sigmoid", 0.2, 0.5},
    {8, 8, 3, 1, 1, 1, 1, 2, true, "hard_swish"},
    {8, 16, 2, 3, 0, 0, 1, 1, true, "gelu_tanh"},
    {8, 16, 3, 1, 1, 1, 3, 1, false, "softplus"},
    {8, 16, 3, 1, 1, 1, 1, 1, true, "sigmoid"},
    {256, 32, 3, 1, 1, 1, 1, 1, true, "relu"},  // long sums: blocked and split
    {240, 16, 3, 2, 1, 0},
};

Case make_conv(const Conv& v, int64_t batch, Layout in, Layout out, const Operand& w,
               const Operand& bias, std::minstd_rand& random) {
  Case c;
  c.layer.op = "convolution";
  c.layer.set("stride", Shape{v.stride, v.stride});
  c.layer.set("pre_padding", Shape{v.pre, v.pre});
  c.layer.set("post_padding", Shape{v.post, v.post});
  c.layer.set("dilation", Shape{v.dilation, v.dilation});
  c.layer.set("groups", v.groups);
  c.layer.set("activation", std::string(v.activation));
  c.layer.set("alpha", v.alpha);
  c.layer.set("beta", v.beta);
  auto size = [&](int64_t s) {
    return (s + v.pre + v.post - (v.kernel - 1) * v.dilation - 1) / v.stride + 1;
  };
  c.out.shape = {batch, v.k, size(13), size(12)};
  c.out.layout = out;
  c.in = {tensor({batch, v.c, 13, 12}, in, false, random), w, bias,
          v.residual ? tensor(c.out.shape, out, false, random) : absent()};
  return c;
}

int check_conv(const Conv& v, Layout in, Layout out, bool constant, std::minstd_rand& random) {
  const Operand w = tensor({v.k, v.c / v.groups, v.kernel, v.kernel}, kPlain, constant, random);
  const Operand bias = tensor({v.k}, kPlain, constant, random);
  const Case one = make_conv(v, 1, in, out, w, bias, random);
  const Case five = make_conv(v, 5, in, out, w, bias, random);
  return check(one, five, "convolution " + std::to_string(&v - kConvs));
}

/// Candidates there must be: with AVX-512 oneDNN has a kernel for every case of the table, with
/// less some are left to its reference code, which is refused.
int at_least() { return isa() == Isa::kAvx512 ? 1 : 0; }

TEST_F(OneDnn, ConvolutionInEveryLayout) {
  for (const Conv& v : kConvs)
    for (Layout in : {kPlain, kLast})
      for (Layout out : {kPlain, kLast})
        EXPECT_GE(check_conv(v, in, out, true, random_), at_least());
}

TEST_F(OneDnn, ConvolutionWithRunTimeWeights) {
  for (const Conv& v : kConvs) EXPECT_GE(check_conv(v, kLast, kLast, false, random_), at_least());
}

// ---- linear

Case make_linear(Shape x, bool residual, const char* activation, const Operand& w,
                 const Operand& bias, std::minstd_rand& random) {
  Case c;
  c.layer.op = "linear";
  c.layer.set("activation", std::string(activation));
  c.layer.set("alpha", 0.3);
  c.layer.set("beta", 0.0);
  c.out.shape = x;
  c.out.shape.back() = w.desc.shape[0];
  c.in = {tensor(x, kPlain, false, random), w, bias,
          residual ? tensor(c.out.shape, kPlain, false, random) : absent()};
  return c;
}

TEST_F(OneDnn, Linear) {
  struct {
    Shape x;
    int64_t n;
    bool residual;
    const char* activation;
  } const cases[] = {
      {{4, 37, 64}, 50, true, "gelu_erf"},
      {{1, 512}, 1000, true, ""},
      {{33}, 7, false, "relu"},
      {{5, 33}, 7, true, "silu"},
      {{2, 3, 4, 48}, 16, true, "elu"},
      {{3, 1}, 1, true, ""},
  };
  for (const auto& v : cases) {
    for (bool constant : {true, false}) {
      const Operand w = tensor({v.n, v.x.back()}, kPlain, constant, random_);
      const Operand bias = tensor({v.n}, kPlain, constant, random_);
      Shape more = v.x;
      if (more.size() > 1) more[0] += 6;
      EXPECT_EQ(2,
                check(make_linear(v.x, v.residual, v.activation, w, bias, random_),
                      make_linear(more, v.residual, v.activation, w, bias, random_), v.activation));
    }
  }
}

// ---- rounding of long sums

/// Relative L2 distance from the sums in double of a linear layer or convolution without bias.
double relative_error(const Case& c, const Buffer& got, const std::vector<double>& want) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const double d = static_cast<const float*>(got.get())[i] - want[i];
    difference += d * d, norm += want[i] * want[i];
  }
  EXPECT_EQ(static_cast<size_t>(c.out.elements()), want.size());
  return std::sqrt(difference / norm);
}

/// Every candidate but the reference, packed as the engine does, is within `bound` of `want`.
void expect_accurate(const Case& c, const std::vector<double>& want, double bound) {
  for (const KernelImpl* impl : candidates(c.layer.op)) {
    if (impl->priority() == 0 || !impl->supports(c.problem())) continue;
    const double error = relative_error(c, run_packed(*impl, c, pack(*impl, c)), want);
    EXPECT_LE(error, bound) << impl->name();
  }
}

/// Adding 2048 products in one sequence gives 5.7e-7; with the four lanes of SSE it is 4.2e-7.
TEST_F(OneDnn, LinearOfFewRowsIsAsExactAsDotProducts) {
  const int64_t k = 2048, n = 100;
  const double bound = isa() == Isa::kGeneric ? 5e-7 : 3.5e-7;
  for (int64_t rows : {1, 3, 4, 8, 15}) {
    const Operand w = tensor({n, k}, kPlain, true, random_);
    const Case c = make_linear({rows, k}, false, "", w, absent(), random_);
    const auto* a = static_cast<const float*>(c.in[0].data.get());
    const auto* b = static_cast<const float*>(w.data.get());
    std::vector<double> want;
    for (int64_t i = 0; i < rows * n; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < k; ++j) sum += double{a[i / n * k + j]} * b[i % n * k + j];
      want.push_back(sum);
    }
    expect_accurate(c, want, bound);
  }
}

/// The sums of `c`, a channels-last convolution of stride 1, in double.
std::vector<double> exact_convolution(const Case& c) {
  const Shape &x = c.in[0].desc.shape, &w = c.in[1].desc.shape, &y = c.out.shape;
  const auto* a = static_cast<const float*>(c.in[0].data.get());
  const auto* b = static_cast<const float*>(c.in[1].data.get());
  const int64_t pad = w[2] / 2;
  std::vector<double> want(static_cast<size_t>(c.out.elements()));
  for (int64_t i = 0; i < c.out.elements(); ++i) {
    const int64_t k = i % y[1], column = i / y[1] % y[3], row = i / y[1] / y[3] % y[2];
    const int64_t image = i / y[1] / y[3] / y[2] * x[2];
    for (int64_t tap = 0; tap < w[2] * w[3]; ++tap) {
      const int64_t h = row + tap / w[3] - pad, v = column + tap % w[3] - pad;
      if (h < 0 || v < 0 || h >= x[2] || v >= x[3]) continue;
      const float* pixel = a + ((image + h) * x[3] + v) * x[1];
      const float* taps = b + k * x[1] * w[2] * w[3] + tap;
      for (int64_t ch = 0; ch < x[1]; ++ch)
        want[static_cast<size_t>(i)] += double{pixel[ch]} * taps[ch * w[2] * w[3]];
    }
  }
  return want;
}

/// The bound is twice the error of eager PyTorch's kernel, which is the blocked one, on uniform
/// operands. One sequence of 1152 products gives 5.9e-7; with AVX2 and less, where eager adds so
/// too, there is nothing better.
TEST_F(OneDnn, ConvolutionOfAnyLengthIsAsExactAsOf640Products) {
  if (isa() != Isa::kAvx512) GTEST_SKIP() << "the exact candidates need AVX-512";
  for (const auto& [channels, kernel] :
       {std::pair{64, 3}, {128, 3}, {512, 3}, {656, 1}, {2048, 1}}) {
    const Operand w = tensor({16, channels, kernel, kernel}, kPlain, true, random_);
    const int64_t pad = kernel / 2;
    for (int64_t batch : {1, 2}) {
      const Case c =
          make_conv({channels, 16, kernel, 1, pad, pad}, batch, kLast, kLast, w, absent(), random_);
      SCOPED_TRACE(::testing::Message() << channels << " channels, kernel " << kernel);
      expect_accurate(c, exact_convolution(c), 4.6e-7);
    }
  }
}

TEST_F(OneDnn, LongSumsHaveCandidatesOfTheirOwn) {
  if (isa() != Isa::kAvx512) GTEST_SKIP() << "the exact candidates need AVX-512";
  auto supports = [&](const char* name, int64_t channels) {
    const Operand w = tensor({32, channels, 3, 3}, kPlain, true, random_);
    const Case c = make_conv({channels, 32, 3, 1, 1, 1, 1, 1, false, ""}, 1, kLast, kLast, w,
                             absent(), random_);
    return static_cast<bool>(find_kernel("convolution", name)->supports(c.problem()));
  };
  for (const auto& [channels, exact] : {std::pair{64, false}, {80, true}, {512, true}}) {
    EXPECT_EQ(exact, supports("onednn.convolution_blocked", channels)) << channels;
    EXPECT_EQ(exact, supports("onednn.convolution_split", channels)) << channels;
    EXPECT_EQ(!exact, supports("onednn.convolution", channels)) << channels;
  }
}

// ---- matrix multiplication

Case make_product(Shape a, const char* op0, Shape b, const char* op1, Shape y, bool constant,
                  std::minstd_rand& random) {
  Case c;
  c.layer.op = "matrix_multiply";
  c.layer.set("op0", std::string(op0));
  c.layer.set("op1", std::string(op1));
  c.in = {tensor(a, kPlain, false, random), tensor(b, kPlain, constant, random)};
  c.out.shape = y;
  return c;
}

TEST_F(OneDnn, MatrixMultiply) {
  struct {
    Shape a;
    const char* op0;
    Shape b;
    const char* op1;
    Shape y;
  } const cases[] = {
      {{5, 7}, "none", {7, 9}, "none", {5, 9}},
      {{7, 5}, "transpose", {9, 7}, "transpose", {5, 9}},
      {{2, 3, 5, 7}, "none", {2, 3, 9, 7}, "transpose", {2, 3, 5, 9}},
      {{2, 3, 5, 7}, "none", {7, 9}, "none", {2, 3, 5, 9}},
      {{2, 3, 7, 5}, "transpose", {9, 7}, "transpose", {2, 3, 5, 9}},
      {{2, 1, 5, 7}, "none", {1, 3, 7, 9}, "none", {2, 3, 5, 9}},
      {{2, 3, 5, 64}, "none", {3, 64, 9}, "none", {2, 3, 5, 9}},
      {{4, 5, 7}, "none", {7}, "vector", {4, 5}},
      {{7}, "vector", {4, 7, 5}, "none", {4, 5}},
      {{7}, "vector", {7}, "vector", {}},
  };
  for (const auto& v : cases) {
    for (bool constant : {false, true}) {
      const Case c = make_product(v.a, v.op0, v.b, v.op1, v.y, constant, random_);
      EXPECT_EQ(1, check(c, c, std::string(v.op0) + " " + v.op1));
    }
  }
}

// ---- deconvolution and pooling

TEST_F(OneDnn, Deconvolution) {
  struct {
    int64_t c, k, kernel, stride, pad, extra, dilation, groups;
  } const cases[] = {{16, 8, 3, 2, 1, 1, 1, 1},
                     {8, 12, 4, 2, 1, 0, 1, 1},
                     {8, 16, 3, 1, 0, 0, 2, 4},
                     {8, 8, 2, 2, 0, 1, 1, 8},
                     {5, 3, 3, 3, 0, 2, 1, 1}};
  for (const auto& v : cases) {
    for (Layout layout : {kPlain, kLast}) {
      const int64_t out = 6 * v.stride + (v.kernel - 1) * v.dilation + 1 - 2 * v.pad + v.extra;
      const Operand w = tensor({v.c, v.k / v.groups, v.kernel, v.kernel}, kPlain, true, random_);
      const Operand bias = tensor({v.k}, kPlain, true, random_);
      auto make = [&](int64_t batch) {
        Case c;
        c.layer.op = "deconvolution";
        c.layer.set("stride", Shape{v.stride, v.stride});
        c.layer.set("pre_padding", Shape{v.pad, v.pad});
        c.layer.set("post_padding", Shape{v.pad, v.pad});
        c.layer.set("dilation", Shape{v.dilation, v.dilation});
        c.layer.set("output_padding", Shape{v.extra, v.extra});
        c.layer.set("groups", v.groups);
        c.in = {tensor({batch, v.c, 7, 7}, layout, false, random_), w, bias};
        c.out.shape = {batch, v.k, out, out};
        c.out.layout = layout;
        return c;
      };
      EXPECT_EQ(1, check(make(1), make(3), "deconvolution"));
    }
  }
}

TEST_F(OneDnn, Pooling) {
  // ceil mode makes one more window of 13 than of 12
  struct {
    const char* type;
    int64_t window, stride, pad;
    bool ceil, exclude;
    int64_t out;
  } const cases[] = {{"average", 3, 2, 1, false, false, 7},
                     {"average", 2, 2, 0, true, true, 7},
                     {"average", 3, 5, 1, false, true, 3},
                     {"average", 13, 13, 0, false, true, 1}};
  for (const auto& v : cases) {
    for (Layout layout : {kPlain, kLast}) {
      Case c;
      c.layer.op = "pooling";
      c.layer.set("type", std::string(v.type));
      c.layer.set("window", Shape{v.window, v.window});
      c.layer.set("stride", Shape{v.stride, v.stride});
      c.layer.set("pre_padding", Shape{v.pad, v.pad});
      c.layer.set("post_padding", Shape{v.pad, v.pad});
      c.layer.set("ceil_mode", v.ceil);
      c.layer.set("exclude_padding", v.exclude);
      c.in = {tensor({2, 19, 13, 13}, layout, false, random_)};
      c.out.shape = {2, 19, v.out, v.out};
      c.out.layout = layout;
      EXPECT_EQ(1, check(c, c, v.type));
      c.layer.set("type", std::string("max"));
      EXPECT_FALSE(find_kernel("pooling", "onednn.pooling")->supports(c.problem()));
    }
  }
}

// ---- answers and threads

TEST_F(OneDnn, SaysWhyNot) {
  const KernelImpl& impl = *find_kernel("convolution", "onednn.convolution");
  const Operand w = tensor({8, 8, 3, 3}, kPlain, true, random_);
  Case c =
      make_conv({8, 8, 3, 1, 1, 1, 1, 1, false, "selu"}, 1, kLast, kLast, w, absent(), random_);
  EXPECT_EQ("activation selu is not a oneDNN post-op", impl.supports(c.problem()).reason());
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
  const Buffer want = run(*kernel, problem, pointers(c));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        wrong +=
            std::memcmp(run(*kernel, problem, pointers(c)).get(), want.get(), c.out.bytes()) != 0;
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(0, wrong.load());
}

}  // namespace
}  // namespace tenon::kernels
