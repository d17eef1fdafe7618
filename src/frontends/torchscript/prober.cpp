// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/prober.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <c10/util/Exception.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>

#include "base/error.h"
#include "frontends/torchscript/types.h"

namespace tenon::torchscript {
namespace {

namespace jit = torch::jit;

constexpr size_t kOpt = 1, kSkewed = 3;  // points: min, opt, max, skewed ones

std::vector<ir::SymEnv> make_points(const ir::SymRanges& ranges) {
  if (ranges.empty()) return {ir::SymEnv{}};
  std::vector<ir::SymEnv> points(7);
  int64_t index = 0;
  for (const auto& [name, r] : ranges) {
    const int64_t span = r.max - r.min;
    points[0][name] = r.min;
    points[1][name] = r.opt;
    points[2][name] = r.max;
    points[3][name] = index % 2 ? r.max : r.min;
    points[4][name] = index % 2 ? r.min : r.max;
    points[5][name] = r.min + (span * (index * 5 + 2)) / 7 % (span + 1);
    points[6][name] = r.min + (span * (index * 3 + 4) + 3) / 7 % (span + 1);
    ++index;
  }
  return points;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

bool has_tag(const jit::Node* node, at::Tag tag) {
  const auto* schema = node->maybeSchema();
  if (!schema) return false;
  const auto op = c10::Dispatcher::singleton().findSchema(schema->operator_name());
  return op && op->hasTag(tag);
}

bool is_mask(const c10::IValue& v) {
  const Leaf* leaf = leaf_of(v);
  if (leaf && leaf->value)
    return leaf->value->type.kind != ir::Kind::kTensor ||
           leaf->value->type.dtype == DataType::kBOOL ||
           leaf->value->type.dtype == DataType::kUINT8;
  if (v.isTensor() && v.toTensor().defined())
    return v.toTensor().scalar_type() == at::kBool || v.toTensor().scalar_type() == at::kByte;
  if (!v.isList()) return false;
  const auto list = v.toListRef();
  return std::any_of(list.begin(), list.end(), is_mask);
}

/// Ops whose result's size depends on values; of indexing that is true only with masks.
bool sizes_depend_on_values(const jit::Node* node, const std::vector<c10::IValue>& arguments) {
  if (!has_tag(node, at::Tag::dynamic_output_shape)) return false;
  if (node->kind() != c10::Symbol::fromQualString("aten::index")) return true;
  return arguments.size() < 2 || is_mask(arguments[1]);
}

/// An expression inside a Node cannot be run with other shapes at an unknown value.
bool has_opaque(const std::vector<c10::IValue>& arguments) {
  bool found = false;
  for (const c10::IValue& v : arguments)
    visit_leaves(v, [&](const Leaf& leaf) {
      found =
          found || leaf.uninitialized || (leaf.value && leaf.value->type.kind != ir::Kind::kTensor);
    });
  return found;
}

std::string describe(const std::exception& e) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&e);
  return first_line(torch_error ? torch_error->what_without_backtrace() : e.what());
}

/// Values on both sides of 0, the same in every build; integers are small and not negative.
at::Tensor scattered(const std::vector<int64_t>& sizes, const at::TensorOptions& options) {
  int64_t count = 1;
  for (int64_t n : sizes) count *= n;
  const at::Tensor numbers = at::arange(count, at::TensorOptions(at::kLong)).mul(7919);
  const auto type = c10::typeMetaToScalarType(options.dtype());
  const at::Tensor values =
      at::isFloatingType(type) ? numbers.remainder(201).sub(100).div(7) : numbers.remainder(3);
  return values.to(options).reshape(sizes);
}

std::vector<std::vector<int64_t>> sizes_of(const std::vector<c10::IValue>& results) {
  std::vector<std::vector<int64_t>> sizes;
  for (const c10::IValue& v : results) {
    if (v.isTensor() && v.toTensor().defined()) sizes.push_back(v.toTensor().sizes().vec());
    if (v.isTensorList())
      for (const at::Tensor& t : v.toTensorVector()) sizes.push_back(t.sizes().vec());
  }
  return sizes;
}

}  // namespace

void run_op(jit::Node* node, jit::Stack& stack) {
  const auto* schema = node->maybeSchema();
  if (schema && schema->is_vararg()) stack.emplace_back(static_cast<int64_t>(stack.size()));
  node->getOperation()(stack);
}

Prober::Prober(ir::SymRanges& ranges, c10::Device device)
    : ranges_(ranges), device_(device), points_(make_points(ranges)) {}

c10::IValue Prober::stand_in(const c10::IValue& v, const ir::SymEnv& env, c10::Device device,
                             int fill) const {
  return transform(v, [&](const c10::IValue& e) -> c10::IValue {
    const Leaf* leaf = leaf_of(e);
    if (!leaf) {  // a constant tensor; numbers in 0-d tensors may be needed
      const at::Tensor& t = e.toTensor();
      return device.is_meta() && t.defined() && t.dim() > 0 ? t.to(device) : t;
    }
    if (leaf->is_size()) return leaf->size.eval(env);
    if (leaf->as_tensor) return at::full({}, leaf->size.eval(env), at::TensorOptions(at::kLong));
    const ir::Type& type = leaf->value->type;
    const auto sizes = ir::eval(type.shape, env);
    const auto options = at::TensorOptions(scalar_type(type.dtype)).device(device);
    if (device.is_meta()) return at::empty(sizes, options);
    return fill < 2 ? at::full(sizes, fill, options) : scattered(sizes, options);
  });
}

Prober::Run Prober::run(jit::Node* node, const std::vector<c10::IValue>& arguments,
                        const ir::SymEnv& env, c10::Device device, int fill) const {
  at::NoGradGuard no_grad;
  try {
    jit::Stack stack;
    for (const c10::IValue& v : arguments) stack.push_back(stand_in(v, env, device, fill));
    run_op(node, stack);
    return {std::move(stack), ""};
  } catch (const std::exception& e) {
    return {std::nullopt, describe(e)};
  }
}

std::vector<Prober::Run> Prober::run_all(jit::Node* node, const std::vector<c10::IValue>& arguments,
                                         c10::Device device) const {
  std::vector<Run> runs;
  for (const ir::SymEnv& env : points_) {
    runs.push_back(run(node, arguments, env, device, 0));
    if (runs.size() == 1 && !runs[0].results) break;
  }
  return runs;
}

void Prober::unify_if_that_helps(jit::Node* node, const std::vector<c10::IValue>& arguments,
                                 c10::Device device, size_t failed) const {
  std::set<std::string> symbols;
  for (const c10::IValue& v : arguments)
    visit_leaves(v, [&](const Leaf& leaf) {
      leaf.size.collect_symbols(symbols);
      if (leaf.value)
        for (const ir::SymDim& d : leaf.value->type.shape) d.collect_symbols(symbols);
    });
  for (const std::string& a : symbols)
    for (const std::string& b : symbols) {
      if (!(a < b) || !(ranges_.at(a) == ranges_.at(b))) continue;
      ir::SymEnv env = points_[failed];
      env[b] = env[a];
      if (run(node, arguments, env, device, 0).results) throw Unify{a, b};
    }
}

bool Prober::depends_on_values(jit::Node* node, const std::vector<c10::IValue>& arguments,
                               const Results& at_opt) const {
  const ir::SymEnv& env = points_[points_.size() > kOpt ? kOpt : 0];
  for (int fill : {1, 2}) {
    const Run other = run(node, arguments, env, device_, fill);
    if (other.results && sizes_of(*other.results) != sizes_of(at_opt)) return true;
  }
  return false;
}

Observation Prober::observe(jit::Node* node, const std::vector<c10::IValue>& arguments) {
  Observation none;
  if (has_opaque(arguments)) {
    none.reason = "an argument is only known at run time";
    return none;
  }
  if (sizes_depend_on_values(node, arguments)) {
    none.reason = "the size of its result depends on values";
    return none;
  }
  const auto failure = [](const std::vector<Run>& runs) {
    return static_cast<size_t>(
        std::find_if(runs.begin(), runs.end(), [](const Run& r) { return !r.results; }) -
        runs.begin());
  };
  c10::Device device(c10::kMeta);
  std::vector<Run> runs = run_all(node, arguments, device);
  if (failure(runs) == 0) {
    device = device_;
    runs = run_all(node, arguments, device);
    // What fails on the meta device, on zeros and on ones, fails for its shapes and types.
    if (!runs[0].results && node->kind().is_aten()) {
      const Run on_ones = run(node, arguments, points_[0], device, 1);
      TENON_CHECK(on_ones.error != runs[0].error, "torch refuses it: ", runs[0].error);
    }
    const size_t opt = std::min(kOpt, runs.size() - 1);
    if (runs[opt].results && depends_on_values(node, arguments, *runs[opt].results)) {
      none.reason = "the size of its result depends on values";
      return none;
    }
  }
  const size_t failed = failure(runs);
  if (failed < runs.size()) {
    if (failed >= kSkewed) unify_if_that_helps(node, arguments, device, failed);
    none.reason = "it fails at sizes within the range: " + runs[failed].error;
    if (failed == 0) none.reason = "its result is not known: " + runs[0].error;
    return none;
  }
  return collect(runs);
}

Observation Prober::collect(const std::vector<Run>& runs) const {
  Observation out;
  const Results& first = *runs[0].results;
  for (size_t i = 0; i < first.size(); ++i) {
    const bool list = first[i].isTensorList();
    out.is_list.push_back(list);
    out.undefined.push_back(first[i].isTensor() && !first[i].toTensor().defined());
    out.results.emplace_back();
    if (!list && !(first[i].isTensor() && first[i].toTensor().defined())) continue;
    std::vector<Observed> tensors;
    bool same = true;
    for (const Run& run : runs) {
      const c10::IValue& v = (*run.results)[i];
      const auto all = list ? v.toTensorVector() : std::vector<at::Tensor>{v.toTensor()};
      if (tensors.empty()) tensors.resize(all.size());
      same = same && tensors.size() == all.size();
      for (size_t k = 0; same && k < all.size(); ++k) {
        Observed& o = tensors[k];
        o.dtype = all[k].scalar_type();
        o.strided = all[k].layout() == at::kStrided && !all[k].is_quantized();
        same = o.sizes.empty() || o.sizes[0].size() == all[k].sizes().size();
        o.sizes.push_back(all[k].sizes().vec());
      }
    }
    if (same) out.results.back() = std::move(tensors);
  }
  return out;
}

bool Prober::agrees(const ir::SymDim& size, const std::vector<int64_t>& seen) const {
  for (size_t p = 0; p < points_.size(); ++p)
    if (size.eval(points_[p]) != seen[p]) return false;
  return true;
}

ir::SymDim Prober::spell(const std::vector<int64_t>& seen, std::string* fresh) {
  if (std::adjacent_find(seen.begin(), seen.end(), std::not_equal_to<>()) == seen.end())
    return seen[0];
  for (const auto& [name, range] : ranges_)
    if (agrees(ir::SymDim::symbol(name), seen)) return ir::SymDim::symbol(name);
  for (const auto& [name, range] : ranges_) {  // a*s + b through min and max
    const int64_t run = points_[2].at(name) - points_[0].at(name), rise = seen[2] - seen[0];
    if (run == 0 || rise % run) continue;
    const ir::SymDim line = ir::SymDim::symbol(name) * ir::SymDim(rise / run) +
                            ir::SymDim(seen[0] - rise / run * points_[0].at(name));
    if (agrees(line, seen)) return line;
  }
  const auto [lo, hi] = std::minmax_element(seen.begin(), seen.end());
  do *fresh = "u" + std::to_string(fresh_++);
  while (ranges_.count(*fresh));
  ranges_[*fresh] = {*lo, seen[kOpt], *hi};
  for (size_t p = 0; p < points_.size(); ++p) points_[p][*fresh] = seen[p];
  return ir::SymDim::symbol(*fresh);
}

}  // namespace tenon::torchscript
