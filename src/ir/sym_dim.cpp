// SPDX-License-Identifier: Apache-2.0
#include "ir/sym_dim.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "ir/sym_poly.h"

namespace tenon::ir {
namespace {

using AtomKind = SymAtom::Kind;

SymTerm multiply(const SymTerm& a, const SymTerm& b) {
  SymTerm t;
  t.coefficient = checked_mul(a.coefficient, b.coefficient);
  t.atoms.reserve(a.atoms.size() + b.atoms.size());
  std::merge(a.atoms.begin(), a.atoms.end(), b.atoms.begin(), b.atoms.end(),
             std::back_inserter(t.atoms),
             [](const SymAtomPtr& x, const SymAtomPtr& y) { return SymPoly::compare(*x, *y) < 0; });
  return t;
}

/// The terms with the constant as a last term without atoms.
std::vector<SymTerm> all_terms(const SymDim& x) {
  std::vector<SymTerm> list = SymPoly::terms(x);
  if (SymPoly::constant(x) != 0) list.push_back({SymPoly::constant(x), {}});
  return list;
}

SymDim scale(const SymDim& x, int64_t by) {
  if (by == 0) return 0;
  if (by == 1) return x;
  std::vector<SymTerm> list = SymPoly::terms(x);
  for (SymTerm& t : list) t.coefficient = checked_mul(t.coefficient, by);
  return SymPoly::from_sorted(std::move(list), checked_mul(SymPoly::constant(x), by));
}

/// a / b as a term if both coefficient (that of b is positive) and atoms divide without remainder.
bool divide_term(const SymTerm& a, const SymTerm& b, SymTerm* quotient) {
  if (a.coefficient % b.coefficient != 0) return false;
  quotient->coefficient = a.coefficient / b.coefficient;
  quotient->atoms.clear();
  size_t j = 0;
  for (const SymAtomPtr& atom : a.atoms) {
    if (j < b.atoms.size() && SymPoly::compare(*atom, *b.atoms[j]) == 0) {
      ++j;
    } else {
      quotient->atoms.push_back(atom);
    }
  }
  return j == b.atoms.size();
}

/// Whether `b` times something is exactly `a`: long division by the leading term. Gives up where
/// a step could overflow.
bool divide_exactly(SymDim a, const SymDim& b, SymDim* quotient) {
  constexpr int64_t kLimit = int64_t{1} << 61;
  const std::vector<SymTerm> divisor = all_terms(b);
  auto small = [](const SymTerm& t, int64_t factor) {
    int64_t product;
    return !__builtin_mul_overflow(t.coefficient, factor, &product) && product > -kLimit &&
           product < kLimit;
  };
  std::vector<SymTerm> result;
  for (int step = 0; step < 64; ++step) {
    if (a == SymDim(0)) {
      *quotient = SymPoly::from_terms(std::move(result), 0);
      return true;
    }
    SymTerm q;
    const std::vector<SymTerm> rest = all_terms(a);
    if (!divide_term(rest.front(), divisor.front(), &q)) return false;
    if (!std::all_of(rest.begin(), rest.end(), [&](auto& t) { return small(t, 1); })) return false;
    if (!std::all_of(divisor.begin(), divisor.end(),
                     [&](auto& t) { return small(t, q.coefficient); })) {
      return false;
    }
    result.push_back(q);
    a = a - SymPoly::from_terms({std::move(q)}, 0) * b;
  }
  return false;
}

/// Greatest common divisor of the coefficients, the constant left out. As unsigned: |INT64_MIN|.
uint64_t content(const SymDim& x) {
  uint64_t g = 0;
  for (const SymTerm& t : SymPoly::terms(x)) {
    uint64_t c = static_cast<uint64_t>(t.coefficient);
    g = std::gcd(g, t.coefficient < 0 ? 0 - c : c);
  }
  return g;
}

uint64_t magnitude(int64_t v) {
  return v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
}

/// Every coefficient, constant included, divided by g > 0 (rounding down where it does not divide).
SymDim divide_coefficients(const SymDim& x, int64_t g) {
  std::vector<SymTerm> list = SymPoly::terms(x);
  for (SymTerm& t : list) t.coefficient = floor_div(t.coefficient, g);
  return SymPoly::from_sorted(std::move(list), floor_div(SymPoly::constant(x), g));
}

bool leads_negative(const SymDim& x) {
  const auto& list = SymPoly::terms(x);
  return (list.empty() ? SymPoly::constant(x) : list[0].coefficient) < 0;
}

/// `x` = c * quotient + remainder, term by term, remainders having the sign of the coefficient.
/// The constant's remainder is in [0, c).
void split(const SymDim& x, int64_t c, SymDim* quotient, SymDim* remainder) {
  std::vector<SymTerm> q, r;
  for (const SymTerm& t : SymPoly::terms(x)) {
    if (t.coefficient / c != 0) q.push_back({t.coefficient / c, t.atoms});
    if (t.coefficient % c != 0) r.push_back({t.coefficient % c, t.atoms});
  }
  *quotient = SymPoly::from_sorted(std::move(q), floor_div(SymPoly::constant(x), c));
  *remainder = SymPoly::from_sorted(std::move(r), floor_mod(SymPoly::constant(x), c));
}

/// floor(r / c) of what split() left over, c > 1.
SymDim floordiv_remainder(SymDim r, int64_t c) {
  if (r.is_const()) return floor_div(r.value(), c);
  // -floor((-x + c - 1) / c) is floor(x / c): one sign only, so that ceildiv has one spelling too.
  if (leads_negative(r)) return -((-r + SymDim(c - 1)).floordiv(c));
  const int64_t g = static_cast<int64_t>(std::gcd(content(r), static_cast<uint64_t>(c)));
  if (g > 1) return divide_coefficients(r, g).floordiv(c / g);
  // floor((floor(x / d) + k) / c) is floor((x + d*k) / (d*c)).
  const SymAtom* inner = SymPoly::as_atom(SymPoly::without_constant(r));
  int64_t product;
  if (inner && inner->kind == AtomKind::kFloorDiv && inner->b.is_const() && inner->b.value() > 0 &&
      !__builtin_mul_overflow(inner->b.value(), c, &product)) {
    return (inner->a + inner->b * SymDim(SymPoly::constant(r))).floordiv(product);
  }
  return SymPoly::from_atom(AtomKind::kFloorDiv, r, c);
}

SymDim floordiv_by_constant(const SymDim& a, int64_t c) {
  TENON_CHECK(c != 0, "size arithmetic divides ", a.str(), " by 0");
  if (a.is_const()) return floor_div(a.value(), c);
  if (c == 1) return a;
  if (c < 0) return (-a).floordiv(checked_neg(c));
  SymDim quotient, remainder;
  split(a, c, &quotient, &remainder);
  return quotient + floordiv_remainder(std::move(remainder), c);
}

/// Divides both by the common divisor of all their coefficients.
int64_t remove_common_content(SymDim* a, SymDim* b) {
  uint64_t g = std::gcd(content(*a), content(*b));
  g = std::gcd(g, std::gcd(magnitude(SymPoly::constant(*a)), magnitude(SymPoly::constant(*b))));
  if (g <= 1 || g > static_cast<uint64_t>(INT64_MAX)) return 1;
  *a = divide_coefficients(*a, static_cast<int64_t>(g));
  *b = divide_coefficients(*b, static_cast<int64_t>(g));
  return static_cast<int64_t>(g);
}

/// For a divisor of one term: takes the terms that it divides out of `a`; returns their quotient.
SymDim take_divisible(SymDim* a, const SymDim& b) {
  const std::vector<SymTerm> divisor = all_terms(b);
  if (divisor.size() != 1) return 0;
  std::vector<SymTerm> quotient, rest;
  for (const SymTerm& t : all_terms(*a)) {
    SymTerm q;
    if (divide_term(t, divisor[0], &q)) {
      quotient.push_back(std::move(q));
    } else {
      rest.push_back(t);
    }
  }
  *a = SymPoly::from_terms(std::move(rest), 0);
  return SymPoly::from_terms(std::move(quotient), 0);
}

/// mod(x, d) counts as x inside mod(.., c) when its coefficient times d is a multiple of c.
/// `a` has coefficients in [0, c).
SymDim drop_inner_mods(const SymDim& a, int64_t c) {
  constexpr int64_t kSmall = int64_t{1} << 31;  // products of two do not overflow
  SymDim result(SymPoly::constant(a));
  for (const SymTerm& t : SymPoly::terms(a)) {
    const SymAtom* m = t.atoms.size() == 1 ? t.atoms[0].get() : nullptr;
    const bool drop = c < kSmall && m && m->kind == AtomKind::kMod && m->b.is_const() &&
                      m->b.value() < kSmall && m->b.value() * t.coefficient % c == 0;
    result = result + (drop ? scale(m->a, t.coefficient) : SymPoly::from_sorted({t}, 0));
  }
  return result;
}

SymDim reduce_coefficients(const SymDim& a, int64_t c) {
  std::vector<SymTerm> list = SymPoly::terms(a);
  for (SymTerm& t : list) t.coefficient = floor_mod(t.coefficient, c);
  std::erase_if(list, [](const SymTerm& t) { return t.coefficient == 0; });
  return SymPoly::from_sorted(std::move(list), floor_mod(SymPoly::constant(a), c));
}

SymDim mod_by_constant(const SymDim& a, int64_t c) {
  TENON_CHECK(c != 0, "size arithmetic takes ", a.str(), " modulo 0");
  if (a.is_const()) return floor_mod(a.value(), c);
  if (c == 1 || c == -1) return 0;
  if (c < 0) return -((-a).mod(checked_neg(c)));
  const SymDim once = reduce_coefficients(a, c);
  const SymDim r = reduce_coefficients(drop_inner_mods(once, c), c);
  if (r != once) return mod_by_constant(r, c);
  if (r.is_const()) return r;
  SymDim x = r, y = c;
  if (int64_t g = remove_common_content(&x, &y); g > 1) return scale(x.mod(y), g);
  return SymPoly::from_atom(AtomKind::kMod, r, c);
}

void collect_operands(const SymDim& x, AtomKind kind, std::vector<SymDim>* out) {
  const SymAtom* atom = SymPoly::as_atom(x);
  if (atom && atom->kind == kind) {
    collect_operands(atom->a, kind, out);
    collect_operands(atom->b, kind, out);
  } else {
    out->push_back(x);
  }
}

/// Keeps of two operands that differ by a number only the winning one.
void add_operand(const SymDim& x, AtomKind kind, std::vector<SymDim>* list) {
  for (SymDim& y : *list) {
    if (SymPoly::without_constant(x) != SymPoly::without_constant(y)) continue;
    const bool greater = SymPoly::constant(x) > SymPoly::constant(y);
    if (greater == (kind == AtomKind::kMax)) y = x;
    return;
  }
  list->push_back(x);
}

SymDim extremum(const SymDim& a, const SymDim& b, AtomKind kind) {
  if (a.is_const() && b.is_const()) {
    return kind == AtomKind::kMax ? std::max(a.value(), b.value()) : std::min(a.value(), b.value());
  }
  std::vector<SymDim> found, operands;
  collect_operands(a, kind, &found);
  collect_operands(b, kind, &found);
  TENON_CHECK(found.size() <= 64, "size expression has a max or min of more than 64 operands");
  for (const SymDim& x : found) add_operand(x, kind, &operands);
  std::sort(operands.begin(), operands.end());
  SymDim result = operands.back();
  for (size_t i = operands.size() - 1; i-- > 0;) {
    result = SymPoly::from_atom(kind, operands[i], result);
  }
  return result;
}

}  // namespace

SymDim::SymDim(int64_t value) : value_(value) {}

bool SymDim::is_const() const { return rep_ == nullptr; }

int64_t SymDim::value() const {
  TENON_CHECK(is_const(), "the size ", str(), " is not a number");
  return value_;
}

std::string SymDim::as_symbol() const {
  const SymAtom* atom = SymPoly::as_atom(*this);
  return atom && atom->kind == AtomKind::kSymbol ? atom->name : std::string();
}

SymDim SymDim::operator+(const SymDim& o) const {
  const int64_t constant = checked_add(value_, o.value_);
  if (!rep_ || !o.rep_) {  // the terms are shared, nothing is allocated
    SymDim result = rep_ ? *this : o;
    result.value_ = constant;
    return result;
  }
  std::vector<SymTerm> list = rep_->terms;
  list.insert(list.end(), o.rep_->terms.begin(), o.rep_->terms.end());
  return SymPoly::from_terms(std::move(list), constant);
}

SymDim SymDim::operator-() const { return rep_ ? scale(*this, -1) : SymDim(checked_neg(value_)); }

SymDim SymDim::operator-(const SymDim& o) const {
  if (!o.rep_) {
    SymDim result = *this;
    if (__builtin_sub_overflow(value_, o.value_, &result.value_)) {
      throw Error(
          detail::concat("size arithmetic does not fit 64 bits: ", value_, " - ", o.value_));
    }
    return result;
  }
  return *this + -o;
}

SymDim SymDim::operator*(const SymDim& o) const {
  if (!rep_ && !o.rep_) return checked_mul(value_, o.value_);
  if (!o.rep_) return scale(*this, o.value_);
  if (!rep_) return scale(o, value_);
  const std::vector<SymTerm> x = all_terms(*this), y = all_terms(o);
  TENON_CHECK(x.size() * y.size() <= SymPoly::kMaxProduct,
              "size expression is too large: ", x.size(), " terms times ", y.size());
  std::vector<SymTerm> list;
  list.reserve(x.size() * y.size());
  for (const SymTerm& s : x) {
    for (const SymTerm& t : y) list.push_back(multiply(s, t));
  }
  return SymPoly::from_terms(std::move(list), 0);
}

SymDim SymDim::floordiv(const SymDim& o) const {
  if (o.is_const()) return floordiv_by_constant(*this, o.value_);
  if (is_const() && value_ == 0) return 0;
  SymDim a = *this, b = o, quotient;
  if (leads_negative(b)) a = -a, b = -b;
  if (divide_exactly(a, b, &quotient)) return quotient;
  quotient = take_divisible(&a, b);
  if (a == SymDim(0)) return quotient;
  remove_common_content(&a, &b);
  return quotient + SymPoly::from_atom(SymAtom::Kind::kFloorDiv, a, b);
}

SymDim SymDim::mod(const SymDim& o) const {
  if (o.is_const()) return mod_by_constant(*this, o.value_);
  SymDim a = *this, b = o, quotient;
  if (leads_negative(b)) return -((-a).mod(-b));
  if (divide_exactly(a, b, &quotient)) return 0;
  take_divisible(&a, b);
  if (a == SymDim(0)) return 0;
  const int64_t g = remove_common_content(&a, &b);
  return scale(SymPoly::from_atom(SymAtom::Kind::kMod, a, b), g);
}

SymDim SymDim::max(const SymDim& a, const SymDim& b) { return extremum(a, b, AtomKind::kMax); }
SymDim SymDim::min(const SymDim& a, const SymDim& b) { return extremum(a, b, AtomKind::kMin); }

}  // namespace tenon::ir
