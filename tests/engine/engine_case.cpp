// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_case.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "engine/plan/plan.h"
#include "engine/run/storage.h"
#include "ir/text.h"
#include "kernels/kernel.h"
#include "net/layer.h"

namespace tenon::test {

void complete(ir::Graph& g) {
  for (auto& node : g.nodes()) {
    const net::LayerDef* def = net::find_layer(node->op);
    if (!def || node->is_constant()) continue;
    if (node->inputs.size() < def->inputs.size()) node->inputs.resize(def->inputs.size());
    auto given = std::move(node->attrs);
    node->attrs.clear();
    for (const auto& attr : def->attrs) node->set(attr.name, attr.default_value);
    for (auto& [name, value] : given) {
      if (node->has(name)) {
        net::set_attr(*node, name, value);
      } else {
        node->set(name, value);
      }
    }
  }
}

void leave_out_defaults(ir::Graph& g) {
  for (auto& node : g.nodes()) {
    const net::LayerDef* def = net::find_layer(node->op);
    if (!def || node->is_constant()) continue;
    for (const auto& attr : def->attrs)
      if (node->has(attr.name) && *node->find(attr.name) == attr.default_value)
        node->erase_attr(attr.name);
    while (!node->inputs.empty() && !node->inputs.back()) node->inputs.pop_back();
  }
}

ir::Graph net_graph(const std::string& text, const std::vector<ir::ConstantPtr>& constants) {
  ir::Graph g = ir::parse(text, constants);
  complete(g);
  ir::verify(g);
  net::check_net(g);
  return g;
}

Options quick_options() {
  Options options;
  options.optimization_level = 0;
  return options;
}

engine::PlanContent reference_plan(const ir::Graph& g) {
  ir::Graph graph = g.clone();
  for (auto& node : graph.nodes())
    if (!node->is_constant() && !engine::is_view(*node))
      node->set("kernel", "reference." + node->op);
  engine::PlanContent content;
  ir::PrintOptions print;
  print.constants = &content.constants;
  content.graph = ir::print(graph, print);
  content.target = R"({"device": "cpu", "isa": "generic", "library": "test"})";
  content.info = "{}";
  return content;
}

std::shared_ptr<Engine> load(const engine::PlanContent& content) {
  return Engine::load(engine::write_plan(content));
}

std::shared_ptr<Engine> build(const std::string& text) {
  return load(engine::build_engine(net_graph(text), quick_options(), nullptr).content);
}

void set_shapes(Context& context, const std::vector<Shape>& shapes) {
  std::vector<const int64_t*> pointers;
  for (const Shape& s : shapes) pointers.push_back(s.data());
  context.set_input_shapes(pointers.data());
}

std::vector<Floats> run(Engine& engine, Context& context, const std::vector<Shape>& shapes,
                        const std::vector<Floats>& inputs) {
  set_shapes(context, shapes);
  std::vector<Floats> outputs;
  for (const Shape& s : context.output_shapes()) {
    int64_t count = 1;
    for (int64_t d : s) count *= d;
    outputs.emplace_back(static_cast<size_t>(count));
  }
  for (const auto& out : engine.outputs())
    TENON_CHECK(out.dtype == DataType::kFLOAT, "output ", out.name, " is not f32");
  std::vector<const void*> in;
  std::vector<void*> out;
  for (const Floats& f : inputs) in.push_back(f.data());
  for (Floats& f : outputs) out.push_back(f.data());
  context.enqueue(in.data(), out.data());
  return outputs;
}

Floats random_floats(Random& random, size_t count) {
  Floats values(count);
  for (float& v : values) v = static_cast<float>(random.in(-1024, 1024)) / 1024.0f;
  return values;
}

ir::ConstantPtr f32_constant(const Shape& shape, const Floats& values) {
  return ir::make_constant(DataType::kFLOAT, shape, values.data());
}

TempFolder::TempFolder() {
  static std::atomic<int> counter{0};
  path_ = std::filesystem::temp_directory_path() /
          ("tenon_test_" + std::to_string(::getpid()) + "_" + std::to_string(counter++));
  std::filesystem::create_directory(path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TempFolder::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tenon::test
