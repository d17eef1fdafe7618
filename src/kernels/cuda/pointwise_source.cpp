// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/pointwise_source.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <limits>
#include <map>
#include <set>

#include "base/half.h"
#include "kernels/cpu/nd.h"

namespace tenon::kernels::cuda_kernels {
namespace {

/// Names of a type in memory and in registers.
struct TypeNames {
  const char *stored, *computed;
};

const TypeNames* names_of(DataType t) {
  static const std::map<DataType, TypeNames> names = {
      {DataType::kFLOAT, {"f32", "f32"}}, {DataType::kHALF, {"f16", "f32"}},
      {DataType::kBF16, {"bf16", "f32"}}, {DataType::kDOUBLE, {"f64", "f64"}},
      {DataType::kINT64, {"i64", "i64"}}, {DataType::kINT32, {"i32", "i32"}},
      {DataType::kINT8, {"i8", "i8"}},    {DataType::kUINT8, {"u8", "u8"}},
      {DataType::kBOOL, {"u8", "bool"}}};
  const auto it = names.find(t);
  return it == names.end() ? nullptr : &it->second;
}

const char* stored(DataType t) { return names_of(t)->stored; }
const char* computed(DataType t) { return names_of(t)->computed; }
bool half_type(DataType t) { return t == DataType::kHALF || t == DataType::kBF16; }
bool float_type(DataType t) {
  return half_type(t) || t == DataType::kFLOAT || t == DataType::kDOUBLE;
}

/// Operators of C++; on bools & | ^ are the logical ones.
const char* infix(const std::string& op) {
  static const std::map<std::string, const char*> table = {
      {"and", "&"},        {"or", "|"},      {"xor", "^"},  {"equal", "=="},
      {"not_equal", "!="}, {"greater", ">"}, {"less", "<"}, {"greater_equal", ">="},
      {"less_equal", "<="}};
  const auto it = table.find(op);
  return it == table.end() ? nullptr : it->second;
}

/// Where a difference in the last place of an operand can become one of any size.
bool needs_rounded(const std::string& op) {
  static const std::set<std::string> ops = {"cast",
                                            "equal",
                                            "not_equal",
                                            "greater",
                                            "less",
                                            "greater_equal",
                                            "less_equal",
                                            "floor",
                                            "ceil",
                                            "round",
                                            "trunc",
                                            "sign",
                                            "isinf",
                                            "isnan",
                                            "mod",
                                            "fmod",
                                            "floor_div",
                                            "trunc_div",
                                            "thresholded_relu"};
  return ops.count(op) > 0;
}

/// Parameters that the op's function takes.
size_t used_params(const std::string& op) {
  if (op == "clip" || op == "hard_sigmoid" || op == "scaled_tanh") return 2;
  return op == "leaky_relu" || op == "elu" || op == "thresholded_relu" ? 1 : 0;
}

/// As storing to an integer type truncates: what does not fit in 64 bits gives the smallest.
int64_t truncated(double v) {
  const bool fits = v >= -9223372036854775808.0 && v < 9223372036854775808.0;
  return fits ? static_cast<int64_t>(v) : std::numeric_limits<int64_t>::min();
}

template <typename Bits>
std::string bits_of(const char* form, Bits bits) {
  char text[64];
  std::snprintf(text, sizeof text, form, static_cast<unsigned long long>(bits));
  return text;
}

std::string f32_literal(float v) {
  return bits_of("__uint_as_float(0x%llxu)", std::bit_cast<uint32_t>(v));
}
std::string i64_literal(int64_t v) { return bits_of("(i64)0x%llxull", static_cast<uint64_t>(v)); }

/// A value in its type; half types are rounded to it.
std::string literal(DataType t, double v) {
  const float f = static_cast<float>(v);
  if (t == DataType::kFLOAT) return f32_literal(f);
  if (t == DataType::kHALF) return f32_literal(half_to_float(float_to_half(f)));
  if (t == DataType::kBF16) return f32_literal(bf16_to_float(float_to_bf16(f)));
  if (t == DataType::kDOUBLE) {
    return bits_of("__longlong_as_double(0x%llxll)", std::bit_cast<uint64_t>(v));
  }
  if (t == DataType::kBOOL) return v != 0 ? "true" : "false";
  return std::string("(") + computed(t) + ")" + i64_literal(truncated(v));
}

class Generator {
 public:
  Generator(const Instrs& program, const std::vector<DataType>& inputs)
      : program_(program), inputs_(inputs) {}

  std::string text() {
    const DataType out = program_.back().dtype;
    std::string s =
        "#include \"common.cuh\"\n#include \"strided.cuh\"\n#include \"pointwise.cuh\"\n";
    s += "struct Program {\n  static constexpr int kInputs = " + std::to_string(inputs_.size()) +
         ";\n  typedef " + stored(out) + " Out;\n";
    s += "  template <int V>\n  struct Loads {\n";
    for (size_t k = 0; k < inputs_.size(); ++k) {
      s += std::string("    Vec<") + stored(inputs_[k]) + ", V> x" + std::to_string(k) + ";\n";
    }
    s += "  };\n  template <int V>\n"
         "  DEVICE void fetch_all(Loads<V>& r, const Operand* o, const i64* at) {\n";
    for (size_t k = 0; k < inputs_.size(); ++k) {
      const std::string i = std::to_string(k), operand = std::to_string(k + 1);
      s += "    r.x" + i + " = fetch<V, " + stored(inputs_[k]) + ">(o[" + operand + "], at[" +
           operand + "]);\n";
    }
    s += "  }\n  template <int V>\n  DEVICE Out compute(const Loads<V>& r, int j) {\n" + body();
    s += "  }\n};\nPOINTWISE_KERNELS(Program, " + std::to_string(vector_width(inputs_, out)) +
         ", " + std::to_string(unrolling(inputs_.size())) + ")\n";
    return s;
  }

 private:
  std::string body() {
    std::string s;
    for (size_t k = 0; k < inputs_.size(); ++k) {
      const std::string i = std::to_string(k), x = "r.x" + i + ".at[j]";
      const bool is_bool = inputs_[k] == DataType::kBOOL;
      s += std::string("    const ") + computed(inputs_[k]) + " i" + i + " = " +
           (is_bool ? x + " != 0" : "widen(" + x + ")") + ";\n";
    }
    for (size_t k = 0; k < program_.size(); ++k) {
      const net::PointwiseInstr& i = program_[k];
      const std::string name = computed(i.dtype);
      s += "    const " + name + " t" + std::to_string(k) + " = (" + name + ")(" + expression(i) +
           ");\n";
    }
    const DataType out = program_.back().dtype;
    const std::string last = "t" + std::to_string(program_.size() - 1);
    const bool is_half = half_type(out);
    return s + "    return " +
           (is_half ? std::string("to<") + stored(out) + ">(" + last + ")" : "(Out)" + last) +
           ";\n";
  }

  DataType type(const net::PointwiseOperand& o) const {
    return o.is_input ? inputs_.at(static_cast<size_t>(o.index))
                      : program_.at(static_cast<size_t>(o.index)).dtype;
  }

  std::string operand(const net::PointwiseInstr& i, size_t j) const {
    const net::PointwiseOperand& o = i.operands[j];
    const std::string name = (o.is_input ? "i" : "t") + std::to_string(o.index);
    const bool exact = o.is_input || !half_type(type(o));
    if (exact || !needs_rounded(i.op)) return name;
    return std::string("rounded<") + stored(type(o)) + ">(" + name + ")";
  }

  std::string expression(const net::PointwiseInstr& i) const {
    if (i.op == "const") return literal(i.dtype, i.params.at(0));
    if (i.op == "cast") return cast(i);
    const std::string a = operand(i, 0);
    if (i.op == "not") return "!" + a;
    const std::string b = i.operands.size() > 1 ? operand(i, 1) : "";
    if (i.op == "select") return a + " ? " + b + " : " + operand(i, 2);
    if (const char* sign = infix(i.op)) return a + " " + sign + " " + b;
    return call(i, a, b);
  }

  std::string cast(const net::PointwiseInstr& i) const {
    const std::string x = operand(i, 0);
    if (i.dtype == DataType::kBOOL) return x + " != 0";
    return float_type(type(i.operands[0])) && !float_type(i.dtype) ? "truncate(" + x + ")" : x;
  }

  /// A function of the class of ops that belongs to the type; i8 and u8 are computed in i32.
  std::string call(const net::PointwiseInstr& i, const std::string& a, const std::string& b) const {
    const DataType t = type(i.operands[0]);
    if (i.op == "clip" && !float_type(t)) return clip_integer(i, a);
    const DataType wide = float_type(t) || t == DataType::kINT64 ? t : DataType::kINT32;
    const std::string ops = half_type(t)    ? "HalfOps"
                            : float_type(t) ? std::string("FloatOps<") + computed(t) + ">"
                                            : std::string("IntOps<") + computed(wide) + ">";
    if (const char* power = constant_power(i)) return ops + "::" + power + "(" + a + ")";
    std::string s = ops + "::" + i.op + "(" + a;
    if (!b.empty()) s += ", " + b;
    for (size_t k = 0; k < used_params(i.op); ++k) {
      const double v = k < i.params.size() ? i.params[k] : 0;
      s += ", " + (t == DataType::kDOUBLE ? literal(t, v) : f32_literal(static_cast<float>(v)));
    }
    return s + ")";
  }

  /// x to the power of a constant 2 or 3 is a product.
  const char* constant_power(const net::PointwiseInstr& i) const {
    if (i.op != "pow" || !float_type(i.dtype) || i.operands[1].is_input) return nullptr;
    const net::PointwiseInstr& e = program_.at(static_cast<size_t>(i.operands[1].index));
    if (e.op != "const") return nullptr;
    return e.params[0] == 2 ? "square" : e.params[0] == 3 ? "cube" : nullptr;
  }

  /// Integers clip to the bounds' integer parts.
  static std::string clip_integer(const net::PointwiseInstr& i, const std::string& a) {
    const auto bound = [&](size_t k) {
      return i64_literal(truncated(k < i.params.size() ? i.params[k] : 0));
    };
    return "IntOps<i64>::min(IntOps<i64>::max(" + a + ", " + bound(0) + "), " + bound(1) + ")";
  }

  const Instrs& program_;
  const std::vector<DataType>& inputs_;
};

/// One instruction on the inputs in order.
std::string line(const std::string& op, int arity, std::vector<double> params, DataType to) {
  net::PointwiseInstr i{op, {}, std::move(params), to};
  for (int k = 0; k < arity; ++k) i.operands.push_back({true, k});
  return net::print_pointwise(i);
}

std::vector<std::string> lines_of(const Problem& p) {
  const std::string& op = p.layer->op;
  if (op == "cast") return {line("cast", 1, {}, p.out[0].dtype)};
  if (op == "select") return {line("select", 3, {}, p.out[0].dtype)};
  if (op == "scale") return {"prod i0 i1", "sum t0 i2"};
  if (op == "activation") {
    return {line(attr_str(p, "type", "relu"), 1,
                 {attr_float(p, "alpha", 0), attr_float(p, "beta", 0)}, {})};
  }
  if (op == "unary") return {line(attr_str(p, "operation", "exp"), 1, {}, {})};
  if (op == "elementwise") return {line(attr_str(p, "operation", "sum"), 2, {}, {})};
  return p.layer->get<std::vector<std::string>>("program");
}

}  // namespace

bool has_device_type(DataType t) { return names_of(t) != nullptr; }

Instrs program_of(const Problem& p) {
  std::vector<DataType> types;
  for (const TensorDesc& d : p.in) types.push_back(d.dtype);
  return net::parse_pointwise(lines_of(p), types);
}

int64_t vector_width(const std::vector<DataType>& inputs, DataType output) {
  size_t widest = size_of(output);
  for (DataType t : inputs) widest = std::max(widest, size_of(t));
  return static_cast<int64_t>(16 / widest);
}

int unrolling(size_t inputs) { return inputs == 1 ? 2 : 1; }

std::string pointwise_source(const Instrs& program, const std::vector<DataType>& inputs) {
  return Generator(program, inputs).text();
}

}  // namespace tenon::kernels::cuda_kernels
