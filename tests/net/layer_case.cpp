// SPDX-License-Identifier: Apache-2.0
#include "net/layer_case.h"

#include "ir/pass.h"
#include "ir/text.h"
#include "net/layer.h"

namespace tenon::net {
namespace {

/// "f32[s0, 3], _" -> {"f32[s0, 3]", "_"}: commas inside brackets do not separate.
std::vector<std::string> split_types(const std::string& list) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  for (char c : list) {
    depth += (c == '[' || c == '(') - (c == ']' || c == ')');
    if (c == ',' && depth == 0) {
      parts.push_back(part);
      part.clear();
    } else if (c != ' ' || !part.empty()) {
      part += c;
    }
  }
  if (!part.empty()) parts.push_back(part);
  return parts;
}

/// The call as a whole graph whose layer has a made-up type.
ir::Graph parse_call(const std::string& call) {
  const size_t open = call.find('('), brace = call.find('{');
  const size_t close = call.rfind(')', brace);
  std::string inputs, operands;
  int count = 0;
  for (const std::string& type : split_types(call.substr(open + 1, close - open - 1))) {
    operands += operands.empty() ? "" : ", ";
    const std::string name = "%i" + std::to_string(count);
    operands += type == "_" ? "_" : name;
    if (type != "_") inputs += "  input " + name + " : " + type + "\n";
    ++count;
  }
  const std::string attrs = brace == std::string::npos ? "" : " " + call.substr(brace);
  return ir::parse(
      "graph {\n  symbol s0 [1, 4, 8]\n  symbol s1 [1, 4, 8]\n  symbol n [1, 2, 64]\n" + inputs +
      "  %made_up : f32[1] = " + call.substr(0, open) + "(" + operands + ")" + attrs +
      "\n  return %made_up\n}\n");
}

}  // namespace

std::string infer_text(const std::string& call) {
  ir::Graph graph = parse_call(call);
  ir::Node* made_up = graph.nodes().back().get();
  ir::Node* layer = add_layer(graph, made_up->op, made_up->inputs, made_up->attrs, "layer");
  graph.outputs = {layer->output()};
  graph.output_names.clear();
  graph.erase(made_up);
  ir::verify(graph);
  check_net(graph);
  std::string types;
  for (const auto& out : layer->outputs()) types += (types.empty() ? "" : ", ") + str(out->type);
  return types;
}

void expect_types(const std::vector<LayerCase>& cases) {
  for (const LayerCase& c : cases) {
    SCOPED_TRACE(c.call);
    try {
      EXPECT_EQ(infer_text(c.call), c.expected);
    } catch (const Error& e) {
      ADD_FAILURE() << e.what();
    }
  }
}

void expect_errors(const std::vector<LayerCase>& cases) {
  for (const LayerCase& c : cases) {
    SCOPED_TRACE(c.call);
    try {
      ADD_FAILURE() << "accepted as " << infer_text(c.call);
    } catch (const Error& e) {
      const std::string message = e.what();
      EXPECT_NE(message.find(c.expected), std::string::npos) << message;
      EXPECT_NE(message.find("in layer %layer "), std::string::npos) << message;
    }
  }
}

}  // namespace tenon::net
