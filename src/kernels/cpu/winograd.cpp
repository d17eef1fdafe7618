// SPDX-License-Identifier: Apache-2.0
// 3x3 convolution with stride 1, f32, channels-last, constant weights: Winograd's F(2x2, 3x3), see
// winograd_isa.cpp. 16 products of 36, weights 16/9 as large. Sums are of the channels alone, nine
// times shorter than those of a direct convolution, which makes up for what the transforms round.
//
// With small weights each thread transforms patches and multiplies them while they are in its
// cache. Large weights are read once for many patches, which all threads transform together first.
#include "kernels/cpu/winograd.h"

#include <algorithm>
#include <cstring>

#include "base/buffer.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/linear_support.h"
#include "kernels/cpu/tasks.h"

namespace tenon::kernels::cpu {

namespace {

constexpr const char* kFormat = "cpu:winograd2x3";
constexpr int64_t kFewestChannels = 16;
constexpr int64_t kMostRows = 128;              // patches that are multiplied at a time
constexpr int64_t kOwnFloats = 8192;            // of a tap: 512 KiB of patches in a thread's L2
constexpr int64_t kSharedFloats = 131072;       // of a tap: 8 MiB
constexpr int64_t kSmallWeights = 3 << 19;      // bytes
constexpr int64_t kGroupsOfThread = 4;          // at least, if there are enough tiles
constexpr int64_t kFewestRows = 4 * kGemmRows;  // in a group
constexpr int64_t kFlopsOfThread = 1000000;     // fewer do not pay for a thread

int64_t in_lines(int64_t bytes) { return ceil_div(bytes, 64) * 64; }

WinogradSizes sizes_of(const Problem& p) { return {p.in[1].shape.at(1), p.in[1].shape.at(0)}; }

uint32_t magnitude(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits & 0x7fffffff;
}

bool in_range(const float* w, const WinogradSizes& s, int64_t panel) {
  const int64_t window = s.channels * 9, end = std::min(s.kernels, (panel + 1) * kPanel);
  uint32_t most = 0;
  for (int64_t i = panel * kPanel * window; i < end * window; ++i)
    most = std::max(most, magnitude(w[i]));
  return winograd_range(most);
}

constexpr int64_t kLanes = 16;  // kernels that are transformed side by side
template <typename T>
using Lanes = T[kLanes];

/// G g, G = [1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1]; its four rows are `step` apart.
template <typename T>
void transform_three(const Lanes<double>& a, const Lanes<double>& b, const Lanes<double>& c,
                     Lanes<T>* out, int step) {
  for (int64_t l = 0; l < kLanes; ++l) {
    const double outer = (a[l] + c[l]) / 2, inner = b[l] / 2;
    out[0][l] = static_cast<T>(a[l]), out[step][l] = static_cast<T>(outer + inner);
    out[2 * step][l] = static_cast<T>(outer - inner), out[3 * step][l] = static_cast<T>(c[l]);
  }
}

/// G g G^T of 3x3 windows, rounded once.
void transform_windows(const Lanes<double>* g, Lanes<float>* out) {
  Lanes<double> rows[4 * 3];
  for (int j = 0; j < 3; ++j) transform_three(g[j], g[3 + j], g[6 + j], rows + j, 3);
  for (int i = 0; i < 4; ++i)
    transform_three(rows[i * 3], rows[i * 3 + 1], rows[i * 3 + 2], out + i * 4, 1);
}

/// Windows of up to kLanes kernels, [kernel][channel][9] -> [tap][channel][kPanel].
void pack_lanes(const float* w, const WinogradSizes& s, int64_t lanes, float* out) {
  for (int64_t c = 0; c < s.channels; ++c, w += 9, out += kPanel) {
    Lanes<double> windows[9] = {};
    Lanes<float> taps[kWinogradTaps];
    for (int64_t l = 0; l < lanes; ++l)
      for (int64_t t = 0; t < 9; ++t) windows[t][l] = w[l * s.channels * 9 + t];
    transform_windows(windows, taps);
    for (int64_t t = 0; t < kWinogradTaps; ++t)
      std::memcpy(out + t * s.tap_floats(), taps[t], sizeof taps[t]);
  }
}

void pack_panel(const float* w, const WinogradSizes& s, int64_t panel, float* out) {
  for (int64_t k = 0; k < kPanel; k += kLanes) {
    const int64_t kernel = std::min(s.kernels, panel * kPanel + k);
    pack_lanes(w + kernel * s.channels * 9, s, std::min(kLanes, s.kernels - kernel), out + k);
  }
}

/// [kernel][channel][9] -> [9][channel][kPanel].
void copy_panel(const float* w, const WinogradSizes& s, int64_t panel, float* out) {
  const int64_t first = panel * kPanel, kernels = std::min(kPanel, s.kernels - first);
  std::fill_n(out, s.panel_floats(), 0.0f);
  for (int64_t k = 0; k < kernels; ++k)
    for (int64_t c = 0; c < s.channels; ++c)
      for (int64_t t = 0; t < 9; ++t)
        out[t * s.tap_floats() + c * kPanel + k] = w[((first + k) * s.channels + c) * 9 + t];
}

void pack(const float* w, const WinogradSizes& s, char* out) {
  parallel_for(s.panels(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const bool transformed = in_range(w, s, p);
      float* panel = reinterpret_cast<float*>(out) + p * s.panel_floats();
      (transformed ? pack_panel : copy_panel)(w, s, p, panel);
      out[s.flags_at() + p] = transformed;
    }
  });
}

WinogradArgs args_of(const Problem& p) {
  const Ints &x = p.in[0].shape, &y = p.out[0].shape, pre = attr_ints(p, "pre_padding");
  WinogradArgs a{};
  a.batch = x[0], a.channels = x[1], a.height = x[2], a.width = x[3];
  a.kernels = y[1], a.out_height = y[2], a.out_width = y[3];
  a.pad_top = at_or(pre, 0, 0), a.pad_left = at_or(pre, 1, 0);
  return a;
}

/// How the tiles are divided, and the parts of the scratch memory.
struct Plan {
  Plan(const WinogradArgs& a, int most_threads) : tiles(a.tiles()) {
    const WinogradSizes sizes{a.channels, a.kernels};
    const double flops = 2.0 * kWinogradTaps * tiles * a.channels * a.kernels;
    threads = std::clamp<int64_t>(static_cast<int64_t>(flops / kFlopsOfThread), 1,
                                  std::max(most_threads, 1));
    shared = sizes.flags_at() > kSmallWeights;
    const int64_t most = std::max((shared ? kSharedFloats : kOwnFloats) / a.channels, kGemmRows);
    int64_t groups =
        std::max<int64_t>(ceil_div(tiles, shared ? most : std::min(most, kMostRows)), 1);
    if (!shared && threads > 1)
      groups = std::max(groups, std::min(kGroupsOfThread * threads, tiles / kFewestRows));
    rows = std::max<int64_t>(ceil_div(ceil_div(tiles, groups), kGemmRows), 1) * kGemmRows;
    part = shared ? ceil_div(rows, ceil_div(rows, kMostRows)) : rows;
    taps_bytes = in_lines(kWinogradTaps * rows * a.channels * int64_t{sizeof(float)});
    patch_bytes = taps_bytes + in_lines(rows);
    sums_bytes = in_lines(kWinogradTaps * part * kPanel * int64_t{sizeof(float)});
  }
  int64_t bytes() const { return threads * sums_bytes + (shared ? 1 : threads) * patch_bytes; }
  WinogradPatches patches(char* at, int64_t first) const {
    return {first, rows, reinterpret_cast<float*>(at), reinterpret_cast<uint8_t*>(at + taps_bytes)};
  }

  int64_t tiles, threads;
  bool shared;   // patches of all threads together
  int64_t rows;  // tiles of a WinogradPatches
  int64_t part;  // of them that are multiplied at a time
  int64_t taps_bytes, patch_bytes, sums_bytes;
};

class WinogradKernel : public Kernel {
 public:
  WinogradKernel(const Problem& p, std::shared_ptr<const void> weights)
      : args_(args_of(p)),
        panels_(sizes_of(p).panels()),
        plan_(args_, p.threads),
        fns_(TENON_ISA_PICK(winograd_fns)),
        has_bias_(has_input(p, 2)),
        has_residual_(has_input(p, 3)),
        activation_(p),
        zeros_(static_cast<size_t>(args_.channels)),
        own_weights_(std::move(weights)) {
    scratch_bytes = static_cast<size_t>(plan_.bytes());
  }

  void run(const Call& call) const override {
    const WinogradArgs a = with_pointers(call);
    char* scratch = static_cast<char*>(call.scratch);
    if (plan_.shared) {
      run_together(a, scratch);
    } else {
      run_apart(a, scratch);
    }
  }

 private:
  WinogradArgs with_pointers(const Call& call) const {
    const auto input = [&](size_t i) { return static_cast<const float*>(call.in[i]); };
    WinogradArgs a = args_;
    a.x = input(0);
    a.weights = static_cast<const char*>(own_weights_ ? own_weights_.get() : call.in[1]);
    a.bias = has_bias_ ? input(2) : nullptr;
    a.residual = has_residual_ ? input(3) : nullptr;
    a.out = static_cast<float*>(call.out[0]);
    a.activation = activation_.function, a.params = activation_.params;
    a.zeros = zeros_.data();
    return a;
  }

  /// Each thread transforms its own patches.
  void run_apart(const WinogradArgs& a, char* scratch) const {
    share_out(ceil_div(plan_.tiles, plan_.rows), plan_.threads, [&](int64_t i, int64_t thread) {
      char* own = scratch + thread * (plan_.sums_bytes + plan_.patch_bytes);
      const int64_t tile = i * plan_.rows, end = std::min(plan_.tiles, tile + plan_.rows);
      const WinogradPatches patches = plan_.patches(own + plan_.sums_bytes, tile);
      fns_.transform(a, tile, end, patches);
      for (int64_t p = 0; p < panels_; ++p)
        fns_.multiply(a, p, tile, end, patches, reinterpret_cast<float*>(own));
    });
  }

  /// All threads transform patches, then each multiplies them with its panels.
  void run_together(const WinogradArgs& a, char* scratch) const {
    for (int64_t tile = 0; tile < plan_.tiles; tile += plan_.rows) {
      const int64_t tiles = std::min(plan_.rows, plan_.tiles - tile);
      const WinogradPatches patches =
          plan_.patches(scratch + plan_.threads * plan_.sums_bytes, tile);
      parallel_for(tiles, ceil_div(tiles, plan_.threads), [&](int64_t begin, int64_t end) {
        fns_.transform(a, tile + begin, tile + end, patches);
      });
      const int64_t parts = ceil_div(tiles, plan_.part);
      share_out(parts * panels_, plan_.threads, [&](int64_t i, int64_t thread) {
        const int64_t begin = i % parts * plan_.part, end = std::min(tiles, begin + plan_.part);
        fns_.multiply(a, i / parts, tile + begin, tile + end, patches,
                      reinterpret_cast<float*>(scratch + thread * plan_.sums_bytes));
      });
    }
  }

  WinogradArgs args_;
  int64_t panels_;
  Plan plan_;
  const WinogradFns& fns_;
  bool has_bias_, has_residual_;
  Activation activation_;
  std::vector<float> zeros_;
  std::shared_ptr<const void> own_weights_;
};

Support check_f32(const Problem& p) {
  for (size_t i = 0; i < p.in.size(); ++i) {
    if (!p.in[i].present) continue;
    if (p.in[i].dtype != DataType::kFLOAT) return Support::no("f32 only");
    if (i != 1 && !p.in[i].format.empty()) return Support::no("packed operand");
  }
  return p.out[0].dtype == DataType::kFLOAT ? Support::yes() : Support::no("f32 only");
}

bool channels_last(const TensorDesc& d) { return d.strides()[1] == 1; }

bool any_negative(const Ints& v) {
  return std::any_of(v.begin(), v.end(), [](int64_t x) { return x < 0; });
}

class Winograd : public KernelImpl {
 public:
  Winograd() : KernelImpl("convolution", "cpu.winograd", 80) {}

  Support supports(const Problem& p) const override {
    const TensorDesc& w = p.in[1];
    if (!w.is_constant) return Support::no("weights are not constant");
    if (!w.format.empty() && w.format != kFormat) return Support::no("weights packed for another");
    if (Support s = check_f32(p); !s) return s;
    if (w.shape.size() != 4 || w.shape[2] != 3 || w.shape[3] != 3) {
      return Support::no("3x3 windows only");
    }
    if (attr_int(p, "groups", 1) != 1) return Support::no("groups");
    if (!all_equal(attr_ints(p, "stride"), 1) || !all_equal(attr_ints(p, "dilation"), 1)) {
      return Support::no("strides and dilations of 1 only");
    }
    if (any_negative(attr_ints(p, "pre_padding")) || any_negative(attr_ints(p, "post_padding"))) {
      return Support::no("negative padding");
    }
    if (w.shape[1] < kFewestChannels) return Support::no("fewer than 16 channels");
    for (const TensorDesc* d : {&p.in[0], &p.out[0]})
      if (!channels_last(*d)) return Support::no("channels-last only");
    if (has_input(p, 3) && !channels_last(p.in[3])) return Support::no("channels-last only");
    if (Support s = check_vector_activation(p); !s) return s;
    if (w.format.empty()) return Support::yes();
    const auto wanted = static_cast<size_t>(sizes_of(p).bytes());
    if (w.constant_bytes == wanted) return Support::yes();
    return Support::no("packed weights have " + std::to_string(w.constant_bytes) +
                       " bytes, wanted " + std::to_string(wanted));
  }

  Packed pack(const Problem& p, const std::vector<ir::ConstantPtr>& in) const override {
    Packed packed(in.size());
    if (!p.in[1].format.empty() || !in[1]) return packed;
    const WinogradSizes sizes = sizes_of(p);
    auto taps = std::make_shared<ir::Constant>(*in[1]);
    taps->data = nullptr;
    taps->bytes = static_cast<size_t>(sizes.bytes());
    taps->format = kFormat;
    taps->fill = [source = in[1], sizes](void* out) {
      const auto dense = source->materialise();
      cpu::pack(static_cast<const float*>(dense.get()), sizes, static_cast<char*>(out));
    };
    packed[1] = std::move(taps);
    return packed;
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    if (!p.in[1].format.empty()) return std::make_unique<WinogradKernel>(p, nullptr);
    // Chosen in the place of a kernel that cannot run these sizes: nothing was packed at build
    // time.
    TENON_CHECK(p.in[1].data, "the weights of ", ir::describe(*p.layer), " are not known");
    const WinogradSizes sizes = sizes_of(p);
    auto weights = make_buffer(static_cast<size_t>(sizes.bytes()));
    cpu::pack(static_cast<const float*>(p.in[1].data), sizes, static_cast<char*>(weights.get()));
    return std::make_unique<WinogradKernel>(p, std::move(weights));
  }
  bool in_place(const Problem&, size_t i) const override { return i == 3; }
};

const RegisterKernel<Winograd> kRegister;

}  // namespace

}  // namespace tenon::kernels::cpu
