// SPDX-License-Identifier: Apache-2.0
#include "ir/sym_poly.h"

#include <algorithm>
#include <limits>

namespace tenon::ir {
namespace {

size_t mix(size_t seed, size_t value) {
  seed ^= value + 0x9e3779b97f4a7c15ull + (seed << 6) + (seed >> 2);
  return seed * 0xff51afd7ed558ccdull;
}

// std::hash is free to differ between libraries; this one gives the same value everywhere.
size_t hash_text(const std::string& text) {
  size_t h = 0xcbf29ce484222325ull;
  for (unsigned char c : text) h = (h ^ c) * 0x100000001b3ull;
  return h;
}

void check_extent(int depth, int64_t size) {
  TENON_CHECK(depth <= SymPoly::kMaxDepth, "size expression is nested deeper than ",
              SymPoly::kMaxDepth, " levels");
  TENON_CHECK(size <= SymPoly::kMaxSize, "size expression has more than ", SymPoly::kMaxSize,
              " parts");
}

[[noreturn]] void overflow(int64_t a, const char* op, int64_t b) {
  throw Error(detail::concat("size arithmetic does not fit 64 bits: ", a, " ", op, " ", b));
}

bool valid_symbol(const std::string& name) {
  if (name.empty() || name.size() > 64) return false;
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || digit(c) || c == '.'; }) &&
         name != "floordiv" && name != "mod" && name != "max" && name != "min";
}

}  // namespace

int64_t checked_add(int64_t a, int64_t b) {
  int64_t r;
  if (__builtin_add_overflow(a, b, &r)) overflow(a, "+", b);
  return r;
}

int64_t checked_mul(int64_t a, int64_t b) {
  int64_t r;
  if (__builtin_mul_overflow(a, b, &r)) overflow(a, "*", b);
  return r;
}

int64_t checked_neg(int64_t a) {
  int64_t r;
  if (__builtin_sub_overflow(int64_t{0}, a, &r)) overflow(0, "-", a);
  return r;
}

int64_t floor_div(int64_t a, int64_t b) {
  TENON_CHECK(b != 0, "size arithmetic divides ", a, " by 0");
  if (b == -1) return checked_neg(a);
  int64_t q = a / b;
  return q - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

int64_t floor_mod(int64_t a, int64_t b) {
  TENON_CHECK(b != 0, "size arithmetic takes ", a, " modulo 0");
  if (b == -1) return 0;
  int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

const std::vector<SymTerm>& SymPoly::terms(const SymDim& x) {
  static const std::vector<SymTerm> kNone;
  return x.rep_ ? x.rep_->terms : kNone;
}

SymDim SymPoly::without_constant(SymDim x) {
  x.value_ = 0;
  return x;
}

SymDim SymPoly::from_sorted(std::vector<SymTerm> terms, int64_t constant) {
  SymDim result(constant);
  if (terms.empty()) return result;
  auto rep = std::make_shared<SymDim::Rep>();
  int64_t size = 1;
  for (const SymTerm& t : terms) {
    rep->hash = mix(rep->hash, static_cast<size_t>(t.coefficient));
    size += 1;
    for (const SymAtomPtr& a : t.atoms) {
      rep->hash = mix(rep->hash, a->hash);
      rep->depth = std::max(rep->depth, a->depth);
      size += a->size;
    }
    check_extent(rep->depth, size);
  }
  rep->size = static_cast<int>(size);
  rep->terms = std::move(terms);
  result.rep_ = std::move(rep);
  return result;
}

SymDim SymPoly::from_terms(std::vector<SymTerm> terms, int64_t constant) {
  std::sort(terms.begin(), terms.end(),
            [](const SymTerm& a, const SymTerm& b) { return compare(a, b) < 0; });
  std::vector<SymTerm> joined;
  for (SymTerm& t : terms) {
    if (t.atoms.empty()) {
      constant = checked_add(constant, t.coefficient);
    } else if (!joined.empty() && compare(joined.back(), t) == 0) {
      joined.back().coefficient = checked_add(joined.back().coefficient, t.coefficient);
    } else {
      joined.push_back(std::move(t));
    }
  }
  std::erase_if(joined, [](const SymTerm& t) { return t.coefficient == 0; });
  return from_sorted(std::move(joined), constant);
}

SymDim SymPoly::from_atom(SymAtom::Kind kind, const SymDim& a, const SymDim& b) {
  auto atom = std::make_shared<SymAtom>();
  atom->kind = kind;
  atom->a = a;
  atom->b = b;
  atom->depth = 1 + std::max(depth(a), depth(b));
  atom->size = 1 + size(a) + size(b);
  check_extent(atom->depth, atom->size);
  atom->hash = mix(mix(static_cast<size_t>(kind) + 1, a.hash()), b.hash());
  return from_sorted({SymTerm{1, {std::move(atom)}}}, 0);
}

const SymAtom* SymPoly::as_atom(const SymDim& x) {
  const auto& list = terms(x);
  if (x.value_ != 0 || list.size() != 1 || list[0].coefficient != 1) return nullptr;
  return list[0].atoms.size() == 1 ? list[0].atoms[0].get() : nullptr;
}

int SymPoly::compare(const SymAtom& a, const SymAtom& b) {
  if (&a == &b) return 0;
  if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.kind == SymAtom::Kind::kSymbol) return a.name.compare(b.name);
  if (int c = compare(a.a, b.a)) return c;
  return compare(a.b, b.b);
}

int SymPoly::compare(const SymTerm& a, const SymTerm& b) {
  if (a.atoms.size() != b.atoms.size()) return a.atoms.size() > b.atoms.size() ? -1 : 1;
  for (size_t i = 0; i < a.atoms.size(); ++i) {
    if (int c = compare(*a.atoms[i], *b.atoms[i])) return c;
  }
  return 0;
}

int SymPoly::compare(const SymDim& a, const SymDim& b) {
  if (a.rep_ != b.rep_) {
    const auto &x = terms(a), &y = terms(b);
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (int c = compare(x[i], y[i])) return c;
      if (x[i].coefficient != y[i].coefficient) {
        return x[i].coefficient < y[i].coefficient ? -1 : 1;
      }
    }
    if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
  }
  return a.value_ == b.value_ ? 0 : a.value_ < b.value_ ? -1 : 1;
}

SymDim SymDim::symbol(const std::string& name) {
  TENON_CHECK(valid_symbol(name), "'", name.substr(0, 80),
              "' cannot name a size: wanted letters, digits, '_' and '.', at most 64, not a "
              "function's name");
  auto atom = std::make_shared<SymAtom>();
  atom->name = name;
  atom->hash = hash_text(name);
  return SymPoly::from_sorted({SymTerm{1, {std::move(atom)}}}, 0);
}

size_t SymDim::hash() const { return mix(rep_ ? rep_->hash : 0, static_cast<size_t>(value_)); }

bool SymDim::operator==(const SymDim& o) const {
  if (value_ != o.value_) return false;
  if (rep_ == o.rep_) return true;
  if (!rep_ || !o.rep_ || rep_->hash != o.rep_->hash) return false;
  return SymPoly::compare(*this, o) == 0;
}

bool SymDim::operator<(const SymDim& o) const { return SymPoly::compare(*this, o) < 0; }

}  // namespace tenon::ir
