// SPDX-License-Identifier: Apache-2.0
#include "net/rules.h"

namespace tenon::net {
namespace {

/// [B, H, S, D] as the formula sees it. "bshd" has dims 1 and 2 exchanged; exchanging them again
/// gives the inverse, so this serves inputs and output.
ir::SymShape canonical(const ir::Node& n, const char* layout_attr, ir::SymShape shape) {
  if (text(n, layout_attr) == "bshd") std::swap(shape[1], shape[2]);
  return shape;
}

bool is_packed(const ir::Node& n, const char* layout_attr) {
  return text(n, layout_attr).rfind("qkv", 0) == 0;
}

ir::SymShape operand(const ir::Node& n, size_t i, const char* layout_attr) {
  want_word(n, layout_attr, {"bhsd", "bshd", "qkv0", "qkv1", "qkv2"});
  want_dtype(n, i, in_type(n).dtype);
  if (!is_packed(n, layout_attr)) {
    want_rank(n, i, 4, 4);
    return canonical(n, layout_attr, in_shape(n, i));
  }
  want_rank(n, i, 5, 5);
  const ir::SymShape& s = in_shape(n, i);
  TENON_CHECK(s[2] == ir::SymDim(3), n.op, ": dimension 2 of a packed operand is ", s[2].str(),
              ", wanted 3");
  return {s[0], s[3], s[1], s[4]};
}

void want_equal(const ir::Node& n, const char* what, const ir::SymDim& seen, const char* of,
                const ir::SymDim& wanted) {
  TENON_CHECK(seen == wanted, n.op, ": ", what, " is ", seen.str(), ", wanted ", wanted.str(),
              " as ", of, " has");
}

void check_heads(const ir::Node& n, const ir::SymDim& query, const ir::SymDim& key) {
  if (query == key) return;
  const bool grouped =
      query.is_const() && key.is_const() && key.value() > 0 && query.value() % key.value() == 0;
  TENON_CHECK(grouped, n.op, ": query has ", query.str(), " heads, wanted a multiple of key's ",
              key.str());
}

void check_mask(const ir::Node& n, const ir::SymShape& scores) {
  if (!has_input(n, 3)) return;
  if (in_type(n, 3).dtype != DataType::kBOOL) want_dtype(n, 3, in_type(n).dtype);
  const ir::SymShape& mask = in_shape(n, 3);
  const bool fits =
      mask.size() <= 4 && with_frame([&] { return n.op + ": mask is " + str(in_type(n, 3)); },
                                     [&] { return broadcast(mask, scores) == scores; });
  TENON_CHECK(fits, n.op, ": mask is ", str(in_type(n, 3)), ", wanted a shape that broadcasts to ",
              str(scores));
}

}  // namespace

TENON_SHAPE_RULE("attention") {
  want_float(n);
  const ir::SymShape q = operand(n, 0, "query_layout"), k = operand(n, 1, "key_layout"),
                     v = operand(n, 2, "value_layout");
  want_equal(n, "batch of key", k[0], "query", q[0]);
  want_equal(n, "batch of value", v[0], "query", q[0]);
  want_equal(n, "head size of key", k[3], "query", q[3]);
  want_equal(n, "number of heads of value", v[1], "key", k[1]);
  want_equal(n, "sequence length of value", v[2], "key", k[2]);
  check_heads(n, q[1], k[1]);
  check_mask(n, {q[0], q[1], q[2], k[2]});
  want_word(n, "output_layout", {"bhsd", "bshd"});
  return {tensor(in_type(n).dtype, canonical(n, "output_layout", {q[0], q[1], q[2], v[3]}))};
}

}  // namespace tenon::net
