// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/payload.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "frontends/export/types.h"

namespace tenon::frontends {
namespace {

// Copies may take this much, and this many times the archive: room for every honest program.
constexpr size_t kFreeBytes = size_t{64} << 20, kBytesPerArchiveByte = 16;
constexpr size_t kMaxRank = 64;

int64_t fixed_size(const JsonRef& sym_int) {
  const auto [kind, value] = sym_int.single();
  if (kind != "as_int") sym_int.fail("is of kind '", kind, "', want as_int");
  const int64_t v = value.integer();
  if (v < 0) value.fail("is ", v, ", want 0 or more");
  return v;
}

std::vector<int64_t> fixed_sizes(const JsonRef& list) {
  std::vector<int64_t> out;
  for (const JsonRef& item : list.items()) out.push_back(fixed_size(item));
  if (out.size() > kMaxRank) list.fail("has ", out.size(), " dimensions, want at most ", kMaxRank);
  return out;
}

size_t checked_mul(size_t a, size_t b, const JsonRef& where) {
  size_t product;
  if (__builtin_mul_overflow(a, b, &product))
    where.fail("describes more bytes than 64 bits can count");
  return product;
}

size_t checked_add(size_t a, size_t b, const JsonRef& where) {
  size_t sum;
  if (__builtin_add_overflow(a, b, &sum)) where.fail("describes more bytes than 64 bits can count");
  return sum;
}

bool is_dense(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  int64_t expected = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= std::max<int64_t>(shape[i], 1);
  }
  return true;
}

std::shared_ptr<void> allocate(size_t bytes) {
  constexpr std::align_val_t kAlignment{64};
  return {::operator new(std::max<size_t>(bytes, 1), kAlignment),
          [](void* p) { ::operator delete(p, kAlignment); }};
}

/// Copies elements in row-major order of `shape`. All offsets are known to be in range.
void gather(const std::byte* from, const std::vector<int64_t>& shape, std::vector<int64_t> strides,
            size_t element, size_t count, std::byte* to) {
  // The stride of a single element is never used, so nobody has checked it.
  for (size_t d = 0; d < shape.size(); ++d) strides[d] = shape[d] == 1 ? 0 : strides[d];
  std::vector<int64_t> index(shape.size(), 0);
  int64_t offset = 0;
  for (size_t n = 0; n < count; ++n, to += element) {
    std::memcpy(to, from + static_cast<size_t>(offset) * element, element);
    for (size_t d = shape.size(); d-- > 0;) {
      offset += strides[d];
      if (++index[d] < shape[d]) break;
      offset -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
}

}  // namespace

PayloadReader::PayloadReader(const ZipReader& zip, ir::ConstantTable& table)
    : zip_(zip), table_(table), budget_(kFreeBytes + kBytesPerArchiveByte * zip.size()) {}

void PayloadReader::read(const std::string& config_entry, const std::string& folder) {
  const nlohmann::json document = parse_json(zip_.read_text(config_entry), config_entry);
  const JsonRef config = JsonRef(document, config_entry).at("config");
  for (const auto& [name, meta] : config.members()) add(name, meta, folder);
}

void PayloadReader::add(const std::string& name, const JsonRef& meta, const std::string& folder) {
  const std::string& file = meta.at("path_name").string();
  const auto tensor = meta.find("tensor_meta");
  if (!tensor) return;  // a custom object; the import reports it
  if (meta.at("use_pickle").boolean()) {
    meta.at("use_pickle")
        .fail("tensor '", name, "' is a pickled tensor subclass, which only ", "PyTorch can read");
  }
  const auto dtype = scalar_type(tensor->at("dtype").integer());
  if (!dtype) return;
  const std::vector<int64_t> shape = fixed_sizes(tensor->at("sizes"));
  const std::vector<int64_t> strides = fixed_sizes(tensor->at("strides"));
  if (shape.size() != strides.size()) {
    tensor->fail("has ", shape.size(), " sizes but ", strides.size(), " strides");
  }
  auto c = std::make_shared<ir::Constant>();
  const size_t element = size_of(*dtype);
  size_t count = 1;
  for (int64_t d : shape) count = checked_mul(count, static_cast<size_t>(d), *tensor);
  c->dtype = *dtype;
  c->shape = shape;
  c->bytes = checked_mul(count, element, *tensor);
  c->name = name;
  c->data = dense(zip_.read(folder + file), shape, strides,
                  fixed_size(tensor->at("storage_offset")), element, *tensor);
  if (!table_.emplace(name, std::move(c)).second) meta.fail("describes '", name, "' a second time");
}

std::shared_ptr<const void> PayloadReader::dense(std::span<const std::byte> bytes,
                                                 const std::vector<int64_t>& shape,
                                                 const std::vector<int64_t>& strides,
                                                 int64_t offset, size_t element,
                                                 const JsonRef& where) {
  size_t count = 1, last = static_cast<size_t>(offset);
  for (int64_t d : shape) count = checked_mul(count, static_cast<size_t>(d), where);
  if (count == 0) return allocate(0);
  for (size_t i = 0; i < shape.size(); ++i) {
    const size_t steps = static_cast<size_t>(shape[i] - 1);
    last = checked_add(last, checked_mul(steps, static_cast<size_t>(strides[i]), where), where);
  }
  const size_t need = checked_mul(checked_add(last, 1, where), element, where);
  if (need > bytes.size()) {
    where.fail("reaches byte ", need, " of a file of ", bytes.size(), " bytes");
  }
  const std::byte* from = bytes.data() + static_cast<size_t>(offset) * element;
  const bool aligned = reinterpret_cast<uintptr_t>(from) % element == 0;
  if (aligned && is_dense(shape, strides)) return {zip_.owner(), from};
  const size_t size = checked_mul(count, element, where);
  if (size > budget_)
    where.fail("takes ", size, " bytes when made dense, too much for this archive");
  budget_ -= size;
  auto copy = allocate(size);
  gather(from, shape, strides, element, count, static_cast<std::byte*>(copy.get()));
  return copy;
}

}  // namespace tenon::frontends
