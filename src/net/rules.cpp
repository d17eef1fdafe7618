// SPDX-License-Identifier: Apache-2.0
#include "net/rules.h"

#include <algorithm>

#include "net/pointwise.h"

namespace tenon::net {

bool is_float(DataType t) {
  return t == DataType::kFLOAT || t == DataType::kHALF || t == DataType::kBF16 ||
         t == DataType::kDOUBLE;
}

bool is_integer(DataType t) {
  return t == DataType::kINT32 || t == DataType::kINT64 || t == DataType::kINT8 ||
         t == DataType::kUINT8;
}

std::string input_name(const ir::Node& n, size_t i) {
  const LayerDef* def = find_layer(n.op);
  if (!def || def->inputs.empty()) return "input " + std::to_string(i);
  const size_t last = def->inputs.size() - 1;
  if (!def->inputs[last].many || i < last) return def->inputs[std::min(i, last)].name;
  return std::string(def->inputs[last].name) + "[" + std::to_string(i - last) + "]";
}

bool has_input(const ir::Node& n, size_t i) { return n.input(i) != nullptr; }

const ir::Type& in_type(const ir::Node& n, size_t i) {
  TENON_CHECK(has_input(n, i), n.op, ": ", input_name(n, i), " is missing");
  return n.input(i)->type;
}

const ir::SymShape& in_shape(const ir::Node& n, size_t i) { return in_type(n, i).shape; }
size_t in_rank(const ir::Node& n, size_t i) { return in_shape(n, i).size(); }
const Ints& ints(const ir::Node& n, const char* attr) { return n.get<Ints>(attr); }
const std::string& text(const ir::Node& n, const char* attr) { return n.get<std::string>(attr); }

ir::Type tensor(DataType dtype, ir::SymShape shape) {
  ir::Type type;
  type.dtype = dtype;
  type.shape = std::move(shape);
  return type;
}

size_t axis_of(const ir::Node& n) {
  return with_frame(
      [&] { return n.op + ": input is " + str(in_type(n)); },
      [&] { return static_cast<size_t>(wrap_axis(n.get<int64_t>("axis"), in_rank(n))); });
}

void want_float(const ir::Node& n, size_t i) {
  TENON_CHECK(is_float(in_type(n, i).dtype), n.op, ": ", input_name(n, i), " is ",
              str(in_type(n, i)), ", wanted a floating-point type");
}

void want_number(const ir::Node& n, size_t i) {
  const DataType t = in_type(n, i).dtype;
  TENON_CHECK(is_float(t) || is_integer(t), n.op, ": ", input_name(n, i), " is ",
              str(in_type(n, i)), ", wanted a floating-point or integer type");
}

void want_index(const ir::Node& n, size_t i) {
  const DataType t = in_type(n, i).dtype;
  TENON_CHECK(t == DataType::kINT32 || t == DataType::kINT64, n.op, ": ", input_name(n, i), " is ",
              str(in_type(n, i)), ", wanted i32 or i64");
}

void want_dtype(const ir::Node& n, size_t i, DataType wanted) {
  TENON_CHECK(in_type(n, i).dtype == wanted, n.op, ": ", input_name(n, i), " is ",
              str(in_type(n, i)), ", wanted type ", name_of(wanted));
}

void want_rank(const ir::Node& n, size_t i, size_t lo, size_t hi) {
  const size_t rank = in_rank(n, i);
  const std::string wanted =
      lo == hi ? std::to_string(lo) : std::to_string(lo) + " to " + std::to_string(hi);
  TENON_CHECK(rank >= lo && rank <= hi, n.op, ": ", input_name(n, i), " is ", str(in_type(n, i)),
              " of rank ", rank, ", wanted rank ", wanted);
}

void want_shape(const ir::Node& n, size_t i, const ir::SymShape& wanted) {
  TENON_CHECK(in_shape(n, i) == wanted, n.op, ": ", input_name(n, i), " is ", str(in_type(n, i)),
              ", wanted shape ", str(wanted));
}

void want_optional(const ir::Node& n, size_t i, DataType dtype, const ir::SymShape& shape) {
  if (!has_input(n, i)) return;
  want_dtype(n, i, dtype);
  want_shape(n, i, shape);
}

void want_word(const ir::Node& n, const char* attr, const std::vector<std::string>& words) {
  const std::string& seen = text(n, attr);
  if (std::find(words.begin(), words.end(), seen) != words.end()) return;
  std::string list;
  for (const std::string& w : words) list += (list.empty() ? "" : ", ") + w;
  throw Error(detail::concat(n.op, ": ", attr, " is \"", seen, "\", wanted one of: ", list));
}

int64_t static_size(const ir::Node& n, size_t i, size_t d) {
  const ir::SymDim& size = in_shape(n, i).at(d);
  TENON_CHECK(size.is_const(), n.op, ": size ", d, " of ", input_name(n, i), " (",
              str(in_type(n, i)), ") is only known at run time, wanted a constant");
  return size.value();
}

Ints list_of(const ir::Node& n, const char* attr, size_t count, int64_t fallback, int64_t least) {
  const Ints& list = ints(n, attr);
  TENON_CHECK(list.empty() || list.size() == count, n.op, ": ", attr, " has ", list.size(),
              " values, wanted none or ", count);
  constexpr int64_t kMost = INT32_MAX;  // so that sums and products of these stay in 64 bits
  for (int64_t v : list)
    TENON_CHECK(v >= std::max(least, -kMost) && v <= kMost, n.op, ": ", attr, " contains ", v,
                ", wanted at least ", std::max(least, -kMost), " and at most ", kMost);
  return expanded(list, count, fallback);
}

Window window_of(const ir::Node& n, size_t count) {
  return {list_of(n, "stride", count, 1, 1), list_of(n, "pre_padding", count, 0, 0),
          list_of(n, "post_padding", count, 0, 0), list_of(n, "dilation", count, 1, 1)};
}

void want_activation(const ir::Node& n) {
  const std::string& act = text(n, "activation");
  TENON_CHECK(act.empty() || pointwise_arity(act) == 1, n.op, ": activation is \"", act,
              "\", wanted \"\" or an activation or unary op");
}

}  // namespace tenon::net
