// SPDX-License-Identifier: Apache-2.0
#include "net/einsum.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "net/network_impl.h"
#include "net/rules.h"
#include "tenon/layers.h"

namespace tenon {
namespace net {
namespace {

struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

Equation parse(std::string text) {
  std::erase(text, ' ');
  TENON_CHECK(text.find('.') == std::string::npos, "einsum with \"...\"");
  const size_t arrow = text.find("->");
  Equation e;
  std::string left = text.substr(0, arrow);
  for (size_t at; (at = left.find(',')) != std::string::npos; left = left.substr(at + 1))
    e.inputs.push_back(left.substr(0, at));
  e.inputs.push_back(left);
  if (arrow != std::string::npos) {
    e.output = text.substr(arrow + 2);
    return e;
  }
  std::map<char, int> uses;  // without "->": labels used once, in alphabetical order
  for (char l : text)
    if (l != ',') ++uses[l];
  for (const auto& [l, count] : uses)
    if (count == 1) e.output += l;
  return e;
}

bool contains(const std::string& labels, char l) { return labels.find(l) != std::string::npos; }

/// Labels of `a` that are (not) in `b`, in a's order.
std::string common(const std::string& a, const std::string& b, bool in = true) {
  std::string out;
  for (char l : a)
    if (contains(b, l) == in) out += l;
  return out;
}

/// A tensor whose dimensions carry labels.
struct Labelled {
  ir::Value* value;
  std::string labels;

  ir::SymShape sizes(const std::string& of) const {
    ir::SymShape out;
    for (char l : of) out.push_back(value->type.shape.at(labels.find(l)));
    return out;
  }
};

Labelled sum_away(const EinsumLayers& add, const Labelled& x, const std::string& kept) {
  std::vector<int64_t> axes;
  for (size_t i = 0; i < x.labels.size(); ++i)
    if (!contains(kept, x.labels[i])) axes.push_back(static_cast<int64_t>(i));
  if (axes.empty()) return x;
  return {add.sum(x.value, axes), common(x.labels, kept)};
}

Labelled ordered(const EinsumLayers& add, const Labelled& x, const std::string& labels) {
  std::vector<int64_t> perm;
  for (char l : labels) perm.push_back(static_cast<int64_t>(x.labels.find(l)));
  return {std::is_sorted(perm.begin(), perm.end()) ? x.value : add.permute(x.value, perm), labels};
}

ir::Value* reshaped(const EinsumLayers& add, ir::Value* x, const ir::SymShape& shape) {
  return x->type.shape == shape ? x : add.reshape(x, shape);
}

Labelled product(const EinsumLayers& add, const Labelled& a, const Labelled& b,
                 const std::string& output) {
  const std::string shared = common(a.labels, b.labels);
  const std::string batch = common(shared, output), inner = common(shared, output, false);
  const std::string rows = common(a.labels, b.labels, false);
  const std::string columns = common(b.labels, a.labels, false);
  TENON_CHECK(a.sizes(shared) == b.sizes(shared), "einsum with labels of different sizes");
  const ir::SymDim batches = volume(a.sizes(batch)), m = volume(a.sizes(rows)),
                   k = volume(a.sizes(inner)), n = volume(b.sizes(columns));
  ir::Value* left = reshaped(add, ordered(add, a, batch + rows + inner).value, {batches, m, k});
  ir::Value* right = reshaped(add, ordered(add, b, batch + inner + columns).value, {batches, k, n});
  ir::SymShape shape = a.sizes(batch + rows);
  for (const ir::SymDim& d : b.sizes(columns)) shape.push_back(d);
  return {reshaped(add, add.product(left, right), shape), batch + rows + columns};
}

void check(const Equation& e, const std::vector<ir::Value*>& tensors) {
  TENON_CHECK(e.inputs.size() == tensors.size(), "the equation has ", e.inputs.size(), " operands");
  TENON_CHECK(tensors.size() <= 2, "einsum of ", tensors.size(), " tensors");
  for (char l : e.output)
    TENON_CHECK(std::count(e.output.begin(), e.output.end(), l) == 1 &&
                    (contains(e.inputs[0], l) || contains(e.inputs.back(), l)),
                "einsum with output label '", l, "', wanted each once and of an operand");
  for (size_t i = 0; i < tensors.size(); ++i) {
    TENON_CHECK(is_float(tensors[i]->type.dtype), "einsum of ", str(tensors[i]->type));
    const std::string& labels = e.inputs[i];
    TENON_CHECK(labels.size() == tensors[i]->type.shape.size(), "\"", labels, "\" for a tensor of ",
                tensors[i]->type.shape.size(), " dimensions");
    for (char l : labels)
      TENON_CHECK(std::count(labels.begin(), labels.end(), l) == 1, "einsum with a repeated label");
  }
}

}  // namespace

ir::Value* add_einsum(const std::string& equation, const std::vector<ir::Value*>& tensors,
                      const EinsumLayers& add) {
  const Equation e = parse(equation);
  check(e, tensors);
  Labelled x{tensors[0], e.inputs[0]};
  if (tensors.size() == 1) {
    x = sum_away(add, x, e.output);
  } else {
    const Labelled y = sum_away(add, {tensors[1], e.inputs[1]}, e.output + e.inputs[0]);
    x = product(add, sum_away(add, x, e.output + e.inputs[1]), y, e.output);
  }
  return ordered(add, x, e.output).value;
}

}  // namespace net

namespace {

/// A layer with its attributes set and its type inferred.
ir::Value* added(NetworkImpl& network, const char* op, const std::vector<ir::Value*>& inputs,
                 const std::vector<std::pair<std::string, ir::Attr>>& attrs) {
  std::vector<ITensor*> tensors;
  for (const ir::Value* v : inputs) tensors.push_back(network.handle(v));
  ILayer* layer = network.add(op, tensors);
  LayerState& state = NetworkImpl::state(*layer);
  state.zero_copies = false;
  for (const auto& [name, value] : attrs) network.set_attr(state, name, value);
  network.ensure(state.node->output());
  return state.node->output();
}

}  // namespace

IEinsumLayer* INetworkDefinition::addEinsum(ITensor* const* inputs, int32_t count,
                                            const char* equation) {
  std::vector<ir::Value*> values;
  for (int32_t i = 0; i < count; ++i) {
    TENON_CHECK(inputs[i], "einsum: input ", i, " is missing");
    values.push_back(impl_->value(*inputs[i]));
    impl_->ensure(values.back());
  }
  NetworkImpl& net = *impl_;
  const net::EinsumLayers add = {
      [&](ir::Value* x, const std::vector<int64_t>& axes) {
        return added(net, "reduce", {x}, {{"operation", std::string("sum")}, {"axes", axes}});
      },
      [&](ir::Value* x, const std::vector<int64_t>& perm) {
        return added(net, "shuffle", {x}, {{"first_transpose", perm}});
      },
      [&](ir::Value* x, const ir::SymShape& shape) {
        return added(net, "shuffle", {x}, {{"reshape_dims", shape}});
      },
      [&](ir::Value* a, ir::Value* b) { return added(net, "matrix_multiply", {a, b}, {}); },
  };
  ir::Value* result = net::add_einsum(equation, values, add);
  return addIdentity(*impl_->handle(result));
}

}  // namespace tenon
