// SPDX-License-Identifier: Apache-2.0
// Random graphs with random sets of supported nodes: the segments, run in order, compute the graph.
// A graph that fails is made as small as still fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "ir/text.h"
#include "partition/partition.h"
#include "seed.h"

namespace tenon::partition {
namespace {

using ir::Node;
using ir::Value;

/// A program as plain data, so that parts of it can be left out. Values are numbered: inputs, the
/// constant, then one per node; a node reads values before it.
struct Spec {
  struct Op {
    std::vector<size_t> in;
    size_t size = 0;
    bool custom = false, supported = false;
  };
  size_t inputs = 1;
  std::vector<Op> ops;
  std::vector<size_t> outputs;
  std::optional<size_t> pinned;
  int64_t min_block_size = 1;

  size_t first_op() const { return inputs + 1; }
  /// Leaves an op out; who read its result reads the first input.
  void erase(size_t op) {
    const size_t gone = first_op() + op;
    ops.erase(ops.begin() + static_cast<std::ptrdiff_t>(op));
    const auto renumber = [&](size_t& v) { v = v == gone ? 0 : v - (v > gone ? 1 : 0); };
    for (Op& o : ops)
      for (size_t& v : o.in) renumber(v);
    for (size_t& v : outputs) renumber(v);
    if (pinned) renumber(*pinned);
  }
};

Spec random_spec(uint64_t seed) {
  test::Random random(seed);
  Spec spec;
  const auto any = [&] {
    const size_t last = spec.first_op() + spec.ops.size() - 1;
    return static_cast<size_t>(random.in(0, static_cast<int64_t>(last)));
  };
  spec.inputs = static_cast<size_t>(random.in(1, 3));
  for (int64_t i = random.in(1, 25); i > 0; --i) {
    Spec::Op op;
    for (int64_t k = random.in(0, 3); k > 0; --k) op.in.push_back(any());
    op.custom = random.one_in(15);
    op.size = static_cast<size_t>(random.in(0, random.one_in(6) ? 5 : 3));
    op.supported = !random.one_in(4);
    spec.ops.push_back(op);
  }
  for (int64_t i = random.in(1, 4); i > 0; --i) spec.outputs.push_back(any());
  if (random.one_in(3)) spec.pinned = any();
  spec.min_block_size = random.in(1, 5);
  return spec;
}

struct RandomProgram {
  explicit RandomProgram(const Spec& spec) {
    ir::Graph& g = program.graph;
    g.symbols["n"] = {1, 4, 8};
    g.symbols["u"] = {1, 4, 8};  // shown by no user input
    for (size_t i = 0; i < spec.inputs; ++i)
      values.push_back(g.add_input(g.unique_name("x"), type(ir::SymDim::symbol("n"))));
    const float zero = 0;
    values.push_back(g.add_constant(ir::make_constant(DataType::kFLOAT, {1}, &zero), "c"));
    for (const Spec::Op& op : spec.ops) add_node(op);
    for (size_t i : spec.outputs) g.outputs.push_back(value(i));
    if (spec.pinned) program.pinned[value(*spec.pinned)->name] = "pinned";
    options.min_block_size = spec.min_block_size;
  }

  Value* value(size_t i) const { return values.at(i); }
  static ir::Type type(const ir::SymDim& size) {
    ir::Type t;
    t.shape = {size};
    return t;
  }
  void add_node(const Spec::Op& op) {
    ir::Graph& g = program.graph;
    std::vector<Value*> in;
    for (size_t i : op.in) in.push_back(value(i));
    Node* node = g.create(op.custom ? "custom::op" : "aten::op", in);
    const ir::SymDim n = ir::SymDim::symbol("n"), u = ir::SymDim::symbol("u");
    const ir::SymDim sizes[] = {n, n * 2, 3, n + 1, u, u + 1};
    values.push_back(node->add_output(g.unique_name("v"), type(sizes[op.size])));
    if (op.supported) supported.insert(node);
  }

  ir::Program program;
  Options options;
  std::vector<Value*> values;
  std::set<const Node*> supported;
};

Plan plan_of(const RandomProgram& p) {
  return partition(p.program, p.options, [&](const Node& n) {
    return p.supported.count(&n) ? Support::yes() : Support::no("no");
  });
}

/// Collects what is wrong; "" if nothing is.
class Checker {
 public:
  explicit Checker(const RandomProgram& p) : p_(p), graph_(p.program.graph) {}

  std::string problems(const Plan& plan) {
    runs(plan);
    consistent(plan);
    return text_;
  }

 private:
  template <typename... T>
  void want(bool ok, const T&... what) {
    if (!ok) text_ += detail::concat(what...) + "\n";
  }

  /// Nodes that must run, found without the partitioner: effects, and what outputs need.
  std::set<const Node*> needed_nodes() const {
    std::set<const Value*> needed(graph_.outputs.begin(), graph_.outputs.end());
    std::set<const Node*> live;
    for (auto it = graph_.nodes().rbegin(); it != graph_.nodes().rend(); ++it) {
      const Node& n = **it;
      if (n.is_constant()) continue;
      bool used = n.op == "custom::op" || needed.count(n.output());
      for (const Value* in : n.inputs) used = used || p_.program.pinned.count(in->name);
      if (!used) continue;
      live.insert(&n);
      needed.insert(n.inputs.begin(), n.inputs.end());
    }
    return live;
  }

  /// Runs the segments in order with sets of names for tensors: a cycle would want one too early.
  void runs(const Plan& plan) {
    std::set<const Value*> available;
    for (const auto& in : graph_.inputs()) available.insert(in.get());
    std::set<const Node*> ran;
    for (const Segment& s : plan.segments) {
      want(!s.nodes.empty(), s.name, " is empty");
      std::set<const Value*> inside;
      for (const Value* in : s.inputs) {
        want(available.count(in), s.name, " wants %", in->name, " too early");
        want(!ir::constant_of(in), s.name, " is given the constant %", in->name);
        want(inside.insert(in).second, s.name, " is given %", in->name, " twice");
      }
      for (const Node* n : s.nodes) {
        want(ran.insert(n).second, "%", n->output()->name, " runs twice");
        for (const Value* in : n->inputs)
          want(inside.count(in) || ir::constant_of(in), s.name, " lacks %", in->name);
        inside.insert(n->output());
      }
      for (const Value* out : s.outputs) {
        want(inside.count(out), s.name, " does not make its output %", out->name);
        available.insert(out);
      }
    }
    want(ran == needed_nodes(), "not each node that is needed runs, or another one does");
    for (const Value* out : graph_.outputs)
      want(available.count(out) || ir::constant_of(out), "nothing makes the output %", out->name);
  }

  /// An engine learns every size from its inputs.
  void sizes_known(const Segment& s) {
    std::set<std::string> shown, need;
    for (const Value* in : s.inputs)
      for (const ir::SymDim& d : in->type.shape) {
        shown.insert(d.as_symbol());
        d.collect_symbols(need);
      }
    for (const Node* n : s.nodes)
      for (const ir::SymDim& d : n->output()->type.shape) d.collect_symbols(need);
    for (const std::string& symbol : need)
      want(shown.count(symbol), s.name, " cannot know ", symbol);
  }

  void consistent(const Plan& plan) {
    std::map<const Node*, bool> in_engine;
    for (const Segment& s : plan.segments) {
      if (s.engine) {
        want(static_cast<int64_t>(s.nodes.size()) >= p_.options.min_block_size, s.name, " has ",
             s.nodes.size(), " nodes, fewer than ", p_.options.min_block_size);
        sizes_known(s);
      }
      for (const Node* n : s.nodes) in_engine[n] = s.engine;
    }
    want(plan.total_ops == static_cast<int>(plan.nodes.size()), "total_ops");
    want(plan.nodes.size() == in_engine.size(), "the report has other nodes than the segments");
    for (const NodeReport& r : plan.nodes) node_consistent(r, in_engine);
  }

  void node_consistent(const NodeReport& r, const std::map<const Node*, bool>& in_engine) {
    const std::string& name = r.node->output()->name;
    const auto found = in_engine.find(r.node);
    want(found != in_engine.end() && found->second == r.engine, "%", name, " is reported wrongly");
    want(r.engine == r.reason.empty(), "%", name, ": each node in torch has its reason");
    want(r.supported == (p_.supported.count(r.node) > 0), "%", name, ": supported is wrong");
    want(!r.engine || r.supported, "%", name, " is in an engine, but not supported");
    for (const Value* in : r.node->inputs)
      want(!(r.engine && p_.program.pinned.count(in->name)), "%", name, " reads a pinned value");
  }

  const RandomProgram& p_;
  const ir::Graph& graph_;
  std::string text_;
};

using Problems = std::string (*)(const Spec&);

std::string problems_of(const Spec& spec) {
  const RandomProgram p(spec);
  return Checker(p).problems(plan_of(p));
}

/// Each way to leave one thing out.
std::vector<Spec> smaller(const Spec& spec) {
  std::vector<Spec> all;
  const auto with = [&](auto change) {
    all.push_back(spec);
    change(all.back());
  };
  for (size_t i = 0; i < spec.ops.size(); ++i) with([&](Spec& s) { s.erase(i); });
  for (size_t i = 0; i < spec.ops.size(); ++i)
    if (!spec.ops[i].in.empty()) with([&](Spec& s) { s.ops[i].in.pop_back(); });
  if (spec.outputs.size() > 1) with([](Spec& s) { s.outputs.pop_back(); });
  if (spec.pinned) with([](Spec& s) { s.pinned.reset(); });
  if (spec.min_block_size > 1) with([](Spec& s) { --s.min_block_size; });
  return all;
}

Spec shrunk(Spec spec, Problems problems) {
  for (bool again = true; again;) {
    again = false;
    for (Spec& candidate : smaller(spec)) {
      if (problems(candidate).empty()) continue;
      spec = std::move(candidate);
      again = true;
      break;
    }
  }
  return spec;
}

std::string text_of(const Spec& spec) {
  const RandomProgram p(spec);
  std::string supported;
  for (const Node* n : p.supported) supported += " %" + n->output()->name;
  return detail::concat(ir::print(p.program.graph), "min_block_size ", spec.min_block_size,
                        ", pinned ", spec.pinned ? p.value(*spec.pinned)->name : "nothing",
                        ", supported:", supported);
}

TEST(PartitionProperty, SegmentsComputeTheGraph) {
  int engines = 0, torch_pieces = 0;
  for (uint64_t seed = test::first_seed(); seed < test::first_seed() + 2000; ++seed) {
    const Spec spec = random_spec(seed);
    if (!problems_of(spec).empty()) {
      const Spec least = shrunk(spec, problems_of);
      FAIL() << test::seed_text(seed) << "\n" << text_of(least) << "\n" << problems_of(least);
    }
    const RandomProgram p(spec);
    for (const Segment& s : plan_of(p).segments) ++(s.engine ? engines : torch_pieces);
  }
  EXPECT_GT(engines, 500);
  EXPECT_GT(torch_pieces, 500);
}

/// A mistake on purpose: segments in reverse order.
std::string problems_of_reversed(const Spec& spec) {
  const RandomProgram p(spec);
  Plan plan = plan_of(p);
  std::reverse(plan.segments.begin(), plan.segments.end());
  return Checker(p).problems(plan);
}

TEST(PartitionProperty, FailuresAreMadeSmall) {
  Spec spec;
  for (uint64_t seed = test::first_seed(); problems_of_reversed(spec).empty(); ++seed)
    spec = random_spec(seed);
  const Spec least = shrunk(spec, problems_of_reversed);
  EXPECT_EQ(least.ops.size(), 2u) << text_of(
      least);  // an engine's and torch's, one after the other
  EXPECT_NE(problems_of_reversed(least).find("too early"), std::string::npos);
}

}  // namespace
}  // namespace tenon::partition
