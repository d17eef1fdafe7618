// SPDX-License-Identifier: Apache-2.0
// Who runs what: settings, reasons, sizes that cross borders.
#include "partition/partition.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "ir/text.h"

namespace tenon::partition {
namespace {

using Names = std::vector<std::string>;

ir::Program program_of(const std::string& text) {
  ir::Program p;
  p.graph = ir::parse(text);
  return p;
}

/// A converter for every op but those named aten::torch*.
Support by_name(const ir::Node& n) {
  return n.op.find("torch") == std::string::npos ? Support::yes()
                                                 : Support::no("no converter for " + n.op);
}

Options options_with(int64_t min_block_size) {
  Options o;
  o.min_block_size = min_block_size;
  return o;
}

template <typename Values>
Names names(const Values& values) {
  Names out;
  for (const auto& v : values) out.push_back(v->name);
  return out;
}
Names nodes_of(const Segment& s) {
  Names out;
  for (const ir::Node* n : s.nodes) out.push_back(n->outputs().empty() ? "-" : n->output()->name);
  return out;
}
const NodeReport& report_of(const Plan& plan, const std::string& name) {
  for (const auto& r : plan.nodes)
    if (!r.node->outputs().empty() && r.node->output()->name == name) return r;
  throw Error("no node " + name);
}

const char* const kChain = R"(graph {
  input %x : f32[2, 3]
  %a : f32[2, 3] = aten::relu(%x) {self=$0} ; relu|torch.ops.aten.relu.default|block.act|m.py:1
  %b : f32[2, 3] = aten::add.Tensor(%a, %x) {self=$0 other=$1} ; add|torch.ops.aten.add.Tensor|block|m.py:2
  %c : f32[2, 3] = aten::torch_only(%b) {self=$0} ; foo|torch.ops.aten.torch_only.default|blk|m.py:3
  %d : f32[2, 3] = aten::relu(%c) {self=$0} ; relu_1|torch.ops.aten.relu.default|blocks.0|m.py:4
  return %d "out"
})";

TEST(Partition, SplitsAroundWhatIsNotSupported) {
  const auto program = program_of(kChain);
  const Plan plan = partition(program, options_with(1), by_name);
  ASSERT_EQ(plan.segments.size(), 3u);
  EXPECT_EQ(plan.segments[0].name, "_run_on_acc_0");
  EXPECT_EQ(plan.segments[1].name, "_run_on_gpu_1");
  EXPECT_EQ(plan.segments[2].name, "_run_on_acc_2");
  EXPECT_EQ(nodes_of(plan.segments[0]), (Names{"a", "b"}));
  EXPECT_EQ(names(plan.segments[0].inputs), (Names{"x"}));
  EXPECT_EQ(names(plan.segments[0].outputs), (Names{"b"}));
  EXPECT_EQ(nodes_of(plan.segments[1]), (Names{"c"}));
  EXPECT_EQ(names(plan.segments[2].inputs), (Names{"c"}));
  EXPECT_EQ(plan.total_ops, 4);
  EXPECT_EQ(plan.supported_ops, 3);
  EXPECT_EQ(report_of(plan, "c").reason, "no converter for aten::torch_only");
}

TEST(Partition, MinBlockSize) {
  const auto program = program_of(kChain);
  const Plan plan = partition(program, options_with(2), by_name);
  ASSERT_EQ(plan.segments.size(), 2u);
  EXPECT_EQ(nodes_of(plan.segments[1]), (Names{"c", "d"}))
      << "the small block joins its torch neighbour";
  EXPECT_EQ(report_of(plan, "d").reason, "its block has 1 op, fewer than min_block_size=2");
  EXPECT_TRUE(report_of(plan, "d").supported);
  const Plan none = partition(program, options_with(3), by_name);
  ASSERT_EQ(none.segments.size(), 1u);
  EXPECT_FALSE(none.segments[0].engine);
  EXPECT_EQ(report_of(none, "a").reason, "its block has 2 ops, fewer than min_block_size=3");
}

TEST(Partition, SpellingsOfExcludedOps) {
  const auto program = program_of(kChain);
  for (const char* spelling :
       {"torch.ops.aten.relu.default", "torch.ops.aten.relu", "aten.relu.default", "aten.relu",
        "aten::relu", "torch._ops.aten.relu.default"}) {
    Options o = options_with(1);
    o.torch_executed_ops = {spelling};
    const Plan plan = partition(program, o, by_name);
    EXPECT_EQ(report_of(plan, "a").reason,
              std::string("excluded by torch_executed_ops: '") + spelling + "'");
    EXPECT_FALSE(report_of(plan, "d").engine) << spelling;
    EXPECT_TRUE(report_of(plan, "b").engine) << spelling;
  }
  for (const char* spelling :
       {"aten::add.Tensor", "aten::add", "torch.ops.aten.add.Tensor", "aten.add"}) {
    Options o = options_with(1);
    o.torch_executed_ops = {spelling};
    EXPECT_FALSE(report_of(partition(program, o, by_name), "b").engine) << spelling;
  }
  for (const char* other : {"aten::add.Scalar", "aten::ad", "relu", "aten", ""}) {
    Options o = options_with(1);
    o.torch_executed_ops = {other};
    const Plan plan = partition(program, o, by_name);
    EXPECT_TRUE(report_of(plan, "a").engine && report_of(plan, "b").engine) << other;
  }
}

TEST(Partition, ExcludedModules) {
  const auto program = program_of(kChain);
  Options o = options_with(1);
  o.torch_executed_modules = {"block"};
  const Plan plan = partition(program, o, by_name);
  EXPECT_EQ(report_of(plan, "a").reason, "excluded by torch_executed_modules: 'block'")
      << "below it";
  EXPECT_FALSE(report_of(plan, "b").engine);
  EXPECT_TRUE(report_of(plan, "d").engine) << "blocks.0 is another module";
}

TEST(Partition, ExcludedModuleClasses) {
  auto program = program_of(kChain);
  program.module_classes = {{"", "nets.Net"}, {"block", "nets.Block"}, {"blocks.0", "nets.Blocks"}};
  for (const char* want : {"Block", "nets.Block"}) {
    Options o = options_with(1);
    o.torch_executed_modules = {want};
    const Plan plan = partition(program, o, by_name);
    EXPECT_EQ(report_of(plan, "a").reason,
              std::string("excluded by torch_executed_modules: '") + want + "'");
    EXPECT_FALSE(report_of(plan, "b").engine) << want;
    EXPECT_TRUE(report_of(plan, "d").engine) << want;
  }
  for (const char* other : {"block.Block", "lock", "ets.Block", "nets", ""}) {
    Options o = options_with(1);
    o.torch_executed_modules = {other};
    EXPECT_TRUE(report_of(partition(program, o, by_name), "a").engine) << other;
  }
  Options o = options_with(1);
  o.torch_executed_modules = {"Net"};
  EXPECT_FALSE(report_of(partition(program, o, by_name), "d").engine) << "the model's own class";
}

TEST(Partition, RequireFullCompilation) {
  const auto program = program_of(kChain);
  Options o = options_with(100);
  o.require_full_compilation = true;
  try {
    partition(program, o, by_name);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()),
              "require_full_compilation is set, but these nodes cannot run in an engine:\n"
              "  Unable to convert node: aten::torch_only(self: f32[2, 3]) -> f32[2, 3]\n"
              "    where: foo in blk, m.py:3\n"
              "    why: no converter for aten::torch_only\n"
              "    what to do: write a converter (docs/user_converters.md), or leave "
              "require_full_compilation out: then it runs in PyTorch");
  }
  const Plan plan = partition(program, o, [](const ir::Node&) { return Support::yes(); });
  EXPECT_EQ(plan.segments.size(), 1u) << "min_block_size does not apply";
}

TEST(Partition, DemotedNodesGiveTheirReason) {
  const auto program = program_of(kChain);
  const ir::Node* b = program.graph.nodes().begin()->get();
  for (const auto& n : program.graph.nodes())
    if (n->output()->name == "b") b = n.get();
  const Plan plan = partition(program, options_with(1), by_name, {{b, "it broke"}});
  EXPECT_EQ(report_of(plan, "b").reason, "it broke");
  EXPECT_TRUE(report_of(plan, "b").supported);
}

TEST(Partition, PinnedValuesStayInTorchAndInOrder) {
  auto program = program_of(R"(graph {
    input %x : f32[2]
    input %buffer : f32[2]
    %a : f32[2] = aten::relu(%buffer) {self=$0}
    %e : f32[2] = aten::exp(%x) {self=$0}
    %w : f32[2] = aten::copy_(%buffer, %e) {self=$0 src=$1}
    %b : f32[2] = aten::relu(%buffer) {self=$0}
    %y : f32[2] = aten::add.Tensor(%a, %b) {self=$0 other=$1}
    return %y
  })");
  program.pinned["buffer"] = "it is written to in place";
  const Plan plan = partition(program, options_with(1), by_name);
  for (const char* name : {"a", "w", "b"}) {
    EXPECT_FALSE(report_of(plan, name).engine);
    EXPECT_EQ(report_of(plan, name).reason, "it is written to in place");
  }
  Names order;
  for (const Segment& s : plan.segments)
    for (const std::string& n : nodes_of(s))
      if (n == "a" || n == "w" || n == "b") order.push_back(n);
  EXPECT_EQ(order, (Names{"a", "w", "b"})) << "%w is kept though nobody reads it";
  EXPECT_TRUE(report_of(plan, "e").engine && report_of(plan, "y").engine);
}

TEST(Partition, SizesComeWithAUserInput) {
  const auto program = program_of(R"(graph {
    symbol n [1, 4, 8]
    input %x : f32[n, 3]
    input %w : f32[6]
    %a : f32[6] = aten::torch_op(%w) {self=$0}
    %y : f32[n, 6] = aten::expand(%a) {self=$0 size=[<n>, <6>]}
    return %y
  })");
  const Plan plan = partition(program, options_with(1), by_name);
  ASSERT_EQ(plan.segments.size(), 2u);
  EXPECT_TRUE(plan.segments[1].engine);
  EXPECT_EQ(names(plan.segments[1].inputs), (Names{"a", "x"})) << "%x shows n";
  EXPECT_EQ(names(plan.segments[0].inputs), (Names{"w"}));
}

TEST(Partition, SizesThatNoInputShowsStayInTorch) {
  const auto program = program_of(R"(graph {
    symbol n [1, 4, 8]
    symbol u [1, 4, 8]
    input %x : f32[2*n]
    input %i : i64[3]
    %a : f32[2*n] = aten::relu(%x) {self=$0}
    %t : f32[u + 1] = aten::torch_nonzero(%i) {self=$0}
    %s : f32[] = aten::sum(%t) {self=$0}
    %v : f32[u] = aten::torch_nonzero(%i) {self=$0}
    %r : f32[] = aten::sum(%v) {self=$0}
    return %a, %s, %r
  })");
  const Plan plan = partition(program, options_with(1), by_name);
  EXPECT_EQ(report_of(plan, "a").reason, "its size 'n' cannot be read off the shape of any input");
  EXPECT_EQ(report_of(plan, "s").reason, "its size 'u' cannot be read off the shape of any input")
      << "its operand's size is u + 1";
  EXPECT_TRUE(report_of(plan, "r").engine) << "its operand shows u";
}

TEST(Partition, AResultOfTorchMayBeTheOneThatShowsASize) {
  const auto program = program_of(R"(graph {
    symbol u0 [1, 4, 8]
    input %x : f32[2, 3]
    %t : f32[u0, 3] = aten::torch_only(%x) {self=$0} ; t|t||
    %a : f32[2, 3] = aten::relu(%x) {self=$0} ; a|a||
    %b : f32[2*u0, 3] = aten::repeat(%a, %t) {self=$0 repeats=[<u0>, <1>]} ; b|b||
    return %b
  })");
  const Plan plan = partition(program, options_with(1), by_name);
  ASSERT_EQ(plan.segments.size(), 3u);
  EXPECT_EQ(nodes_of(plan.segments[0]), (Names{"a"}));
  EXPECT_EQ(nodes_of(plan.segments[1]), (Names{"t"}));
  EXPECT_EQ(names(plan.segments[1].outputs), (Names{"t"}));
  EXPECT_EQ(nodes_of(plan.segments[2]), (Names{"b"}));
  EXPECT_EQ(names(plan.segments[2].inputs), (Names{"a", "t"}));
}

TEST(Partition, ReasonsOfOperandsAreExplained) {
  auto program = program_of(R"(graph {
    input %x : f32[2]
    %t : other = aten::torch_only(%x) {self=$0} ; t|t||
    %a : f32[2] = aten::relu(%t) {self=$0} ; a|a||
    return %a
  })");
  program.pinned["t"] = "tensors of int16 stay in PyTorch";
  const auto refuse = [](const ir::Node& n) {
    return n.op == "aten::relu" ? Support::no("operand %t is not a tensor of a supported dtype")
                                : by_name(n);
  };
  const Plan plan = partition(program, options_with(1), refuse);
  EXPECT_EQ(report_of(plan, "a").reason,
            "operand %t is not a tensor of a supported dtype: tensors of int16 stay in PyTorch");
}

TEST(Partition, DeadNodesAndChecksAreDropped) {
  const auto program = program_of(R"(graph {
    symbol n [1, 4, 8]
    input %x : f32[n]
    %s : size<n> = aten::sym_size.int(%x) {self=$0 dim=0}
    = aten::_assert_scalar() {self=<n>}
    = aten::sym_constrain_range_for_size() {size=<n>}
    %dead : f32[n] = aten::relu(%x) {self=$0}
    %dead2 : f32[n] = aten::exp(%dead) {self=$0}
    %effect : f32[n] = mylib::torch_log(%x) {self=$0}
    %y : f32[n] = aten::neg(%x) {self=$0}
    return %y
  })");
  const Plan plan = partition(program, options_with(1), by_name);
  EXPECT_EQ(plan.total_ops, 2);
  EXPECT_FALSE(report_of(plan, "effect").engine) << "a custom op may have effects";
  EXPECT_TRUE(report_of(plan, "y").engine);
}

TEST(Partition, ATensorWhoseSizeTorchNeedsIsKept) {
  const auto program = program_of(R"(graph {
    symbol n [1, 4, 8]
    symbol u [1, 4, 8]
    input %x : f32[n]
    %t : f32[u] = aten::torch_nonzero(%x) {self=$0}
    %s : size<u> = aten::sym_size.int(%t) {self=$0 dim=0}
    %y : f32[u] = aten::torch_zeros() {size=[<u>]}
    %e : f32[n] = aten::relu(%x) {self=$0}
    return %y, %e
  })");
  const Plan plan = partition(program, options_with(1), by_name);
  EXPECT_FALSE(report_of(plan, "t").engine) << "%t lives: its size is an argument of %y";
  for (const Segment& s : plan.segments) {
    if (!s.engine && nodes_of(s)[0] == "t") {
      EXPECT_EQ(names(s.outputs), (Names{"y", "t"}));
    }
  }
}

TEST(Partition, EmptyGraph) {
  const auto program = program_of("graph {\n input %x : f32[2]\n return %x\n}");
  const Plan plan = partition(program, Options(), by_name);
  EXPECT_TRUE(plan.segments.empty());
  EXPECT_NE(dryrun_report(program, plan, Options()).find("consists of 0 Total Operators"),
            std::string::npos);
}

/// The report without the values of the settings, which are not this test's matter.
std::string report(const ir::Program& program, const Options& o) {
  std::string text = dryrun_report(program, partition(program, o, by_name), o);
  const std::string settings = describe(o);
  const size_t at = text.find("Compiled with: " + settings + "\n");
  EXPECT_NE(at, std::string::npos);
  return text.replace(text.find(settings), settings.size(), "CompilationSettings(...)");
}

TEST(Report, Layout) {
  const auto program = program_of(R"(graph {
    symbol n [1, 4, 8]
    input %ids : i64[2, 16]
    input %x : f32[n, 32]
    input %k : f32[3]
    %a : f32[n, 32] = aten::relu(%x) {self=$0} ; relu|torch.ops.aten.relu.default|blk|m.py:1
    %b : f32[n, 32] = aten::exp(%a) {self=$0} ; exp|torch.ops.aten.exp.default|blk|m.py:2
    %c : f32[n, 32] = aten::neg(%b) {self=$0} ; neg|torch.ops.aten.neg.default|blk|m.py:3
    %h : f32[n, 32] = aten::tanh(%c) {self=$0} ; tanh|torch.ops.aten.tanh.default|blk|m.py:3
    %f : f32[n, 32] = aten::torch_foo(%h) {self=$0} ; foo|torch.ops.aten.foo.default|blk|m.py:4
    %g : f32[n, 32] = aten::torch_foo(%f) {self=$0} ; foo_1|torch.ops.aten.foo.default||
    %d : f32[n, 32] = aten::relu(%g) {self=$0} ; relu_1|torch.ops.aten.relu.default|blk.sub|m.py:5
    %e : f32[n] = aten::sum(%d) {self=$0} ; sum|torch.ops.aten.sum.dim_IntList|blk|m.py:6
    %z : f32[n] = aten::torch_foo(%e) {self=$0} ; foo_2|torch.ops.aten.foo.default|head|m.py:7
    %y : f32[n] = aten::neg(%z) {self=$0} ; neg_1|torch.ops.aten.neg.default|head|m.py:8
    return %y, %ids, %k
  })");
  test::expect_golden_text("partition/golden/report.txt", report(program, options_with(2)));
  test::expect_golden_text("partition/golden/report_without_engines.txt",
                           report(program, options_with(9)));
}

}  // namespace
}  // namespace tenon::partition
