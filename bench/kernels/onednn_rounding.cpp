// SPDX-License-Identifier: Apache-2.0
// Error and time of every oneDNN implementation of ResNet-18's convolutions and of linear layers of
// few and many rows: what the bounds in src/kernels/onednn rest on.
//   onednn_rounding [batch]
// Inputs are as after a ReLU, weights normal. The error is the relative L2 one of up to 2000
// outputs, the reference is in double. The time is the shortest call within 0.1 s.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <dnnl.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Clock = std::chrono::steady_clock;
constexpr auto kF32 = memory::data_type::f32;

struct Shape {
  int64_t batch, channels, kernels, size, window, stride;
  int64_t pad() const { return window / 2; }
  int64_t out() const { return (size + 2 * pad() - window) / stride + 1; }
  int64_t products() const { return channels * window * window; }
  memory::dims x() const { return {batch, channels, size, size}; }
  memory::dims w() const { return {kernels, channels, window, window}; }
  memory::dims y() const { return {batch, kernels, out(), out()}; }
};

struct Data {
  std::vector<float> x, w, y;
  std::vector<size_t> at;      // outputs that are compared
  std::vector<double> wanted;  // their values
};

double exact(const Shape& s, const Data& d, size_t i) {
  const auto out = static_cast<size_t>(s.out()), kernels = static_cast<size_t>(s.kernels);
  const auto column = static_cast<int64_t>(i % out), row = static_cast<int64_t>(i / out % out);
  const auto k = static_cast<int64_t>(i / out / out % kernels);
  const auto n = static_cast<int64_t>(i / out / out / kernels);
  double sum = 0;
  for (int64_t c = 0; c < s.channels; ++c)
    for (int64_t tap = 0; tap < s.window * s.window; ++tap) {
      const int64_t h = row * s.stride - s.pad() + tap / s.window;
      const int64_t v = column * s.stride - s.pad() + tap % s.window;
      if (h < 0 || v < 0 || h >= s.size || v >= s.size) continue;
      sum += double{d.x[((n * s.channels + c) * s.size + h) * s.size + v]} *
             d.w[(k * s.channels + c) * s.window * s.window + tap];
    }
  return sum;
}

Data make_data(const Shape& s) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  Data d;
  d.x.resize(s.batch * s.channels * s.size * s.size);
  d.w.resize(s.kernels * s.products());
  d.y.resize(s.batch * s.kernels * s.out() * s.out());
  for (float& v : d.x) v = std::max(0.0f, normal(random));
  for (float& v : d.w) v = normal(random);
  for (size_t i = 0; i < d.y.size(); i += d.y.size() / 2000 + 1) {
    d.at.push_back(i);
    d.wanted.push_back(exact(s, d, i));
  }
  return d;
}

double relative_error(const Data& d) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < d.at.size(); ++i) {
    difference += std::pow(d.y[d.at[i]] - d.wanted[i], 2);
    norm += std::pow(d.wanted[i], 2);
  }
  return std::sqrt(difference / norm);
}

template <typename Body>
double microseconds(Body&& body) {
  double best = 1e30;
  const auto end = Clock::now() + std::chrono::milliseconds(100);
  for (auto start = Clock::now(); start < end;) {
    body();
    const auto now = Clock::now();
    best = std::min(best, std::chrono::duration<double, std::micro>(now - start).count());
    start = now;
  }
  return best;
}

/// Runs a primitive on `d`, whose arrays have the descriptors x, w, y, and prints a line.
template <typename Primitive, typename PrimitiveDesc>
void measure(const PrimitiveDesc& pd, const memory::desc& x, const memory::desc& w,
             const memory::desc& y, Data& d, const char* layout) {
  const dnnl::engine engine = pd.get_engine();
  dnnl::stream stream(engine);
  memory px(x, engine, d.x.data()), pw(w, engine, d.w.data()), py(y, engine, d.y.data());
  memory src(pd.src_desc(), engine), weights(pd.weights_desc(), engine), dst(pd.dst_desc(), engine);
  dnnl::reorder(px, src).execute(stream, px, src);
  dnnl::reorder(pw, weights).execute(stream, pw, weights);
  Primitive primitive(pd);
  auto run = [&] {
    primitive.execute(stream,
                      {{DNNL_ARG_SRC, src}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, dst}});
    stream.wait();
  };
  run();
  const double us = microseconds(run);
  dnnl::reorder(dst, py).execute(stream, dst, py);
  stream.wait();
  std::printf("  %-9s %-24s error %.2e %10.1f us\n", layout, pd.impl_info_str(), relative_error(d),
              us);
  std::fflush(stdout);
}

/// Calls `body` for each implementation but the reference ones.
template <typename PrimitiveDesc, typename Body>
void each_implementation(PrimitiveDesc pd, Body&& body) {
  while (pd.get(true) && std::string(pd.impl_info_str()).find("ref") == std::string::npos) {
    body(pd);
    if (!pd.next_impl()) return;
  }
}

void convolution(const dnnl::engine& engine, const Shape& s) {
  Data d = make_data(s);
  std::printf("convolution of %lld products, %lld -> %lld channels, %lldx%lld, window %lld\n",
              static_cast<long long>(s.products()), static_cast<long long>(s.channels),
              static_cast<long long>(s.kernels), static_cast<long long>(s.size),
              static_cast<long long>(s.size), static_cast<long long>(s.window));
  const memory::desc x(s.x(), kF32, Tag::nchw), w(s.w(), kF32, Tag::oihw),
      y(s.y(), kF32, Tag::nchw);
  struct {
    const char* name;
    Tag x, y;
  } const layouts[] = {{"nhwc", Tag::nhwc, Tag::nhwc},
                       {"nChw16c", s.channels < 16 ? Tag::nchw : Tag::nChw16c, Tag::nChw16c},
                       {"nChw8c", s.channels < 8 ? Tag::nchw : Tag::nChw8c, Tag::nChw8c}};
  for (const auto& layout : layouts) {
    dnnl::convolution_forward::primitive_desc pd(
        engine, dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
        memory::desc(s.x(), kF32, layout.x), memory::desc(s.w(), kF32, Tag::any),
        memory::desc(s.y(), kF32, layout.y), {s.stride, s.stride}, {s.pad(), s.pad()},
        {s.pad(), s.pad()}, dnnl::primitive_attr(), true);
    each_implementation(pd, [&](const auto& one) {
      measure<dnnl::convolution_forward>(one, x, w, y, d, layout.name);
    });
  }
}

void linear(const dnnl::engine& engine, int64_t rows, int64_t depth, int64_t columns) {
  const Shape s{rows, depth, columns, 1, 1, 1};
  Data d = make_data(s);
  std::printf("linear %lldx%lld, %lld columns\n", static_cast<long long>(rows),
              static_cast<long long>(depth), static_cast<long long>(columns));
  const memory::desc x({rows, depth}, kF32, Tag::ab), w({columns, depth}, kF32, Tag::ab);
  const memory::desc y({rows, columns}, kF32, Tag::ab);
  for (const bool packed : {true, false}) {
    dnnl::inner_product_forward::primitive_desc pd(
        engine, dnnl::prop_kind::forward_inference, x,
        packed ? memory::desc({columns, depth}, kF32, Tag::any) : w, y, dnnl::primitive_attr(),
        true);
    each_implementation(pd, [&](const auto& one) {
      measure<dnnl::inner_product_forward>(one, x, w, y, d, packed ? "packed" : "dense");
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t batch = argc > 1 ? std::atoll(argv[1]) : 1;
  if (batch < 1) {
    std::fprintf(stderr, "usage: onednn_rounding [batch]\n");
    return 2;
  }
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  for (const Shape& s : {Shape{batch, 3, 64, 224, 7, 2}, Shape{batch, 64, 64, 56, 3, 1},
                         Shape{batch, 64, 128, 56, 3, 2}, Shape{batch, 64, 128, 56, 1, 2},
                         Shape{batch, 128, 128, 28, 3, 1}, Shape{batch, 128, 256, 28, 3, 2},
                         Shape{batch, 256, 256, 14, 3, 1}, Shape{batch, 256, 512, 14, 3, 2},
                         Shape{batch, 256, 512, 14, 1, 2}, Shape{batch, 512, 512, 7, 3, 1}})
    convolution(engine, s);
  for (const int64_t rows : {1, 8, 15, 16, 64})
    for (const int64_t depth : {64, 512, 2048}) linear(engine, rows, depth, 1000);
  return 0;
}
