// SPDX-License-Identifier: Apache-2.0
// linear for many rows, f32, on the matrix unit of x86 and the vector units beside it
// (gemm_amx.cpp). Five sixths of the constant weights are in three bf16 parts, the others in f32:
// up to 6 bytes a weight. 12 flops of bf16, or 2 of f32, a product. Where there is no AMX, a
// plan's weights are put together again and multiplied as cpu.packed_linear does.
#include <algorithm>
#include <cstring>

#include "base/buffer.h"
#include "kernels/cpu/gemm_amx.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/packed_linear.h"

namespace tenon::kernels::cpu {

namespace {

constexpr const char* kFormat = "cpu:bf16x3+f32";
constexpr int64_t kFewestRows = 16;  // with fewer, most of a tile is idle
constexpr LinearTasks::Wanted kTasks{kAmxGroup, 12 * kAmxGroup, kAmxUnit, 8};
constexpr int64_t kTile = 16;  // columns, and pairs of products

AmxSizes amx_sizes(const LinearSizes& s) { return {s.columns, s.depth}; }

uint32_t bits_of(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
float of_bits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

bool in_range(const float* w, const LinearSizes& s, int64_t group) {
  const int64_t end = std::min(s.columns, (group + 1) * kAmxGroup);
  for (int64_t n = group * kAmxGroup; n < end; ++n) {
    uint32_t largest = 0;
    for (int64_t k = 0; k < s.depth; ++k)
      largest = std::max(largest, bits_of(w[n * s.depth + k]) & 0x7fffffff);
    if (!amx_range(largest)) return false;
  }
  return true;
}

/// Where the parts of a pair of products, k and k + 16 of a block, are in a group: hi; mid and lo
/// are kAmxPartBytes and twice as many behind it.
int64_t place(int64_t column, int64_t k) {
  const int64_t pair = k % kAmxBlock % kTile;
  return k / kAmxBlock * kAmxBlockBytes + column / kTile * (kAmxPartBytes / 2) +
         (pair * kTile + column % kTile) * 4;
}

/// The next 8 significant bits of x, rounded, as the upper half of an f32; takes them from x.
uint32_t take_part(float& x) {
  const uint32_t upper = (bits_of(x) + 0x8000) & 0xffff0000;
  x -= of_bits(upper);
  return upper;
}

/// A pair of rows of kTile weights -> their parts.
void split_pair(const float* low, const float* high, char* to) {
  float l[kTile], h[kTile];
  uint32_t words[kTile];
  std::copy_n(low, kTile, l), std::copy_n(high, kTile, h);
  for (int part = 0; part < 3; ++part, to += kAmxPartBytes) {
    for (int64_t c = 0; c < kTile; ++c) words[c] = take_part(l[c]) >> 16 | take_part(h[c]);
    std::memcpy(to, words, sizeof words);
  }
}

/// Calls body(k, block) for each block of a group's weights, transposed: [product][column].
template <typename F>
void each_block(const float* w, const LinearSizes& s, int64_t group, const F& body) {
  const int64_t first = group * kAmxGroup, columns = std::min(kAmxGroup, s.columns - first);
  for (int64_t k = 0; k < s.depth; k += kAmxBlock) {
    float block[kAmxBlock][kAmxGroup] = {};
    const int64_t depth = std::min(kAmxBlock, s.depth - k);
    for (int64_t c = 0; c < columns; ++c) {
      const float* from = w + (first + c) * s.depth + k;
      for (int64_t i = 0; i < depth; ++i) block[i][c] = from[i];
    }
    body(k, block);
  }
}

void pack(const float* w, const LinearSizes& s, char* out) {
  const AmxSizes sizes = amx_sizes(s);
  for (int64_t g = 0; g < sizes.groups(); ++g) {
    const bool parts = !AmxSizes::for_vectors(g) && in_range(w, s, g);
    char* to = out + sizes.group_at(g);
    out[sizes.flags_at() + g] = parts;
    std::memset(to, 0, static_cast<size_t>(sizes.group_at(g + 1) - sizes.group_at(g)));
    each_block(w, s, g, [&](int64_t k, const float (&block)[kAmxBlock][kAmxGroup]) {
      if (!parts) {
        std::memcpy(to + k * kAmxGroup * sizeof(float), block, sizeof block);
        return;
      }
      for (int64_t pair = 0; pair < kTile; ++pair)
        for (int64_t c = 0; c < kAmxGroup; c += kTile)
          split_pair(&block[pair][c], &block[pair + kTile][c], to + place(c, k + pair));
    });
  }
}

/// A weight of a group that has parts.
float joined(const char* group, int64_t column, int64_t k) {
  const int half = k % kAmxBlock < kTile ? 16 : 0;  // how far to shift a pair left
  float sum = 0;
  for (int i = 2; i >= 0; --i) {
    uint32_t pair;
    std::memcpy(&pair, group + place(column, k) + i * kAmxPartBytes, sizeof pair);
    sum += of_bits(pair << half & 0xffff0000);
  }
  return sum;
}

/// The panels of f32 that cpu.packed_linear takes.
std::shared_ptr<const void> join(const char* packed, const LinearSizes& s) {
  const AmxSizes sizes = amx_sizes(s);
  auto panels = make_buffer(s.panel_bytes());
  auto* out = static_cast<float*>(panels.get());
  std::memset(out, 0, s.panel_bytes());
  for (int64_t g = 0; g < sizes.groups(); ++g) {
    const char* group = packed + sizes.group_at(g);
    const bool parts = packed[sizes.flags_at() + g];
    const int64_t first = g * kAmxGroup;
    float* to = out + first / kPanel * s.depth * kPanel + first % kPanel;
    for (int64_t k = 0; k < s.depth; ++k, to += kPanel) {
      if (!parts) std::memcpy(to, group + k * kAmxGroup * sizeof(float), kAmxGroup * sizeof(float));
      for (int64_t c = 0; parts && c < kAmxGroup; ++c) to[c] = joined(group, c, k);
    }
  }
  return panels;
}

class AmxLinearKernel : public Kernel {
 public:
  explicit AmxLinearKernel(const Problem& p)
      : operands_(p),
        tasks_(operands_.sizes, p.threads, kTasks),
        shared_bytes_(amx_fns().shared_bytes(operands_.sizes.rows, operands_.sizes.depth)),
        thread_bytes_(amx_fns().scratch_bytes(shared_bytes_ > 0 ? 0 : tasks_.most_rows(),
                                              operands_.sizes.depth)) {
    scratch_bytes = static_cast<size_t>(shared_bytes_ + thread_bytes_ * tasks_.threads());
  }

  void run(const Call& call) const override {
    const GemmArgs a = operands_.args(call);
    char* scratch = static_cast<char*>(call.scratch);
    char* shared = shared_bytes_ > 0 ? scratch : nullptr;
    if (shared) {
      parallel_for(ceil_div(a.rows, kAmxGroup), 1, [&](int64_t begin, int64_t end) {
        amx_fns().split(a, begin * kAmxGroup, std::min(a.rows, end * kAmxGroup), shared);
      });
    }
    tasks_.run([&](int64_t row, int64_t row_end, int64_t unit, int64_t unit_end, int64_t thread) {
      amx_fns().block(a, static_cast<const char*>(call.in[1]), row, row_end, unit, unit_end, shared,
                      scratch + shared_bytes_ + thread * thread_bytes_);
    });
  }

 private:
  LinearOperands operands_;
  LinearTasks tasks_;
  int64_t shared_bytes_, thread_bytes_;
};

class AmxLinear : public KernelImpl {
 public:
  AmxLinear() : KernelImpl("linear", "cpu.amx_linear", 70) {}

  Support supports(const Problem& p) const override {
    const TensorDesc& w = p.in[1];
    if (!w.is_constant) return Support::no("weights are not constant");
    if (!w.format.empty() && w.format != kFormat) return Support::no("weights packed for another");
    if (Support s = check_plain_f32(p, /*packed_input=*/1); !s) return s;
    if (Support s = check_vector_activation(p); !s) return s;
    const LinearSizes s(p);
    if (w.format.empty()) return worth_packing(s);
    // Once packed, they are for this kernel alone, so it takes any number of rows, and runs on any
    // machine.
    const auto wanted = static_cast<size_t>(amx_sizes(s).bytes());
    if (w.constant_bytes == wanted) return Support::yes();
    return Support::no("packed weights have " + std::to_string(w.constant_bytes) +
                       " bytes, wanted " + std::to_string(wanted));
  }

  Packed pack(const Problem& p, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (!p.in[1].format.empty() || !in[1]) return packed;
    const LinearSizes sizes(p);
    auto parts = std::make_shared<ir::Constant>(*in[1]);
    parts->data = nullptr;
    parts->bytes = static_cast<size_t>(amx_sizes(sizes).bytes());
    parts->format = kFormat;
    parts->fill = [source = in[1], sizes](void* out) {
      const auto dense = source->materialise();
      cpu::pack(static_cast<const float*>(dense.get()), sizes, static_cast<char*>(out));
    };
    packed[1] = std::move(parts);
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    TENON_CHECK(p.in[1].format == kFormat, "the weights of ", ir::describe(*p.layer),
                " are not packed for ", name());
    if (amx()) return std::make_unique<AmxLinearKernel>(p);
    TENON_CHECK(p.in[1].data, "the weights of ", ir::describe(*p.layer), " are not known");
    return packed_linear_kernel(p, join(static_cast<const char*>(p.in[1].data), LinearSizes(p)));
  }
  /// Where AMX is shared with another tenant's hardware thread it takes two or three times as long,
  /// for seconds; the vector units lose less.
  double allowance() const override { return 0.05; }
  bool in_place(const Problem&, size_t i) const override { return i == 3; }

 private:
  static Support worth_packing(const LinearSizes& s) {
    if (!amx()) return Support::no("there is no AMX, or TENON_ISA is set");
    if (s.rows >= kFewestRows) return Support::yes();
    return Support::no(std::to_string(s.rows) + " rows; " + std::to_string(kFewestRows) +
                       " or more can be fast here");
  }
};

const RegisterKernel<AmxLinear> kRegister;

}  // namespace

}  // namespace tenon::kernels::cpu
