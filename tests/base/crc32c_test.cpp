// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "seed.h"

namespace tenon {
namespace {

uint32_t crc(const std::string& text) { return crc32c(text.data(), text.size()); }

TEST(Crc32c, KnownValues) {
  EXPECT_EQ(crc(""), 0u);
  EXPECT_EQ(crc("123456789"), 0xe3069283u);
  EXPECT_EQ(crc(std::string(32, '\0')), 0x8a9136aau);  // RFC 3720, B.4
  EXPECT_EQ(crc(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, TableAndInstructionAgreeAndContinue) {
  const uint64_t seed = test::first_seed();
  SCOPED_TRACE(test::seed_text(seed));
  test::Random random(seed);
  std::string data(1000, '\0');
  for (char& c : data) c = static_cast<char>(random.bits());
  for (int i = 0; i < 500; ++i) {
    const size_t begin = random.in(0, 20), size = random.in(0, 900), cut = random.in(0, size);
    const char* p = data.data() + begin;
    const uint32_t whole = crc32c(p, size);
    EXPECT_EQ(detail::crc32c_table(p, size, 0), whole);
    EXPECT_EQ(crc32c(p + cut, size - cut, crc32c(p, cut)), whole);
    EXPECT_EQ(detail::crc32c_table(p + cut, size - cut, crc32c(p, cut)), whole);
  }
}

TEST(Crc32c, EveryBitCounts) {
  std::string data(64, 'a');
  const uint32_t before = crc(data);
  for (size_t bit = 0; bit < data.size() * 8; ++bit) {
    data[bit / 8] ^= static_cast<char>(1 << bit % 8);
    EXPECT_NE(crc(data), before);
    data[bit / 8] ^= static_cast<char>(1 << bit % 8);
  }
}

}  // namespace
}  // namespace tenon
