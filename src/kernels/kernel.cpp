// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace tenon::kernels {

namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::vector<std::unique_ptr<KernelImpl>>> by_op;
};

// Never destroyed: implementations may live in plug-in libraries whose statics go first.
Registry& registry() {
  static Registry* const instance = new Registry;
  return *instance;
}

bool is_reference(const KernelImpl& k) { return k.name().rfind("reference.", 0) == 0; }

// References last, then by priority; the name makes the order independent of link order.
bool better(const std::unique_ptr<KernelImpl>& a, const std::unique_ptr<KernelImpl>& b) {
  if (is_reference(*a) != is_reference(*b)) return is_reference(*b);
  if (a->priority() != b->priority()) return a->priority() > b->priority();
  return a->name() < b->name();
}

}  // namespace

const char* name_of(Device device) { return device == Device::kCUDA ? "cuda" : "cpu"; }

int64_t TensorDesc::elements() const {
  int64_t n = 1;
  for (int64_t d : shape) n *= d;
  return n;
}

std::vector<int64_t> TensorDesc::strides() const {
  const size_t rank = shape.size();
  std::vector<int64_t> s(rank);
  int64_t step = 1;
  if (layout == ir::Layout::kChannelsLast && rank >= 3) {
    s[1] = 1;
    step = shape[1];
    for (size_t d = rank; d-- > 2; step *= shape[d]) s[d] = step;
    s[0] = step;
    return s;
  }
  for (size_t d = rank; d-- > 0; step *= shape[d]) s[d] = step;
  return s;
}

void register_kernel(std::unique_ptr<KernelImpl> impl) {
  Registry& r = registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  auto& list = r.by_op[impl->op()];
  for (const auto& other : list) {
    TENON_ASSERT(other->name() != impl->name(), "kernel ", impl->name(), " is registered twice");
  }
  list.insert(std::upper_bound(list.begin(), list.end(), impl, better), std::move(impl));
}

std::vector<const KernelImpl*> candidates(const std::string& op, Device device) {
  Registry& r = registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  std::vector<const KernelImpl*> out;
  auto it = r.by_op.find(op);
  if (it == r.by_op.end()) return out;
  for (const auto& impl : it->second)
    if (impl->device() == device) out.push_back(impl.get());
  return out;
}

const KernelImpl* find_kernel(const std::string& op, const std::string& name) {
  for (Device device : {Device::kCPU, Device::kCUDA})
    for (const KernelImpl* k : candidates(op, device))
      if (k->name() == name) return k;
  return nullptr;
}

const KernelImpl& reference_kernel(const std::string& op) {
  const KernelImpl* k = find_kernel(op, "reference." + op);
  TENON_CHECK(k, "layer \"", op, "\" has no reference kernel");
  return *k;
}

Support can_run(const KernelImpl& impl, const Problem& problem) {
  for (const TensorDesc& in : problem.in) {
    if (in.format.empty()) continue;
    const std::string family = in.format.substr(0, in.format.find(':')) + ".";
    if (impl.name().rfind(family, 0) != 0)
      return Support::no("a constant is packed as '" + in.format + "'");
  }
  return impl.supports(problem);
}

}  // namespace tenon::kernels
