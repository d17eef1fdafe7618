// SPDX-License-Identifier: Apache-2.0
// Builds a small network with the public API, saves its plan, loads and runs it for several batch
// sizes, and compares every result with a plain computation. Exits with 1 on a difference.
//
//   network [plan file]
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <memory>
#include <vector>

#include "tenon/builder.h"
#include "tenon/runtime.h"

namespace {

constexpr int64_t kIn = 64, kHidden = 128, kOut = 10, kMaxBatch = 32;

/// Repeatable values in [-1, 1).
std::vector<float> values(int64_t count, uint32_t seed) {
  std::vector<float> v(static_cast<size_t>(count));
  for (float& x : v) {
    seed = seed * 1664525u + 1013904223u;
    x = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
  }
  return v;
}

struct Parameters {
  std::vector<float> w1 = values(kHidden * kIn, 1), b1 = values(kHidden, 2);
  std::vector<float> w2 = values(kOut * kHidden, 3), b2 = values(kOut, 4);
};

tenon::Weights view(const std::vector<float>& v) {
  return {tenon::DataType::kFLOAT, v.data(), static_cast<int64_t>(v.size())};
}

/// softmax(w2 relu(w1 x + b1) + b2) for x [batch, 64].
std::unique_ptr<tenon::IHostMemory> build(const Parameters& p) {
  auto builder = tenon::createBuilder();
  auto network = builder->createNetworkV2();
  tenon::ITensor* x = network->addInput("x", tenon::DataType::kFLOAT, tenon::Dims{2, {-1, kIn}});
  x->setDimensionName(0, "batch");
  auto* fc1 = network->addLinear(*x, kHidden, view(p.w1), view(p.b1));
  auto* relu = network->addActivation(*fc1->getOutput(0), tenon::ActivationType::kRELU);
  auto* fc2 = network->addLinear(*relu->getOutput(0), kOut, view(p.w2), view(p.b2));
  auto* softmax = network->addSoftMax(*fc2->getOutput(0));
  softmax->setAxes(1u << 1);
  softmax->getOutput(0)->setName("probabilities");
  network->markOutput(*softmax->getOutput(0));

  tenon::IOptimizationProfile* profile = builder->createOptimizationProfile();
  profile->setDimensions("x", tenon::OptProfileSelector::kMIN, tenon::Dims{2, {1, kIn}});
  profile->setDimensions("x", tenon::OptProfileSelector::kOPT, tenon::Dims{2, {8, kIn}});
  profile->setDimensions("x", tenon::OptProfileSelector::kMAX, tenon::Dims{2, {kMaxBatch, kIn}});
  auto config = builder->createBuilderConfig();
  config->setTimingCachePath("none");
  config->addOptimizationProfile(profile);
  return builder->buildSerializedNetwork(*network, *config);
}

/// y [rows, n] = x [rows, k] w^T + b, the plain way.
std::vector<float> linear(const std::vector<float>& x, const std::vector<float>& w,
                          const std::vector<float>& b, int64_t k) {
  const size_t n = b.size(), depth = static_cast<size_t>(k), rows = x.size() / depth;
  std::vector<float> y(rows * n);
  for (size_t r = 0; r < rows; ++r)
    for (size_t j = 0; j < n; ++j) {
      double sum = b[j];
      for (size_t i = 0; i < depth; ++i) sum += double{x[r * depth + i]} * w[j * depth + i];
      y[r * n + j] = static_cast<float>(sum);
    }
  return y;
}

std::vector<float> expected(const Parameters& p, const std::vector<float>& x) {
  std::vector<float> h = linear(x, p.w1, p.b1, kIn);
  for (float& v : h) v = v > 0 ? v : 0;
  std::vector<float> y = linear(h, p.w2, p.b2, kHidden);
  for (size_t row = 0; row < y.size(); row += kOut) {
    float most = y[row];
    for (size_t j = 0; j < kOut; ++j) most = std::fmax(most, y[row + j]);
    float sum = 0;
    for (size_t j = 0; j < kOut; ++j) sum += y[row + j] = std::exp(y[row + j] - most);
    for (size_t j = 0; j < kOut; ++j) y[row + j] /= sum;
  }
  return y;
}

/// Largest difference between the engine and the plain computation.
double compare(tenon::Context& context, const Parameters& p, int64_t batch) {
  const std::vector<float> x = values(batch * kIn, static_cast<uint32_t>(batch));
  std::vector<float> y(static_cast<size_t>(batch * kOut));
  const int64_t shape[] = {batch, kIn};
  const int64_t* shapes[] = {shape};
  const void* inputs[] = {x.data()};
  void* outputs[] = {y.data()};
  context.set_input_shapes(shapes);
  context.enqueue(inputs, outputs);
  const std::vector<float> wanted = expected(p, x);
  double worst = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const double difference = std::fabs(double{y[i]} - wanted[i]);
    worst = difference > worst || std::isnan(difference) ? difference : worst;
  }
  return worst;
}

int run(const char* path) {
  const Parameters parameters;
  const auto plan = build(parameters);
  std::ofstream(path, std::ios::binary)
      .write(static_cast<const char*>(plan->data()), static_cast<std::streamsize>(plan->size()));
  const auto engine = tenon::Engine::load_file(path);
  const auto context = engine->create_context();
  bool ok = true;
  for (int64_t batch : {int64_t{1}, int64_t{7}, kMaxBatch}) {
    const double worst = compare(*context, parameters, batch);
    std::printf("batch %2d: largest difference %.2e\n", static_cast<int>(batch), worst);
    ok = ok && worst < 1e-4;  // also false for NaN
  }
  std::printf("%s: %zu bytes, %s\n", path, plan->size(), ok ? "results agree" : "RESULTS DIFFER");
  return ok ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : "network.plan");
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
