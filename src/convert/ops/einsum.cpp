// SPDX-License-Identifier: Apache-2.0
// einsum of one or two operands: summed labels are reduced, the rest is one batched product between
// permuted and flattened operands [batch, rows, inner] x [batch, inner, columns].
#include <algorithm>
#include <map>

#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

Equation parse(Ctx& c, std::string text) {
  std::erase(text, ' ');
  c.require(text.find('.') == std::string::npos, "einsum with \"...\"");
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

Labelled sum_away(Ctx& c, const Labelled& x, const std::string& kept) {
  std::vector<int64_t> axes;
  for (size_t i = 0; i < x.labels.size(); ++i)
    if (!contains(kept, x.labels[i])) axes.push_back(static_cast<int64_t>(i));
  if (axes.empty()) return x;
  return {reduce(c, "sum", x.value, axes, false), common(x.labels, kept)};
}

Labelled ordered(Ctx& c, const Labelled& x, const std::string& labels) {
  std::vector<int64_t> perm;
  for (char l : labels) perm.push_back(static_cast<int64_t>(x.labels.find(l)));
  return {permute(c, x.value, perm), labels};
}

Labelled product(Ctx& c, const Labelled& a, const Labelled& b, const std::string& output) {
  const std::string shared = common(a.labels, b.labels);
  const std::string batch = common(shared, output), inner = common(shared, output, false);
  const std::string rows = common(a.labels, b.labels, false);
  const std::string columns = common(b.labels, a.labels, false);
  c.require(a.sizes(shared) == b.sizes(shared), "einsum with labels of different sizes");
  const ir::SymDim batches = ir::volume(a.sizes(batch)), m = ir::volume(a.sizes(rows)),
                   k = ir::volume(a.sizes(inner)), n = ir::volume(b.sizes(columns));
  ir::Value* left = reshape(c, ordered(c, a, batch + rows + inner).value, {batches, m, k});
  ir::Value* right = reshape(c, ordered(c, b, batch + inner + columns).value, {batches, k, n});
  ir::SymShape shape = a.sizes(batch + rows);
  for (const ir::SymDim& d : b.sizes(columns)) shape.push_back(d);
  return {reshape(c, c.net("matrix_multiply", {left, right}), shape), batch + rows + columns};
}

void check(Ctx& c, const Equation& e, const std::vector<ir::Value*>& tensors) {
  c.require(e.inputs.size() == tensors.size(), "the equation has ", e.inputs.size(), " operands");
  c.require(tensors.size() <= 2, "einsum of ", tensors.size(), " tensors");
  for (size_t i = 0; i < tensors.size(); ++i) {
    require_float(c, tensors[i]);
    const std::string& labels = e.inputs[i];
    c.require(labels.size() == tensors[i]->type.shape.size(), "\"", labels, "\" for a tensor of ",
              tensors[i]->type.shape.size(), " dimensions");
    for (char l : labels)
      c.require(std::count(labels.begin(), labels.end(), l) == 1, "einsum with a repeated label");
  }
}

}  // namespace

TENON_CONVERTER("aten::einsum")(Ctx& c, const ir::Node& n) {
  const Equation e = parse(c, c.string(n, "equation", ""));
  const std::vector<ir::Value*> tensors = c.tensors(n, "tensors");
  check(c, e, tensors);
  Labelled x{tensors[0], e.inputs[0]};
  if (tensors.size() == 1) {
    x = sum_away(c, x, e.output);
  } else {
    const Labelled y = sum_away(c, {tensors[1], e.inputs[1]}, e.output + e.inputs[0]);
    x = product(c, sum_away(c, x, e.output + e.inputs[1]), y, e.output);
  }
  c.bind(n.output(), ordered(c, x, e.output).value);
}

}  // namespace tenon::convert
