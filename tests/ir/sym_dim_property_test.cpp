// SPDX-License-Identifier: Apache-2.0
// Random expressions: the canonical form means what the tree it was made from means.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "ir/sym_dim.h"
#include "seed.h"

namespace tenon::ir {
namespace {

using test::Random;
using Wide = __int128;

constexpr int kSymbols = 3;
enum Op { kNumber, kSymbol, kAdd, kSub, kMul, kDiv, kMod, kMax, kMin, kOps };

struct Tree {
  Op op;
  int64_t number;  // kNumber: the value, kSymbol: which
  std::vector<Tree> children;
};

std::string symbol_name(int64_t i) { return "s" + std::to_string(i); }

Tree random_tree(Random& random, int depth) {
  const Op op = static_cast<Op>(random.in(0, depth == 0 ? kSymbol : kOps - 1));
  if (op == kSymbol) return {op, random.in(0, kSymbols - 1), {}};
  if (op == kNumber) return {op, random.one_in(4) ? random.in(-1000, 1000) : random.in(-4, 8), {}};
  return {op, 0, {random_tree(random, depth - 1), random_tree(random, depth - 1)}};
}

SymDim build(const Tree& t) {
  if (t.op == kNumber) return t.number;
  if (t.op == kSymbol) return SymDim::symbol(symbol_name(t.number));
  const SymDim a = build(t.children[0]), b = build(t.children[1]);
  switch (t.op) {
    case kAdd:
      return a + b;
    case kSub:
      return a - b;
    case kMul:
      return a * b;
    case kDiv:
      return a.floordiv(b);
    case kMod:
      return a.mod(b);
    case kMax:
      return SymDim::max(a, b);
    default:
      return SymDim::min(a, b);
  }
}

Wide floor_quotient(Wide a, Wide b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

/// Nothing if a division by 0 or a very large number is met.
std::optional<Wide> naive(const Tree& t, const SymEnv& env) {
  if (t.op == kNumber) return t.number;
  if (t.op == kSymbol) return env.at(symbol_name(t.number));
  const auto x = naive(t.children[0], env), y = naive(t.children[1], env);
  if (!x || !y) return {};
  const Wide a = *x, b = *y;
  if ((t.op == kDiv || t.op == kMod) && b == 0) return {};
  Wide r = 0;
  switch (t.op) {
    case kAdd:
      r = a + b;
      break;
    case kSub:
      r = a - b;
      break;
    case kMul:
      r = a * b;
      break;
    case kDiv:
      r = floor_quotient(a, b);
      break;
    case kMod:
      r = a - b * floor_quotient(a, b);
      break;
    case kMax:
      r = std::max(a, b);
      break;
    default:
      r = std::min(a, b);
  }
  const Wide limit = Wide{1} << 45;
  if (r > limit || r < -limit) return {};
  return r;
}

void random_env(Random& random, SymEnv* env, SymRanges* ranges) {
  for (int i = 0; i < kSymbols; ++i) {
    const int64_t lo = random.in(1, 20), hi = lo + random.in(0, 20);
    (*env)[symbol_name(i)] = random.in(lo, hi);
    (*ranges)[symbol_name(i)] = {lo, lo, hi};
  }
}

/// Returns whether the values could be compared.
bool check_values(const Tree& tree, const SymDim& dim, Random& random) {
  SymEnv env;
  SymRanges ranges;
  random_env(random, &env, &ranges);
  const auto want = naive(tree, env);
  if (!want) return false;
  const int64_t seen = dim.eval(env);
  EXPECT_EQ(seen, static_cast<int64_t>(*want)) << dim.str();
  const SymDim::Bounds bounds = dim.bounds(ranges);
  EXPECT_LE(bounds.lo, seen) << dim.str();
  EXPECT_GE(bounds.hi, seen) << dim.str();
  std::map<std::string, SymDim> by(env.begin(), env.end());
  EXPECT_EQ(dim.substitute(by), SymDim(seen)) << dim.str();
  return true;
}

TEST(SymDimProperty, CanonicalFormKeepsTheValue) {
  int built = 0, compared = 0;
  const uint64_t first = test::first_seed();
  for (uint64_t seed = first; seed < first + 20000 && !HasFailure(); ++seed) {
    SCOPED_TRACE(test::seed_text(seed));
    Random random(seed);
    const Tree tree = random_tree(random, 4);
    SymDim dim;
    try {
      dim = build(tree);
    } catch (const Error&) {
      continue;  // divides by a constant 0
    }
    ++built;
    EXPECT_EQ(SymDim::parse(dim.str()), dim) << dim.str();
    EXPECT_EQ(SymDim::parse(dim.str()).str(), dim.str());
    for (int i = 0; i < 3; ++i) compared += check_values(tree, dim, random);
  }
  EXPECT_GT(built, 15000);
  EXPECT_GT(compared, 40000);
}

TEST(SymDimProperty, RandomTextNeverCrashes) {
  constexpr std::string_view kPieces[] = {"s0",
                                          "s1",
                                          "floordiv(",
                                          "mod(",
                                          "max(",
                                          ")",
                                          "(",
                                          ",",
                                          "+",
                                          "-",
                                          "*",
                                          "//",
                                          "%",
                                          "17",
                                          "0",
                                          " ",
                                          "9223372036854775807"};
  const uint64_t first = test::first_seed();
  int parsed = 0;
  for (uint64_t seed = first; seed < first + 20000 && !HasFailure(); ++seed) {
    SCOPED_TRACE(test::seed_text(seed));
    Random random(seed);
    std::string text;
    for (int64_t n = random.in(1, 12); n > 0; --n)
      text += kPieces[random.in(0, std::size(kPieces) - 1)];
    try {
      const SymDim dim = SymDim::parse(text);
      EXPECT_EQ(SymDim::parse(dim.str()), dim) << text;
      ++parsed;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(parsed, 100);
}

}  // namespace
}  // namespace tenon::ir
