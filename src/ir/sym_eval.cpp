// SPDX-License-Identifier: Apache-2.0
// Evaluation, interval bounds and substitution of SymDim, and the helpers on whole shapes.
#include <algorithm>
#include <initializer_list>
#include <limits>

#include "ir/sym_poly.h"

namespace tenon::ir {
namespace {

using AtomKind = SymAtom::Kind;
using Wide = __int128;
using Bounds = SymDim::Bounds;

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

int64_t clamp(Wide v) {
  return v < kLowest ? kLowest : v > kHighest ? kHighest : static_cast<int64_t>(v);
}

Wide floor_div_wide(Wide a, Wide b) {
  Wide q = a / b;
  return q - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

Bounds hull(std::initializer_list<Wide> values) {
  auto [lo, hi] = std::minmax_element(values.begin(), values.end());
  return {clamp(*lo), clamp(*hi)};
}

Bounds multiply(Bounds a, Bounds b) {
  return hull({Wide{a.lo} * b.lo, Wide{a.lo} * b.hi, Wide{a.hi} * b.lo, Wide{a.hi} * b.hi});
}

// The quotient is monotone in each operand where the divisor keeps its sign, so corners suffice.
// A divisor of 0 has no value, hence no part in the bounds.
Bounds divide(Bounds a, Bounds b) {
  if (b.lo == 0 && b.hi == 0) return {kLowest, kHighest};
  if (b.lo < 0 && b.hi > 0) {
    Bounds n = divide(a, {b.lo, -1}), p = divide(a, {1, b.hi});
    return {std::min(n.lo, p.lo), std::max(n.hi, p.hi)};
  }
  if (b.lo == 0) b.lo = 1;
  if (b.hi == 0) b.hi = -1;
  return hull({floor_div_wide(a.lo, b.lo), floor_div_wide(a.lo, b.hi), floor_div_wide(a.hi, b.lo),
               floor_div_wide(a.hi, b.hi)});
}

Bounds modulo(Bounds a, Bounds b) {
  if (b.lo == b.hi && b.lo != 0 && floor_div_wide(a.lo, b.lo) == floor_div_wide(a.hi, b.lo)) {
    return {floor_mod(a.lo, b.lo), floor_mod(a.hi, b.lo)};
  }
  if (b.lo > 0 && a.lo >= 0 && a.hi < b.lo) return a;
  int64_t lo = b.lo < 0 ? b.lo + 1 : 0, hi = b.hi > 0 ? b.hi - 1 : 0;
  if (b.lo >= 0 && a.lo >= 0) hi = std::min(hi, a.hi);
  return {lo, std::max(lo, hi)};
}

Bounds atom_bounds(const SymAtom& atom, const SymRanges& ranges) {
  if (atom.kind == AtomKind::kSymbol) {
    auto it = ranges.find(atom.name);
    if (it == ranges.end()) return {0, int64_t{1} << 31};
    return {it->second.min, it->second.max};
  }
  const Bounds a = atom.a.bounds(ranges), b = atom.b.bounds(ranges);
  switch (atom.kind) {
    case AtomKind::kFloorDiv:
      return divide(a, b);
    case AtomKind::kMod:
      return modulo(a, b);
    case AtomKind::kMax:
      return {std::max(a.lo, b.lo), std::max(a.hi, b.hi)};
    default:
      return {std::min(a.lo, b.lo), std::min(a.hi, b.hi)};
  }
}

int64_t atom_value(const SymAtom& atom, const SymEnv& env) {
  if (atom.kind == AtomKind::kSymbol) {
    auto it = env.find(atom.name);
    TENON_CHECK(it != env.end(), "the size '", atom.name, "' has no value");
    return it->second;
  }
  const int64_t a = atom.a.eval(env), b = atom.b.eval(env);
  switch (atom.kind) {
    case AtomKind::kFloorDiv:
      return floor_div(a, b);
    case AtomKind::kMod:
      return floor_mod(a, b);
    case AtomKind::kMax:
      return std::max(a, b);
    default:
      return std::min(a, b);
  }
}

SymDim substitute_atom(const SymAtomPtr& atom, const std::map<std::string, SymDim>& by) {
  if (atom->kind == AtomKind::kSymbol) {
    auto it = by.find(atom->name);
    return it != by.end() ? it->second : SymPoly::from_sorted({SymTerm{1, {atom}}}, 0);
  }
  const SymDim a = atom->a.substitute(by), b = atom->b.substitute(by);
  switch (atom->kind) {
    case AtomKind::kFloorDiv:
      return a.floordiv(b);
    case AtomKind::kMod:
      return a.mod(b);
    case AtomKind::kMax:
      return SymDim::max(a, b);
    default:
      return SymDim::min(a, b);
  }
}

}  // namespace

int64_t SymDim::eval(const SymEnv& env) const {
  if (!rep_) return value_;
  // A sum may leave 64 bits on the way and come back, as 2^62*s0 - 2^62*s1 does.
  Wide sum = value_;
  for (const SymTerm& t : rep_->terms) {
    int64_t product = t.coefficient;
    for (const SymAtomPtr& a : t.atoms) product = checked_mul(product, atom_value(*a, env));
    sum += product;
  }
  TENON_CHECK(clamp(sum) == sum, "the value of the size ", str(), " does not fit 64 bits");
  return static_cast<int64_t>(sum);
}

SymDim::Bounds SymDim::bounds(const SymRanges& ranges) const {
  if (!rep_) return {value_, value_};
  Wide lo = value_, hi = value_;
  for (const SymTerm& t : rep_->terms) {
    Bounds product{t.coefficient, t.coefficient};
    for (const SymAtomPtr& a : t.atoms) product = multiply(product, atom_bounds(*a, ranges));
    lo += product.lo;
    hi += product.hi;
  }
  return {clamp(lo), clamp(hi)};
}

void SymDim::collect_symbols(std::set<std::string>& out) const {
  for (const SymTerm& t : SymPoly::terms(*this)) {
    for (const SymAtomPtr& a : t.atoms) {
      if (a->kind == AtomKind::kSymbol) {
        out.insert(a->name);
      } else {
        a->a.collect_symbols(out);
        a->b.collect_symbols(out);
      }
    }
  }
}

SymDim SymDim::substitute(const std::map<std::string, SymDim>& by) const {
  if (!rep_) return *this;
  SymDim sum(value_);
  for (const SymTerm& t : rep_->terms) {
    SymDim product(t.coefficient);
    for (const SymAtomPtr& a : t.atoms) product = product * substitute_atom(a, by);
    sum = sum + product;
  }
  return sum;
}

std::string str(const SymShape& shape) {
  std::string text = "[";
  for (const SymDim& d : shape) {
    if (text.size() > 1) text += ", ";
    text += d.str();
  }
  return text + "]";
}

bool is_static(const SymShape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](const SymDim& d) { return d.is_const(); });
}

std::vector<int64_t> eval(const SymShape& shape, const SymEnv& env) {
  std::vector<int64_t> sizes;
  sizes.reserve(shape.size());
  for (const SymDim& d : shape) sizes.push_back(d.eval(env));
  return sizes;
}

SymDim volume(const SymShape& shape) {
  SymDim product(1);
  for (const SymDim& d : shape) product = product * d;
  return product;
}

}  // namespace tenon::ir
