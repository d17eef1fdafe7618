// SPDX-License-Identifier: Apache-2.0
// Reads the end record, then the central directory, then each entry's local header (only to find
// where its data begins: sizes and checksums are those of the directory).
#include <algorithm>
#include <initializer_list>

#include "base/file.h"
#include "base/zip.h"

namespace tenon {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kEnd = 0x06054b50,
                   kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;

/// Little-endian fields at checked offsets.
class Bytes {
 public:
  Bytes(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}
  void need(uint64_t offset, uint64_t count, const char* what) const {
    TENON_CHECK(offset <= bytes_.size() && count <= bytes_.size() - offset, name_,
                ": truncated or damaged zip archive: ", what, " at byte ", offset, " with ", count,
                " bytes reaches beyond the end (", bytes_.size(), " bytes)");
  }
  template <typename T>
  T get(uint64_t offset, const char* what) const {
    need(offset, sizeof(T), what);
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      value |= static_cast<T>(std::to_integer<T>(bytes_[offset + i]) << (8 * i));
    }
    return value;
  }
  uint16_t u16(uint64_t at, const char* what) const { return get<uint16_t>(at, what); }
  uint32_t u32(uint64_t at, const char* what) const { return get<uint32_t>(at, what); }
  uint64_t u64(uint64_t at, const char* what) const { return get<uint64_t>(at, what); }
  std::string text(uint64_t offset, uint64_t count, const char* what) const {
    need(offset, count, what);
    return {reinterpret_cast<const char*>(bytes_.data()) + offset, count};
  }
  uint64_t size() const { return bytes_.size(); }
  const std::string& name() const { return name_; }

 private:
  std::span<const std::byte> bytes_;
  const std::string& name_;
};

/// Offset of the end record: the last one whose comment reaches exactly to the end of the file.
uint64_t find_end(const Bytes& b) {
  constexpr uint64_t kSize = 22;
  TENON_CHECK(b.size() >= kSize, b.name(), " is not a zip archive: it has only ", b.size(),
              " bytes");
  const uint64_t lowest = b.size() - std::min<uint64_t>(b.size(), kSize + 65535);
  for (uint64_t at = b.size() - kSize + 1; at-- > lowest;) {
    if (b.u32(at, "end record") == kEnd && at + kSize + b.u16(at + 20, "comment") == b.size()) {
      return at;
    }
  }
  throw Error(b.name() + " is not a zip archive: it has no end record");
}

struct Directory {
  uint64_t count, size, offset;
};

Directory read_directory64(const Bytes& b, uint64_t end) {
  TENON_CHECK(end >= 20 && b.u32(end - 20, "zip64 locator") == kEnd64Locator, b.name(),
              ": damaged zip archive: its zip64 locator is missing");
  const uint64_t at = b.u64(end - 12, "zip64 locator");
  TENON_CHECK(b.u32(at, "zip64 end record") == kEnd64, b.name(),
              ": damaged zip archive: no zip64 end record at byte ", at);
  b.need(at, 56, "zip64 end record");
  return {b.u64(at + 32, "count"), b.u64(at + 40, "size"), b.u64(at + 48, "offset")};
}

Directory read_end(const Bytes& b) {
  const uint64_t end = find_end(b);
  const uint16_t disk = b.u16(end + 4, "disk"), start_disk = b.u16(end + 6, "disk");
  Directory d{b.u16(end + 10, "count"), b.u32(end + 12, "size"), b.u32(end + 16, "offset")};
  const bool wide = d.count == 0xFFFF || d.size == 0xFFFFFFFF || d.offset == 0xFFFFFFFF;
  TENON_CHECK((disk == 0 && start_disk == 0) || (wide && disk == 0xFFFF), b.name(),
              " is a zip archive in several parts, which is not supported");
  if (wide) d = read_directory64(b, end);
  b.need(d.offset, d.size, "the central directory");
  return d;
}

/// Replaces the fields that do not fit 32 bits by those of the zip64 extra field.
void widen(const Bytes& b, uint64_t extra, uint64_t extra_size, const std::string& name,
           std::initializer_list<uint64_t*> fields) {
  const bool wide =
      std::any_of(fields.begin(), fields.end(), [](auto* f) { return *f == 0xFFFFFFFF; });
  if (!wide) return;
  for (uint64_t at = extra; extra + extra_size - at >= 4;) {
    const uint16_t id = b.u16(at, "extra field"), size = b.u16(at + 2, "extra field");
    TENON_CHECK(size <= extra + extra_size - at - 4, b.name(), ": entry ", name,
                ": an extra field reaches beyond the entry");
    if (id == 1) {
      uint64_t from = at + 4;
      for (uint64_t* f : fields) {
        if (*f != 0xFFFFFFFF) continue;
        TENON_CHECK(from + 8 <= at + 4 + size, b.name(), ": entry ", name,
                    ": its zip64 field is too short");
        *f = b.u64(from, "zip64 field");
        from += 8;
      }
      return;
    }
    at += 4 + size;
  }
  // Without the field 0xFFFFFFFF is the value itself; the bounds are checked later.
}

/// Reads one directory record at `at` and moves `at` behind it.
ZipReader::Entry read_entry(const Bytes& b, uint64_t* at) {
  constexpr const char* kWhat = "a directory record";
  b.need(*at, 46, kWhat);
  TENON_CHECK(b.u32(*at, kWhat) == kDirectoryEntry, b.name(),
              ": damaged zip archive: no directory record at byte ", *at);
  const uint16_t flags = b.u16(*at + 8, kWhat);
  const uint64_t name_size = b.u16(*at + 28, kWhat), extra_size = b.u16(*at + 30, kWhat),
                 comment_size = b.u16(*at + 32, kWhat);
  ZipReader::Entry e;
  e.method = b.u16(*at + 10, kWhat);
  e.crc = b.u32(*at + 16, kWhat);
  uint64_t packed = b.u32(*at + 20, kWhat), unpacked = b.u32(*at + 24, kWhat),
           header = b.u32(*at + 42, kWhat);
  e.name = b.text(*at + 46, name_size, kWhat);
  b.need(*at + 46 + name_size, extra_size + comment_size, kWhat);
  widen(b, *at + 46 + name_size, extra_size, e.name, {&unpacked, &packed, &header});
  TENON_CHECK((flags & 1) == 0, b.name(), ": entry ", e.name, " is encrypted");
  TENON_CHECK(e.method != 0 || packed == unpacked, b.name(), ": entry ", e.name,
              " is stored but states two sizes, ", packed, " and ", unpacked);
  TENON_CHECK(b.u32(header, "a local header") == kLocalHeader, b.name(), ": entry ", e.name,
              ": no local header at byte ", header);
  e.offset =
      header + 30 + b.u16(header + 26, "a local header") + b.u16(header + 28, "a local header");
  e.size = packed;
  b.need(e.offset, e.size, e.name.c_str());
  *at += 46 + name_size + extra_size + comment_size;
  return e;
}

}  // namespace

ZipReader ZipReader::open(const std::string& path) {
  const MappedFile file = map_file(path);
  return from_memory({static_cast<const std::byte*>(file.data.get()), file.size}, file.data, path);
}

ZipReader ZipReader::from_memory(std::span<const std::byte> bytes,
                                 std::shared_ptr<const void> owner, std::string name) {
  ZipReader r;
  r.bytes_ = bytes;
  r.owner_ = std::move(owner);
  r.name_ = std::move(name);
  const Bytes b(bytes, r.name_);
  const Directory d = read_end(b);
  // A record has at least 46 bytes, so a false count cannot make us allocate.
  TENON_CHECK(d.count <= d.size / 46, r.name_, ": damaged zip archive: ", d.count,
              " entries do not fit a directory of ", d.size, " bytes");
  r.entries_.reserve(d.count);
  uint64_t at = d.offset;
  for (uint64_t i = 0; i < d.count; ++i) {
    r.entries_.push_back(read_entry(b, &at));
    const bool fresh = r.index_.emplace(r.entries_.back().name, i).second;
    TENON_CHECK(fresh, r.name_, ": two entries are named ", r.entries_.back().name);
  }
  return r;
}

const ZipReader::Entry* ZipReader::find(std::string_view name) const {
  auto it = index_.find(name);
  return it == index_.end() ? nullptr : &entries_[it->second];
}

std::span<const std::byte> ZipReader::read(std::string_view name) const {
  const Entry* e = find(name);
  TENON_CHECK(e, name_, " has no entry ", name);
  TENON_CHECK(e->method == 0, name_, ": entry ", name, " is compressed (method ", e->method,
              "); only stored entries can be read");
  return bytes_.subspan(e->offset, e->size);
}

std::string_view ZipReader::read_text(std::string_view name) const {
  auto bytes = read(name);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void ZipReader::check_crc(std::string_view name) const {
  const uint32_t seen = crc32(read(name)), wanted = find(name)->crc;
  TENON_CHECK(seen == wanted, name_, ": entry ", name, " is damaged: checksum ", seen, ", want ",
              wanted);
}

}  // namespace tenon
