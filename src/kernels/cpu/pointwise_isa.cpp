// SPDX-License-Identifier: Apache-2.0
// Block functions of the pointwise interpreter, one instruction set per compilation. f32 ops run on
// vectors of vec.h; integer and bool ops are plain loops that the compiler vectorises; what has no
// polynomial of ours (tan, asin, ..., fmod) calls libm per element.
#include "kernels/cpu/isa.h"
#include "kernels/cpu/pointwise_ops.h"
#include "kernels/cpu/vec_math.h"

namespace tenon::kernels::TENON_ISA_NAMESPACE {
namespace {

struct Params {
  float alpha, beta;
};

// ---- f32 -> f32

template <typename F>
void unary(void* dst, const void* a, const void*, const void*, int64_t n, const float* p) {
  float* d = static_cast<float*>(dst);
  const float* x = static_cast<const float*>(a);
  const Params params{p[0], p[1]};
  int64_t i = 0;
  for (; i + 2 * kW <= n; i += 2 * kW) {
    const vf u = F::apply(load(x + i), params), v = F::apply(load(x + i + kW), params);
    store(d + i, u);
    store(d + i + kW, v);
  }
  for (; i + kW <= n; i += kW) store(d + i, F::apply(load(x + i), params));
  if (i < n) store_part(d + i, F::apply(load_part(x + i, n - i), params), n - i);
}

template <typename F>
void binary(void* dst, const void* a, const void* b, const void*, int64_t n, const float*) {
  float* d = static_cast<float*>(dst);
  const float *x = static_cast<const float*>(a), *y = static_cast<const float*>(b);
  int64_t i = 0;
  for (; i + 2 * kW <= n; i += 2 * kW) {
    const vf u = F::apply(load(x + i), load(y + i));
    const vf v = F::apply(load(x + i + kW), load(y + i + kW));
    store(d + i, u);
    store(d + i + kW, v);
  }
  for (; i + kW <= n; i += kW) store(d + i, F::apply(load(x + i), load(y + i)));
  if (i < n) store_part(d + i, F::apply(load_part(x + i, n - i), load_part(y + i, n - i)), n - i);
}

#define UNARY(name, expression)                                                          \
  struct V_##name {                                                                      \
    static TENON_INLINE vf apply(vf x, [[maybe_unused]] Params p) { return expression; } \
  };
#define BINARY(name, expression)                                    \
  struct V_##name {                                                 \
    static TENON_INLINE vf apply(vf a, vf b) { return expression; } \
  };
// One libm call per element.
#define SCALAR(name, call)                            \
  struct V_##name {                                   \
    static TENON_INLINE vf apply(vf x, Params) {      \
      for (int i = 0; i < kW; ++i) x[i] = call(x[i]); \
      return x;                                       \
    }                                                 \
  };

TENON_INLINE vf clamp(vf x, float low, float high) { return min(max(x, splat(low)), splat(high)); }
TENON_INLINE vf sin_cos_any(vf x, bool cosine) {
  vf r = sin_cos(x, cosine);
  for (int i = 0; i < kW; ++i) {
    if (!(__builtin_fabsf(x[i]) <= 8192.0f))
      r[i] = cosine ? __builtin_cosf(x[i]) : __builtin_sinf(x[i]);
  }
  return r;
}
TENON_INLINE vf sin_cos_blocked(vf x, bool cosine) {
  return max_of(abs(x)) <= 8192.0f ? sin_cos(x, cosine) : sin_cos_any(x, cosine);
}
// tanh(log(1 + e^x)) without cancellation: with e = e^-|x| it is a ratio of polynomials in e.
TENON_INLINE vf mish(vf x) {
  const vf e = exp(-abs(x));
  const vf up = 1.0f + 2.0f * e, down = e * (e + 2.0f);
  const vf t = x > 0.0f ? up / (up + 2.0f * e * e) : down / (down + 2.0f);
  return x * t;
}

UNARY(relu, x < 0.0f ? splat(0.0f) : x + 0.0f)
UNARY(sigmoid, sigmoid(x))
UNARY(tanh, tanh_any(x))
UNARY(leaky_relu, x < 0.0f ? x * p.alpha : x)
UNARY(elu, x < 0.0f ? expm1(x) * p.alpha : x)
UNARY(selu, 1.05070099f * (x < 0.0f ? 1.67326324f * expm1(x) : x))
UNARY(softsign, x / (1.0f + abs(x)))
UNARY(softplus, softplus(x))
UNARY(clip, clamp(x, p.alpha, p.beta))
UNARY(hard_sigmoid, clamp(x* p.alpha + p.beta, 0.0f, 1.0f))
UNARY(scaled_tanh, p.alpha* tanh_any(p.beta* x))
UNARY(thresholded_relu, x <= p.alpha ? splat(0.0f) : x)
UNARY(gelu_erf, gelu_erf(x))
UNARY(gelu_tanh, gelu_tanh(x))
UNARY(silu, silu(x))
UNARY(hard_swish, x* clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f)
UNARY(mish, mish(x))
UNARY(exp, exp(x))
UNARY(log, log(x))
UNARY(sqrt, sqrt(x))
UNARY(recip, 1.0f / x)
UNARY(abs, abs(x))
UNARY(neg, -x)
UNARY(sin, sin_cos_blocked(x, false))
UNARY(cos, sin_cos_blocked(x, true))
SCALAR(tan, __builtin_tanf)
SCALAR(sinh, __builtin_sinhf)
SCALAR(cosh, __builtin_coshf)
SCALAR(asin, __builtin_asinf)
SCALAR(acos, __builtin_acosf)
SCALAR(atan, __builtin_atanf)
SCALAR(asinh, __builtin_asinhf)
SCALAR(acosh, __builtin_acoshf)
SCALAR(atanh, __builtin_atanhf)
UNARY(ceil, ceil(x))
UNARY(floor, floor(x))
UNARY(erf, erf(x))
// sign of NaN is 0, as (x > 0) - (x < 0) gives.
UNARY(sign, x > 0.0f ? splat(1.0f) : (x < 0.0f ? splat(-1.0f) : splat(0.0f)))
UNARY(round, round(x))
UNARY(rsqrt, 1.0f / sqrt(x))
UNARY(expm1, expm1(x))
UNARY(log1p, log1p(x))
UNARY(trunc, trunc(x))

BINARY(sum, a + b)
BINARY(prod, a* b)
BINARY(max, max(a, b))
BINARY(min, min(a, b))
BINARY(sub, a - b)
BINARY(div, a / b)
BINARY(trunc_div, trunc(a / b))

// ---- scalar loops over any element type

template <typename T, typename R, typename F>
void loop2(void* dst, const void* a, const void* b, const void*, int64_t n, const float*) {
  R* d = static_cast<R*>(dst);
  const T *x = static_cast<const T*>(a), *y = static_cast<const T*>(b);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) d[i] = static_cast<R>(F::apply(x[i], y[i]));
}
template <typename T, typename R, typename F>
void loop1(void* dst, const void* a, const void*, const void*, int64_t n, const float* p) {
  R* d = static_cast<R*>(dst);
  const T* x = static_cast<const T*>(a);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) d[i] = static_cast<R>(F::apply(x[i], p));
}
template <typename T>
void select(void* dst, const void* c, const void* a, const void* b, int64_t n, const float*) {
  T* d = static_cast<T*>(dst);
  const uint8_t* cond = static_cast<const uint8_t*>(c);
  const T *x = static_cast<const T*>(a), *y = static_cast<const T*>(b);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) d[i] = cond[i] != 0 ? x[i] : y[i];
}
template <typename T>
void fill(void* dst, const void* a, const void*, const void*, int64_t n, const float*) {
  T* d = static_cast<T*>(dst);
  const T v = *static_cast<const T*>(a);
  for (int64_t i = 0; i < n; ++i) d[i] = v;
}
template <typename T>
void copy(void* dst, const void* a, const void*, const void*, int64_t n, const float*) {
  if (dst != a) __builtin_memmove(dst, a, static_cast<size_t>(n) * sizeof(T));
}
template <typename From, typename To>
void cast(void* dst, const void* a, const void*, const void*, int64_t n, const float*) {
  To* d = static_cast<To*>(dst);
  const From* x = static_cast<const From*>(a);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) d[i] = static_cast<To>(x[i]);
}
template <typename From>
void cast_bool(void* dst, const void* a, const void*, const void*, int64_t n, const float*) {
  uint8_t* d = static_cast<uint8_t*>(dst);
  const From* x = static_cast<const From*>(a);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) d[i] = x[i] != 0;
}

#define OP2(name, expression)                  \
  struct S_##name {                            \
    template <typename T>                      \
    static TENON_INLINE auto apply(T a, T b) { \
      return expression;                       \
    }                                          \
  };
#define OP1(name, expression)                             \
  struct S_##name {                                       \
    template <typename T>                                 \
    static TENON_INLINE auto apply(T x, const float* p) { \
      (void)p;                                            \
      return expression;                                  \
    }                                                     \
  };
// Unsigned arithmetic: integers wrap.
template <typename T>
struct Unsigned;
template <>
struct Unsigned<int64_t> {
  using type = uint64_t;
};
template <>
struct Unsigned<int32_t> {
  using type = uint32_t;
};
#define WRAP2(name, op)                                              \
  struct S_##name {                                                  \
    template <typename T>                                            \
    static TENON_INLINE T apply(T a, T b) {                          \
      using U = typename Unsigned<T>::type;                          \
      return static_cast<T>(static_cast<U>(a) op static_cast<U>(b)); \
    }                                                                \
  };
WRAP2(sum, +)
WRAP2(sub, -)
WRAP2(prod, *)
OP2(max, a > b ? a : b)
OP2(min, a < b ? a : b)
OP2(equal, a == b)
OP2(not_equal, a != b)
OP2(greater, a > b)
OP2(less, a < b)
OP2(greater_equal, a >= b)
OP2(less_equal, a <= b)
OP2(and, a& b)
OP2(or, a | b)
OP2(xor, a ^ b)
OP1(not, x == 0)
OP1(isnan, x != x)
OP1(isinf, (x == __builtin_inff()) | (x == -__builtin_inff()))
OP1(relu, x > 0 ? x : 0)
OP1(neg, static_cast<T>(0 - static_cast<typename Unsigned<T>::type>(x)))
OP1(abs, x < 0 ? static_cast<T>(0 - static_cast<typename Unsigned<T>::type>(x)) : x)
OP1(sign, (x > 0) - (x < 0))

struct S_pow {
  static float apply(float a, float b) { return __builtin_powf(a, b); }
};
struct S_fmod {
  static float apply(float a, float b) { return __builtin_fmodf(a, b); }
};
struct S_atan2 {
  static float apply(float a, float b) { return __builtin_atan2f(a, b); }
};
struct S_mod {
  static float apply(float a, float b) {
    const float r = __builtin_fmodf(a, b);
    return r != 0 && (b < 0) != (r < 0) ? r + b : r;
  }
};

// Powers are mostly constant squares and cubes.
void pow_block(void* dst, const void* a, const void* b, const void* c, int64_t n, const float* p) {
  const float* y = static_cast<const float*>(b);
  bool same = n > 0;
  for (int64_t i = 1; same && i < n; ++i) same = y[i] == y[0];
  const float* x = static_cast<const float*>(a);
  float* d = static_cast<float*>(dst);
  if (same && y[0] == 2.0f) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) d[i] = x[i] * x[i];
  } else if (same && y[0] == 3.0f) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) d[i] = x[i] * x[i] * x[i];
  } else {
    loop2<float, float, S_pow>(dst, a, b, c, n, p);
  }
}

// clang-format off: lists of macro calls
PwFn float_op(PwOp op) {
  switch (op) {
#define U(name)        \
  case PwOp::k_##name: \
    return &unary<V_##name>;
    U(relu)
    U(sigmoid) U(tanh) U(leaky_relu) U(elu) U(selu) U(softsign) U(softplus) U(clip) U(hard_sigmoid)
        U(scaled_tanh) U(thresholded_relu) U(gelu_erf) U(gelu_tanh) U(silu) U(hard_swish) U(mish)
            U(exp) U(log) U(sqrt) U(recip) U(abs) U(neg) U(sin) U(cos) U(tan) U(sinh) U(cosh)
                U(asin) U(acos) U(atan) U(asinh) U(acosh) U(atanh) U(ceil) U(floor) U(erf) U(sign)
                    U(round) U(rsqrt) U(expm1) U(log1p) U(trunc)
#undef U
#define B(name)        \
  case PwOp::k_##name: \
    return &binary<V_##name>;
                        B(sum) B(prod) B(max) B(min) B(sub) B(div) B(trunc_div)
#undef B
                            case PwOp::k_pow : return &pow_block;
    case PwOp::k_fmod:
      return &loop2<float, float, S_fmod>;
    case PwOp::k_mod:
      return &loop2<float, float, S_mod>;
    case PwOp::k_atan2:
      return &loop2<float, float, S_atan2>;
    case PwOp::k_isnan:
      return &loop1<float, uint8_t, S_isnan>;
    case PwOp::k_isinf:
      return &loop1<float, uint8_t, S_isinf>;
    default:
      return nullptr;
  }
}

template <typename T>
PwFn common_op(PwOp op) {
  switch (op) {
#define C(name)        \
  case PwOp::k_##name: \
    return &loop2<T, uint8_t, S_##name>;
    C(equal)
    C(not_equal) C(greater) C(less) C(greater_equal) C(less_equal)
#undef C
        case PwOp::k_not : return &loop1<T, uint8_t, S_not>;
    case PwOp::k_select:
      return &select<T>;
    case PwOp::k_fill:
      return &fill<T>;
    case PwOp::k_copy:
      return &copy<T>;
    default:
      return nullptr;
  }
}

template <typename T>
PwFn int_op(PwOp op) {
  switch (op) {
#define B(name)        \
  case PwOp::k_##name: \
    return &loop2<T, T, S_##name>;
    B(sum)
    B(sub) B(prod) B(max) B(min)
#undef B
#define U(name)        \
  case PwOp::k_##name: \
    return &loop1<T, T, S_##name>;
        U(relu) U(neg) U(abs) U(sign)
#undef U
            default : return nullptr;
  }
}

PwFn bool_op(PwOp op) {
  switch (op) {
    case PwOp::k_and:
      return &loop2<uint8_t, uint8_t, S_and>;
    case PwOp::k_or:
      return &loop2<uint8_t, uint8_t, S_or>;
    case PwOp::k_xor:
      return &loop2<uint8_t, uint8_t, S_xor>;
    default:
      return nullptr;
  }
}
// clang-format on

PwFn find_op(PwOp op, PwType t) {
  PwFn special = nullptr, common = nullptr;
  switch (t) {
    case PwType::kF32:
      special = float_op(op), common = common_op<float>(op);
      break;
    case PwType::kI64:
      special = int_op<int64_t>(op), common = common_op<int64_t>(op);
      break;
    case PwType::kI32:
      special = int_op<int32_t>(op), common = common_op<int32_t>(op);
      break;
    case PwType::kBool:
      special = bool_op(op), common = common_op<uint8_t>(op);
      break;
    case PwType::kF64:
      common = common_op<double>(op);
      break;
    default:
      break;
  }
  return special ? special : common;
}

template <typename From>
PwFn cast_from(PwType to) {
  switch (to) {
    case PwType::kF32:
      return &cast<From, float>;
    case PwType::kI64:
      return &cast<From, int64_t>;
    case PwType::kI32:
      return &cast<From, int32_t>;
    case PwType::kBool:
      return &cast_bool<From>;
    case PwType::kF64:
      return &cast<From, double>;
    default:
      return nullptr;
  }
}

PwFn find_cast(PwType from, PwType to) {
  if (from == to) return find_op(PwOp::k_copy, to);
  switch (from) {
    case PwType::kF32:
      return cast_from<float>(to);
    case PwType::kI64:
      return cast_from<int64_t>(to);
    case PwType::kI32:
      return cast_from<int32_t>(to);
    case PwType::kBool:
      return cast_from<uint8_t>(to);
    case PwType::kF64:  // not to i32: beyond its range instruction sets differ
      return to == PwType::kI32 ? nullptr : cast_from<double>(to);
    default:
      return nullptr;
  }
}

constexpr PointwiseFns kFns{&find_op, &find_cast};

}  // namespace

const PointwiseFns& pointwise_fns() { return kFns; }

}  // namespace tenon::kernels::TENON_ISA_NAMESPACE
