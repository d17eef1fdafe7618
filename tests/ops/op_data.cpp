// SPDX-License-Identifier: Apache-2.0
#include "op_data.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/half.h"

namespace tenon::test {

namespace {

constexpr size_t kGuard = 64;
constexpr unsigned char kGarbage = 0xfb;  // as floats large negative numbers, as bool invalid

template <typename T>
T& at(const void* data, int64_t i) {
  return static_cast<T*>(const_cast<void*>(data))[i];
}

void store(DataType t, void* data, int64_t i, Number v) {
  const float f = static_cast<float>(v);
  switch (t) {
    case DataType::kFLOAT:
      at<float>(data, i) = f;
      return;
    case DataType::kDOUBLE:
      at<double>(data, i) = static_cast<double>(v);
      return;
    case DataType::kHALF:
      at<uint16_t>(data, i) = float_to_half(f);
      return;
    case DataType::kBF16:
      at<uint16_t>(data, i) = float_to_bf16(f);
      return;
    case DataType::kINT64:
      at<int64_t>(data, i) = static_cast<int64_t>(v);
      return;
    case DataType::kINT32:
      at<int32_t>(data, i) = static_cast<int32_t>(v);
      return;
    case DataType::kINT8:
      at<int8_t>(data, i) = static_cast<int8_t>(v);
      return;
    case DataType::kUINT8:
      at<uint8_t>(data, i) = static_cast<uint8_t>(v);
      return;
    case DataType::kBOOL:
      at<uint8_t>(data, i) = v != 0;
      return;
    default:
      TENON_ASSERT(false, "no test data of type ", name_of(t));
  }
}

Number load(DataType t, const void* data, int64_t i) {
  switch (t) {
    case DataType::kFLOAT:
      return at<float>(data, i);
    case DataType::kDOUBLE:
      return at<double>(data, i);
    case DataType::kHALF:
      return half_to_float(at<uint16_t>(data, i));
    case DataType::kBF16:
      return bf16_to_float(at<uint16_t>(data, i));
    case DataType::kINT64:
      return at<int64_t>(data, i);
    case DataType::kINT32:
      return at<int32_t>(data, i);
    case DataType::kINT8:
      return at<int8_t>(data, i);
    case DataType::kUINT8:
    case DataType::kBOOL:
      return at<uint8_t>(data, i);  // a bool other than 0 and 1 shows
    default:
      break;
  }
  TENON_ASSERT(false, "no test data of type ", name_of(t));
  return 0;
}

bool is_float(DataType t) {
  return t == DataType::kFLOAT || t == DataType::kDOUBLE || t == DataType::kHALF ||
         t == DataType::kBF16;
}

// Calls body(row-major number, memory position).
template <typename Body>
void for_elements(const kernels::TensorDesc& desc, Body&& body) {
  const std::vector<int64_t> strides = desc.strides();
  for (int64_t i = 0; i < desc.elements(); ++i) {
    int64_t rest = i, position = 0;
    for (size_t d = desc.shape.size(); d-- > 0; rest /= desc.shape[d]) {
      position += rest % desc.shape[d] * strides[d];
    }
    body(static_cast<size_t>(i), position);
  }
}

std::string mismatch(const char* what, size_t i, Number seen, Number wanted) {
  return detail::concat(what, ": element ", i, " is ", seen, ", wanted ", wanted);
}

}  // namespace

Tolerance tolerance_of(DataType t) {
  switch (t) {
    case DataType::kDOUBLE:
      return {1e-12, 1e-11};
    case DataType::kFLOAT:
      return {1e-5, 1e-4};
    case DataType::kHALF:
      return {2e-3, 1e-2};
    case DataType::kBF16:
      return {1.6e-2, 8e-2};
    default:
      return {0, 0};
  }
}

Buffer::Buffer(size_t bytes, size_t shift) : block_(bytes + 3 * kGuard), bytes_(bytes) {
  const size_t address = reinterpret_cast<size_t>(block_.data());
  start_ = kGuard + (64 - (address + kGuard) % 64) % 64 + shift;
  TENON_ASSERT(start_ + bytes <= block_.size(), "shift ", shift);
  fill_with_garbage();
}

void Buffer::fill_with_garbage() { std::fill(block_.begin(), block_.end(), kGarbage); }

bool Buffer::guards_intact() const {
  auto garbage = [](unsigned char c) { return c == kGarbage; };
  const auto begin = block_.begin() + static_cast<std::ptrdiff_t>(start_);
  return std::all_of(block_.begin(), begin, garbage) &&
         std::all_of(begin + static_cast<std::ptrdiff_t>(bytes_), block_.end(), garbage);
}

void store_numbers(const kernels::TensorDesc& desc, const std::vector<Number>& values, void* data) {
  TENON_ASSERT(values.size() == static_cast<size_t>(desc.elements()), "the case gives ",
               values.size(), " values for ", desc.elements(), " elements");
  for_elements(desc, [&](size_t i, int64_t p) { store(desc.dtype, data, p, values[i]); });
}

std::vector<Number> load_numbers(const kernels::TensorDesc& desc, const void* data) {
  std::vector<Number> values(static_cast<size_t>(desc.elements()));
  for_elements(desc, [&](size_t i, int64_t p) { values[i] = load(desc.dtype, data, p); });
  return values;
}

std::vector<Number> numbers_of(const Operand& o, Random& random) {
  if (!o.values.empty()) return o.values;
  int64_t n = 1;
  for (int64_t d : o.shape) n *= d;
  std::vector<Number> values(static_cast<size_t>(n));
  const bool fl = is_float(o.dtype), bit = o.dtype == DataType::kBOOL;
  const double low = o.dtype == DataType::kUINT8 || bit ? std::max(o.low, 0.0) : o.low;
  const double high = bit ? 1 : o.high;
  for (Number& v : values) {
    if (fl)
      v = low + (high - low) * static_cast<double>(random.bits() >> 11) * 0x1p-53;
    else
      v = static_cast<Number>(random.in(static_cast<int64_t>(low), static_cast<int64_t>(high)));
  }
  return values;
}

std::string compare(const std::vector<Number>& seen, const std::vector<Number>& wanted, DataType t,
                    double factor) {
  if (seen.size() != wanted.size()) {
    return detail::concat(seen.size(), " elements, wanted ", wanted.size());
  }
  Number difference = 0, norm = 0, largest_difference = 0, largest = 0;
  size_t worst = 0;
  for (size_t i = 0; i < seen.size(); ++i) {
    const Number s = seen[i], w = wanted[i];
    if (std::isnan(s) && std::isnan(w)) continue;
    if (!std::isfinite(s) || !std::isfinite(w)) {
      if (s != w) return mismatch("not finite", i, s, w);
      continue;
    }
    const Number d = std::abs(s - w);
    difference += d * d;
    norm += w * w;
    largest = std::max(largest, std::abs(w));
    if (d > largest_difference) {
      largest_difference = d;
      worst = i;
    }
  }
  // The floor keeps results that cancel to almost nothing from being compared with nothing.
  const Number floor = is_float(t) ? 1e-6L : 0;
  const Tolerance tolerance = tolerance_of(t);
  const Number l2 = std::sqrt(difference);
  const Number l2_bound = tolerance.relative_l2 * factor *
                          std::max(std::sqrt(norm), floor * std::sqrt(Number(seen.size())));
  if (l2 > l2_bound) {
    return detail::concat(mismatch("relative L2 too large", worst, seen[worst], wanted[worst]),
                          " (the worst); |difference| is ", l2, ", allowed ", l2_bound);
  }
  if (largest_difference > tolerance.max_abs * factor * std::max(largest, floor)) {
    return mismatch("difference too large", worst, seen[worst], wanted[worst]);
  }
  return {};
}

}  // namespace tenon::test
