// SPDX-License-Identifier: Apache-2.0
// SymDim: a size that may depend on named run-time sizes ("s0*4 + 1", "(s1 - 1)//2 + 1").
// Immutable value type kept in a canonical form (polynomial over symbols and opaque terms such as
// floordiv/mod/max/min), so two equal expressions compare and print equal. Lives in every shape of
// the graph, in the plan's text form, and is evaluated per shape at run time. Thread safe.
// A result that does not fit 64 bits, or an expression too large to be a shape, is an Error.
// Sizes divide as if no symbolic divisor were 0: (s0*4).floordiv(s0) is 4.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon::ir {

/// Range of a symbol: every size from min to max is legal, opt is the one to be fast at.
struct SymRange {
  int64_t min = 1;
  int64_t opt = 1;
  int64_t max = 1;
  bool operator==(const SymRange&) const = default;
};

using SymEnv = std::map<std::string, int64_t>;      // symbol -> value
using SymRanges = std::map<std::string, SymRange>;  // symbol -> range

class TENON_API SymDim {
 public:
  SymDim(int64_t value = 0);  // NOLINT: a number is a size
  static SymDim symbol(const std::string& name);

  bool is_const() const;
  /// The number; throws if not is_const().
  int64_t value() const;
  /// Name if this is exactly one symbol, else empty.
  std::string as_symbol() const;

  SymDim operator+(const SymDim& o) const;
  SymDim operator-(const SymDim& o) const;
  SymDim operator*(const SymDim& o) const;
  SymDim operator-() const;
  /// Rounds towards minus infinity, as Python's //. Exact polynomial division where possible
  /// ((4*s0)//4 == s0). Division by the constant 0 throws.
  SymDim floordiv(const SymDim& o) const;
  SymDim ceildiv(const SymDim& o) const { return -((-*this).floordiv(o)); }
  /// Sign of the divisor, as Python's %.
  SymDim mod(const SymDim& o) const;
  static SymDim max(const SymDim& a, const SymDim& b);
  static SymDim min(const SymDim& a, const SymDim& b);

  /// Value under `env`; throws naming a symbol that is missing.
  int64_t eval(const SymEnv& env) const;
  /// Lower and upper bound over the ranges by interval arithmetic (may be wider than the truth).
  /// Symbols that are not in `ranges` count as [0, 2^31].
  struct Bounds {
    int64_t lo, hi;
  };
  Bounds bounds(const SymRanges& ranges) const;

  void collect_symbols(std::set<std::string>& out) const;
  SymDim substitute(const std::map<std::string, SymDim>& by) const;

  /// Canonical text, e.g. "2*s0*s1 + 4", "floordiv(s0 + 1, 2)", "max(1, s0)". parse(str())
  /// gives an equal expression. parse throws Error on anything else (bounded depth and length).
  std::string str() const;
  static SymDim parse(std::string_view text);

  bool operator==(const SymDim& o) const;
  bool operator!=(const SymDim& o) const { return !(*this == o); }
  bool operator<(const SymDim& o) const;  // any total order, for maps (numbers come first)
  size_t hash() const;

 private:
  friend struct SymPoly;  // the algebra's access to the terms (sym_poly.h)
  struct Rep;             // the terms that are not constant; null if there are none
  std::shared_ptr<const Rep> rep_;
  int64_t value_ = 0;  // the constant term
};

using SymShape = std::vector<SymDim>;

TENON_API std::string str(const SymShape& shape);  // "[s0, 3, 224]"
TENON_API bool is_static(const SymShape& shape);
TENON_API std::vector<int64_t> eval(const SymShape& shape, const SymEnv& env);
/// Number of elements.
TENON_API SymDim volume(const SymShape& shape);

}  // namespace tenon::ir
