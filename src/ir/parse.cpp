// SPDX-License-Identifier: Apache-2.0
#include <unordered_map>

#include "ir/pass.h"
#include "ir/text.h"
#include "ir/text_attr.h"

namespace tenon::ir {
namespace {

constexpr size_t kMaxText = size_t{1} << 28;

Origin parse_origin(TextCursor& in) {
  std::string_view line = in.rest_of_line();
  if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  std::string fields[4];
  size_t field = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '|') {
      if (++field == 4) in.fail("an origin has four fields: node|op|module|location");
    } else if (line[i] == '\\' && i + 1 < line.size()) {
      const char c = line[++i];
      fields[field] += c == 'n' ? '\n' : c == 'r' ? '\r' : c;
    } else {
      fields[field] += line[i];
    }
  }
  if (field != 3) in.fail("an origin has four fields: node|op|module|location");
  return {fields[0], fields[1], fields[2], fields[3]};
}

class Parser {
 public:
  Parser(std::string_view text, const std::vector<ConstantPtr>& constants)
      : in_(text), constants_(constants) {}

  Graph parse() {
    if (!in_.accept_word("graph")) in_.fail_wanted("'graph'");
    in_.expect("{");
    while (in_.accept_word("symbol")) parse_symbol();
    while (in_.accept_word("input")) parse_input();
    while (!in_.accept_word("return")) parse_node();
    parse_return();
    in_.expect("}");
    if (!in_.at_end()) in_.fail_wanted("the end");
    verify(graph_);
    return std::move(graph_);
  }

 private:
  struct Declaration {
    std::string name;
    Type type;
    Layout layout;
  };

  void parse_symbol() {
    const std::string name(in_.word("_."));
    try {
      SymDim::symbol(name);
    } catch (const Error& e) {
      in_.fail(e.what());
    }
    SymRange r;
    in_.expect("[");
    r.min = in_.integer();
    in_.expect(",");
    r.opt = in_.integer();
    in_.expect(",");
    r.max = in_.integer();
    in_.expect("]");
    if (!graph_.symbols.emplace(name, r).second) in_.fail("symbol '" + name + "' is there twice");
  }

  Declaration parse_declaration() {
    Declaration d;
    in_.expect("%");
    d.name = in_.name();
    in_.expect(":");
    d.type = parse_type(in_);
    d.layout = in_.accept_word("channels_last") ? Layout::kChannelsLast : Layout::kPlain;
    if (d.name.empty()) in_.fail("a value has an empty name");
    return d;
  }

  void define(const std::string& name, Value* value, Layout layout) {
    value->layout = layout;
    if (!values_.emplace(name, value).second || value->name != name) {
      in_.fail("%" + name_text(name) + " is defined twice");
    }
  }

  void parse_input() {
    Declaration d = parse_declaration();
    define(d.name, graph_.add_input(d.name, std::move(d.type)), d.layout);
  }

  void parse_node() {
    std::vector<Declaration> outputs;
    if (in_.peek() == '%') {
      do {
        outputs.push_back(parse_declaration());
      } while (in_.accept(","));
    } else if (in_.peek() != '=') {
      in_.fail_wanted("a node or 'return'");
    }
    in_.expect("=");
    std::string op = in_.name(kOpExtra);
    // Attributes come before the outputs exist, so a node cannot use its own result.
    Node* node = graph_.create(std::move(op), parse_inputs());
    parse_attrs(node, outputs.empty() ? nullptr : &outputs[0].type);
    if (in_.accept(";")) node->origin = parse_origin(in_);
    for (Declaration& d : outputs) {
      Value* v = node->add_output(graph_.unique_name(d.name), std::move(d.type));
      define(d.name, v, d.layout);
    }
  }

  Value* parse_use() {
    if (in_.accept("_")) return nullptr;
    in_.expect("%");
    const std::string name = in_.name();
    auto it = values_.find(name);
    if (it == values_.end()) in_.fail("%" + name_text(name) + " is not defined above");
    return it->second;
  }

  std::vector<Value*> parse_inputs() {
    std::vector<Value*> inputs;
    in_.expect("(");
    if (in_.accept(")")) return inputs;
    do {
      inputs.push_back(parse_use());
    } while (in_.accept(","));
    in_.expect(")");
    return inputs;
  }

  void parse_attrs(Node* node, const Type* type) {
    constexpr size_t kMaxAttrs = 1000;  // they are searched one by one
    if (!in_.accept("{")) return;
    while (!in_.accept("}")) {
      const std::string name = in_.name();
      if (node->has(name)) in_.fail("attribute '" + name + "' is there twice");
      if (node->attrs.size() == kMaxAttrs) in_.fail("a node has more than 1000 attributes");
      in_.expect("=");
      node->attrs.emplace_back(name, parse_attr(in_, constants_, type));
    }
  }

  void parse_return() {
    if (in_.peek() == '}') return;
    bool named = false;
    do {
      Value* v = parse_use();
      if (!v) in_.fail("a graph output cannot be absent");
      graph_.outputs.push_back(v);
      graph_.output_names.push_back(in_.peek() == '"' ? in_.quoted() : "");
      named |= !graph_.output_names.back().empty();
    } while (in_.accept(","));
    if (!named) graph_.output_names.clear();
  }

  TextCursor in_;
  const std::vector<ConstantPtr>& constants_;
  Graph graph_;
  std::unordered_map<std::string, Value*> values_;
};

}  // namespace

Graph parse(std::string_view text, const std::vector<ConstantPtr>& constants) {
  TENON_CHECK(text.size() <= kMaxText, "graph text of ", text.size(), " bytes: at most ", kMaxText,
              " are allowed");
  return Parser(text, constants).parse();
}

}  // namespace tenon::ir
