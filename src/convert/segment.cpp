// SPDX-License-Identifier: Apache-2.0
// supports() and convert_segment(): both run converters on a net graph; the first on a graph made
// for one node, with typed inputs and constants without data (a user's converter is not run there).
#include <algorithm>
#include <set>
#include <unordered_set>

#include "convert/user_converter.h"

namespace tenon::convert {
namespace {

/// Sizes (kSize) are fine: their expressions stand in the attributes.
void check_operand(const ir::Value& v) {
  if (v.type.kind != ir::Kind::kOther) return;
  throw No{detail::concat("operand %", v.name, " is not a tensor of a supported dtype")};
}

/// "cuda:0" and "cuda" are one device here: an engine's tensors are where its inputs are.
void check_device(const ir::Node& n, const std::string& engine) {
  const ir::Attr* a = n.find("device");
  const auto* device = a ? std::get_if<std::string>(a) : nullptr;
  if (!device || engine.empty() || device->substr(0, device->find(':')) == engine) return;
  throw No{"the result is on device " + *device + ", the engine runs on " + engine};
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

ir::ConstantPtr without_data(const ir::Constant& c) {
  auto probe = std::make_shared<ir::Constant>(c);
  probe->data = nullptr;
  probe->fill = nullptr;
  return probe;
}

void enter_constant(Ctx& c, const ir::Value* v) {
  const ir::ConstantPtr data = ir::constant_of(v);
  c.values[v] = c.net.graph.add_constant(c.probing() ? without_data(*data) : data, v->name);
}

/// Asks about the layers between the node's operands and its results.
void check_user_layers(Ctx& c, const ir::Node& n) {
  std::unordered_set<const ir::Value*> seen;
  for (const ir::Value* v : n.inputs)
    if (const auto it = c.values.find(v); it != c.values.end()) seen.insert(it->second);
  std::vector<const ir::Value*> open;
  for (const auto& v : n.outputs())
    if (const auto it = c.values.find(v.get()); it != c.values.end()) open.push_back(it->second);
  while (!open.empty()) {
    const ir::Value* v = open.back();
    open.pop_back();
    if (!v || !v->producer() || !seen.insert(v).second) continue;
    const Support answer = c.user_layers(*v->producer(), c.net.graph.symbols);
    c.require(static_cast<bool>(answer), answer.reason());
    open.insert(open.end(), v->producer()->inputs.begin(), v->producer()->inputs.end());
  }
}

void run_user_converter(Ctx& c, const ir::Node& n, const UserConverter& converter) {
  try {
    converter.convert(c, n);
  } catch (const No&) {
    throw;
  } catch (const std::exception& e) {
    throw Error("the converter of " + converter.origin + " failed: " + e.what());
  }
  // A result that is not bound is an error only where something uses it (Ctx::resolve).
  const bool any = std::any_of(n.outputs().begin(), n.outputs().end(),
                               [&](const auto& v) { return c.values.count(v.get()) > 0; });
  c.require(any, "the converter of ", converter.origin, " returned no result");
  if (c.user_layers) check_user_layers(c, n);
}

/// `user`: find_user_converter(n), which comes first.
void run_converter(Ctx& c, const ir::Node& n, const UserConverter* user) {
  const Converter converter = user ? nullptr : find_converter(n.op);
  if (!user && !converter) throw No{"no converter for " + n.op};
  for (const ir::Value* v : n.inputs) {
    if (!v) continue;
    check_operand(*v);
    if (!c.values.count(v) && ir::constant_of(v)) enter_constant(c, v);
  }
  c.net.origin = n.origin;
  c.net.base_name = n.outputs().empty() ? "unnamed" : n.output(0)->name;
  if (user) return run_user_converter(c, n, *user);
  converter(c, n);
}

void convert_node(Ctx& c, const ir::Node& n) {
  with_frame([&] { return "while converting " + ir::describe(n); },
             [&] {
               try {
                 run_converter(c, n, find_user_converter(n).get());
               } catch (const No& no) {
                 throw Error(no.reason);
               }
             });
}

/// An engine's output is a tensor of its own: not an input, a constant, or another output.
ir::Value* own_output(Ctx& c, ir::Value* v, std::unordered_set<ir::Value*>& taken) {
  const bool direct = !v->producer() || v->producer()->is_constant();
  if (direct || taken.count(v)) v = c.net("identity", {v});
  taken.insert(v);
  return v;
}

void collect(const ir::SymShape& shape, std::set<std::string>& out) {
  for (const ir::SymDim& d : shape) d.collect_symbols(out);
}

/// Only symbols in use: an engine must find the value of each in its inputs' shapes.
void keep_used_symbols(ir::Graph& g) {
  std::set<std::string> used;
  for (const auto& v : g.inputs()) collect(v->type.shape, used);
  for (const auto& n : g.nodes()) {
    for (const auto& v : n->outputs()) collect(v->type.shape, used);
    for (const auto& [name, attr] : n->attrs)
      if (const auto* sizes = std::get_if<std::vector<ir::SymDim>>(&attr)) collect(*sizes, used);
  }
  std::erase_if(g.symbols, [&](const auto& s) { return !used.count(s.first); });
}

}  // namespace

namespace {

/// The node's operands as inputs of a probe.
void probe_operands(Ctx& c, const ir::Node& node) {
  for (const ir::Value* v : node.inputs) {
    if (!v || c.values.count(v) || ir::constant_of(v)) continue;
    check_operand(*v);
    if (v->type.kind == ir::Kind::kTensor) c.values[v] = c.net.graph.add_input(v->name, v->type);
  }
}

}  // namespace

namespace {

/// A size that equals the hint over the whole range is spelled as it: max(0, s0) as s0.
void prefer_spelling(const ir::SymShape& hint, ir::SymShape& shape, const ir::SymRanges& ranges) {
  for (size_t i = 0; i < shape.size() && hint.size() == shape.size(); ++i)
    if (same_everywhere(shape[i], hint[i], ranges)) shape[i] = hint[i];
}

}  // namespace

std::optional<std::vector<ir::Type>> infer_types(const ir::Node& node,
                                                 const ir::SymRanges& ranges) {
  ir::Graph probe;
  probe.symbols = ranges;
  Ctx c(probe, true);
  std::unordered_map<const ir::Value*, ir::Type> found;
  c.inferred = &found;
  try {
    // A user's converter may want to read weights, which a probe has not.
    if (find_user_converter(node)) return std::nullopt;
    probe_operands(c, node);
    run_converter(c, node, nullptr);
  } catch (const No&) {
    return std::nullopt;
  } catch (const Error&) {  // an answer too: supports() gives the reason to the report
    return std::nullopt;
  }
  std::vector<ir::Type> types;
  for (const auto& out : node.outputs()) {
    types.emplace_back().kind = ir::Kind::kOther;
    const auto it = found.find(out.get());
    if (it == found.end()) continue;
    types.back() = it->second;
    prefer_spelling(out->type.shape, types.back().shape, ranges);
  }
  return types;
}

Support supports(const ir::Node& node, const ir::SymRanges* ranges, const std::string& device,
                 const LayerCheck& check) {
  ir::Graph probe;
  if (ranges) probe.symbols = *ranges;
  Ctx c(probe, true);
  std::string refusals;
  try {
    check_device(node, device);
    probe_operands(c, node);
    if (find_user_converter(node, &refusals)) return Support::yes();
    run_converter(c, node, nullptr);
    if (check) return check(probe);
  } catch (const No& no) {
    return Support::no(refusals.empty() ? no.reason : refusals + "; " + no.reason);
  } catch (const Error& e) {
    return Support::no(first_line(e.what()));  // the frames name the probe's layers
  }
  return Support::yes();
}

ir::Graph convert_segment(const ir::Graph& aten, const std::vector<const ir::Node*>& nodes,
                          const std::vector<const ir::Value*>& inputs,
                          const std::vector<const ir::Value*>& outputs, const ir::Node** failed,
                          const Options* options, const NodeCheck& user_layers) {
  ir::Graph g;
  g.symbols = aten.symbols;
  Ctx c(g, false);
  c.options = options;
  c.user_layers = user_layers;
  for (const ir::Value* v : inputs) c.values[v] = g.add_input(v->name, v->type);
  for (const ir::Node* n : nodes) {
    if (failed) *failed = n;
    convert_node(c, *n);
  }
  std::unordered_set<ir::Value*> taken;
  for (const ir::Value* v : outputs) {
    if (failed) *failed = v->producer();
    if (!c.values.count(v) && ir::constant_of(v)) enter_constant(c, v);
    const auto it = c.values.find(v);
    TENON_CHECK(it != c.values.end(), "output %", v->name, " is a result that ",
                v->producer() ? v->producer()->op : "the program", " does not give in an engine");
    c.net.base_name = v->name;
    c.net.origin = v->producer() ? v->producer()->origin : ir::Origin{};
    g.outputs.push_back(own_output(c, it->second, taken));
    g.output_names.push_back(v->name);
  }
  if (failed) *failed = nullptr;
  g.remove_dead();
  keep_used_symbols(g);
  return g;
}

}  // namespace tenon::convert
