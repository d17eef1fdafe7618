// SPDX-License-Identifier: Apache-2.0
#include "base/output_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tenon_output_file_" + std::to_string(::getpid()));
    fs::create_directory(folder_);
    path_ = (folder_ / "file").string();
  }
  void TearDown() override { fs::remove_all(folder_); }
  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
  std::string path_;
};

TEST_F(OutputFileTest, AppearsWhenItIsPublished) {
  OutputFile file(path_);
  file.write("abc", 3);
  EXPECT_EQ(read_file(file.readable()), "abc");
  EXPECT_FALSE(fs::exists(path_));
  file.write("d", 1);
  file.publish();
  EXPECT_EQ(read_file(path_), "abcd");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFileTest, ReplacesWhatWasThere) {
  write_file_atomic(path_, "old and longer");
  OutputFile file(path_);
  file.write("new", 3);
  EXPECT_EQ(read_file(path_), "old and longer");
  file.publish();
  EXPECT_EQ(read_file(path_), "new");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFileTest, LeavesNothingIfItIsNotPublished) {
  {
    OutputFile file(path_);
    file.write("abc", 3);
    file.readable();
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(OutputFileTest, SaysWhatItCannotWrite) {
  const std::string path = (folder_ / "missing" / "file").string();
  try {
    OutputFile file(path);
    FAIL() << "a file in a missing folder";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("cannot write " + path + ": No such file"),
              std::string::npos)
        << e.what();
  }
}

TEST_F(OutputFileTest, DoesNotReplaceAFolder) {
  fs::create_directory(path_);
  OutputFile file(path_);
  EXPECT_THROW(file.publish(), Error);
}

}  // namespace
}  // namespace tenon
