// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/crc32c.h"
#include "base/digest.h"
#include "base/error.h"
#include "engine/plan/format.h"
#include "engine/plan/plan.h"

namespace tenon::engine {
namespace {

using namespace format;

uint64_t align_up(uint64_t x) { return (x + kAlign - 1) / kAlign * kAlign; }

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& out, const std::string& text) {
  put<uint32_t>(out, static_cast<uint32_t>(text.size()));
  out += text;
}

/// The "constants" section: where each constant lies in "weights" and how to read it.
std::string constants_table(const PlanContent& content, uint64_t* weights_size) {
  std::string table;
  uint64_t offset = 0;
  put<uint64_t>(table, content.constants.size());
  for (const auto& c : content.constants) {
    put<int32_t>(table, static_cast<int32_t>(c->dtype));
    put<uint32_t>(table, static_cast<uint32_t>(c->shape.size()));
    for (int64_t d : c->shape) put<int64_t>(table, d);
    put<uint64_t>(table, offset);
    put<uint64_t>(table, c->bytes);
    put_text(table, c->format);
    put_text(table, c->name);
    offset = align_up(offset + c->bytes);
  }
  *weights_size = offset;
  return table;
}

void copy_constants(const PlanContent& content, char* weights) {
  uint64_t offset = 0;
  for (const auto& c : content.constants) {
    char* to = weights + offset;
    if (c->data) {
      if (c->bytes) std::memcpy(to, c->data.get(), c->bytes);
    } else {
      TENON_CHECK(c->fill, "constant '", c->name, "' has no data");
      c->fill(to);
    }
    uint64_t next = align_up(offset + c->bytes);
    std::memset(to + c->bytes, 0, next - offset - c->bytes);
    offset = next;
  }
}

/// The "code" section: count, then key and bytes of each.
std::string code_table(const PlanContent& content) {
  std::string table;
  put<uint64_t>(table, content.code.size());
  for (const kernels::DeviceCode& c : content.code) {
    put_text(table, c.key);
    put<uint64_t>(table, c.bytes.size());
    table += c.bytes;
  }
  return table;
}

/// Everything but the bytes: sizes and offsets of all sections.
struct Blueprint {
  std::vector<Section> sections;
  std::vector<const std::string*> texts;  // null for "weights"
  std::string table, code;
  uint64_t size = 0;

  explicit Blueprint(const PlanContent& content) {
    uint64_t weights_size = 0;
    table = constants_table(content, &weights_size);
    const size_t count = content.code.empty() ? 5 : 6;
    size = align_up(sizeof(Header) + count * sizeof(Section));
    add("target", content.target.size(), &content.target);
    add("graph", content.graph.size(), &content.graph);
    add("info", content.info.size(), &content.info);
    add("constants", table.size(), &table);
    if (!content.code.empty()) {
      code = code_table(content);
      add("code", code.size(), &code);
    }
    add("weights", weights_size, nullptr);
  }

  void add(const char* name, uint64_t bytes, const std::string* text) {
    Section s{};
    std::strncpy(s.name, name, sizeof s.name - 1);
    s.offset = size;
    s.size = bytes;
    sections.push_back(s);
    texts.push_back(text);
    size = align_up(size + bytes);
  }
};

void emit(const PlanContent& content, Blueprint& plan, char* out) {
  Digest digest;
  for (size_t i = 0; i < plan.sections.size(); ++i) {
    Section& s = plan.sections[i];
    char* to = out + s.offset;
    if (plan.texts[i]) {
      std::memcpy(to, plan.texts[i]->data(), s.size);
    } else {
      copy_constants(content, to);
    }
    uint64_t end = i + 1 < plan.sections.size() ? plan.sections[i + 1].offset : plan.size;
    std::memset(to + s.size, 0, end - s.offset - s.size);
    s.crc = crc32c(to, s.size);
    digest.feed(to, s.size);
  }
  Header h{};
  std::memcpy(h.magic, kMagic, sizeof kMagic);
  h.version = kVersion;
  h.section_count = static_cast<uint32_t>(plan.sections.size());
  h.file_size = plan.size;
  h.table_offset = sizeof(Header);
  h.digest_lo = digest.value().lo;
  h.digest_hi = digest.value().hi;
  size_t table_bytes = plan.sections.size() * sizeof(Section);
  h.table_crc = crc32c(plan.sections.data(), table_bytes);
  h.header_crc = crc32c(&h, offsetof(Header, header_crc));
  std::memset(out, 0, plan.sections.front().offset);
  std::memcpy(out, &h, sizeof h);
  std::memcpy(out + sizeof h, plan.sections.data(), table_bytes);
}

/// A writable mapping of a new file of the given size.
class OutputFile {
 public:
  OutputFile(const std::string& path, uint64_t size) : path_(path), size_(size) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    TENON_CHECK(fd_ >= 0, "cannot create '", path, "': ", std::strerror(errno));
    int rc = ::posix_fallocate(
        fd_, 0, static_cast<off_t>(size));  // a full disk is an error here, not a SIGBUS later
    if (rc == 0) data_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (rc != 0 || data_ == MAP_FAILED) {
      int code = rc ? rc : errno;
      discard();
      throw Error(
          detail::concat("cannot write ", size, " bytes to '", path, "': ", std::strerror(code)));
    }
  }
  ~OutputFile() {
    if (fd_ >= 0) discard();
  }
  char* data() { return static_cast<char*>(data_); }
  void commit(const std::string& target) {
    TENON_CHECK(::msync(data_, size_, MS_SYNC) == 0, "cannot write '", path_,
                "': ", std::strerror(errno));
    ::munmap(data_, size_);
    ::close(fd_);
    fd_ = -1;
    if (::rename(path_.c_str(), target.c_str()) == 0) return;
    int code = errno;
    ::unlink(path_.c_str());
    throw Error(detail::concat("cannot replace '", target, "': ", std::strerror(code)));
  }

 private:
  void discard() {
    if (data_ && data_ != MAP_FAILED) ::munmap(data_, size_);
    ::close(fd_);
    ::unlink(path_.c_str());
    fd_ = -1;
  }
  std::string path_;
  uint64_t size_;
  int fd_ = -1;
  void* data_ = nullptr;
};

}  // namespace

PlanBytes write_plan(const PlanContent& content) {
  Blueprint blueprint(content);
  // Pages of an anonymous mapping appear as they are written: no second copy, no zeroing pass.
  void* p =
      ::mmap(nullptr, blueprint.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  TENON_CHECK(p != MAP_FAILED, "no memory for a plan of ", blueprint.size, " bytes");
  size_t size = blueprint.size;
  PlanBytes plan{std::shared_ptr<const void>(
                     p, [size](const void* q) { ::munmap(const_cast<void*>(q), size); }),
                 size};
  emit(content, blueprint, static_cast<char*>(p));
  return plan;
}

void write_plan_file(const PlanContent& content, const std::string& path) {
  Blueprint blueprint(content);
  static std::atomic<unsigned> counter{0};  // several threads may write one path
  OutputFile file(detail::concat(path, ".tmp.", ::getpid(), ".", counter++), blueprint.size);
  emit(content, blueprint, file.data());
  file.commit(path);
}

}  // namespace tenon::engine
