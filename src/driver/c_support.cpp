// SPDX-License-Identifier: Apache-2.0
#include "driver/c_support.h"

#include <cstring>

namespace tenon::driver {

std::string& last_error() {
  thread_local std::string message;
  return message;
}

namespace {

/// Walks a strided tensor in row-major order.
void make_dense(const tenon_tensor& t, char* out) {
  size_t item = size_of(static_cast<DataType>(t.dtype));
  std::vector<int64_t> index(static_cast<size_t>(t.ndim), 0);
  int64_t count = 1;
  for (int32_t d = 0; d < t.ndim; ++d) count *= t.shape[d];
  for (int64_t i = 0; i < count; ++i) {
    int64_t offset = 0;
    for (int32_t d = 0; d < t.ndim; ++d) offset += index[static_cast<size_t>(d)] * t.strides[d];
    std::memcpy(out + static_cast<size_t>(i) * item,
                static_cast<const char*>(t.data) + offset * static_cast<int64_t>(item), item);
    for (int32_t d = t.ndim - 1; d >= 0 && ++index[static_cast<size_t>(d)] == t.shape[d]; --d)
      index[static_cast<size_t>(d)] = 0;
  }
}

bool is_dense(const tenon_tensor& t) {
  int64_t expected = 1;
  for (int32_t d = t.ndim - 1; d >= 0; --d) {
    if (t.shape[d] != 1 && t.strides[d] != expected) return false;
    expected *= t.shape[d];
  }
  return true;
}

}  // namespace

ir::ConstantPtr constant_from(const tenon_tensor& t) {
  auto c = std::make_shared<ir::Constant>();
  TENON_CHECK(t.name, "a constant has no name");
  c->name = t.name;
  c->dtype = static_cast<DataType>(t.dtype);
  size_t item = size_of(c->dtype);
  TENON_CHECK(item > 0, "constant '", c->name, "' has an element type (", t.dtype,
              ") that is not supported");
  TENON_CHECK(t.ndim >= 0 && t.ndim <= Dims::MAX_DIMS, "constant '", c->name, "' has ", t.ndim,
              " dimensions, at most ", Dims::MAX_DIMS);
  TENON_CHECK((t.shape && t.strides) || t.ndim == 0, "constant '", c->name,
              "' has no shape or no strides");
  c->shape.assign(t.shape, t.shape + t.ndim);
  c->bytes = item;
  for (int64_t d : c->shape) {
    TENON_CHECK(d >= 0 && !__builtin_mul_overflow(c->bytes, static_cast<size_t>(d), &c->bytes),
                "constant '", c->name, "' has size ", d);
  }
  TENON_CHECK(t.data || c->bytes == 0, "constant '", c->name, "' has no data");
  if (is_dense(t)) {
    static const char kEmpty = 0;
    c->data = std::shared_ptr<const void>(std::shared_ptr<const void>(), t.data ? t.data : &kEmpty);
  } else {
    std::vector<int64_t> strides(t.strides, t.strides + t.ndim);
    c->fill = [shape = c->shape, strides, dtype = t.dtype, data = t.data](void* out) {
      make_dense(
          {nullptr, dtype, static_cast<int32_t>(shape.size()), shape.data(), strides.data(), data},
          static_cast<char*>(out));
    };
  }
  return c;
}

}  // namespace tenon::driver
