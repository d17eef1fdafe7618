// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/dnnl_common.h"

#include <oneapi/dnnl/dnnl_debug.h>

#include <charconv>
#include <functional>
#include <numeric>

namespace tenon::kernels::onednn {

using dnnl::memory;

const dnnl::engine& cpu_engine() {
  // Never destroyed: kernels may outlive static destruction.
  static const auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

const TensorDesc* operand(const Problem& problem, size_t i) {
  return i < problem.in.size() && problem.in[i].present ? &problem.in[i] : nullptr;
}

int64_t product(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<>());
}

Dims row_major(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

Desc strided(const Dims& dims, const Dims& strides) {
  return Desc(dims, memory::data_type::f32, strides);
}

namespace {
std::string join(const std::vector<int64_t>& dims) {
  std::string text;
  for (int64_t d : dims) text += (text.empty() ? "" : "x") + std::to_string(d);
  return text;
}

/// The numbers of "64x3x7x7"; empty if it is anything else.
std::vector<int64_t> split(const std::string& text) {
  std::vector<int64_t> dims;
  const char *at = text.data(), *end = at + text.size();
  while (true) {
    int64_t size = 0;
    const auto [next, error] = std::from_chars(at, end, size);
    if (error != std::errc() || size <= 0) return {};
    dims.push_back(size);
    if (next == end) return dims;
    if (*next != 'x') return {};
    at = next + 1;
  }
}

/// Calls `body(tag)` for every named layout until it returns true.
template <typename Body>
bool any_tag(Body&& body) {
  for (int t = dnnl_format_tag_any + 1; t < dnnl_format_tag_last; ++t)
    if (body(static_cast<dnnl_format_tag_t>(t))) return true;
  return false;
}

/// Descriptor for dims and tag, or empty if the tag has another rank.
Desc tagged(const Dims& dims, dnnl_format_tag_t tag) {
  return Desc(dims, memory::data_type::f32, static_cast<memory::format_tag>(tag), true);
}
}  // namespace

Desc desc_of(const TensorDesc& tensor, ir::Layout layout) {
  TensorDesc same;
  same.shape = tensor.shape;
  same.layout = layout;
  return strided(same.shape, same.strides());
}

Support check_operands(const Problem& problem) {
  auto check = [](const TensorDesc& t) {
    if (!t.present) return Support::yes();
    if (t.dtype != DataType::kFLOAT)
      return Support::no(
          detail::concat("operands are ", name_of(t.dtype), ", only f32 is implemented"));
    if (t.shape.size() > 8) return Support::no("more than eight dimensions");
    if (t.elements() == 0) return Support::no("empty operand");
    return Support::yes();
  };
  for (const auto* list : {&problem.in, &problem.out})
    for (const TensorDesc& t : *list)
      if (Support s = check(t); !s) return s;
  return Support::yes();
}

Support check_plain(const Problem& problem) {
  for (const auto* list : {&problem.in, &problem.out})
    for (const TensorDesc& t : *list)
      if (t.present && !t.plain()) return Support::no("an operand is not row-major");
  return Support::yes();
}

std::string format_name(const Desc& desc) {
  const Dims dims = desc.get_dims();
  std::string name;
  any_tag([&](dnnl_format_tag_t tag) {
    const Desc candidate = tagged(dims, tag);
    if (!candidate.get(true) || candidate != desc) return false;
    name = "onednn:" + join(dims) + ":" + dnnl_fmt_tag2str(tag);
    return true;
  });
  return name;
}

Desc find_format(const std::string& format) {
  const size_t colon = format.rfind(':');
  const Dims dims =
      format.starts_with("onednn:") && colon > 7 ? split(format.substr(7, colon - 7)) : Dims();
  if (dims.empty() || dims.size() > DNNL_MAX_NDIMS) return Desc();
  const std::string wanted = format.substr(colon + 1);
  Desc desc;
  any_tag([&](dnnl_format_tag_t tag) {
    if (wanted != dnnl_fmt_tag2str(tag)) return false;
    desc = tagged(dims, tag);
    return true;
  });
  return desc;
}

Desc parse_format(const std::string& format) {
  Desc desc = find_format(format);
  TENON_CHECK(desc.get(true), "packed weights have format '", format,
              "', wanted onednn:<dims>:<a layout that this oneDNN knows>");
  return desc;
}

std::string describe(const Problem& problem) {
  std::string text = problem.layer ? problem.layer->op : "layer";
  for (const TensorDesc& t : problem.in)
    text += " " + (t.present ? join(t.shape) : std::string("-"));
  text += " ->";
  for (const TensorDesc& t : problem.out) text += " " + join(t.shape);
  return text;
}

bool exists(const dnnl::primitive_desc_base& pd) { return pd.get(true) != nullptr; }

bool is_brgemm(const dnnl::primitive_desc_base& pd) {
  return std::string(pd.impl_info_str()).starts_with("br");
}

bool usable(const dnnl::primitive_desc_base& pd, std::string* why) {
  if (!exists(pd)) {
    *why = "oneDNN has no implementation";
    return false;
  }
  const std::string name = pd.impl_info_str();
  if (name.find("ref") == std::string::npos) return true;
  *why = "oneDNN would use its reference code (" + name + ")";
  return false;
}

}  // namespace tenon::kernels::onednn
