// SPDX-License-Identifier: Apache-2.0
#include "ir/text.h"

#include <unordered_map>

#include "ir/text_attr.h"

namespace tenon::ir {
namespace {

std::string origin_text(const Origin& origin) {
  std::string text;
  for (const std::string* field : {&origin.node, &origin.op, &origin.module, &origin.location}) {
    if (field != &origin.node) text += "|";
    for (char c : *field) {
      if (c == '\n' || c == '\r') {
        text += c == '\n' ? "\\n" : "\\r";
      } else {
        if (c == '|' || c == '\\') text += '\\';
        text += c;
      }
    }
  }
  return text == "|||" ? "" : text;
}

class Printer {
 public:
  explicit Printer(const PrintOptions& options) : options_(options) {
    if (!options.constants) return;
    for (const ConstantPtr& c : *options.constants) numbers_.emplace(c.get(), numbers_.size());
  }

  std::string print(const Graph& graph) {
    out_ = "graph {\n";
    for (const auto& [name, r] : graph.symbols) {
      out_ += detail::concat("  symbol ", name, " [", r.min, ", ", r.opt, ", ", r.max, "]\n");
    }
    for (const auto& in : graph.inputs()) out_ += "  input " + declaration(*in) + "\n";
    for (const auto& node : graph.nodes()) print_node(*node);
    print_return(graph);
    return std::move(out_) + "}\n";
  }

 private:
  static std::string use(const Value* v) { return v ? "%" + name_text(v->name) : "_"; }

  static std::string declaration(const Value& v) {
    return use(&v) + " : " + str(v.type) +
           (v.layout == Layout::kChannelsLast ? " channels_last" : "");
  }

  void print_node(const Node& node) {
    out_ += "  ";
    for (const auto& v : node.outputs()) out_ += (v->index() ? ", " : "") + declaration(*v);
    out_ += (node.outputs().empty() ? "= " : " = ") + name_text(node.op, kOpExtra) + "(";
    for (size_t i = 0; i < node.inputs.size(); ++i) out_ += (i ? ", " : "") + use(node.inputs[i]);
    out_ += ")";
    print_attrs(node);
    const std::string origin = options_.origins ? origin_text(node.origin) : "";
    if (!origin.empty()) out_ += " ; " + origin;
    out_ += "\n";
  }

  void print_attrs(const Node& node) {
    if (node.attrs.empty()) return;
    out_ += " {";
    for (const auto& [name, value] : node.attrs) {
      if (out_.back() != '{') out_ += " ";
      const auto* constant = std::get_if<ConstantPtr>(&value);
      out_ += name_text(name) + "=";
      out_ += constant && *constant ? constant_attr(node, *constant) : str(value);
    }
    out_ += "}";
  }

  std::string constant_attr(const Node& node, const ConstantPtr& c) {
    if (options_.constants) {
      auto [it, fresh] = numbers_.emplace(c.get(), options_.constants->size());
      if (fresh) options_.constants->push_back(c);
      return "#" + std::to_string(it->second);
    }
    const std::string text = constant_text(*c);
    // The usual case needs no second copy of the type.
    const bool repeats = !node.outputs().empty() && text == str(node.output()->type) + "{?}";
    return repeats ? "?" : text;
  }

  void print_return(const Graph& graph) {
    out_ += "  return";
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      out_ += (i ? ", " : " ") + use(graph.outputs[i]);
      const bool named = i < graph.output_names.size() && !graph.output_names[i].empty();
      if (named) out_ += " " + quote(graph.output_names[i]);
    }
    out_ += "\n";
  }

  const PrintOptions& options_;
  std::string out_;
  std::unordered_map<const Constant*, size_t> numbers_;
};

}  // namespace

std::string print(const Graph& graph, const PrintOptions& options) {
  return Printer(options).print(graph);
}

}  // namespace tenon::ir
