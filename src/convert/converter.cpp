// SPDX-License-Identifier: Apache-2.0
// Registry, layer builder, and the parts of Ctx that are not argument access (arguments.cpp).
#include "convert/converter.h"

#include <algorithm>
#include <map>

#include "convert/scalar.h"

namespace tenon::convert {
namespace {

std::map<std::string, Converter>& registry() {
  static std::map<std::string, Converter> table;
  return table;
}

}  // namespace

RegisterConverter::RegisterConverter(std::vector<const char*> ops, Converter fn) {
  for (const char* op : ops) {
    const bool fresh = registry().emplace(op, fn).second;
    TENON_ASSERT(fresh, "two converters for ", op);
  }
}

Converter find_converter(const std::string& op) {
  const auto it = registry().find(op);
  return it == registry().end() ? nullptr : it->second;
}

std::vector<std::string> converted_ops() {
  std::vector<std::string> names;
  for (const auto& [op, fn] : registry()) names.push_back(op);
  return names;
}

ir::Node* Net::layer(const std::string& op, std::vector<ir::Value*> in,
                     std::vector<std::pair<std::string, ir::Attr>> attrs) {
  ir::Node* node = net::add_layer(graph, op, std::move(in), std::move(attrs), base_name);
  node->origin = origin;
  return node;
}

ir::Value* Net::operator()(const std::string& op, std::vector<ir::Value*> in,
                           std::vector<std::pair<std::string, ir::Attr>> attrs) {
  return layer(op, std::move(in), std::move(attrs))->output(0);
}

ir::Value* Ctx::add_scalar(const std::string& key, const std::function<ir::ConstantPtr()>& make) {
  const auto it = scalars_.find(key);
  if (it != scalars_.end()) return it->second;
  ir::ConstantPtr data = make();
  require(data != nullptr, "a scalar constant ", key, " is not supported");
  return scalars_[key] = net.graph.add_constant(std::move(data), "scalar");
}

ir::Value* Ctx::scalar(double value, DataType type) {
  // Text of the bits: -0.0, 0.0 and NaNs are different constants.
  char key[64];
  std::snprintf(key, sizeof key, "%a %s", value, name_of(type));
  return add_scalar(key, [&] { return scalar_constant(value, type); });
}

ir::Value* Ctx::integer_scalar(int64_t value, DataType type) {
  return add_scalar(detail::concat(value, " ", name_of(type)),
                    [&] { return integer_constant(value, type); });
}

ir::Value* Ctx::cast(ir::Value* x, DataType to) {
  return x->type.dtype == to ? x : net("cast", {x}, {{"to", to}});
}

ir::SymDim Ctx::agree(const ir::SymDim& ours, const ir::SymDim& recorded, const char* what) const {
  if (inferred) return ours;
  require(same_everywhere(ours, recorded, net.graph.symbols), what, " would be ", ours.str(),
          ", the program says ", recorded.str());
  return recorded;
}

void Ctx::bind(const ir::Value* out, ir::Value* v) {
  if (inferred) {
    (*inferred)[out] = v->type;
    values[out] = v;
    return;
  }
  const ir::Type& want = out->type;
  require(want.kind == ir::Kind::kTensor, "result %", out->name, " is not a tensor");
  const bool same_rank = v->type.shape.size() == want.shape.size();
  require(same_rank && v->type.dtype == want.dtype, "the result would be ", ir::str(v->type),
          ", the program says ", ir::str(want));
  if (v->type.shape != want.shape) {
    for (size_t i = 0; i < want.shape.size(); ++i)
      require(same_everywhere(v->type.shape[i], want.shape[i], net.graph.symbols),
              "the result would be ", ir::str(v->type), ", the program says ", ir::str(want));
    // One spelling per size from here on: later layers compare sizes by their canonical form. A
    // slice of everything renames the sizes; a reshape would insist on equal expressions.
    const ir::SymShape start(want.shape.size(), ir::SymDim(0));
    v = net("slice", {v}, {{"start", start}, {"size", want.shape}});
  }
  values[out] = v;
}

void Ctx::bind_all(const ir::Node& n, const std::vector<ir::Value*>& results) {
  const size_t count = std::min(results.size(), n.outputs().size());
  for (size_t i = 0; i < count; ++i)
    if (results[i]) bind(n.output(i), results[i]);
}

namespace {

constexpr ir::SymRange kUnknownRange{1, 8, 64};

ir::SymRange range_of(const std::string& symbol, const ir::SymRanges& ranges) {
  const auto it = ranges.find(symbol);
  return it == ranges.end() ? kUnknownRange : it->second;
}

/// A fixed sequence, so that a build answers the same every time.
uint64_t next_random(uint64_t& state) {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return state >> 33;
}

}  // namespace

bool same_everywhere(const ir::SymDim& a, const ir::SymDim& b, const ir::SymRanges& ranges) {
  if (a == b) return true;
  if (a.is_const() && b.is_const()) return false;
  std::set<std::string> symbols;
  a.collect_symbols(symbols);
  b.collect_symbols(symbols);
  const auto equal_at = [&](const std::function<int64_t(const ir::SymRange&)>& pick) {
    ir::SymEnv env;
    for (const std::string& s : symbols) env[s] = pick(range_of(s, ranges));
    return a.eval(env) == b.eval(env);
  };
  uint64_t state = 1;
  const auto random_point = [&](const ir::SymRange& r) {
    const uint64_t span = static_cast<uint64_t>(std::max<int64_t>(r.max - r.min, 0)) + 1;
    return r.min + static_cast<int64_t>(next_random(state) % span);
  };
  for (int i = 0; i < 32; ++i)
    if (!equal_at(random_point)) return false;
  return equal_at([](const ir::SymRange& r) { return r.min; }) &&
         equal_at([](const ir::SymRange& r) { return r.opt; }) &&
         equal_at([](const ir::SymRange& r) { return r.max; });
}

}  // namespace tenon::convert
