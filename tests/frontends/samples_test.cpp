// SPDX-License-Identifier: Apache-2.0
// Real files of torch.export.save (tests/data/make_export_samples.py) against golden text.
#include <gtest/gtest.h>

#include <cstring>

#include "frontends/export/archive.h"
#include "frontends/export/export.h"
#include "frontends/program_text.h"
#include "golden.h"
#include "ir/text.h"

namespace tenon::frontends {
namespace {

class Samples : public testing::TestWithParam<const char*> {};

TEST_P(Samples, ImportsAsExpected) {
  const std::string name = GetParam();
  const Archive archive = Archive::open(test::test_path("data/" + name + ".pt2"));
  EXPECT_EQ(archive.root(), name + "/");
  EXPECT_EQ(archive.models(), std::vector<std::string>{"model"});
  const ir::Program program = import_exported_program(archive.model_json(), archive.constants());
  test::expect_golden_text("frontends/golden/" + name + ".txt", test::program_text(program));
  // What is printed is read back as the same graph.
  const std::string text = ir::print(program.graph);
  EXPECT_EQ(ir::print(ir::parse(text)), text);
}

INSTANTIATE_TEST_SUITE_P(Files, Samples, testing::Values("lenet", "residual", "writes", "bert"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Archive, WeightsLiveInTheMappedFileAfterTheArchiveIsGone) {
  ir::ConstantTable table;
  std::span<const std::byte> file;
  {
    const Archive archive = Archive::open(test::test_path("data/writes.pt2"));
    table = archive.constants();
    file = archive.zip().read("writes/data/weights/weight_0");
  }
  const ir::Constant& steps = *table.at("steps");
  EXPECT_EQ(steps.data.get(), file.data());
  EXPECT_EQ(steps.shape, std::vector<int64_t>{3});
  const float zero[3] = {};
  EXPECT_EQ(std::memcmp(steps.data.get(), zero, sizeof zero), 0);
}

TEST(Archive, StridedTensorsAreMadeDense) {
  const Archive archive = Archive::open(test::test_path("data/writes.pt2"));
  const ir::ConstantTable table = archive.constants();
  const ir::Constant& turned = *table.at("turned");
  EXPECT_EQ(turned.shape, (std::vector<int64_t>{3, 2}));
  const float want[] = {0, 3, 1, 4, 2, 5};
  ASSERT_EQ(turned.bytes, sizeof want);
  EXPECT_EQ(std::memcmp(turned.data.get(), want, sizeof want), 0);
}

TEST(Archive, RangesCanBeGiven) {
  const Archive archive = Archive::open(test::test_path("data/writes.pt2"));
  const ir::ConstantTable table = archive.constants();
  const ir::SymRanges ranges = {{"s77", {2, 5, 9}}};
  const ir::Program p = import_exported_program(archive.model_json(), table, ranges);
  EXPECT_EQ(p.graph.symbols.at("s77"), (ir::SymRange{2, 5, 9}));
  EXPECT_THROW(import_exported_program(archive.model_json(), table, {{"s77", {2, 5, 10}}}), Error);
  EXPECT_THROW(import_exported_program(archive.model_json(), table, {{"s77", {5, 2, 9}}}), Error);
  EXPECT_THROW(import_exported_program(archive.model_json(), table, {{"s1", {1, 1, 1}}}), Error);
}

TEST(Archive, ClassesOfModulesAreKnown) {
  const Archive archive = Archive::open(test::test_path("data/lenet.pt2"));
  const ir::Program p = import_exported_program(archive.model_json(), archive.constants());
  EXPECT_EQ(p.module_classes.at("classifier"), "torch.nn.modules.linear.Linear");
}

TEST(Archive, MissingWeightIsNamed) {
  const Archive archive = Archive::open(test::test_path("data/lenet.pt2"));
  ir::ConstantTable table = archive.constants();
  table.erase("classifier.bias");
  try {
    import_exported_program(archive.model_json(), table);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("no data for parameter 'classifier.bias'"),
              std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace tenon::frontends
