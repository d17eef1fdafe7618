// SPDX-License-Identifier: Apache-2.0
#include "ops/onednn_case.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

namespace tenon::kernels::onednn_test {
namespace {

std::shared_ptr<void> aligned(size_t bytes, int byte = 0xff) {
  std::shared_ptr<void> p(::operator new(std::max<size_t>(bytes, 1), std::align_val_t{64}),
                          [](void* q) { ::operator delete(q, std::align_val_t{64}); });
  std::memset(p.get(), byte, bytes);
  return p;
}

/// Products added up in one output element, for layers whose input 1 is a weight [N, ...].
int64_t sum_length(const Case& c) {
  if (c.in.size() < 2) return 1;
  const TensorDesc& w = c.in[1].desc;
  return w.present && !w.shape.empty() && w.shape[0] ? w.elements() / w.shape[0] : 1;
}

/// n products of numbers in [-1, 1) added one after the other: the partial sums have an rms of
/// sqrt(n) / 3 at the end, each addition rounds by 2^-24 / sqrt(3) of it, so the error's rms is
/// 8e-9 * n. Five times that, and something for the epilogue, is allowed.
void expect_near(const Case& c, const Buffer& got, const Buffer& want, const std::string& what) {
  const auto* g = static_cast<const float*>(got.get());
  const auto* w = static_cast<const float*>(want.get());
  const float bound = 2e-5f + 4e-8f * static_cast<float>(sum_length(c));
  for (int64_t i = 0; i < c.out.elements(); ++i)
    ASSERT_LE(std::abs(g[i] - w[i]), bound * (1 + std::abs(w[i]))) << what << ", element " << i;
}

}  // namespace

Operand tensor(Shape shape, Layout layout, bool constant, std::minstd_rand& random) {
  Operand t;
  t.desc.shape = std::move(shape);
  t.desc.layout = layout;
  t.desc.is_constant = constant;
  auto data = aligned(t.desc.bytes());
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (int64_t i = 0; i < t.desc.elements(); ++i)
    static_cast<float*>(data.get())[i] = uniform(random);
  t.data = data;
  if (constant) t.desc.data = data.get();
  return t;
}

Operand absent() {
  Operand t;
  t.desc.present = false;
  return t;
}

Problem Case::problem() const {
  Problem p;
  p.layer = &layer;
  for (const Operand& t : in) p.in.push_back(t.desc);
  p.out = {out};
  p.threads = omp_get_max_threads();
  return p;
}

std::vector<const void*> Case::pointers() const {
  std::vector<const void*> list;
  for (const Operand& t : in) list.push_back(t.data.get());
  return list;
}

Case make_conv(const Conv& v, int64_t batch, Layout in, Layout out, const Operand& w,
               const Operand& bias, std::minstd_rand& random) {
  Case c;
  c.layer.op = "convolution";
  c.layer.set("stride", Shape{v.stride, v.stride});
  c.layer.set("pre_padding", Shape{v.pre, v.pre});
  c.layer.set("post_padding", Shape{v.post, v.post});
  c.layer.set("dilation", Shape{v.dilation, v.dilation});
  c.layer.set("groups", v.groups);
  c.layer.set("activation", std::string(v.activation));
  c.layer.set("alpha", v.alpha);
  c.layer.set("beta", v.beta);
  auto size = [&](int64_t s) {
    return (s + v.pre + v.post - (v.kernel - 1) * v.dilation - 1) / v.stride + 1;
  };
  c.out.shape = {batch, v.k, size(13), size(12)};
  c.out.layout = out;
  c.in = {tensor({batch, v.c, 13, 12}, in, false, random), w, bias,
          v.residual ? tensor(c.out.shape, out, false, random) : absent()};
  return c;
}

Case make_linear(Shape x, bool residual, const char* activation, const Operand& w,
                 const Operand& bias, std::minstd_rand& random) {
  Case c;
  c.layer.op = "linear";
  c.layer.set("activation", std::string(activation));
  c.layer.set("alpha", 0.3);
  c.layer.set("beta", 0.0);
  c.out.shape = x;
  c.out.shape.back() = w.desc.shape[0];
  c.in = {tensor(x, kPlain, false, random), w, bias,
          residual ? tensor(c.out.shape, kPlain, false, random) : absent()};
  return c;
}

Buffer run(const Kernel& kernel, const Problem& problem, const std::vector<const void*>& in) {
  Buffer out = aligned(problem.out[0].bytes()), scratch = aligned(kernel.scratch_bytes);
  void* outs[] = {out.get()};
  kernel.run({in.data(), outs, scratch.get()});
  return out;
}

Buffer run_packed(const KernelImpl& impl, const Case& c, const Packed& packed) {
  Problem problem = c.problem();
  std::vector<const void*> in = c.pointers();
  std::vector<std::shared_ptr<const void>> alive;
  for (size_t i = 0; i < packed.size(); ++i) {
    if (!packed[i]) continue;
    alive.push_back(packed[i]->materialise());
    problem.in[i].format = packed[i]->format;
    problem.in[i].constant_bytes = packed[i]->bytes;
    problem.in[i].data = in[i] = alive.back().get();
  }
  return run(*impl.prepare(problem), problem, in);
}

Packed pack(const KernelImpl& impl, const Case& c) {
  std::vector<ir::ConstantPtr> constants;
  for (const Operand& t : c.in)
    constants.push_back(
        t.desc.is_constant ? ir::make_constant(t.desc.dtype, t.desc.shape, t.data.get()) : nullptr);
  return impl.pack(c.problem(), constants);
}

int check(const Case& c, const Case& other, const std::string& what) {
  int checked = 0;
  for (const KernelImpl* impl : candidates(c.layer.op)) {
    if (!impl->name().starts_with("onednn.") || !impl->supports(c.problem())) continue;
    const Packed packed = pack(*impl, c);
    for (const Case* run_case : {&c, &other}) {
      const KernelImpl& reference = reference_kernel(c.layer.op);
      const Buffer want =
          run(*reference.prepare(run_case->problem()), run_case->problem(), run_case->pointers());
      expect_near(*run_case, run_packed(*impl, *run_case, packed), want,
                  impl->name() + " " + what + (run_case == &other ? " other batch" : ""));
    }
    ++checked;
  }
  return checked;
}

}  // namespace tenon::kernels::onednn_test
