// SPDX-License-Identifier: Apache-2.0
// Integer range analysis. Attention masks are computed from position counters (arange(S) >= 0 and
// the like); where the outcome is the same for every element and every legal size, the mask is a
// fill and disappears.
#include <optional>

#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

struct Interval {
  double lo, hi;
};

class Ranges {
 public:
  explicit Ranges(const ir::Graph& g) : g_(g) {}

  std::optional<Interval> of(const ir::Value* v) {
    auto it = known_.find(v);
    if (it != known_.end()) return it->second;
    std::optional<Interval> r = compute(v);
    known_[v] = r;
    return r;
  }

 private:
  std::optional<Interval> compute(const ir::Value* v) {
    const ir::Node* n = v ? v->producer() : nullptr;
    if (!n) return std::nullopt;
    return within(v->type.dtype, compute(v, *n));
  }

  /// Integers only: floats round, and integers that leave their type wrap around.
  static std::optional<Interval> within(DataType t, const std::optional<Interval>& r) {
    if (!r) return r;
    double lo = 0, hi = 1;
    if (t == DataType::kINT64) {
      hi = 9007199254740992.0, lo = -hi;  // doubles are exact up to here
    } else if (t == DataType::kINT32) {
      lo = INT32_MIN, hi = INT32_MAX;
    } else if (t == DataType::kINT8) {
      lo = -128, hi = 127;
    } else if (t == DataType::kUINT8) {
      hi = 255;
    } else if (t != DataType::kBOOL) {
      return std::nullopt;
    }
    return r->lo >= lo && r->hi <= hi ? r : std::nullopt;
  }

  std::optional<Interval> compute(const ir::Value* v, const ir::Node& node) {
    const ir::Node* n = &node;
    double scalar;
    if (scalar_value(v, &scalar)) return Interval{scalar, scalar};
    if (n->op == "fill") return Interval{n->get<double>("value"), n->get<double>("value")};
    if (n->op == "range") return of_range(*n);
    if (n->op == "shuffle" || n->op == "expand" || n->op == "identity" || n->op == "slice")
      return of(n->input(0));
    if (n->op == "cast") return of_cast(*n);
    if (n->op == "elementwise") return of_elementwise(*n);
    return std::nullopt;
  }

  std::optional<Interval> of_range(const ir::Node& n) {
    auto size = n.get<std::vector<ir::SymDim>>("size").at(0).bounds(g_.symbols);
    double start = n.get<double>("start"),
           last = start +
                  n.get<double>("step") * static_cast<double>(std::max<int64_t>(size.hi - 1, 0));
    return Interval{std::min(start, last), std::max(start, last)};
  }

  std::optional<Interval> of_cast(const ir::Node& n) {
    DataType to = n.output()->type.dtype;
    auto r = of(n.input(0));
    if (!r || to == DataType::kINT64 || to == DataType::kINT32) return r;
    if (to == DataType::kBOOL && r->lo == r->hi)
      return Interval{r->lo != 0 ? 1.0 : 0.0, r->lo != 0 ? 1.0 : 0.0};
    return std::nullopt;
  }

  std::optional<Interval> of_elementwise(const ir::Node& n) {
    const std::string& op = n.get<std::string>("operation");
    auto a = of(n.input(0)), b = of(n.input(1));
    auto is = [](const std::optional<Interval>& r, double x) {
      return r && r->lo == x && r->hi == x;
    };
    if (op == "and" && (is(a, 0) || is(b, 0))) return Interval{0, 0};
    if (op == "or" && (is(a, 1) || is(b, 1)) && n.output()->type.dtype == DataType::kBOOL)
      return Interval{1, 1};
    if (!a || !b) return std::nullopt;
    auto known = [](bool yes, bool no) -> std::optional<Interval> {
      if (yes) return Interval{1, 1};
      if (no) return Interval{0, 0};
      return std::nullopt;
    };
    if (op == "sum") return Interval{a->lo + b->lo, a->hi + b->hi};
    if (op == "sub") return Interval{a->lo - b->hi, a->hi - b->lo};
    if (op == "greater_equal") return known(a->lo >= b->hi, a->hi < b->lo);
    if (op == "greater") return known(a->lo > b->hi, a->hi <= b->lo);
    if (op == "less_equal") return known(a->hi <= b->lo, a->lo > b->hi);
    if (op == "less") return known(a->hi < b->lo, a->lo >= b->hi);
    if (op == "and" && n.output()->type.dtype == DataType::kBOOL)
      return known(is(a, 1) && is(b, 1), false);
    return std::nullopt;
  }

  const ir::Graph& g_;
  std::unordered_map<const ir::Value*, std::optional<Interval>> known_;
};

bool is_true(const ir::Value* v, Ranges& ranges) {
  auto r = v && v->type.dtype == DataType::kBOOL ? ranges.of(v) : std::nullopt;
  return r && r->lo == 1 && r->hi == 1;
}

/// and(x, true) -> x where the shapes agree.
ir::Value* other_operand(const ir::Node& n, Ranges& ranges) {
  if (n.op != "elementwise" || n.get<std::string>("operation") != "and") return nullptr;
  if (n.output()->type.dtype != DataType::kBOOL) return nullptr;
  for (int i : {0, 1}) {
    ir::Value* other = n.input(static_cast<size_t>(1 - i));
    if (is_true(n.input(static_cast<size_t>(i)), ranges) && other->type == n.output()->type)
      return other;
  }
  return nullptr;
}

/// The operand of an `and` whose other operand is true, whatever their shapes; else `mask` itself.
/// For users that broadcast the mask by themselves.
ir::Value* essential_mask(ir::Value* mask, Ranges& ranges) {
  ir::Node* n = mask ? mask->producer() : nullptr;
  if (!n || n->op != "elementwise" || n->get<std::string>("operation") != "and" ||
      mask->type.dtype != DataType::kBOOL)
    return mask;
  if (is_true(n->input(0), ranges)) return essential_mask(n->input(1), ranges);
  if (is_true(n->input(1), ranges)) return essential_mask(n->input(0), ranges);
  return mask;
}

bool fold_attention_mask(ir::Node& n, Ranges& ranges) {
  if (n.op != "attention" || !n.input(3)) return false;
  ir::Value* mask = essential_mask(n.input(3), ranges);
  if (is_true(mask, ranges)) mask = nullptr;
  if (mask == n.input(3)) return false;
  n.inputs[3] = mask;
  return true;
}

bool fold_comparison(ir::Graph& g, ir::Node& n, Ranges& ranges) {
  if (n.op != "elementwise" || n.output()->type.dtype != DataType::kBOOL) return false;
  auto r = ranges.of(n.output());
  if (!r || r->lo != r->hi) return false;
  ir::Node* fill = net::add_layer(
      g, "fill", {}, {{"dims", n.output()->type.shape}, {"to", DataType::kBOOL}, {"value", r->lo}},
      n.output()->name + ".known", &n);
  fill->origin = n.origin;
  g.replace_uses(n.output(), fill->output());
  return true;
}

}  // namespace

bool fold_masks(ir::Graph& g) {
  bool changed = false;
  Ranges ranges(g);
  for (auto it = g.nodes().begin(); it != g.nodes().end();) {
    ir::Node* node = (it++)->get();
    if (fold_comparison(g, *node, ranges)) {
      changed = true;
    } else if (ir::Value* x = other_operand(*node, ranges)) {
      g.replace_uses(node->output(), x);
      changed = true;
    } else {
      changed |= fold_attention_mask(*node, ranges);
    }
  }
  g.remove_dead();
  return changed;
}

}  // namespace tenon::engine::passes
