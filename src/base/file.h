// SPDX-License-Identifier: Apache-2.0
// Whole files: read, map, write. Every Error names the path and what the system said. A mapping is
// owned by its shared_ptr and unmapped with the last copy; a file truncated by someone else while
// it is mapped faults on access, so plans are replaced by rename, never rewritten. Thread safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon {

struct MappedFile {
  std::shared_ptr<const void> data;  // page aligned; not null even if the file is empty
  size_t size = 0;
  std::string_view view() const { return {static_cast<const char*>(data.get()), size}; }
};

TENON_API std::string read_file(const std::string& path);
/// The file's bytes, read-only and shared with the page cache.
TENON_API MappedFile map_file(const std::string& path);
/// Writes beside `path`, flushes to the device and renames into place: readers see the old content
/// or the new one, never a torn file, whatever fails on the way.
TENON_API void write_file_atomic(const std::string& path, std::string_view content);
/// A name beside `path`, unique in the process and, with the process id, on the machine.
std::string temporary_name(const std::string& path);

}  // namespace tenon
