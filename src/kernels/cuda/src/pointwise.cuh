// SPDX-License-Identifier: Apache-2.0
// What generated pointwise sources (kernels/cuda/pointwise_source.h) consist of beside the program:
// the kernels that walk the operands, and a function for every op. Semantics are those of the CPU
// reference, in f32 for f32, f16 and bf16. One item is a vector of V elements along the innermost
// dim (of 16 bytes for the widest operand) or, in the other kernel, one element; a thread computes
// up to U items, whose loads are all issued before the first is used. Bytes per element: each
// operand once. Grid: items / (block * per_thread) blocks of 128 or 256 threads.
#pragma once

#include "common.cuh"
#include "strided.cuh"

struct Operand {
  void* data;
  i64 strides[kMaxRank];  // of an item's indices, in elements
  i64 step;               // of the elements of an item: 0 or 1
};

template <int N>
struct PointwiseParams {
  u32 items, per_thread;
  i32 rank, unused;
  Divider dims[kMaxRank];  // items along each dim
  Operand operands[N];     // the output first
};

/// V elements from `at` on, or V times that element.
template <int V, typename T>
DEVICE Vec<T, V> fetch(const Operand& o, i64 at) {
  const T* p = (const T*)o.data + at;
  if (V > 1 && o.step == 0) {
    const T x = *p;
    Vec<T, V> v;
#pragma unroll
    for (int j = 0; j < V; ++j) v.at[j] = x;
    return v;
  }
  return load<V>(p);
}

template <typename Program, int V, int U>
DEVICE void pointwise(const PointwiseParams<Program::kInputs + 1>& p) {
  constexpr int N = Program::kInputs + 1;
  typedef typename Program::Out Out;
  const auto stride = [&p](int k, int d) { return p.operands[k].strides[d]; };
  const u32 first = blockIdx.x * blockDim.x * p.per_thread + threadIdx.x;
  typename Program::template Loads<V> loads[U];
  Out* out[U];
#pragma unroll
  for (int u = 0; u < U; ++u) {
    const u32 item = first + u * blockDim.x;
    out[u] = 0;
    if ((u == 0 || u < p.per_thread) && item < p.items) {
      i64 at[N];
      locate(item, p.rank, p.dims, at, stride);
      out[u] = (Out*)p.operands[0].data + at[0];
      Program::template fetch_all<V>(loads[u], p.operands, at);
    }
  }
#pragma unroll
  for (int u = 0; u < U; ++u) {
    if (out[u] == 0) continue;
    Vec<Out, V> result;
#pragma unroll
    for (int j = 0; j < V; ++j) result.at[j] = Program::compute(loads[u], j);
    store<V>(out[u], result);
  }
}

#define POINTWISE_KERNELS(Program, V, U)                                          \
  KERNEL __launch_bounds__(256)                                                   \
      vectors(const __grid_constant__ PointwiseParams<Program::kInputs + 1> p) {  \
    pointwise<Program, V, U>(p);                                                  \
  }                                                                               \
  KERNEL __launch_bounds__(256)                                                   \
      elements(const __grid_constant__ PointwiseParams<Program::kInputs + 1> p) { \
    pointwise<Program, 1, 1>(p);                                                  \
  }

// ---- conversions

/// Float to integer: truncated; what does not fit in 64 bits gives the smallest.
template <typename F>
DEVICE i64 truncate(F x) {
  const bool fits = x >= (F)-9223372036854775808.0 && x < (F)9223372036854775808.0;
  return fits ? (i64)x : (i64)0x8000000000000000ull;
}

/// An f32 rounded to a half type: what storing and loading it would give.
template <typename T>
DEVICE f32 rounded(f32 x) {
  return widen(to<T>(x));
}

// ---- products and sums are never contracted: each step is rounded, as in the reference

DEVICE f32 product(f32 a, f32 b) { return __fmul_rn(a, b); }
DEVICE f64 product(f64 a, f64 b) { return __dmul_rn(a, b); }

// ---- integers: two's complement, overflow wraps. Divided by zero they give 0.

DEVICE u32 as_unsigned(i32 x) { return (u32)x; }
DEVICE u64 as_unsigned(i64 x) { return (u64)x; }

template <typename I>
DEVICE I quotient(I a, I b) {
  return b == 0 ? 0 : b == -1 ? (I)(0 - as_unsigned(a)) : a / b;
}
template <typename I>
DEVICE I remainder_of(I a, I b) {
  return b == 0 || b == -1 ? 0 : a % b;
}

template <typename I>
struct IntOps {
  DEVICE I sum(I a, I b) { return (I)(as_unsigned(a) + as_unsigned(b)); }
  DEVICE I sub(I a, I b) { return (I)(as_unsigned(a) - as_unsigned(b)); }
  DEVICE I prod(I a, I b) { return (I)(as_unsigned(a) * as_unsigned(b)); }
  DEVICE I max(I a, I b) { return a > b ? a : b; }
  DEVICE I min(I a, I b) { return a < b ? a : b; }
  DEVICE I trunc_div(I a, I b) { return quotient(a, b); }
  DEVICE I floor_div(I a, I b) {
    return quotient(a, b) - (remainder_of(a, b) != 0 && (a < 0) != (b < 0) ? 1 : 0);
  }
  DEVICE I fmod(I a, I b) { return remainder_of(a, b); }
  DEVICE I mod(I a, I b) {
    const I r = remainder_of(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  }
  DEVICE I pow(I base, I exponent) {
    if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
    auto result = as_unsigned((I)1), square = as_unsigned(base);
    for (; exponent; exponent >>= 1, square *= square) {
      if (exponent & 1) result *= square;
    }
    return (I)result;
  }
  DEVICE I relu(I x) { return x > 0 ? x : 0; }
  DEVICE I abs(I x) { return x < 0 ? sub(0, x) : x; }
  DEVICE I neg(I x) { return sub(0, x); }
  DEVICE I sign(I x) { return (x > 0) - (x < 0); }
};

// ---- floats; the functions called are CUDA's overloads for f32 and f64

DEVICE f32 nan_of(f32) { return NAN_F; }
DEVICE f64 nan_of(f64) { return __longlong_as_double(0x7ff8000000000000ll); }

template <typename F>
struct FloatOps {
  DEVICE F sum(F a, F b) { return a + b; }
  DEVICE F sub(F a, F b) { return a - b; }
  DEVICE F prod(F a, F b) { return product(a, b); }
  DEVICE F div(F a, F b) { return a / b; }
  DEVICE F max(F a, F b) { return a != a || b != b ? nan_of(a) : a > b ? a : b; }
  DEVICE F min(F a, F b) { return a != a || b != b ? nan_of(a) : a < b ? a : b; }
  DEVICE F pow(F a, F b) { return ::pow(a, b); }
  DEVICE F square(F a) { return product(a, a); }
  DEVICE F cube(F a) { return product(product(a, a), a); }
  DEVICE F atan2(F a, F b) { return ::atan2(a, b); }
  DEVICE F trunc_div(F a, F b) { return ::trunc(a / b); }
  DEVICE F fmod(F a, F b) { return ::fmod(a, b); }
  DEVICE F mod(F a, F b) {
    const F r = ::fmod(a, b);
    return r != 0 && (b < 0) != (r < 0) ? r + b : r;
  }
  // The quotient that belongs to mod's remainder: a / b just below an integer is not rounded up.
  DEVICE F floor_div(F a, F b) {
    if (b == 0) return a / b;
    const F r = ::fmod(a, b);
    F q = (a - r) / b;
    if (r != 0 && (b < 0) != (r < 0)) q -= 1;
    if (q == 0) return ::copysign((F)0, a / b);
    const F floored = ::floor(q);
    return q - floored > (F)0.5 ? floored + 1 : floored;
  }

  DEVICE F clamp(F x, F low, F high) { return min(max(x, low), high); }
  DEVICE F relu(F x) { return x <= 0 ? (F)0 : x; }  // NaN stays
  DEVICE F leaky_relu(F x, F alpha) { return x < 0 ? alpha * x : x; }
  DEVICE F elu(F x, F alpha) { return x < 0 ? alpha * ::expm1(x) : x; }
  DEVICE F selu(F x) {
    return (F)1.0507009873554804934193349852946 *
           (x < 0 ? (F)1.6732632423543772848170429916717 * ::expm1(x) : x);
  }
  DEVICE F clip(F x, F low, F high) { return clamp(x, low, high); }
  DEVICE F hard_sigmoid(F x, F alpha, F beta) { return clamp(alpha * x + beta, 0, 1); }
  DEVICE F scaled_tanh(F x, F alpha, F beta) { return alpha * ::tanh(beta * x); }
  DEVICE F thresholded_relu(F x, F alpha) { return x <= alpha ? (F)0 : x; }
  DEVICE F sigmoid(F x) { return 1 / (1 + ::exp(-x)); }
  DEVICE F softsign(F x) { return x / (1 + ::fabs(x)); }
  DEVICE F softplus(F x) {
    const F small = ::log1p(::exp(-::fabs(x)));
    return x > 0 ? x + small : small;
  }
  DEVICE F gelu_erf(F x) { return x * (F)0.5 * (1 + ::erf(x * (F)0.70710678118654752440)); }
  DEVICE F gelu_argument(F x) {  // of the tanh
    return (F)0.79788456080286535588 * (x + (F)0.044715 * x * x * x);
  }
  DEVICE F gelu_tanh(F x) { return (F)0.5 * x * (1 + ::tanh(gelu_argument(x))); }
  DEVICE F silu(F x) { return x / (1 + ::exp(-x)); }
  DEVICE F hard_swish(F x) { return x * clamp(x + 3, 0, 6) / 6; }
  DEVICE F mish(F x) { return x * ::tanh(softplus(x)); }

  DEVICE F exp(F x) { return ::exp(x); }
  DEVICE F log(F x) { return ::log(x); }
  DEVICE F sqrt(F x) { return ::sqrt(x); }
  DEVICE F rsqrt(F x) { return 1 / ::sqrt(x); }
  DEVICE F recip(F x) { return 1 / x; }
  DEVICE F abs(F x) { return ::fabs(x); }
  DEVICE F neg(F x) { return -x; }
  DEVICE F sign(F x) { return (F)((x > 0) - (x < 0)); }
  DEVICE F sin(F x) { return ::sin(x); }
  DEVICE F cos(F x) { return ::cos(x); }
  DEVICE F tan(F x) { return ::tan(x); }
  DEVICE F sinh(F x) { return ::sinh(x); }
  DEVICE F cosh(F x) { return ::cosh(x); }
  DEVICE F tanh(F x) { return ::tanh(x); }
  DEVICE F asin(F x) { return ::asin(x); }
  DEVICE F acos(F x) { return ::acos(x); }
  DEVICE F atan(F x) { return ::atan(x); }
  DEVICE F asinh(F x) { return ::asinh(x); }
  DEVICE F acosh(F x) { return ::acosh(x); }
  DEVICE F atanh(F x) { return ::atanh(x); }
  DEVICE F ceil(F x) { return ::ceil(x); }
  DEVICE F floor(F x) { return ::floor(x); }
  DEVICE F trunc(F x) { return ::trunc(x); }
  DEVICE F round(F x) { return ::rint(x); }  // ties to even
  DEVICE F erf(F x) { return ::erf(x); }
  DEVICE F expm1(F x) { return ::expm1(x); }
  DEVICE F log1p(F x) { return ::log1p(x); }
  DEVICE bool isnan(F x) { return x != x; }
  DEVICE bool isinf(F x) { return ::fabs(x) > (F)0 && ::fabs(x) == 2 * ::fabs(x); }
};

/// For f16 and bf16 values, held in f32: the chip's exponential and division, whose errors of a
/// few units of f32 vanish in the rounding to 16 bits.
struct HalfOps : FloatOps<f32> {
  DEVICE f32 exp(f32 x) { return __expf(x); }
  DEVICE f32 sigmoid(f32 x) { return __fdividef(1.f, 1.f + __expf(-x)); }
  DEVICE f32 silu(f32 x) { return __fdividef(x, 1.f + __expf(-x)); }
  // (1 + tanh(u)) / 2 is sigmoid(2 u).
  DEVICE f32 gelu_tanh(f32 x) { return __fdividef(x, 1.f + __expf(-2.f * gelu_argument(x))); }
};
