// SPDX-License-Identifier: Apache-2.0
// The whole compilation of small aten graphs.
#include "driver/compile.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "convert/converter.h"
#include "engine/engine_case.h"
#include "ir/text.h"

namespace tenon::driver {
namespace {

using test::error_of;

/// Says yes when asked, and fails when it gets the real thing.
TENON_CONVERTER("aten::test_breaks")(convert::Ctx& c, const ir::Node& n) {
  TENON_CHECK(c.probing(), "these weights are cursed");
  c.bind(n.output(0), c.net("activation", {c.tensor(n, "self")}, {{"type", std::string("relu")}}));
}

ir::Program program_of(const std::string& text) {
  ir::Program p;
  p.graph = ir::parse(text);
  return p;
}

const char* const kBreaks = R"(graph {
  symbol n [1, 2, 4]
  input %x : f32[n, 3]
  %a : f32[n, 3] = aten::relu(%x) {self=$0} ; relu|torch.ops.aten.relu.default|m|f.py:1
  %b : f32[n, 3] = aten::test_breaks(%a) {self=$0} ; breaks|torch.ops.aten.test_breaks.default|m|f.py:2
  %c : f32[n, 3] = aten::exp(%b) {self=$0} ; exp|torch.ops.aten.exp.default|m|f.py:3
  return %c
})";

const char* const kPlain = R"(graph {
  symbol n [1, 2, 4]
  input %x : f32[n, 3]
  %w : f32[4, 3] = constant() {data=f32[4, 3]{1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0}}
  %a : f32[n, 4] = aten::linear(%x, %w) {input=$0 weight=$1 bias=none} ; linear|torch.ops.aten.linear.default|m|f.py:1
  %b : f32[n, 4] = aten::relu(%a) {self=$0} ; relu|torch.ops.aten.relu.default|m|f.py:2
  %t : f32[n, 4] = aten::unknown_op(%b) {self=$0} ; unknown|torch.ops.aten.unknown_op.default|m|f.py:3
  %c : f32[n, 4] = aten::neg(%t) {self=$0} ; neg|torch.ops.aten.neg.default|m|f.py:4
  return %c
})";

const char* const kDouble = R"(graph {
  input %x : f64[4, 3]
  %w : f64[5, 3] = constant() {data=f64[5, 3]{1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0}}
  %a : f64[4, 5] = aten::linear(%x, %w) {input=$0 weight=$1 bias=none}
  %b : f64[4, 5] = aten::softmax.int(%a) {self=$0 dim=1 dtype=none}
  return %b
})";

Options options() {
  Options o;
  o.min_block_size = 1;
  o.timing_cache_path = "none";
  return o;
}

class QuietLog {
 public:
  QuietLog() {
    set_log_sink([this](LogLevel, const std::string& t) { text += t + "\n"; });
  }
  ~QuietLog() { set_log_sink({}); }
  std::string text;
};

TEST(Compile, EnginesRun) {
  const auto program = program_of(kPlain);
  const Compiled compiled = compile(program, options());
  ASSERT_EQ(compiled.plan.segments.size(), 3u);
  ASSERT_EQ(compiled.engines.size(), 3u);
  EXPECT_FALSE(compiled.engines[1].data) << "torch";
  const auto engine = Engine::load(compiled.engines[0]);
  EXPECT_EQ(engine->outputs()[0].name, "b");
  const auto y = test::run(*engine, *engine->create_context(), {{2, 3}}, {{1, -2, 3, -1, -1, 1}});
  EXPECT_EQ(y[0], (test::Floats{1, 0, 3, 2, 0, 0, 1, 0}));
  const auto neg = Engine::load(compiled.engines[2]);
  EXPECT_EQ(neg->inputs()[0].name, "t");
}

TEST(Compile, ANodeThatFailsToConvertIsDemoted) {
  const auto program = program_of(kBreaks);
  QuietLog log;
  const Compiled compiled = compile(program, options());
  ASSERT_EQ(compiled.plan.segments.size(), 3u);
  const auto& report = compiled.plan.nodes.at(1);
  EXPECT_FALSE(report.engine);
  EXPECT_TRUE(report.supported);
  EXPECT_EQ(report.reason.find("its conversion failed: these weights are cursed"), 0u)
      << report.reason;
  EXPECT_NE(log.text.find("%b aten::test_breaks (m, f.py:2) stays in PyTorch"), std::string::npos)
      << log.text;
  EXPECT_TRUE(compiled.engines[0].data && compiled.engines[2].data);
  EXPECT_NE(compiled.dryrun.find("Reason: its conversion failed"), std::string::npos);
}

TEST(Compile, RequireFullCompilationRaises) {
  Options o = options();
  o.require_full_compilation = true;
  const std::string unsupported = error_of([&] { compile(program_of(kPlain), o); });
  EXPECT_NE(
      unsupported.find(
          "require_full_compilation is set, but these nodes cannot run in an engine:\n  Unable "
          "to convert node: aten::unknown_op("),
      std::string::npos)
      << unsupported;
  const std::string fails = error_of([&] { compile(program_of(kBreaks), o); });
  EXPECT_NE(fails.find("these weights are cursed"), std::string::npos) << fails;
  EXPECT_NE(fails.find("while converting %b aten::test_breaks"), std::string::npos) << fails;
}

TEST(Compile, DryrunBuildsNothing) {
  Options o = options();
  const test::TempFolder folder;
  o.timing_cache_path = folder.file("cache");
  o.dryrun = "1";
  std::vector<std::string> stages;
  const Compiled compiled = compile(program_of(kPlain), o, [&](const std::string& stage, int, int) {
    stages.push_back(stage);
    return true;
  });
  EXPECT_EQ(stages, std::vector<std::string>{"partitioning"});
  for (const PlanBytes& plan : compiled.engines) EXPECT_FALSE(plan.data);
  EXPECT_NE(compiled.dryrun.find("TRT Engine #2 - Submodule name: _run_on_acc_2"),
            std::string::npos)
      << compiled.dryrun;
  EXPECT_TRUE(folder.names().empty());
}

TEST(Compile, CancelledAtEveryStage) {
  const auto program = program_of(kPlain);
  std::set<std::string> cancelled_in;
  for (int stop = 0;; ++stop) {
    const test::TempFolder folder;
    Options o = options();
    o.timing_cache_path = folder.file("cache");
    int calls = 0;
    std::string last;
    const auto progress = [&](const std::string& stage, int, int) {
      last = stage;
      return calls++ != stop;
    };
    bool done = false;
    try {
      compile(program, o, progress);
      done = true;
    } catch (const Cancelled& e) {
      EXPECT_EQ(std::string(e.what()).find("cancelled"), 0u) << e.what();
      cancelled_in.insert(last);
    }
    for (const std::string& name : folder.names())
      EXPECT_EQ(name, "cache") << "a temporary file is left";
    EXPECT_EQ(folder.names().size(), done ? 1u : 0u);
    if (done) break;
    ASSERT_LT(stop, 1000);
  }
  for (const char* stage : {"partitioning", "optimising", "choosing kernels", "packing weights"})
    EXPECT_TRUE(cancelled_in.count(stage)) << stage;
}

TEST(Compile, ACacheThatCannotBeSavedCostsNothing) {
  Options o = options();
  o.timing_cache_path = "/proc/no/such/folder/cache";
  QuietLog log;
  EXPECT_TRUE(compile(program_of(kPlain), o).engines[0].data);
  EXPECT_NE(log.text.find("the timing cache was not saved"), std::string::npos) << log.text;
}

TEST(Compile, ReportJson) {
  const auto program = program_of(kPlain);
  const Compiled compiled = compile(program, options());
  const auto report = nlohmann::json::parse(report_json(program, compiled, {"careful"}));
  // As text: comparing JSON values themselves takes seconds to compile.
  EXPECT_EQ(report["segments"][0]["kind"].dump(), R"("engine")");
  EXPECT_EQ(report["segments"][0]["nodes"].dump(), R"(["linear","relu"])");
  EXPECT_EQ(report["segments"][1]["inputs"].dump(), R"(["b"])");
  EXPECT_EQ(report["nodes"][2]["engine"].dump(), "false");
  EXPECT_EQ(report["nodes"][2]["target"].dump(), R"("torch.ops.aten.unknown_op.default")");
  EXPECT_EQ(report["warnings"].dump(), R"(["careful"])");
  EXPECT_GT(report["times_ms"].size(), 2u);
}

// Partitioning needs no GPU: the kernels are asked, and there are none of a float64 softmax.
TEST(TruncateDouble, DecidesWhatRunsOnCuda) {
  Options o = options();
  o.device = "cuda:0";
  o.dryrun = "1";
  const Compiled wide = compile(program_of(kDouble), o);
  EXPECT_LT(wide.plan.supported_ops, wide.plan.total_ops);
  o.truncate_double = true;
  const Compiled truncated = compile(program_of(kDouble), o);
  EXPECT_EQ(truncated.plan.supported_ops, truncated.plan.total_ops);
}

}  // namespace
}  // namespace tenon::driver
