// SPDX-License-Identifier: Apache-2.0
#include "engine/run/sizes.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/error.h"
#include "net/layer.h"

namespace tenon::engine {
namespace {

using ir::SymDim;
using ir::SymEnv;

std::string place(const ir::Value& input, size_t dim) {
  return detail::concat("input '", input.name, "' dimension ", dim);
}

void bind_symbol(const ir::Graph& graph, const std::string& symbol, int64_t value,
                 const std::string& where, SymEnv& env) {
  auto [it, fresh] = env.try_emplace(symbol, value);
  TENON_CHECK(fresh || it->second == value, where, " is ", value, ", wanted ", it->second,
              ", as the size '", symbol, "' is elsewhere in the inputs");
  auto range = graph.symbols.find(symbol);
  if (!fresh || range == graph.symbols.end()) return;
  TENON_CHECK(value >= range->second.min && value <= range->second.max, where, " is ", value,
              ", wanted ", range->second.min, "..", range->second.max);
}

/// expr == a*s + b with one symbol s whose value is not known yet.
struct Affine {
  std::string symbol;
  int64_t a, b;
};

std::optional<Affine> as_affine(const SymDim& expr, const SymEnv& env) {
  std::map<std::string, SymDim> known;
  for (const auto& [name, value] : env) known.emplace(name, value);
  const SymDim rest = expr.substitute(known);
  std::set<std::string> symbols;
  rest.collect_symbols(symbols);
  if (symbols.size() != 1) return std::nullopt;
  const std::string& s = *symbols.begin();
  const SymDim b = rest.substitute({{s, SymDim(0)}}), a = rest.substitute({{s, SymDim(1)}}) - b;
  if (!a.is_const() || !b.is_const() || a == SymDim(0)) return std::nullopt;
  if (rest != a * SymDim::symbol(s) + b) return std::nullopt;
  return Affine{s, a.value(), b.value()};
}

/// If the symbols known so far leave expr == a*s + b: binds s. Returns false if it has another
/// form.
bool bind_affine(const ir::Graph& graph, const SymDim& expr, int64_t value,
                 const std::string& where, SymEnv& env) {
  const std::optional<Affine> form = as_affine(expr, env);
  if (!form) return false;
  const auto [symbol, a, b] = *form;
  int64_t rest = 0;
  bool fits = !__builtin_sub_overflow(value, b, &rest) && !(a == -1 && rest == INT64_MIN);
  TENON_CHECK(fits && rest % a == 0, where, " is ", value, ", which does not fit ", expr.str());
  const int64_t s = rest / a;
  auto range = graph.symbols.find(symbol);
  if (range != graph.symbols.end() && (s < range->second.min || s > range->second.max)) {
    const SymDim line = SymDim::symbol(symbol) * a + b;
    const auto bounds = line.bounds({{symbol, range->second}});
    throw Error(detail::concat(where, " is ", value, ", wanted ", bounds.lo, "..", bounds.hi, " (",
                               expr.str(), ")"));
  }
  env.emplace(symbol, s);
  return true;
}

}  // namespace

SymEnv bind_sizes(const ir::Graph& graph, const std::vector<int64_t>& flat) {
  struct Pending {
    const ir::Value* input;
    size_t dim;
    int64_t value;
  };
  SymEnv env;
  std::vector<Pending> pending;
  size_t k = 0;
  for (const auto& input : graph.inputs()) {
    for (size_t d = 0; d < input->type.shape.size(); ++d) {
      int64_t value = flat.at(k++);
      const SymDim& want = input->type.shape[d];
      std::string symbol = want.as_symbol();
      if (!symbol.empty()) {
        bind_symbol(graph, symbol, value, place(*input, d), env);
      } else if (want.is_const()) {
        TENON_CHECK(value == want.value(), place(*input, d), " is ", value, ", wanted ",
                    want.value());
      } else {
        pending.push_back({input.get(), d, value});
      }
    }
  }
  // A symbol found may leave only one unknown in another size.
  for (bool more = true; more;) {
    more = false;
    for (const Pending& p : pending)
      more |= bind_affine(graph, p.input->type.shape[p.dim], p.value, place(*p.input, p.dim), env);
  }
  for (const Pending& p : pending) {
    const SymDim& want = p.input->type.shape[p.dim];
    int64_t value = want.eval(env);
    TENON_CHECK(value == p.value, place(*p.input, p.dim), " is ", p.value, ", wanted ", value, " (",
                want.str(), ")");
  }
  return env;
}

SymEnv opt_sizes(const ir::Graph& graph) {
  SymEnv env;
  for (const auto& [name, range] : graph.symbols) env[name] = range.opt;
  return env;
}

void check_sizes_known(const ir::Graph& graph) {
  std::vector<int64_t> flat;
  SymEnv opt = opt_sizes(graph);
  for (const auto& input : graph.inputs())
    for (const SymDim& d : input->type.shape) flat.push_back(d.eval(opt));
  SymEnv env = bind_sizes(graph, flat);
  auto check = [&](const SymDim& d, const std::string& what) {
    std::set<std::string> symbols;
    d.collect_symbols(symbols);
    for (const std::string& s : symbols)
      TENON_CHECK(env.count(s), "the size '", s, "' of ", what,
                  " cannot be read off the engine's inputs");
  };
  for (const auto& node : graph.nodes()) {
    for (const auto& out : node->outputs())
      for (const SymDim& d : out->type.shape) check(d, "%" + out->name);
    for (const auto& [name, attr] : node->attrs)
      if (auto* sizes = std::get_if<std::vector<SymDim>>(&attr))
        for (const SymDim& d : *sizes) check(d, ir::describe(*node));
  }
}

namespace {

/// More than any machine has; sums of these do not overflow.
constexpr int64_t kMaxTensorBytes = int64_t{1} << 46;

}  // namespace

std::vector<int64_t> sizes_of(const ir::Value& v, const SymEnv& env) {
  std::vector<int64_t> shape = ir::eval(v.type.shape, env);
  int64_t bytes = std::max<int64_t>(1, static_cast<int64_t>(size_of(v.type.dtype)));
  for (size_t d = 0; d < shape.size(); ++d) {
    TENON_CHECK(shape[d] >= 0, "%", v.name, " ", str(v.type), " would have size ", shape[d],
                " in dimension ", d, " at these input sizes");
    // Zero sizes are left out, so that strides, too, are in range.
    const bool fits = !__builtin_mul_overflow(bytes, std::max<int64_t>(shape[d], 1), &bytes);
    TENON_CHECK(fits && bytes <= kMaxTensorBytes, "%", v.name, " ", str(v.type),
                " would be too large: more than ", kMaxTensorBytes, " bytes");
  }
  return shape;
}

namespace {

kernels::TensorDesc make_desc(const ir::Value* v, const SymEnv& env) {
  kernels::TensorDesc desc;
  if (!v) {
    desc.present = false;
    return desc;
  }
  desc.dtype = v->type.dtype;
  desc.shape = sizes_of(*v, env);
  desc.layout = v->layout;
  if (ir::ConstantPtr c = ir::constant_of(v)) {
    desc.is_constant = true;
    desc.data = c->data.get();
    desc.constant_bytes = c->bytes;
    desc.format = c->format;
  }
  return desc;
}
}  // namespace

void check_concrete(const ir::Node& node, const SymEnv& env) {
  const auto concrete = [&](const ir::SymShape& shape) {
    const std::vector<int64_t> sizes = ir::eval(shape, env);
    return ir::SymShape(sizes.begin(), sizes.end());
  };
  ir::Node twin;
  twin.op = node.op;
  std::vector<std::unique_ptr<ir::Value>> inputs;
  for (const ir::Value* in : node.inputs) {
    inputs.push_back(in ? std::make_unique<ir::Value>() : nullptr);
    twin.inputs.push_back(inputs.back().get());
    if (!in) continue;
    inputs.back()->name = in->name;
    inputs.back()->type = in->type;
    inputs.back()->type.shape = concrete(in->type.shape);
  }
  for (const auto& [name, attr] : node.attrs) {
    auto* sizes = std::get_if<ir::SymShape>(&attr);
    twin.attrs.emplace_back(name, sizes ? ir::Attr(concrete(*sizes)) : attr);
  }
  const std::vector<ir::Type> types = net::infer(twin);
  for (size_t i = 0; i < types.size(); ++i)
    TENON_CHECK(types[i].shape == concrete(node.output(i)->type.shape), "%", node.output(i)->name,
                " ", str(node.output(i)->type), " would be ", str(types[i]),
                " at these input sizes");
}

kernels::Problem make_problem(const ir::Node& node, const SymEnv& env, int threads,
                              const kernels::DeviceTarget* target) {
  kernels::Problem p;
  p.layer = &node;
  p.sizes = env;
  p.threads = threads;
  p.target = target;
  p.tactic = node.get_or<std::string>("tactic", "");
  for (const ir::Value* in : node.inputs) p.in.push_back(make_desc(in, env));
  for (const auto& out : node.outputs()) p.out.push_back(make_desc(out.get(), env));
  return p;
}

}  // namespace tenon::engine
