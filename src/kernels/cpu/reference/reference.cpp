// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

class ReferenceKernel : public Kernel {
 public:
  explicit ReferenceKernel(Run run) : run_(std::move(run)) {}
  void run(const Call& call) const override { run_(call); }

 private:
  Run run_;
};

class ReferenceImpl : public KernelImpl {
 public:
  ReferenceImpl(const char* op, SupportsFn supports, PrepareFn prepare)
      : KernelImpl(op, ("reference." + std::string(op)).c_str(), 0),
        supports_(supports),
        prepare_(prepare) {}

  Support supports(const Problem& p) const override {
    for (size_t i = 0; i < p.in.size(); ++i) {
      if (p.in[i].present && !p.in[i].format.empty()) {
        return Support::no(detail::concat("input ", i, " is packed as ", p.in[i].format));
      }
    }
    return supports_(p);
  }
  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    return std::make_unique<ReferenceKernel>(prepare_(p));
  }

 private:
  SupportsFn supports_;
  PrepareFn prepare_;
};

}  // namespace

RegisterReference::RegisterReference(const char* op, SupportsFn supports, PrepareFn prepare) {
  register_kernel(std::make_unique<ReferenceImpl>(op, supports, prepare));
}

Support check_dtypes(const Problem& p, bool (*good)(DataType)) {
  for (size_t i = 0; i < p.in.size(); ++i) {
    if (p.in[i].present && !good(p.in[i].dtype)) {
      return Support::no(detail::concat("input ", i, " is ", name_of(p.in[i].dtype)));
    }
  }
  for (size_t i = 0; i < p.out.size(); ++i) {
    if (!good(p.out[i].dtype)) {
      return Support::no(detail::concat("output ", i, " is ", name_of(p.out[i].dtype)));
    }
  }
  return Support::yes();
}

TensorDesc input(const Problem& p, size_t i) {
  if (i < p.in.size()) return p.in[i];
  TensorDesc absent;
  absent.present = false;
  return absent;
}

}  // namespace tenon::kernels::reference
