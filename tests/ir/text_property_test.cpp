// SPDX-License-Identifier: Apache-2.0
// Random graphs survive the round trip; random damage to a text never does worse than an Error.
#include <gtest/gtest.h>

#include <bit>

#include "base/error.h"
#include "ir/text.h"
#include "seed.h"

namespace tenon::ir {
namespace {

using test::Random;

std::string random_string(Random& random) {
  std::string text;
  for (int64_t n = random.in(0, 6); n > 0; --n) text += static_cast<char>(random.in(1, 255));
  return text;
}

SymDim random_size(Random& random) {
  if (random.one_in(2)) return random.in(0, 100);
  const SymDim s = SymDim::symbol(random.one_in(2) ? "s0" : "batch");
  switch (random.in(0, 3)) {
    case 0:
      return s;
    case 1:
      return s * random.in(1, 5) + random.in(-3, 3);
    case 2:
      return s.floordiv(random.in(2, 9));
    default:
      return SymDim::max(s, SymDim::symbol("s0") - 1);
  }
}

Type random_type(Random& random) {
  Type type;
  type.kind = random.one_in(6) ? (random.one_in(2) ? Kind::kSize : Kind::kOther) : Kind::kTensor;
  if (type.kind == Kind::kSize) type.size = random_size(random);
  if (type.kind != Kind::kTensor) return type;
  type.dtype = static_cast<DataType>(random.in(0, 9));
  for (int64_t n = random.in(0, 5); n > 0; --n) type.shape.push_back(random_size(random));
  return type;
}

template <typename T, typename Make>
std::vector<T> random_list(Random& random, Make make) {
  std::vector<T> list;
  for (int64_t n = random.in(0, 3); n > 0; --n) list.push_back(make());
  return list;
}

Attr random_attr(Random& random, int inputs) {
  auto real = [&] { return std::bit_cast<double>(random.bits()); };
  auto integer = [&] { return static_cast<int64_t>(random.bits()); };
  auto flag = [&] { return random.one_in(2); };
  auto text = [&] { return random_string(random); };
  auto size = [&] { return random_size(random); };
  auto ref = [&] { return Ref{static_cast<int>(random.in(-1, inputs - 1))}; };
  switch (random.in(0, 14)) {
    case 0:
      return std::monostate();
    case 1:
      return flag();
    case 2:
      return integer();
    case 3:
      return real();
    case 4:
      return text();
    case 5:
      return DataType::kBF16;
    case 6:
      return size();
    case 7:
      return ref();
    case 8:
      return random_list<int64_t>(random, integer);
    case 9:
      return random_list<double>(random, real);
    case 10:
      return random_list<bool>(random, flag);
    case 11:
      return random_list<std::string>(random, text);
    case 12:
      return random_list<SymDim>(random, size);
    case 13:
      return random_list<Ref>(random, ref);
    default: {
      const int64_t bits = integer();
      return make_constant(DataType::kFLOAT, {2}, &bits);
    }
  }
}

Graph random_graph(Random& random) {
  Graph g;
  g.symbols = {{"s0", {1, 2, 9}}, {"batch", {0, 0, 7}}};
  std::vector<Value*> values;
  for (int64_t n = random.in(0, 3); n > 0; --n) {
    values.push_back(g.add_input("in" + random_string(random), random_type(random)));
  }
  for (int64_t n = random.in(1, 8); n > 0; --n) {
    std::vector<Value*> inputs;
    for (int64_t k = values.empty() ? 0 : random.in(0, 3); k > 0; --k) {
      const int64_t i = random.in(-1, static_cast<int64_t>(values.size()) - 1);
      inputs.push_back(i < 0 ? nullptr : values[i]);
    }
    Node* node = g.create(random.one_in(5) ? "op" + random_string(random) : "aten::op.a", inputs);
    node->origin = {random_string(random), random_string(random), random_string(random), ""};
    for (int64_t k = random.in(0, 4); k > 0; --k) {
      node->set("a" + std::to_string(k), random_attr(random, static_cast<int>(inputs.size())));
    }
    for (int64_t k = random.in(0, 2); k > 0; --k) {
      Value* v = node->add_output(g.unique_name("v" + random_string(random)), random_type(random));
      v->layout = random.one_in(3) ? Layout::kChannelsLast : Layout::kPlain;
      values.push_back(v);
    }
  }
  for (Value* v : values) {
    if (random.one_in(3)) g.outputs.push_back(v);
  }
  for (size_t i = 0; i < g.outputs.size(); ++i) g.output_names.push_back(random_string(random));
  return g;
}

TEST(GraphTextProperty, RandomGraphsSurviveTheRoundTrip) {
  const uint64_t first = test::first_seed();
  for (uint64_t seed = first; seed < first + 2000 && !HasFailure(); ++seed) {
    SCOPED_TRACE(test::seed_text(seed));
    Random random(seed);
    const Graph g = random_graph(random);
    const std::string text = print(g);
    try {
      EXPECT_EQ(print(parse(text)), text);
    } catch (const Error& e) {
      ADD_FAILURE() << e.what() << "\n" << text;
    }
    std::vector<ConstantPtr> constants, again;
    const std::string numbered = print(g, {.constants = &constants});
    EXPECT_EQ(print(parse(numbered, constants), {.constants = &again}), numbered);
  }
}

void damage(Random& random, std::string* text) {
  const int64_t at = random.in(0, static_cast<int64_t>(text->size()) - 1);
  const int64_t n = std::min<int64_t>(random.in(1, 20), static_cast<int64_t>(text->size()) - at);
  constexpr std::string_view kPieces = "{}[]()<>%$#?_=;|,\"\\0-9.aes \n";
  switch (random.in(0, 4)) {
    case 0:
      (*text)[at] = static_cast<char>(random.in(0, 255));
      break;
    case 1:
      text->erase(at, n);
      break;
    case 2:
      text->insert(at, text->substr(random.in(0, at), n));
      break;
    case 3:
      text->insert(at, 1, kPieces[random.in(0, kPieces.size() - 1)]);
      break;
    default:
      text->resize(at + 1);
  }
}

TEST(GraphTextProperty, DamagedTextNeverCrashes) {
  const uint64_t first = test::first_seed();
  int refused = 0, accepted = 0;
  for (uint64_t seed = first; seed < first + 20000 && !HasFailure(); ++seed) {
    SCOPED_TRACE(test::seed_text(seed));
    Random random(seed);
    std::string text = print(random_graph(random));
    for (int64_t n = random.in(1, 3); n > 0; --n) damage(random, &text);
    try {
      const std::string printed = print(parse(text));
      EXPECT_EQ(print(parse(printed)), printed);
      ++accepted;
    } catch (const Error& e) {
      EXPECT_FALSE(std::string_view(e.what()).empty());
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace tenon::ir
