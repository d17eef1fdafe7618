// SPDX-License-Identifier: Apache-2.0
// Kernel selection and the timing cache.
#include "engine/build/select.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <nlohmann/json.hpp>

#include "base/build_id.h"
#include "base/file.h"
#include "engine/counting_kernel.h"
#include "engine/engine_case.h"
#include "engine/run/sizes.h"

namespace tenon::engine {
namespace {

using test::error_of;
using test::prepared_kernels;
using Times = std::vector<std::pair<std::string, double>>;

const char* const kAtanh = R"(graph {
  input %x : f32[8]
  %y : f32[8] = unary(%x) {operation="atanh"}
  return %y
})";

const CandidateReport* report_of(const Choice& choice, const std::string& kernel) {
  for (const auto& c : choice.candidates)
    if (c.kernel == kernel) return &c;
  return nullptr;
}

int prepares_of(const Options& options, TimingCache* cache) {
  ir::Graph g = test::net_graph(kAtanh);
  const int before = prepared_kernels();
  select_kernels(g, options, cache, {});
  return prepared_kernels() - before;
}

/// Collects warnings while in scope.
class Warnings {
 public:
  Warnings() {
    set_log_sink([this](LogLevel level, const std::string& t) {
      if (level <= LogLevel::kWarning) texts.push_back(t);
    });
  }
  ~Warnings() { set_log_sink({}); }
  std::vector<std::string> texts;
};

TEST(Select, ReportsTimesAndReasons) {
  ir::Graph g = test::net_graph(kAtanh);
  const auto choices = select_kernels(g, Options(), nullptr, {});
  ASSERT_EQ(choices.size(), 1u);
  for (const char* timed : {"test.first", "test.second"}) {
    const CandidateReport* r = report_of(choices[0], timed);
    ASSERT_NE(r, nullptr);
    EXPECT_GE(r->microseconds, 0);
    EXPECT_EQ(r->reason, "");
  }
  const CandidateReport* r = report_of(choices[0], "reference.unary");
  ASSERT_NE(r, nullptr);
  EXPECT_LT(r->microseconds, 0);
  EXPECT_EQ(r->reason, "the plain reference runs only where nothing else can");
}

TEST(Select, FastestIsChosenButForAnAllowance) {
  const auto chosen = [](double first, double second) {
    const test::TempFolder folder;
    const auto cache = TimingCache::open(folder.file("c"));
    ir::Graph g = test::net_graph(kAtanh);
    Times times;
    for (const CandidateReport& c : select_kernels(g, Options(), nullptr, {})[0].candidates)
      if (c.microseconds >= 0)
        times.emplace_back(c.kernel, c.kernel == "test.first"    ? first
                                     : c.kernel == "test.second" ? second
                                                                 : 1000);
    cache->insert(problem_key(make_problem(*g.nodes().back(), {}, omp_get_max_threads())), times);
    const auto choices = select_kernels(g, Options(), cache.get(), {});
    EXPECT_EQ(report_of(choices[0], "test.second")->microseconds, second);
    return choices[0].impl->name();
  };
  EXPECT_EQ(chosen(100, 99), "test.second");
  EXPECT_EQ(chosen(100, 104), "test.second") << "test.second has an allowance of 5 %";
  EXPECT_EQ(chosen(100, 107), "test.first");
}

TEST(Select, RefusalsHaveTheirReason) {
  ir::Graph g = test::net_graph(R"(graph {
    input %x : f32[8]
    %y : f32[8] = unary(%x) {operation="exp"}
    return %y
  })");
  const auto choices = select_kernels(g, test::quick_options(), nullptr, {});
  ASSERT_NE(report_of(choices[0], "test.first"), nullptr);
  EXPECT_EQ(report_of(choices[0], "test.first")->reason, "not atanh");
}

TEST(Select, LevelZeroTimesNothing) {
  EXPECT_EQ(prepares_of(test::quick_options(), nullptr), 0);
  ir::Graph g = test::net_graph(kAtanh);
  const auto choices = select_kernels(g, test::quick_options(), nullptr, {});
  EXPECT_EQ(choices[0].impl->name(), "test.first") << "the first candidate";
  EXPECT_EQ(report_of(choices[0], "test.second")->reason, "optimization_level is 0: not timed");
}

TEST(Select, EqualProblemsAreTimedOnce) {
  ir::Graph once = test::net_graph(kAtanh);
  ir::Graph twice = test::net_graph(R"(graph {
    input %x : f32[8]
    %a : f32[8] = unary(%x) {operation="atanh"}
    %y : f32[8] = unary(%a) {operation="atanh"}
    return %y
  })");
  const int before = prepared_kernels();
  select_kernels(once, Options(), nullptr, {});
  const int middle = prepared_kernels();
  EXPECT_EQ(select_kernels(twice, Options(), nullptr, {}).size(), 2u);
  EXPECT_EQ(middle - before, 2) << "one trial of each";
  EXPECT_EQ(prepared_kernels() - middle, 2);
}

TEST(Select, CacheHitTimesNothing) {
  const test::TempFolder folder;
  const std::string path = folder.file("deep/cache.bin");
  const auto cache = TimingCache::open(path);
  EXPECT_EQ(prepares_of(Options(), cache.get()), 2);
  EXPECT_EQ(prepares_of(Options(), cache.get()), 0);
  cache->save();
  EXPECT_EQ(prepares_of(Options(), TimingCache::open(path).get()), 0) << "from the file";
}

TEST(Select, CacheWithoutACandidateIsNotUsed) {
  const test::TempFolder folder;
  const auto cache = TimingCache::open(folder.file("c"));
  ir::Graph g = test::net_graph(kAtanh);
  kernels::Problem p = make_problem(*g.nodes().back(), {}, 1);
  EXPECT_EQ(problem_key(p).find("unary operation=\"atanh\""), 0u) << problem_key(p);
  EXPECT_EQ(prepares_of(Options(), cache.get()), 2);
  // A library with fewer kernels wrote this: times of one candidate only.
  cache->save();
  auto root = nlohmann::json::parse(read_file(folder.file("c")));
  for (auto& entry : root["entries"]) entry.erase("test.second");
  write_file_atomic(folder.file("c"), root.dump());
  EXPECT_EQ(prepares_of(Options(), TimingCache::open(folder.file("c")).get()), 2);
}

TEST(Select, NoKernelAtAllListsTheReasons) {
  ir::Graph g = test::net_graph(R"(graph {
    input %x : f8[8]
    %y : f32[8] = cast(%x)
    return %y
  })");
  const std::string error =
      error_of([&] { select_kernels(g, test::quick_options(), nullptr, {}); });
  EXPECT_NE(error.find("no kernel can run %y cast"), std::string::npos) << error;
  EXPECT_NE(error.find("\n  reference.cast: "), std::string::npos) << error;
}

TEST(Select, CancelledByProgress) {
  ir::Graph g = test::net_graph(kAtanh);
  auto never = [](const std::string&, int, int) { return false; };
  EXPECT_THROW(select_kernels(g, Options(), nullptr, never), Cancelled);
}

TEST(TimingCache, RoundTrip) {
  const test::TempFolder folder;
  const std::string path = folder.file("cache");
  const auto cache = TimingCache::open(path);
  EXPECT_EQ(cache->find("k"), nullptr);
  cache->save();
  EXPECT_TRUE(folder.names().empty()) << "nothing new, nothing written";
  cache->insert("k", {{"a", 1.5}, {"b", 2}});
  cache->insert("odd \xff key", {{"a", 3}});
  cache->save();
  const auto again = TimingCache::open(path);
  ASSERT_NE(again->find("k"), nullptr);
  EXPECT_EQ(*again->find("k"), (Times{{"a", 1.5}, {"b", 2}}));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"cache"});
}

TEST(TimingCache, TwoWritersMerge) {
  const test::TempFolder folder;
  const std::string path = folder.file("cache");
  const auto a = TimingCache::open(path), b = TimingCache::open(path);
  a->insert("both", {{"k", 1}});
  a->insert("a", {{"k", 1}});
  b->insert("both", {{"k", 2}});
  b->insert("b", {{"k", 2}});
  a->save();
  b->save();
  const auto merged = TimingCache::open(path);
  EXPECT_EQ(*merged->find("a"), (Times{{"k", 1}}));
  EXPECT_EQ(*merged->find("b"), (Times{{"k", 2}}));
  EXPECT_EQ(*merged->find("both"), (Times{{"k", 2}})) << "the last to time a problem wins";
}

TEST(TimingCache, DamagedFilesAreIgnoredWithAWarning) {
  const test::TempFolder folder;
  const std::string path = folder.file("cache");
  TimingCache::open(path)->save();
  const auto cache = TimingCache::open(path);
  cache->insert("k", {{"a", 1}});
  cache->save();
  const std::string good = read_file(path);
  auto negative = nlohmann::json::parse(good);
  negative["entries"]["k"]["a"] = -1;
  for (const std::string& bad :
       {std::string("not json"), std::string(), good.substr(0, good.size() / 2),
        std::string("[1, 2]"), std::string("{\"format\": 2}"), negative.dump()}) {
    write_file_atomic(path, bad);
    const Warnings warnings;
    EXPECT_EQ(TimingCache::open(path)->find("k"), nullptr) << bad;
    ASSERT_EQ(warnings.texts.size(), 1u) << bad;
    EXPECT_NE(warnings.texts[0].find("'" + path + "' is damaged and will be replaced"),
              std::string::npos);
  }
  const auto next = TimingCache::open(path);
  next->insert("k", {{"a", 4}});
  next->save();
  EXPECT_EQ(*TimingCache::open(path)->find("k"), (Times{{"a", 4}}));
}

TEST(TimingCache, OtherLibrariesAndMachinesAreIgnored) {
  const test::TempFolder folder;
  const std::string path = folder.file("cache");
  const auto cache = TimingCache::open(path);
  cache->insert("k", {{"a", 1}});
  cache->save();
  const auto good = nlohmann::json::parse(read_file(path));
  EXPECT_FALSE(build_id().empty()) << "another build of the same version has other kernels";
  EXPECT_NE(good.at("library").get<std::string>().find(build_id()), std::string::npos);
  for (const char* key : {"library", "cpu"}) {
    auto other = good;
    other[key] = "something else";
    write_file_atomic(path, other.dump());
    const Warnings warnings;
    EXPECT_EQ(TimingCache::open(path)->find("k"), nullptr);
    EXPECT_TRUE(warnings.texts.empty()) << "nothing is wrong with it";
  }
}

}  // namespace
}  // namespace tenon::engine
