// SPDX-License-Identifier: Apache-2.0
// Reading treats the bytes as hostile: nothing is used before its bounds and checksum are checked.
#include <cstring>

#include "base/crc32c.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "engine/plan/format.h"
#include "engine/plan/plan.h"

namespace tenon::engine {
namespace {

using namespace format;

Header read_header(const PlanBytes& plan) {
  TENON_CHECK(plan.data && plan.size >= sizeof(Header), "the plan is truncated: ", plan.size,
              " bytes, the header alone has ", sizeof(Header));
  Header h;
  std::memcpy(&h, plan.data.get(), sizeof h);
  TENON_CHECK(std::memcmp(h.magic, kMagic, sizeof kMagic) == 0,
              "this is not a tenon plan: it does not begin with \"TENONPLN\"");
  TENON_CHECK(h.version == kVersion, "the plan has format version ", h.version,
              h.version > kVersion ? ", newer than this library reads ("
                                   : ", which this library does not read (",
              kVersion, "); build the engine again");
  TENON_CHECK(h.header_crc == crc32c(&h, offsetof(Header, header_crc)),
              "the plan's header is corrupted");
  TENON_CHECK(h.file_size <= plan.size, "the plan is truncated: ", plan.size, " bytes, wanted ",
              h.file_size);
  return h;
}

std::vector<Section> read_table(const PlanBytes& plan, const Header& h) {
  TENON_CHECK(h.section_count <= kMaxSections, "the plan has ", h.section_count,
              " sections, at most ", kMaxSections, " are allowed");
  uint64_t bytes = h.section_count * sizeof(Section);
  TENON_CHECK(h.table_offset <= h.file_size && bytes <= h.file_size - h.table_offset,
              "the plan's section table lies outside the file");
  std::vector<Section> table(h.section_count);
  if (bytes)
    std::memcpy(table.data(), static_cast<const char*>(plan.data.get()) + h.table_offset, bytes);
  TENON_CHECK(h.table_crc == crc32c(table.data(), bytes), "the plan's section table is corrupted");
  for (const Section& s : table) {
    TENON_CHECK(s.name[sizeof s.name - 1] == 0, "a section name of the plan has no end");
    TENON_CHECK(s.offset <= h.file_size && s.size <= h.file_size - s.offset, "section '", s.name,
                "' of the plan lies outside the file");
    TENON_CHECK(s.offset % kAlign == 0, "section '", s.name, "' of the plan is not aligned to ",
                kAlign);
  }
  return table;
}

std::string_view section(const PlanBytes& plan, const std::vector<Section>& table,
                         const char* name) {
  for (const Section& s : table) {
    if (std::strcmp(s.name, name) != 0) continue;
    const char* p = static_cast<const char*>(plan.data.get()) + s.offset;
    TENON_CHECK(crc32c(p, s.size) == s.crc, "section '", name, "' of the plan is corrupted");
    return {p, s.size};
  }
  throw Error(detail::concat("the plan has no section '", name, "'"));
}

/// Bounded reader of the constants table.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T take() {
    T value;
    std::memcpy(&value, raw(sizeof value), sizeof value);
    return value;
  }
  std::string text() {
    uint32_t n = take<uint32_t>();
    return std::string(raw(n), n);
  }
  std::string bytes(uint64_t n) { return std::string(raw(n), n); }
  size_t left() const { return bytes_.size() - at_; }

 private:
  const char* raw(size_t n) {
    TENON_CHECK(n <= left(), "a table of the plan ends too early");
    at_ += n;
    return bytes_.data() + at_ - n;
  }
  std::string_view bytes_;
  size_t at_ = 0;
};

bool known(DataType t) {
  return (t >= DataType::kFLOAT && t <= DataType::kINT4) || t == DataType::kDOUBLE;
}

ir::ConstantPtr read_constant(Cursor& in, std::string_view weights,
                              const std::shared_ptr<const void>& owner) {
  auto c = std::make_shared<ir::Constant>();
  c->dtype = static_cast<DataType>(in.take<int32_t>());
  TENON_CHECK(known(c->dtype), "a constant of the plan has unknown type ",
              static_cast<int>(c->dtype));
  uint32_t rank = in.take<uint32_t>();
  TENON_CHECK(rank <= kMaxRank, "a constant of the plan has rank ", rank, ", at most ", kMaxRank);
  uint64_t count = 1;
  for (uint32_t i = 0; i < rank; ++i) {
    int64_t d = in.take<int64_t>();
    TENON_CHECK(d >= 0 && !__builtin_mul_overflow(count, static_cast<uint64_t>(d), &count),
                "a constant of the plan has size ", d);
    c->shape.push_back(d);
  }
  uint64_t offset = in.take<uint64_t>();
  c->bytes = in.take<uint64_t>();
  c->format = in.text();
  c->name = in.text();
  TENON_CHECK(
      offset <= weights.size() && c->bytes <= weights.size() - offset && offset % kAlign == 0,
      "constant '", c->name, "' lies outside the plan's weights");
  uint64_t dense = 0;
  bool fits = !__builtin_mul_overflow(count, static_cast<uint64_t>(size_of(c->dtype)), &dense);
  TENON_CHECK(fits && (c->format.empty() ? dense == c->bytes : c->bytes >= dense || dense == 0),
              "constant '", c->name, "' of the plan has ", c->bytes, " bytes, its shape wants ",
              dense);
  c->data = std::shared_ptr<const void>(owner, weights.data() + offset);
  return c;
}

bool has_section(const std::vector<Section>& table, const char* name) {
  for (const Section& s : table)
    if (std::strcmp(s.name, name) == 0) return true;
  return false;
}

std::vector<kernels::DeviceCode> read_code(Cursor in) {
  std::vector<kernels::DeviceCode> code;
  const uint64_t count = in.take<uint64_t>();
  TENON_CHECK(count <= in.left() / 12, "the plan's code section counts ", count,
              " entries, too many for its size");
  for (uint64_t i = 0; i < count; ++i) {
    std::string key = in.text();
    const uint64_t size = in.take<uint64_t>();
    code.push_back({std::move(key), in.bytes(size)});
  }
  return code;
}

}  // namespace

PlanContent read_plan(const PlanBytes& plan) {
  Header h = read_header(plan);
  std::vector<Section> table = read_table(plan, h);
  PlanContent content;
  content.target = section(plan, table, "target");
  content.graph = section(plan, table, "graph");
  content.info = section(plan, table, "info");
  std::string_view weights = section(plan, table, "weights");
  Cursor cursor(section(plan, table, "constants"));
  uint64_t count = cursor.take<uint64_t>();
  TENON_CHECK(count <= cursor.left() / 32, "the plan's constants table counts ", count,
              " constants, too many for its size");
  for (uint64_t i = 0; i < count; ++i)
    content.constants.push_back(read_constant(cursor, weights, plan.data));
  if (has_section(table, "code")) content.code = read_code(Cursor(section(plan, table, "code")));
  return content;
}

std::string content_hash(const PlanBytes& plan) {
  Header h = read_header(plan);
  return hex({h.digest_lo, h.digest_hi});
}

PlanBytes map_file(const std::string& path) {
  MappedFile file = tenon::map_file(path);
  return {file.data, file.size};
}

}  // namespace tenon::engine
