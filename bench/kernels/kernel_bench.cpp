// SPDX-License-Identifier: Apache-2.0
// Times every candidate kernel on a table of layers: microseconds (median of repeated runs, and the
// least, which other processes disturb less), GFLOP/s or GB/s of the least.
//   kernel_bench [part of a case's name] [threads]
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "kernels/kernel.h"
#include "net/layer.h"

namespace {

using namespace tenon;
using Ints = std::vector<int64_t>;

struct Tensor {
  Ints shape;
  DataType dtype = DataType::kFLOAT;
  bool constant = false;
};

struct Case {
  std::string name, op;
  std::vector<std::pair<std::string, ir::Attr>> attrs;
  std::vector<Tensor> in;
  ir::Layout layout = ir::Layout::kPlain;
  double flops = 0;  // 0: report bytes
};

std::string text(const char* s) { return s; }

std::vector<Case> cases() {
  const auto last = ir::Layout::kChannelsLast;
  std::vector<Case> c;
  auto attention = [&](int64_t b, int64_t s, const char* layout, bool causal) {
    const Ints shape = layout[1] == 's' ? Ints{b, s, 12, 64} : Ints{b, 12, s, 64};
    c.push_back({"attention_" + std::to_string(b) + "x12x" + std::to_string(s) + "x64_" + layout +
                     (causal ? "_causal" : ""),
                 "attention",
                 {{"query_layout", text(layout)},
                  {"key_layout", text(layout)},
                  {"value_layout", text(layout)},
                  {"output_layout", text(layout)},
                  {"causal", causal}},
                 {{shape}, {shape}, {shape}},
                 ir::Layout::kPlain,
                 4.0 * b * 12 * s * s * 64 * (causal ? 0.5 : 1)});
  };
  attention(1, 128, "bhsd", false);
  attention(1, 128, "bshd", false);
  attention(8, 128, "bshd", false);
  attention(1, 512, "bhsd", false);
  attention(1, 512, "bhsd", true);
  c.push_back({"add_flat",
               "elementwise",
               {{"operation", text("sum")}},
               {{{8, 128, 768}}, {{8, 128, 768}}}});
  c.push_back({"bias_gelu",
               "pointwise",
               {{"program", std::vector<std::string>{"sum i0 i1", "gelu_erf t0"}}},
               {{{128, 3072}}, {{3072}}}});
  c.push_back({"relu_small", "activation", {{"type", text("relu")}}, {{{1, 64, 56, 56}}}});
  c.push_back({"bias_relu_nhwc",
               "pointwise",
               {{"program", std::vector<std::string>{"sum i0 i1", "relu t0"}}},
               {{{1, 64, 56, 56}}, {{1, 64, 1, 1}}},
               last});
  c.push_back({"bias_relu_nchw7",
               "pointwise",
               {{"program", std::vector<std::string>{"sum i0 i1", "relu t0"}}},
               {{{8, 512, 7, 7}}, {{1, 512, 1, 1}}}});
  c.push_back({"layer_norm", "normalization", {}, {{{128, 768}}, {{768}}, {{768}}, {{128, 768}}}});
  c.push_back({"softmax", "softmax", {}, {{{12, 128, 128}}}});
  c.push_back({"softmax_axis1", "softmax", {{"axis", int64_t{1}}}, {{{4, 100, 500}}}});
  for (auto layout : {ir::Layout::kPlain, last}) {
    const std::string suffix = layout == last ? "_nhwc" : "_nchw";
    c.push_back({"maxpool" + suffix,
                 "pooling",
                 {{"type", text("max")},
                  {"window", Ints{3, 3}},
                  {"stride", Ints{2, 2}},
                  {"pre_padding", Ints{1, 1}},
                  {"post_padding", Ints{1, 1}}},
                 {{{1, 64, 112, 112}}},
                 layout});
    c.push_back({"global_pool" + suffix,
                 "adaptive_pooling",
                 {{"type", text("average")}, {"output_size", Ints{1, 1}}},
                 {{{8, 512, 7, 7}}},
                 layout});
    c.push_back({"reduce_hw" + suffix,
                 "reduce",
                 {{"operation", text("avg")}, {"axes", Ints{2, 3}}, {"keep_dims", true}},
                 {{{8, 512, 7, 7}}},
                 layout});
  }
  c.push_back(
      {"reduce_last", "reduce", {{"operation", text("sum")}, {"axes", Ints{1}}}, {{{1024, 768}}}});
  c.push_back(
      {"reduce_first", "reduce", {{"operation", text("sum")}, {"axes", Ints{0}}}, {{{1024, 768}}}});
  c.push_back({"transpose_2d", "shuffle", {{"first_transpose", Ints{1, 0}}}, {{{1024, 768}}}});
  c.push_back({"transpose_heads",
               "shuffle",
               {{"first_transpose", Ints{0, 2, 1, 3}}},
               {{{8, 128, 12, 64}}}});
  c.push_back({"embedding", "gather", {}, {{{30522, 768}}, {{8, 128}, DataType::kINT64}}});
  c.push_back(
      {"concat", "concatenation", {{"axis", int64_t{1}}}, {{{8, 64, 28, 28}}, {{8, 32, 28, 28}}}});
  c.push_back(
      {"linear_1x1000x512",
       "linear",
       {},
       {{{1, 512}}, {{1000, 512}, DataType::kFLOAT, true}, {{1000}, DataType::kFLOAT, true}},
       ir::Layout::kPlain,
       2.0 * 1000 * 512});
  c.push_back({"linear_1x120x400",
               "linear",
               {},
               {{{1, 400}}, {{120, 400}, DataType::kFLOAT, true}, {{120}, DataType::kFLOAT, true}},
               ir::Layout::kPlain,
               2.0 * 120 * 400});
  auto bert_linear = [&](int64_t m, int64_t k, int64_t n) {
    c.push_back({"linear_" + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k),
                 "linear",
                 {},
                 {{{m, k}}, {{n, k}, DataType::kFLOAT, true}, {{n}, DataType::kFLOAT, true}},
                 ir::Layout::kPlain,
                 2.0 * m * n * k});
  };
  for (int64_t m : {20, 128, 1024}) {
    bert_linear(m, 768, 768);
    bert_linear(m, 768, 2304);
    bert_linear(m, 768, 3072);
    bert_linear(m, 3072, 768);
  }
  c.push_back(
      {"conv_lenet1",
       "convolution",
       {},
       {{{1, 1, 32, 32}}, {{6, 1, 5, 5}, DataType::kFLOAT, true}, {{6}, DataType::kFLOAT, true}},
       ir::Layout::kPlain,
       2.0 * 28 * 28 * 6 * 25});
  c.push_back(
      {"conv_lenet2",
       "convolution",
       {},
       {{{1, 6, 14, 14}}, {{16, 6, 5, 5}, DataType::kFLOAT, true}, {{16}, DataType::kFLOAT, true}},
       ir::Layout::kPlain,
       2.0 * 100 * 16 * 150});
  for (const auto& [n, channels, side] : {std::tuple{1, 64, 56},
                                          {1, 128, 28},
                                          {1, 256, 14},
                                          {1, 512, 7},
                                          {8, 64, 56},
                                          {8, 128, 28},
                                          {8, 256, 14},
                                          {8, 512, 7}}) {
    c.push_back({"conv3x3_" + std::to_string(n) + "x" + std::to_string(channels),
                 "convolution",
                 {{"stride", Ints{1, 1}},
                  {"pre_padding", Ints{1, 1}},
                  {"post_padding", Ints{1, 1}},
                  {"dilation", Ints{1, 1}},
                  {"activation", text("relu")}},
                 {{{n, channels, side, side}},
                  {{channels, channels, 3, 3}, DataType::kFLOAT, true},
                  {{channels}, DataType::kFLOAT, true},
                  {{n, channels, side, side}}},
                 last,
                 2.0 * n * side * side * 9 * channels * channels});
  }
  return c;
}

struct Buffer {
  void* data;
  explicit Buffer(size_t bytes) : data(std::aligned_alloc(64, (bytes + 127) / 64 * 64)) {}
  Buffer(Buffer&& o) noexcept : data(std::exchange(o.data, nullptr)) {}
  ~Buffer() { std::free(data); }
};

void fill(const kernels::TensorDesc& d, void* data, std::mt19937& rng) {
  for (int64_t i = 0; i < d.elements(); ++i) {
    if (d.dtype == DataType::kINT64)
      static_cast<int64_t*>(data)[i] = rng() % 1000;
    else
      static_cast<float*>(data)[i] = static_cast<float>(rng() % 2001) / 1000.0f - 1.0f;
  }
}

struct Times {
  double median, least;
};

// Seconds: of this thread's own work when nothing else takes part, so that other processes on the
// core do not count; else of the wall clock.
double seconds(int threads) {
  timespec t;
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// A kernel with all that a call of it needs.
struct Candidate {
  std::string name;
  std::unique_ptr<kernels::Kernel> kernel;
  std::vector<std::shared_ptr<const void>> packed;
  std::vector<const void*> in;
  Buffer scratch;
  std::vector<double> us;

  void run(void* out) const { kernel->run({in.data(), &out, scratch.data}); }
};

// Microseconds of each call, in turns, so that all see the same machine; about a tenth of a second
// a candidate.
void time_all(std::vector<Candidate>& candidates, void* out, int threads) {
  for (const Candidate& c : candidates) c.run(out);
  const double stop = seconds(threads) + 0.1 * static_cast<double>(candidates.size());
  for (int round = 0; round < 3 || seconds(threads) < stop; ++round) {
    for (Candidate& c : candidates) {
      const double before = seconds(threads);
      c.run(out);
      c.us.push_back((seconds(threads) - before) * 1e6);
    }
  }
}

Times times_of(std::vector<double> us) {
  std::sort(us.begin(), us.end());
  return {us[us.size() / 2], us.front()};
}

void run_case(const Case& c, int threads) {
  ir::Graph graph;
  std::vector<ir::Value*> inputs;
  for (size_t i = 0; i < c.in.size(); ++i) {
    ir::SymShape shape(c.in[i].shape.begin(), c.in[i].shape.end());
    inputs.push_back(
        graph.add_input("x" + std::to_string(i), {ir::Kind::kTensor, c.in[i].dtype, shape, {}}));
  }
  ir::Node* node = net::add_layer(graph, c.op, inputs, c.attrs, "y");
  kernels::Problem p;
  p.layer = node;
  p.threads = threads;
  std::mt19937 rng(1);
  std::vector<Buffer> buffers;
  std::vector<const void*> in;
  std::vector<ir::ConstantPtr> constants;
  double bytes = 0;
  for (const Tensor& t : c.in) {
    kernels::TensorDesc d;
    d.dtype = t.dtype, d.shape = t.shape, d.is_constant = t.constant;
    if (t.shape.size() >= 3 && !t.constant) d.layout = c.layout;
    buffers.emplace_back(d.bytes());
    fill(d, buffers.back().data, rng);
    in.push_back(buffers.back().data);
    constants.push_back(t.constant ? ir::make_constant(t.dtype, t.shape, in.back()) : nullptr);
    if (t.constant) d.data = in.back();
    p.in.push_back(d);
    bytes += static_cast<double>(d.bytes());
  }
  kernels::TensorDesc out;
  out.dtype = node->output()->type.dtype;
  out.shape = ir::eval(node->output()->type.shape, {});
  if (out.shape.size() >= 3) out.layout = c.layout;
  buffers.emplace_back(out.bytes());
  void* result = buffers.back().data;
  p.out.push_back(out);
  bytes += static_cast<double>(out.bytes());
  std::vector<Candidate> ready;
  for (const kernels::KernelImpl* impl : kernels::candidates(c.op)) {
    if (impl->name().rfind("reference.", 0) == 0) continue;
    if (Support s = impl->supports(p); !s) {
      std::printf("%-34s %-28s no: %s\n", c.name.c_str(), impl->name().c_str(), s.reason().c_str());
      continue;
    }
    kernels::Problem packed = p;
    std::vector<const void*> pointers = in;
    const kernels::Packed pack = impl->pack(p, constants);
    std::vector<std::shared_ptr<const void>> keep;
    for (size_t i = 0; i < pack.size(); ++i) {
      if (!pack[i]) continue;
      packed.in[i].shape = pack[i]->shape, packed.in[i].format = pack[i]->format,
      packed.in[i].constant_bytes = pack[i]->bytes;
      keep.push_back(pack[i]->materialise());
      pointers[i] = keep.back().get();
    }
    auto kernel = impl->prepare(packed);
    Buffer scratch(kernel->scratch_bytes + 64);
    ready.push_back({impl->name(),
                     std::move(kernel),
                     std::move(keep),
                     std::move(pointers),
                     std::move(scratch),
                     {}});
  }
  time_all(ready, result, threads);
  for (const Candidate& candidate : ready) {
    const Times us = times_of(candidate.us);
    std::printf("%-34s %-28s %9.2f us, least %9.2f us  %8.2f %s\n", c.name.c_str(),
                candidate.name.c_str(), us.median, us.least,
                (c.flops > 0 ? c.flops : bytes) / us.least * 1e-3,
                c.flops > 0 ? "GFLOP/s" : "GB/s");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string part = argc > 1 ? argv[1] : "";
  const int threads = argc > 2 ? std::atoi(argv[2]) : omp_get_max_threads();
  omp_set_num_threads(threads);
  if (Support s = kernels::load_plugins(); !s) std::printf("plug-ins: %s\n", s.reason().c_str());
  std::printf("instruction set %s, %d threads\n", kernels::name_of(kernels::isa()), threads);
  for (const Case& c : cases()) {
    if (c.name.find(part) != std::string::npos) run_case(c, threads);
  }
  return 0;
}
