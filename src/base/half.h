// SPDX-License-Identifier: Apache-2.0
// Conversion between float and the two 16-bit float formats, bit exact: round to nearest, ties to
// even, overflow to infinity, subnormals kept, NaN stays NaN (quiet). Pure functions.
#pragma once

#include <bit>
#include <cstdint>

namespace tenon {

/// IEEE binary16 -> float.
constexpr float half_to_float(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t exponent = (h >> 10) & 0x1fu;
  uint32_t mantissa = h & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) {
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  }
  // Zero or subnormal: mantissa * 2^-24 is exact in float.
  const float magnitude = static_cast<float>(mantissa) * 5.9604644775390625e-8f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
}

/// float -> IEEE binary16.
constexpr uint16_t float_to_half(float f) {
  const uint32_t bits = std::bit_cast<uint32_t>(f);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t abs = bits & 0x7fffffffu;
  if (abs > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u | ((abs >> 13) & 0x1ffu));
  if (abs >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // >= 65520: infinity
  if (abs < 0x33000001u) return static_cast<uint16_t>(sign);             // <= 2^-25: zero
  // Normal results drop 13 bits; each step below 2^-14 drops one more (with the hidden bit).
  const bool normal = abs >= 0x38800000u;
  const uint32_t value = normal ? abs - 0x38000000u : (abs & 0x7fffffu) | 0x800000u;
  const uint32_t shift = normal ? 13 : 126 - (abs >> 23);
  const uint32_t kept = value >> shift;
  const uint32_t rest = value & ((1u << shift) - 1);
  const uint32_t half_way = 1u << (shift - 1);
  const bool up = rest > half_way || (rest == half_way && (kept & 1));
  return static_cast<uint16_t>(sign | (kept + (up ? 1 : 0)));
}

/// bfloat16 -> float.
constexpr float bf16_to_float(uint16_t b) {
  return std::bit_cast<float>(static_cast<uint32_t>(b) << 16);
}

/// float -> bfloat16.
constexpr uint16_t float_to_bf16(float f) {
  const uint32_t bits = std::bit_cast<uint32_t>(f);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace tenon
