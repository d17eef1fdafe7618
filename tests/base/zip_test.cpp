// SPDX-License-Identifier: Apache-2.0
#include "base/zip.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/file.h"

namespace tenon {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

/// Copies `archive`, so that the reader owns what it reads.
ZipReader reader_of(const std::string& archive) {
  auto copy = std::make_shared<std::string>(archive);
  return ZipReader::from_memory(bytes_of(*copy), copy, "test.zip");
}

std::string error_of(const std::string& archive) {
  try {
    reader_of(archive);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

class Zip : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("tenon_zip_" + std::to_string(std::hash<std::string>()(name)));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "a.zip";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string sample(bool zip64) {
    ZipWriter w(path_, zip64);
    w.add("a/one", std::string_view("1"));
    w.add("a/empty", std::string_view());
    w.add("a/many", std::string(1000, 'x'));
    w.finish();
    return read_file(path_);
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST(Crc32, KnownValueAndSeed) {
  EXPECT_EQ(crc32(bytes_of("123456789")), 0xCBF43926u);
  EXPECT_EQ(crc32({}), 0u);
  EXPECT_EQ(crc32(bytes_of("6789"), crc32(bytes_of("12345"))), 0xCBF43926u);
}

TEST_P(Zip, ReadsWhatItWrote) {
  sample(GetParam());
  const ZipReader r = ZipReader::open(path_);
  ASSERT_EQ(r.entries().size(), 3u);
  EXPECT_EQ(r.entries()[0].name, "a/one");
  EXPECT_EQ(r.read_text("a/one"), "1");
  EXPECT_EQ(r.read_text("a/empty"), "");
  EXPECT_EQ(r.read_text("a/many"), std::string(1000, 'x'));
  EXPECT_EQ(r.find("a/none"), nullptr);
  for (const auto& e : r.entries()) {
    EXPECT_EQ(e.offset % 64, 0u) << e.name;
    r.check_crc(e.name);
  }
}

TEST_P(Zip, AnEntryInPiecesIsTheSameEntry) {
  const std::string whole = sample(GetParam());
  ZipWriter w(path_, GetParam());
  w.add("a/one", std::string_view("1"));
  w.add("a/empty", 10, [](const ZipWriter::Sink&) {});
  w.add("a/many", 1000, [](const ZipWriter::Sink& sink) {
    for (size_t n : {1, 0, 900, 99}) sink(bytes_of(std::string(n, 'x')));
  });
  w.finish();
  EXPECT_EQ(read_file(path_), whole);
}

TEST_P(Zip, EveryTruncationIsAnError) {
  const std::string whole = sample(GetParam());
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_NE(error_of(whole.substr(0, n)), "no error") << "first " << n << " bytes";
  }
}

INSTANTIATE_TEST_SUITE_P(Format, Zip, testing::Bool(),
                         [](const auto& info) { return info.param ? "zip64" : "plain"; });

using ZipErrors = Zip;
INSTANTIATE_TEST_SUITE_P(Format, ZipErrors, testing::Values(false));

TEST_P(ZipErrors, NamesTheDamagedEntry) {
  std::string archive = sample(false);
  archive[archive.find("xxxx")] = 'y';
  const ZipReader r = reader_of(archive);
  r.check_crc("a/one");
  try {
    r.check_crc("a/many");
    FAIL() << "the checksum should differ";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("entry a/many is damaged"), std::string::npos) << e.what();
  }
}

TEST_P(ZipErrors, CompressedEntriesSaySo) {
  std::string archive = sample(false);
  const size_t record = archive.find("PK\x01\x02");
  archive[record + 10] = 8;  // method: deflate
  const ZipReader r = reader_of(archive);
  EXPECT_EQ(r.read_text("a/many").size(), 1000u);
  try {
    (void)r.read("a/one");
    FAIL() << "a compressed entry cannot be read in place";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("a/one is compressed (method 8)"), std::string::npos);
  }
}

TEST_P(ZipErrors, BadFieldsAreErrors) {
  const std::string archive = sample(false);
  const size_t record = archive.find("PK\x01\x02");
  auto with = [&](size_t at, char value) {
    std::string copy = archive;
    copy[at] = value;
    return error_of(copy);
  };
  EXPECT_NE(with(record, 'X').find("no directory record"), std::string::npos);
  EXPECT_NE(with(record + 8, 1).find("encrypted"), std::string::npos);
  EXPECT_NE(with(record + 20, 2).find("states two sizes"), std::string::npos);
  EXPECT_NE(with(record + 45, 0x7F).find("a local header"), std::string::npos);
  EXPECT_NE(with(archive.size() - 12, 99).find("do not fit a directory"), std::string::npos);
  EXPECT_NE(with(archive.size() - 18, 1).find("in several parts"), std::string::npos);
  EXPECT_NE(error_of("hello").find("not a zip archive"), std::string::npos);
  EXPECT_NE(error_of("").find("not a zip archive"), std::string::npos);
}

TEST_P(ZipErrors, TwoEntriesOfOneName) {
  ZipWriter w(path_);
  w.add("same", std::string_view("1"));
  EXPECT_THROW(w.add("same", std::string_view("2")), Error);
  w.add("samf", std::string_view("2"));
  w.finish();
  std::string archive = read_file(path_);
  const size_t in_directory = archive.rfind("samf");
  archive[in_directory + 3] = 'e';
  EXPECT_NE(error_of(archive).find("two entries are named same"), std::string::npos);
}

TEST_P(ZipErrors, AnUnfinishedArchiveLeavesNothing) {
  {
    ZipWriter w(path_);
    w.add("a", std::string_view("1"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace tenon
