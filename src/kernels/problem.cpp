// SPDX-License-Identifier: Apache-2.0
#include "kernels/problem.h"

#include "base/error.h"

namespace tenon::kernels {

int64_t attr_int(const Problem& p, const char* name, int64_t fallback) {
  return p.layer->get_or<int64_t>(name, fallback);
}
double attr_float(const Problem& p, const char* name, double fallback) {
  return p.layer->get_or<double>(name, fallback);
}
bool attr_bool(const Problem& p, const char* name, bool fallback) {
  return p.layer->get_or<bool>(name, fallback);
}
std::string attr_str(const Problem& p, const char* name, const char* fallback) {
  return p.layer->get_or<std::string>(name, fallback);
}
std::vector<int64_t> attr_ints(const Problem& p, const char* name) {
  return p.layer->get_or<std::vector<int64_t>>(name, {});
}
std::vector<int64_t> attr_ints(const Problem& p, const char* name, size_t n, int64_t value) {
  std::vector<int64_t> list = attr_ints(p, name);
  if (list.empty()) list.assign(n, value);
  TENON_CHECK(list.size() == n, "attribute \"", name, "\" of ", ir::describe(*p.layer), " has ",
              list.size(), " entries; wanted ", n);
  return list;
}
std::vector<int64_t> attr_sizes(const Problem& p, const char* name) {
  return ir::eval(p.layer->get_or<std::vector<ir::SymDim>>(name, {}), p.sizes);
}

bool has_input(const Problem& p, size_t i) { return i < p.in.size() && p.in[i].present; }

std::string str(const std::vector<int64_t>& sizes) {
  std::string s = "[";
  for (size_t i = 0; i < sizes.size(); ++i) s += (i ? ", " : "") + std::to_string(sizes[i]);
  return s + "]";
}

}  // namespace tenon::kernels
