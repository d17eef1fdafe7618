// SPDX-License-Identifier: Apache-2.0
// Zip archives with stored (not compressed) entries, zip64 included: the container of .pt2 files.
// ZipReader maps the file; entries are addressed in place and live as long as any owner() of the
// mapping. The input is hostile: every bound is checked when the archive is opened. ZipWriter
// aligns every entry's data to 64 bytes. A reader may be used by many threads, a writer by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/output_file.h"

namespace tenon {

/// CRC-32 of zip and gzip (polynomial 0xEDB88320). `seed` is the CRC of the bytes before.
TENON_API uint32_t crc32(std::span<const std::byte> bytes, uint32_t seed = 0);

class TENON_API ZipReader {
 public:
  struct Entry {
    std::string name;
    uint16_t method = 0;  // 0: stored
    uint32_t crc = 0;
    uint64_t offset = 0;  // of the data, from the start of the archive
    uint64_t size = 0;    // bytes in the archive
  };

  /// Maps the file at `path`. Throws Error if it cannot be read or is not a zip archive.
  static ZipReader open(const std::string& path);
  /// An archive in memory; `owner` keeps the bytes alive. `name` is used in messages.
  static ZipReader from_memory(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               std::string name);

  /// In the order of the archive's directory.
  const std::vector<Entry>& entries() const { return entries_; }
  /// Null if there is no such entry.
  const Entry* find(std::string_view name) const;
  /// The bytes of an entry, in place. Throws if there is none, or if it is compressed.
  std::span<const std::byte> read(std::string_view name) const;
  std::string_view read_text(std::string_view name) const;
  /// Throws if the bytes of the entry do not have the checksum that the directory states.
  void check_crc(std::string_view name) const;

  /// Keeps the bytes alive, for aliasing shared pointers.
  const std::shared_ptr<const void>& owner() const { return owner_; }
  const std::string& name() const { return name_; }
  size_t size() const { return bytes_.size(); }

 private:
  ZipReader() = default;

  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  std::string name_;
  std::vector<Entry> entries_;
  std::map<std::string, size_t, std::less<>> index_;
};

class TENON_API ZipWriter {
 public:
  /// Writes an unnamed file; publish() gives it the name `path`; without that nothing is left.
  /// `always_zip64` writes the 64-bit records even where the 32-bit ones would do.
  explicit ZipWriter(std::string path, bool always_zip64 = false);

  /// Adds a stored entry. Names are unique and shorter than 65536 bytes.
  void add(const std::string& name, std::span<const std::byte> data);
  void add(const std::string& name, std::string_view text);
  /// Adds an entry of at most `most` bytes that `produce` hands over piece by piece.
  using Sink = std::function<void(std::span<const std::byte>)>;
  void add(const std::string& name, uint64_t most, const std::function<void(const Sink&)>& produce);
  /// Writes the directory; nothing can be added afterwards. Returns a name under which this process
  /// can read the whole archive while the writer lives.
  std::string end();
  /// Gives the archive its name.
  void publish() { file_.publish(); }
  void finish() {
    end();
    publish();
  }

 private:
  struct Record {
    std::string name;
    uint32_t crc;
    uint64_t size;
    uint64_t offset;  // of the local header
    bool wide;        // whether that has 64-bit sizes
  };
  void write(const void* data, size_t size);
  void claim(const std::string& name);
  std::string directory_record(const Record& record) const;

  std::string path_;
  bool always_zip64_;
  OutputFile file_;
  bool ended_ = false;
  uint64_t position_ = 0;
  std::vector<Record> records_;
  std::map<std::string, size_t, std::less<>> names_;
};

}  // namespace tenon
