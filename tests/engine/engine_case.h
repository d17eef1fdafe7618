// SPDX-License-Identifier: Apache-2.0
// What the engine tests share: net graphs from short text, engines from graphs, and running them.
// Stateless but for TempFolder, which owns a folder and removes it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/build/build.h"
#include "seed.h"
#include "tenon/runtime.h"

namespace tenon::test {

using Floats = std::vector<float>;
using Shape = std::vector<int64_t>;

/// Parses a net graph in which attributes with default values and absent last inputs may be left
/// out, and checks it.
ir::Graph net_graph(const std::string& text, const std::vector<ir::ConstantPtr>& constants = {});
/// Adds what net_graph() lets one leave out; leave_out_defaults() is the reverse.
void complete(ir::Graph& g);
void leave_out_defaults(ir::Graph& g);

/// No timing, first candidate.
Options quick_options();
/// A plan that runs the graph as it is, with the plain reference kernels.
engine::PlanContent reference_plan(const ir::Graph& g);
std::shared_ptr<Engine> load(const engine::PlanContent& content);
std::shared_ptr<Engine> build(const std::string& text);

void set_shapes(Context& context, const std::vector<Shape>& shapes);
/// Runs an engine of f32 inputs and outputs.
std::vector<Floats> run(Engine& engine, Context& context, const std::vector<Shape>& shapes,
                        const std::vector<Floats>& inputs);
Floats random_floats(Random& random, size_t count);
ir::ConstantPtr f32_constant(const Shape& shape, const Floats& values);

/// The text of the Error that `body` throws, or "no error".
template <typename Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

/// A fresh folder, removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::vector<std::string> names() const;

 private:
  std::filesystem::path path_;
};

}  // namespace tenon::test
