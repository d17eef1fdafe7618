// SPDX-License-Identifier: Apache-2.0
// A file that is written whole or not at all. Until publish() it has no name (where the file system
// can do that; otherwise a temporary one), so that a process that is killed leaves nothing behind.
// Every Error names the path and what the system said. Used by one thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "base/error.h"

namespace tenon {

class TENON_API OutputFile {
 public:
  /// Opens an unnamed file in the folder of `path`; `path` itself is not touched.
  explicit OutputFile(std::string path);
  ~OutputFile();  // forgets what was not published
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* data, size_t size);
  /// Replaces bytes that were written before.
  void rewrite(uint64_t offset, const void* data, size_t size);
  /// Hands what was written to the system, and returns a name under which this process can read it.
  std::string readable();
  /// Gives the file its name, in place of what had it. Nothing can be written afterwards.
  void publish();

 private:
  [[noreturn]] void fail(const char* what) const;
  bool link_as(const std::string& name) const;
  void replace_by_link();

  std::string path_;
  std::string temporary_;  // "" while the file has no name
  std::FILE* file_ = nullptr;
};

}  // namespace tenon
