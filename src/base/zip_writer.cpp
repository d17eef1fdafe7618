// SPDX-License-Identifier: Apache-2.0
#include "base/zip.h"

namespace tenon {
namespace {

constexpr uint64_t kAlignment = 64, kMax32 = 0xFFFFFFFF;
constexpr uint16_t kPaddingId = 0x4246;  // "FB", the id torch's own writer uses for padding
constexpr uint16_t kPlainVersion = 20, kZip64Version = 45;
constexpr uint16_t kUtf8 = 1 << 11;
constexpr uint32_t kDate = 0x00210000;  // 1980-01-01, 00:00: equal input gives equal bytes

template <typename T>
void put(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

uint32_t narrow(bool wide, uint64_t value) { return static_cast<uint32_t>(wide ? kMax32 : value); }

void put_sizes(std::string& out, uint32_t crc, bool wide, uint64_t size) {
  put<uint32_t>(out, crc);
  put<uint32_t>(out, narrow(wide, size));
  put<uint32_t>(out, narrow(wide, size));
}

std::string local_header(const std::string& name, uint32_t crc, uint64_t size, bool wide,
                         uint64_t position) {
  std::string extra;
  if (wide) {
    put<uint16_t>(extra, 1);
    put<uint16_t>(extra, 16);
    put<uint64_t>(extra, size);
    put<uint64_t>(extra, size);
  }
  const uint64_t unpadded = position + 30 + name.size() + extra.size() + 4;
  const uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  put<uint16_t>(extra, kPaddingId);
  put<uint16_t>(extra, static_cast<uint16_t>(padding));
  extra.append(padding, '\0');

  std::string out;
  put<uint32_t>(out, 0x04034b50);
  put<uint16_t>(out, wide ? kZip64Version : kPlainVersion);
  put<uint16_t>(out, kUtf8);
  put<uint16_t>(out, 0);  // stored
  put<uint32_t>(out, kDate);
  put_sizes(out, crc, wide, size);
  put<uint16_t>(out, static_cast<uint16_t>(name.size()));
  put<uint16_t>(out, static_cast<uint16_t>(extra.size()));
  return out + name + extra;
}

std::string end64(uint64_t count, uint64_t size, uint64_t offset) {
  std::string out;
  put<uint32_t>(out, 0x06064b50);
  put<uint64_t>(out, 44);  // bytes of this record after this field
  put<uint16_t>(out, kZip64Version);
  put<uint16_t>(out, kZip64Version);
  put<uint64_t>(out, 0);  // disks
  put<uint64_t>(out, count);
  put<uint64_t>(out, count);
  put<uint64_t>(out, size);
  put<uint64_t>(out, offset);
  put<uint32_t>(out, 0x07064b50);
  put<uint32_t>(out, 0);
  put<uint64_t>(out, offset + size);  // where this record begins
  put<uint32_t>(out, 1);
  return out;
}

}  // namespace

ZipWriter::ZipWriter(std::string path, bool always_zip64)
    : path_(std::move(path)), always_zip64_(always_zip64), file_(path_) {}

void ZipWriter::write(const void* data, size_t size) {
  file_.write(data, size);
  position_ += size;
}

void ZipWriter::claim(const std::string& name) {
  TENON_ASSERT(!ended_, "add() after end()");
  TENON_CHECK(name.size() < 65536, "zip entry name of ", name.size(), " bytes, want < 65536");
  TENON_CHECK(names_.emplace(name, records_.size()).second, path_, ": two entries are named ",
              name);
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> data) {
  claim(name);
  const bool wide = always_zip64_ || data.size() >= kMax32;
  Record r{name, crc32(data), data.size(), position_, wide};
  const std::string header = local_header(name, r.crc, r.size, wide, position_);
  write(header.data(), header.size());
  write(data.data(), data.size());
  records_.push_back(std::move(r));
}

void ZipWriter::add(const std::string& name, uint64_t most,
                    const std::function<void(const Sink&)>& produce) {
  claim(name);
  const bool wide = always_zip64_ || most >= kMax32;
  Record r{name, 0, 0, position_, wide};
  const auto header = [&] { return local_header(name, r.crc, r.size, wide, r.offset); };
  const std::string unknown = header();  // its size does not depend on what it says
  write(unknown.data(), unknown.size());
  produce([&](std::span<const std::byte> piece) {
    r.crc = crc32(piece, r.crc);
    r.size += piece.size();
    TENON_ASSERT(r.size <= most, name, " has more than ", most, " bytes");
    write(piece.data(), piece.size());
  });
  const std::string known = header();
  file_.rewrite(r.offset, known.data(), known.size());
  records_.push_back(std::move(r));
}

void ZipWriter::add(const std::string& name, std::string_view text) {
  add(name, std::as_bytes(std::span<const char>(text.data(), text.size())));
}

std::string ZipWriter::directory_record(const Record& r) const {
  const bool wide = r.wide || r.offset >= kMax32;
  std::string out;
  put<uint32_t>(out, 0x02014b50);
  put<uint16_t>(out, wide ? kZip64Version : kPlainVersion);
  put<uint16_t>(out, wide ? kZip64Version : kPlainVersion);
  put<uint16_t>(out, kUtf8);
  put<uint16_t>(out, 0);
  put<uint32_t>(out, kDate);
  put_sizes(out, r.crc, wide, r.size);
  put<uint16_t>(out, static_cast<uint16_t>(r.name.size()));
  put<uint16_t>(out, wide ? 28 : 0);
  put<uint16_t>(out, 0);  // comment
  put<uint16_t>(out, 0);  // disk
  put<uint16_t>(out, 0);  // internal attributes
  put<uint32_t>(out, 0);  // external attributes
  put<uint32_t>(out, narrow(wide, r.offset));
  out += r.name;
  if (wide) {
    put<uint16_t>(out, 1);
    put<uint16_t>(out, 24);
    put<uint64_t>(out, r.size);
    put<uint64_t>(out, r.size);
    put<uint64_t>(out, r.offset);
  }
  return out;
}

std::string ZipWriter::end() {
  TENON_ASSERT(!ended_, "end() twice");
  ended_ = true;
  const uint64_t offset = position_;
  for (const Record& r : records_) {
    const std::string record = directory_record(r);
    write(record.data(), record.size());
  }
  const uint64_t size = position_ - offset, count = records_.size();
  const bool wide = always_zip64_ || count >= 0xFFFF || size >= kMax32 || offset >= kMax32;
  std::string tail = wide ? end64(count, size, offset) : "";
  put<uint32_t>(tail, 0x06054b50);
  put<uint32_t>(tail, 0);  // disks
  put<uint16_t>(tail, static_cast<uint16_t>(wide ? 0xFFFF : count));
  put<uint16_t>(tail, static_cast<uint16_t>(wide ? 0xFFFF : count));
  put<uint32_t>(tail, narrow(wide, size));
  put<uint32_t>(tail, narrow(wide, offset));
  put<uint16_t>(tail, 0);  // comment
  write(tail.data(), tail.size());
  return file_.readable();
}

}  // namespace tenon
