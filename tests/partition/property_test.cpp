// SPDX-License-Identifier: Apache-2.0
// Random graphs with random sets of supported nodes: the segments, run in order, compute the graph.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "partition/partition.h"
#include "seed.h"

namespace tenon::partition {
namespace {

using ir::Node;
using ir::Value;

struct RandomProgram {
  explicit RandomProgram(uint64_t seed) : random(seed) {
    ir::Graph& g = program.graph;
    g.symbols["n"] = {1, 4, 8};
    g.symbols["u"] = {1, 4, 8};  // shown by no user input
    std::vector<Value*> values;
    for (int64_t i = random.in(1, 3); i > 0; --i)
      values.push_back(g.add_input(g.unique_name("x"), type(ir::SymDim::symbol("n"))));
    const float zero = 0;
    values.push_back(g.add_constant(ir::make_constant(DataType::kFLOAT, {1}, &zero), "c"));
    for (int64_t i = random.in(1, 25); i > 0; --i) values.push_back(add_node(values));
    for (int64_t i = random.in(1, 4); i > 0; --i) g.outputs.push_back(any(values));
    if (random.one_in(3)) program.pinned[any(values)->name] = "pinned";
    options.min_block_size = random.in(1, 5);
  }

  Value* any(const std::vector<Value*>& values) {
    return values[static_cast<size_t>(random.in(0, static_cast<int64_t>(values.size()) - 1))];
  }
  static ir::Type type(const ir::SymDim& size) {
    ir::Type t;
    t.shape = {size};
    return t;
  }
  Value* add_node(const std::vector<Value*>& values) {
    ir::Graph& g = program.graph;
    std::vector<Value*> in;
    for (int64_t k = random.in(0, 3); k > 0; --k) in.push_back(any(values));
    const bool custom = random.one_in(15);
    Node* node = g.create(custom ? "custom::op" : "aten::op", in);
    const ir::SymDim n = ir::SymDim::symbol("n"), u = ir::SymDim::symbol("u");
    const ir::SymDim sizes[] = {n, n * 2, 3, n + 1, u, u + 1};
    const bool odd = random.one_in(6);
    Value* v = node->add_output(g.unique_name("v"), type(sizes[random.in(0, odd ? 5 : 3)]));
    if (random.one_in(3)) supported.insert(node);
    if (!random.one_in(3)) supported.insert(node);
    return v;
  }

  test::Random random;
  ir::Program program;
  Options options;
  std::set<const Node*> supported;
};

/// Nodes that must run, found without the partitioner: effects, and what outputs need.
std::set<const Node*> needed_nodes(const ir::Program& program) {
  std::set<const Value*> needed(program.graph.outputs.begin(), program.graph.outputs.end());
  std::set<const Node*> live;
  for (auto it = program.graph.nodes().rbegin(); it != program.graph.nodes().rend(); ++it) {
    const Node& n = **it;
    if (n.is_constant()) continue;
    bool used = n.op == "custom::op" || needed.count(n.output());
    for (const Value* in : n.inputs) used = used || program.pinned.count(in->name);
    if (!used) continue;
    live.insert(&n);
    needed.insert(n.inputs.begin(), n.inputs.end());
  }
  return live;
}

/// Runs the segments in order with sets of names for tensors.
void expect_runs(const RandomProgram& p, const Plan& plan) {
  std::set<const Value*> available;
  for (const auto& in : p.program.graph.inputs()) available.insert(in.get());
  std::set<const Node*> ran;
  for (const Segment& s : plan.segments) {
    ASSERT_FALSE(s.nodes.empty());
    std::set<const Value*> inside;
    for (const Value* in : s.inputs) {
      EXPECT_TRUE(available.count(in)) << s.name << " wants %" << in->name << " too early";
      EXPECT_FALSE(ir::constant_of(in)) << "%" << in->name;
      EXPECT_TRUE(inside.insert(in).second) << "%" << in->name << " twice";
    }
    for (const Node* n : s.nodes) {
      EXPECT_TRUE(ran.insert(n).second) << "%" << n->output()->name << " runs twice";
      for (const Value* in : n->inputs)
        EXPECT_TRUE(inside.count(in) || ir::constant_of(in)) << s.name << " lacks %" << in->name;
      inside.insert(n->output());
    }
    for (const Value* out : s.outputs) {
      EXPECT_TRUE(inside.count(out));
      available.insert(out);
    }
  }
  EXPECT_EQ(ran, needed_nodes(p.program)) << "each node that is needed, once";
  for (const Value* out : p.program.graph.outputs)
    EXPECT_TRUE(available.count(out) || ir::constant_of(out)) << "no output %" << out->name;
}

/// An engine learns every size from its inputs.
void expect_sizes_known(const Segment& s) {
  std::set<std::string> shown, need;
  for (const Value* in : s.inputs)
    for (const ir::SymDim& d : in->type.shape) {
      shown.insert(d.as_symbol());
      d.collect_symbols(need);
    }
  for (const Node* n : s.nodes)
    for (const ir::SymDim& d : n->output()->type.shape) d.collect_symbols(need);
  for (const std::string& symbol : need)
    EXPECT_TRUE(shown.count(symbol)) << s.name << " cannot know " << symbol;
}

void expect_consistent(const RandomProgram& p, const Plan& plan) {
  std::map<const Node*, bool> in_engine;
  for (const Segment& s : plan.segments) {
    if (s.engine) {
      EXPECT_GE(static_cast<int64_t>(s.nodes.size()), p.options.min_block_size);
      expect_sizes_known(s);
    }
    for (const Node* n : s.nodes) in_engine[n] = s.engine;
  }
  EXPECT_EQ(plan.total_ops, static_cast<int>(plan.nodes.size()));
  EXPECT_EQ(plan.nodes.size(), in_engine.size());
  for (const NodeReport& r : plan.nodes) {
    EXPECT_EQ(r.engine, in_engine.at(r.node));
    EXPECT_EQ(r.engine, r.reason.empty()) << "each node in torch has its reason";
    EXPECT_EQ(r.supported, p.supported.count(r.node) > 0);
    EXPECT_TRUE(!r.engine || r.supported);
    for (const Value* in : r.node->inputs)
      EXPECT_FALSE(r.engine && p.program.pinned.count(in->name));
  }
}

TEST(PartitionProperty, SegmentsComputeTheGraph) {
  int engines = 0, torch_pieces = 0;
  for (uint64_t seed = test::first_seed(); seed < test::first_seed() + 2000; ++seed) {
    SCOPED_TRACE(test::seed_text(seed));
    RandomProgram p(seed);
    const auto supports = [&](const Node& n) {
      return p.supported.count(&n) ? Support::yes() : Support::no("no");
    };
    const Plan plan = partition(p.program, p.options, supports);
    expect_runs(p, plan);
    expect_consistent(p, plan);
    for (const Segment& s : plan.segments) ++(s.engine ? engines : torch_pieces);
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(engines, 500);
  EXPECT_GT(torch_pieces, 500);
}

}  // namespace
}  // namespace tenon::partition
