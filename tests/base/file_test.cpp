// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "error_of.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tenon_file_test_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }
  size_t count() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }
  fs::path folder_;
};

TEST_F(FileTest, WriteReadMap) {
  const std::string content("a\0b\xff", 4);
  write_file_atomic(path("f"), content);
  EXPECT_EQ(read_file(path("f")), content);
  EXPECT_EQ(map_file(path("f")).view(), content);
  EXPECT_EQ(count(), 1u) << "the temporary file is gone";
}

TEST_F(FileTest, EmptyFile) {
  write_file_atomic(path("f"), "");
  EXPECT_EQ(read_file(path("f")), "");
  const MappedFile file = map_file(path("f"));
  EXPECT_EQ(file.size, 0u);
  EXPECT_NE(file.data, nullptr);
}

TEST_F(FileTest, LargerThanOneRead) {
  std::string content(300001, 'x');
  content.back() = 'y';
  write_file_atomic(path("f"), content);
  EXPECT_EQ(read_file(path("f")), content);
}

TEST_F(FileTest, AMappingOutlivesReplacementOfTheFile) {
  write_file_atomic(path("f"), "old");
  const MappedFile file = map_file(path("f"));
  write_file_atomic(path("f"), "newer");
  EXPECT_EQ(file.view(), "old");
  EXPECT_EQ(read_file(path("f")), "newer");
}

TEST_F(FileTest, FilesWithoutASizeAreReadToTheirEnd) {
  EXPECT_FALSE(read_file("/proc/self/status").empty());
}

TEST_F(FileTest, ErrorsNamePathAndReason) {
  const std::string missing = path("missing");
  EXPECT_EQ(error_of([&] { read_file(missing); }),
            "cannot open '" + missing + "': No such file or directory");
  EXPECT_EQ(error_of([&] { map_file(missing); }),
            "cannot open '" + missing + "': No such file or directory");
  EXPECT_EQ(error_of([&] { read_file(folder_.string()); }),
            "cannot read '" + folder_.string() + "': Is a directory");
  EXPECT_NE(error_of([&] { write_file_atomic(path("no/such"), "x"); }).find("No such file"),
            std::string::npos);
}

TEST_F(FileTest, AFailedReplacementLeavesNothingBehind) {
  fs::create_directory(folder_ / "d");
  const std::string error = error_of([&] { write_file_atomic(path("d"), "x"); });
  EXPECT_EQ(error, "cannot replace '" + path("d") + "': Is a directory");
  EXPECT_EQ(count(), 1u);
}

}  // namespace
}  // namespace tenon
