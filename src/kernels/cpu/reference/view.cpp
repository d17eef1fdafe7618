// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/view.h"

#include <cmath>
#include <exception>
#include <limits>
#include <mutex>

#include "base/half.h"

namespace tenon::kernels::reference {

namespace {

template <typename T>
const T& at(const void* base, int64_t i) {
  return static_cast<const T*>(base)[i];
}
template <typename T, typename V>
void put(void* base, int64_t i, V v) {
  static_cast<T*>(base)[i] = static_cast<T>(v);
}

// Truncation of what does not fit is unspecified in torch; this is what the x86 instruction gives.
int64_t truncate(double v) {
  if (!(v >= -9223372036854775808.0 && v < 9223372036854775808.0)) {
    return std::numeric_limits<int64_t>::min();
  }
  return static_cast<int64_t>(v);
}

}  // namespace

int64_t volume(const Shape& shape) { return volume(shape, 0, shape.size()); }

int64_t volume(const Shape& shape, size_t first, size_t last) {
  int64_t n = 1;
  for (size_t d = first; d < last; ++d) n *= shape[d];
  return n;
}

Shape row_major(const Shape& shape) {
  Shape s(shape.size());
  int64_t step = 1;
  for (size_t d = shape.size(); d-- > 0; step *= shape[d]) s[d] = step;
  return s;
}

bool is_float(DataType t) {
  return t == DataType::kFLOAT || t == DataType::kDOUBLE || t == DataType::kHALF ||
         t == DataType::kBF16;
}

bool is_integer(DataType t) {
  return t == DataType::kINT64 || t == DataType::kINT32 || t == DataType::kINT8 ||
         t == DataType::kUINT8 || t == DataType::kBOOL;
}

double load_double(DataType t, const void* base, int64_t i) {
  switch (t) {
    case DataType::kFLOAT:
      return at<float>(base, i);
    case DataType::kDOUBLE:
      return at<double>(base, i);
    case DataType::kHALF:
      return half_to_float(at<uint16_t>(base, i));
    case DataType::kBF16:
      return bf16_to_float(at<uint16_t>(base, i));
    default:
      return static_cast<double>(load_int(t, base, i));
  }
}

int64_t load_int(DataType t, const void* base, int64_t i) {
  switch (t) {
    case DataType::kINT64:
      return at<int64_t>(base, i);
    case DataType::kINT32:
      return at<int32_t>(base, i);
    case DataType::kINT8:
      return at<int8_t>(base, i);
    case DataType::kUINT8:
      return at<uint8_t>(base, i);
    case DataType::kBOOL:
      return at<uint8_t>(base, i) != 0;
    default:
      break;
  }
  TENON_ASSERT(is_float(t), "no elements of type ", name_of(t));
  return truncate(load_double(t, base, i));
}

void store_double(DataType t, void* base, int64_t i, double v) {
  switch (t) {
    case DataType::kFLOAT:
      return put<float>(base, i, v);
    case DataType::kDOUBLE:
      return put<double>(base, i, v);
    case DataType::kHALF:
      return put<uint16_t>(base, i, float_to_half(static_cast<float>(v)));
    case DataType::kBF16:
      return put<uint16_t>(base, i, float_to_bf16(static_cast<float>(v)));
    case DataType::kBOOL:
      return put<uint8_t>(base, i, v != 0);
    default:
      return store_int(t, base, i, truncate(v));
  }
}

void store_int(DataType t, void* base, int64_t i, int64_t v) {
  switch (t) {
    case DataType::kINT64:
      return put<int64_t>(base, i, v);
    case DataType::kINT32:
      return put<int32_t>(base, i, v);
    case DataType::kINT8:
      return put<int8_t>(base, i, v);
    case DataType::kUINT8:
      return put<uint8_t>(base, i, v);
    case DataType::kBOOL:
      return put<uint8_t>(base, i, v != 0);
    // Not through double: that would round twice.
    case DataType::kFLOAT:
      return put<float>(base, i, v);
    default:
      break;
  }
  TENON_ASSERT(is_float(t), "no elements of type ", name_of(t));
  store_double(t, base, i, static_cast<double>(v));
}

Shape broadcast_strides(const Shape& shape, const Shape& strides, const Shape& out) {
  TENON_ASSERT(shape.size() <= out.size(), "rank ", shape.size(), " to ", out.size());
  Shape result(out.size(), 0);
  const size_t shift = out.size() - shape.size();
  for (size_t d = 0; d < shape.size(); ++d) {
    TENON_CHECK(shape[d] == 1 || shape[d] == out[shift + d], "shape ", str(shape),
                " does not broadcast to ", str(out));
    if (shape[d] != 1) result[shift + d] = strides[d];
  }
  return result;
}

Shape broadcast_strides(const TensorDesc& desc, const Shape& out) {
  return broadcast_strides(desc.shape, desc.strides(), out);
}

Walker::Walker(const Shape& shape, const std::vector<Shape>& strides, int64_t begin)
    : shape_(shape), strides_(strides), index_(shape.size()), offsets_(strides.size(), 0) {
  for (size_t d = shape.size(); d-- > 0;) {
    index_[d] = begin % shape[d];
    begin /= shape[d];
    for (size_t k = 0; k < strides.size(); ++k) offsets_[k] += index_[d] * strides[k][d];
  }
}

void Walker::next() {
  for (size_t d = shape_.size(); d-- > 0;) {
    const bool carry = ++index_[d] == shape_[d];
    for (size_t k = 0; k < strides_.size(); ++k) {
      offsets_[k] += carry ? -(shape_[d] - 1) * strides_[k][d] : strides_[k][d];
    }
    if (!carry) return;
    index_[d] = 0;
  }
}

void guarded_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  std::mutex mutex;
  std::exception_ptr first;
  int64_t first_begin = 0;
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    try {
      body(begin, end);
    } catch (...) {
      std::lock_guard<std::mutex> lock(mutex);
      if (!first || begin < first_begin) {
        first = std::current_exception();
        first_begin = begin;
      }
    }
  });
  if (first) std::rethrow_exception(first);
}

template <typename A>
std::vector<A> read_permuted(const TensorDesc& desc, const void* data, const Shape& perm) {
  const Shape strides = desc.strides();
  Shape shape(perm.size()), permuted(perm.size());
  for (size_t d = 0; d < perm.size(); ++d) {
    shape[d] = desc.shape[perm[d]];
    permuted[d] = strides[perm[d]];
  }
  std::vector<A> values(volume(shape));
  for_positions(shape, {permuted, row_major(shape)}, [&](const Walker& w) {
    values[w.offset(1)] = load<A>(desc.dtype, data, w.offset(0));
  });
  return values;
}

template <typename A>
std::vector<A> read(const TensorDesc& desc, const void* data) {
  Shape identity(desc.shape.size());
  for (size_t d = 0; d < identity.size(); ++d) identity[d] = static_cast<int64_t>(d);
  return read_permuted<A>(desc, data, identity);
}

template <typename A>
void write(const TensorDesc& desc, void* data, const std::vector<A>& values) {
  for_positions(desc.shape, {desc.strides(), row_major(desc.shape)}, [&](const Walker& w) {
    store<A>(desc.dtype, data, w.offset(0), values[w.offset(1)]);
  });
}

void copy_elements(size_t element_size, const Shape& shape, const void* in, const Shape& in_strides,
                   void* out, const Shape& out_strides) {
  for_positions(shape, {in_strides, out_strides}, [&](const Walker& w) {
    copy_element(element_size, in, w.offset(0), out, w.offset(1));
  });
}

template std::vector<double> read(const TensorDesc&, const void*);
template std::vector<int64_t> read(const TensorDesc&, const void*);
template std::vector<double> read_permuted(const TensorDesc&, const void*, const Shape&);
template std::vector<int64_t> read_permuted(const TensorDesc&, const void*, const Shape&);
template void write(const TensorDesc&, void*, const std::vector<double>&);
template void write(const TensorDesc&, void*, const std::vector<int64_t>&);

}  // namespace tenon::kernels::reference
