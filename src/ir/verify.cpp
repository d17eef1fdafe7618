// SPDX-License-Identifier: Apache-2.0
#include <unordered_set>

#include "ir/pass.h"

namespace tenon::ir {
namespace {

template <typename... Parts>
void require(bool holds, const Parts&... parts) {
  if (!holds) throw Error(detail::concat("invalid graph: ", parts...));
}

class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph) {}

  void run() {
    for (const auto& [name, r] : graph_.symbols) {
      require(0 <= r.min && r.min <= r.opt && r.opt <= r.max, "symbol ", name, " has the range [",
              r.min, ", ", r.opt, ", ", r.max, "], wanted 0 <= min <= opt <= max");
    }
    for (size_t i = 0; i < graph_.inputs().size(); ++i) {
      const Value& v = *graph_.inputs()[i];
      require(!v.producer() && v.index() == static_cast<int>(i), "input %", v.name,
              " does not know its place");
      define(v);
    }
    for (const auto& node : graph_.nodes()) check_node(*node);
    check_outputs();
  }

 private:
  void define(const Value& v) {
    require(!v.name.empty(), "a value has no name");
    require(names_.insert(v.name).second, "two values are named %", v.name);
    defined_.insert(&v);
    for (const SymDim& d : v.type.shape) {
      check_symbols(d, [&] { return "the shape of %" + v.name; });
    }
    check_symbols(v.type.size, [&] { return "the size of %" + v.name; });
  }

  template <typename Where>
  void check_symbols(const SymDim& d, Where where) {
    if (d.is_const()) return;
    std::set<std::string> used;
    d.collect_symbols(used);
    for (const std::string& s : used) {
      require(graph_.symbols.count(s), where(), " uses the unknown symbol ", s);
    }
  }

  void check_node(const Node& node) {
    require(!node.op.empty(), "a node has no op");
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Value* v = node.inputs[i];
      // The name of a value that is not defined must not be read: it may be gone.
      require(!v || defined_.count(v), "input ", i, " of ", describe(node),
              " is not defined before it");
    }
    std::unordered_set<std::string> seen;
    for (const auto& [name, value] : node.attrs) {
      require(seen.insert(name).second, describe(node), " has two attributes '", name, "'");
      check_attr(node, name, value);
    }
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      const Value& v = *node.output(i);
      require(v.producer() == &node && v.index() == static_cast<int>(i), "output %", v.name, " of ",
              describe(node), " does not know its place");
      define(v);
    }
    if (node.is_constant()) check_constant(node);
  }

  void check_ref(const Node& node, const std::string& name, Ref ref) {
    require(ref.input >= -1 && ref.input < static_cast<int>(node.inputs.size()), describe(node),
            ": attribute '", name, "' refers to input ", ref.input, " of ", node.inputs.size());
  }

  void check_attr(const Node& node, const std::string& name, const Attr& value) {
    auto where = [&] { return "attribute '" + name + "' of " + describe(node); };
    if (auto* ref = std::get_if<Ref>(&value)) check_ref(node, name, *ref);
    if (auto* refs = std::get_if<std::vector<Ref>>(&value)) {
      for (Ref ref : *refs) check_ref(node, name, ref);
    }
    if (auto* size = std::get_if<SymDim>(&value)) check_symbols(*size, where);
    if (auto* sizes = std::get_if<std::vector<SymDim>>(&value)) {
      for (const SymDim& d : *sizes) check_symbols(d, where);
    }
    if (auto* c = std::get_if<ConstantPtr>(&value)) require(*c != nullptr, where(), " is null");
  }

  void check_constant(const Node& node) {
    require(node.inputs.empty() && node.outputs().size() == 1, describe(node),
            " wants no input and one output");
    const Attr* attr = node.find("data");
    require(attr && std::holds_alternative<ConstantPtr>(*attr), describe(node), " has no data");
    const Constant& c = *std::get<ConstantPtr>(*attr);
    const Type& type = node.output()->type;
    require(type.kind == Kind::kTensor && type.dtype == c.dtype, describe(node), " is declared as ",
            str(type), " but holds ", name_of(c.dtype));
    // A kernel's private packing may have any shape and size.
    if (!c.format.empty()) return;
    const SymShape shape(c.shape.begin(), c.shape.end());
    require(type.shape == shape, describe(node), " is declared as ", str(type),
            " but its data has the shape ", str(shape));
    const size_t width = size_of(c.dtype);
    if (!c.has_data() || width == 0) return;
    require(volume(shape) * SymDim(static_cast<int64_t>(width)) ==
                SymDim(static_cast<int64_t>(c.bytes)),
            describe(node), " of type ", str(type), " has ", c.bytes, " bytes of data");
  }

  void check_outputs() {
    const size_t count = graph_.outputs.size(), names = graph_.output_names.size();
    require(names == 0 || names == count, names, " output names for ", count, " outputs");
    for (size_t i = 0; i < count; ++i) {
      require(graph_.outputs[i], "output ", i, " is null");
      require(defined_.count(graph_.outputs[i]), "output ", i, " is not a value of this graph");
    }
  }

  const Graph& graph_;
  std::unordered_set<const Value*> defined_;
  std::unordered_set<std::string> names_;
};

}  // namespace

void verify(const Graph& graph) { Verifier(graph).run(); }

}  // namespace tenon::ir
