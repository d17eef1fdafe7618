// SPDX-License-Identifier: Apache-2.0
// Inside of SymDim: a polynomial is a sorted list of terms plus a constant; a term is an integer
// coefficient times a sorted list of atoms (a power is a repeat); an atom is a symbol or an opaque
// function of two polynomials. Terms are in graded lexicographic order, highest first, which makes
// the first term the leading one for division. Only the ir folder's sym_*.cpp include this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ir/sym_dim.h"

namespace tenon::ir {

struct SymAtom {
  enum class Kind : uint8_t { kSymbol, kFloorDiv, kMod, kMax, kMin };
  Kind kind = Kind::kSymbol;
  std::string name;  // kSymbol only
  SymDim a, b;       // the operands of the others
  size_t hash = 0;
  int depth = 1;  // nesting of atoms
  int size = 1;   // number of nodes when written out as a tree
};
using SymAtomPtr = std::shared_ptr<const SymAtom>;

struct SymTerm {
  int64_t coefficient = 0;
  std::vector<SymAtomPtr> atoms;
};

struct SymDim::Rep {
  std::vector<SymTerm> terms;  // sorted, no zero coefficient, none without atoms, not empty
  size_t hash = 0;
  int depth = 0;
  int size = 0;
};

struct SymPoly {
  /// More than any shape needs; they bound time, memory and stack on hostile input.
  static constexpr int kMaxDepth = 96;
  static constexpr int kMaxSize = 1024;
  static constexpr size_t kMaxProduct = 16384;  // terms before like ones are joined

  static const std::vector<SymTerm>& terms(const SymDim& x);
  static int64_t constant(const SymDim& x) { return x.value_; }
  static int depth(const SymDim& x) { return x.rep_ ? x.rep_->depth : 0; }
  static int size(const SymDim& x) { return x.rep_ ? x.rep_->size : 1; }
  /// `x` without its constant term.
  static SymDim without_constant(SymDim x);
  /// Terms that are already sorted and joined.
  static SymDim from_sorted(std::vector<SymTerm> terms, int64_t constant);
  /// Terms in any order, with repeats and constants among them.
  static SymDim from_terms(std::vector<SymTerm> terms, int64_t constant);
  static SymDim from_atom(SymAtom::Kind kind, const SymDim& a, const SymDim& b);
  /// The atom if `x` is exactly one with coefficient 1, else null.
  static const SymAtom* as_atom(const SymDim& x);

  /// Total orders: < 0, 0, > 0. For terms the order of the atoms alone.
  static int compare(const SymDim& a, const SymDim& b);
  static int compare(const SymAtom& a, const SymAtom& b);
  static int compare(const SymTerm& a, const SymTerm& b);
};

/// 64-bit arithmetic that throws Error instead of overflowing.
int64_t checked_add(int64_t a, int64_t b);
int64_t checked_mul(int64_t a, int64_t b);
int64_t checked_neg(int64_t a);
/// Python's // and %. The divisor 0 throws.
int64_t floor_div(int64_t a, int64_t b);
int64_t floor_mod(int64_t a, int64_t b);

}  // namespace tenon::ir
