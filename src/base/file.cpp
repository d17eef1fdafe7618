// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace tenon {
namespace {

[[noreturn]] void fail(const char* action, const std::string& path, int code) {
  throw Error(detail::concat("cannot ", action, " '", path, "': ", std::strerror(code)));
}

/// Closes on destruction unless close() already did.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int close() {
    int result = ::close(fd_);
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

int open_retrying(const char* path, int flags) {
  int fd;
  do {
    fd = ::open(path, flags | O_CLOEXEC, 0644);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

size_t size_of_file(const Descriptor& file, const std::string& path) {
  struct stat info;
  if (::fstat(file.get(), &info) != 0) fail("read", path, errno);
  if (S_ISDIR(info.st_mode)) fail("read", path, EISDIR);
  return static_cast<size_t>(info.st_size);
}

void write_all(const Descriptor& file, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    ssize_t n = ::write(file.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", path, errno);
    content.remove_prefix(static_cast<size_t>(n));
  }
}

/// A rename is durable only once its folder is flushed; some file systems cannot flush folders, and
/// the content itself is safe by then, so that is no failure.
void flush_folder_of(const std::string& path) {
  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  Descriptor file(open_retrying(folder.c_str(), O_RDONLY | O_DIRECTORY));
  if (file.get() >= 0) ::fsync(file.get());
}

void write_and_flush(const std::string& path, std::string_view content) {
  Descriptor file(open_retrying(path.c_str(), O_WRONLY | O_CREAT | O_EXCL));
  if (file.get() < 0) fail("create", path, errno);
  write_all(file, path, content);
  if (::fsync(file.get()) != 0) fail("write", path, errno);
  if (file.close() != 0) fail("write", path, errno);
}

}  // namespace

std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  return detail::concat(path, ".tmp.", ::getpid(), ".", counter++);
}

std::string read_file(const std::string& path) {
  Descriptor file(open_retrying(path.c_str(), O_RDONLY));
  if (file.get() < 0) fail("open", path, errno);
  std::string content(size_of_file(file, path), '\0');
  // Some files (pipes, /proc) have more bytes than they say: read until the end is seen.
  size_t done = 0;
  for (;;) {
    if (done == content.size()) content.resize(done + 65536);
    ssize_t n = ::read(file.get(), content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path, errno);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  content.resize(done);
  return content;
}

MappedFile map_file(const std::string& path) {
  Descriptor file(open_retrying(path.c_str(), O_RDONLY));
  if (file.get() < 0) fail("open", path, errno);
  const size_t size = size_of_file(file, path);
  if (size == 0) return {std::make_shared<char>('\0'), 0};
  void* p = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (p == MAP_FAILED) fail("map", path, errno);
  auto unmap = [size](const void* q) { ::munmap(const_cast<void*>(q), size); };
  return {std::shared_ptr<const void>(p, unmap), size};
}

void write_file_atomic(const std::string& path, std::string_view content) {
  const std::string temporary = temporary_name(path);
  try {
    write_and_flush(temporary, content);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("replace", path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  flush_folder_of(path);
}

}  // namespace tenon
