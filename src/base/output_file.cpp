// SPDX-License-Identifier: Apache-2.0
#include "base/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace tenon {
namespace {

constexpr mode_t kMode = 0666;  // less what the umask takes

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

std::string proc_name(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

/// A descriptor of an unnamed file, or -1 where the file system has none.
int open_unnamed(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, kMode);
  if (descriptor < 0) return -1;
  if (::access(proc_name(descriptor).c_str(), R_OK) == 0) return descriptor;
  ::close(descriptor);  // without /proc it could never get a name
  return -1;
}

}  // namespace

void OutputFile::fail(const char* what) const {
  throw Error(detail::concat("cannot ", what, " ", path_, ": ", std::strerror(errno)));
}

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  int descriptor = open_unnamed(folder_of(path_));
  if (descriptor < 0) {
    temporary_ = temporary_name(path_);
    descriptor = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
    if (descriptor < 0) fail("write");
  }
  file_ = ::fdopen(descriptor, "wb");
  if (file_) return;
  ::close(descriptor);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  fail("write");
}

OutputFile::~OutputFile() {
  if (file_) std::fclose(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(const void* data, size_t size) {
  if (size && std::fwrite(data, 1, size, file_) != size) fail("write");
}

void OutputFile::rewrite(uint64_t offset, const void* data, size_t size) {
  if (::fseeko(file_, static_cast<off_t>(offset), SEEK_SET) != 0) fail("write");
  write(data, size);
  if (::fseeko(file_, 0, SEEK_END) != 0) fail("write");
}

std::string OutputFile::readable() {
  if (std::fflush(file_) != 0) fail("write");
  return temporary_.empty() ? proc_name(::fileno(file_)) : temporary_;
}

bool OutputFile::link_as(const std::string& name) const {
  return ::linkat(AT_FDCWD, proc_name(::fileno(file_)).c_str(), AT_FDCWD, name.c_str(),
                  AT_SYMLINK_FOLLOW) == 0;
}

void OutputFile::replace_by_link() {
  if (link_as(path_)) return;
  if (errno != EEXIST) fail("write");
  const std::string name = temporary_name(path_);  // a link cannot replace, a rename can
  if (!link_as(name)) fail("write");
  temporary_ = name;
}

void OutputFile::publish() {
  TENON_ASSERT(file_, "publish() twice");
  if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0) fail("write");
  if (temporary_.empty()) replace_by_link();
  if (!temporary_.empty()) {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("replace");
    temporary_.clear();
  }
  std::FILE* file = file_;
  file_ = nullptr;
  if (std::fclose(file) != 0) fail("write");
}

}  // namespace tenon
