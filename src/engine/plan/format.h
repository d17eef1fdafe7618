// SPDX-License-Identifier: Apache-2.0
// On-disk structures of the plan file; docs/plan_format.md describes them. Little endian.
#pragma once

#include <cstdint>

namespace tenon::engine::format {

inline constexpr char kMagic[8] = {'T', 'E', 'N', 'O', 'N', 'P', 'L', 'N'};
inline constexpr uint32_t kVersion = 2;
inline constexpr uint64_t kAlign = 64;
inline constexpr uint32_t kMaxSections = 64;
inline constexpr uint32_t kMaxRank = 8;

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t section_count;
  uint64_t file_size;
  uint64_t table_offset;
  uint64_t digest_lo, digest_hi;  // over all sections' bytes, in table order
  uint32_t table_crc;             // of the section table
  uint32_t header_crc;            // of the bytes before this field
};
static_assert(sizeof(Header) == 56);

struct Section {
  char name[16];  // zero padded
  uint64_t offset;
  uint64_t size;
  uint32_t crc;
  uint32_t reserved;
};
static_assert(sizeof(Section) == 40);

}  // namespace tenon::engine::format
