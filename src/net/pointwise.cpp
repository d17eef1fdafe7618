// SPDX-License-Identifier: Apache-2.0
#include "net/pointwise.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>
#include <unordered_map>

#include "net/rules.h"

namespace tenon::net {
namespace {

/// Operand types an op is defined on.
enum class On { kAny, kNumber, kFloat, kBool };

struct OpInfo {
  int arity;
  On on;
  bool gives_bool = false;
  int params = 0;  // at most
};

using Table = std::unordered_map<std::string, OpInfo>;

void add_all(Table& table, std::initializer_list<const char*> ops, OpInfo info) {
  for (const char* op : ops) table[op] = info;
}

const Table& table() {
  static const Table ops = [] {
    Table t;
    // Activations may carry alpha and beta even where they have no use for them.
    add_all(t, {"relu", "clip"}, {1, On::kNumber, false, 2});
    add_all(
        t,
        {"sigmoid", "tanh", "leaky_relu", "elu", "selu", "softsign", "softplus", "hard_sigmoid",
         "scaled_tanh", "thresholded_relu", "gelu_erf", "gelu_tanh", "silu", "hard_swish", "mish"},
        {1, On::kFloat, false, 2});
    add_all(t, {"exp",   "log",  "sqrt",  "recip", "sin",   "cos",   "tan",   "sinh",
                "cosh",  "asin", "acos",  "atan",  "asinh", "acosh", "atanh", "ceil",
                "floor", "erf",  "round", "rsqrt", "expm1", "log1p", "trunc"},
            {1, On::kFloat});
    add_all(t, {"abs", "neg", "sign"}, {1, On::kNumber});
    add_all(t, {"isinf", "isnan"}, {1, On::kFloat, true});
    add_all(t, {"not"}, {1, On::kBool, true});
    add_all(t, {"sum", "prod", "max", "min", "sub", "pow", "floor_div", "trunc_div", "mod", "fmod"},
            {2, On::kNumber});
    add_all(t, {"div", "atan2"}, {2, On::kFloat});
    add_all(t, {"and", "or", "xor"}, {2, On::kBool, true});
    add_all(t, {"equal", "not_equal", "greater", "less", "greater_equal", "less_equal"},
            {2, On::kAny, true});
    return t;
  }();
  return ops;
}

bool defined_on(On on, DataType t) {
  switch (on) {
    case On::kAny:
      return t == DataType::kBOOL || is_float(t) || is_integer(t);
    case On::kNumber:
      return is_float(t) || is_integer(t);
    case On::kFloat:
      return is_float(t);
    case On::kBool:
      return t == DataType::kBOOL;
  }
  return false;
}

const char* wanted_name(On on) {
  switch (on) {
    case On::kAny:
      return "a number or bool";
    case On::kNumber:
      return "a floating-point or integer type";
    case On::kFloat:
      return "a floating-point type";
    case On::kBool:
      return "bool";
  }
  return "?";
}

DataType parse_dtype(const std::string& word) {
  for (DataType t :
       {DataType::kFLOAT, DataType::kHALF, DataType::kBF16, DataType::kDOUBLE, DataType::kINT8,
        DataType::kUINT8, DataType::kINT32, DataType::kINT64, DataType::kBOOL})
    if (word == name_of(t)) return t;
  throw Error("\"" + word + "\" is not an element type");
}

double parse_number(const std::string& word) {
  double value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  TENON_CHECK(error == std::errc() && stop == end, "\"", word, "\" is not a number");
  return value;
}

std::string number_text(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, result.ptr);
}

/// Parses the lines in order, knowing the types of what has been computed so far.
class Parser {
 public:
  explicit Parser(const std::vector<DataType>& inputs) : inputs_(inputs) {}

  PointwiseInstr line(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string w; in >> w;) words.push_back(std::move(w));
    TENON_CHECK(!words.empty(), "the line is empty");
    PointwiseInstr instr = instruction(words);
    results_.push_back(instr.dtype);
    return instr;
  }

 private:
  PointwiseInstr instruction(const std::vector<std::string>& words) {
    PointwiseInstr instr;
    instr.op = words[0];
    if (instr.op == "const") return constant(words);
    if (instr.op == "cast") return cast(words);
    if (instr.op == "select") return select(words);
    const int arity = pointwise_arity(instr.op);
    TENON_CHECK(arity > 0, "there is no pointwise op \"", instr.op, "\"");
    const size_t first = 1 + static_cast<size_t>(arity);
    const size_t most = first + static_cast<size_t>(pointwise_params(instr.op));
    TENON_CHECK(words.size() >= first && words.size() <= most, instr.op, " has ", words.size() - 1,
                " arguments, wanted ", arity, " operands and at most ", most - first, " numbers");
    for (size_t i = 1; i < first; ++i) instr.operands.push_back(operand(words[i]));
    for (size_t i = first; i < words.size(); ++i) instr.params.push_back(parse_number(words[i]));
    const DataType in = type(instr.operands[0]);
    for (const PointwiseOperand& o : instr.operands) want_type(instr.op, o, in);
    const Support ok = pointwise_accepts(instr.op, in);
    TENON_CHECK(ok, ok.reason());
    instr.dtype = pointwise_result(instr.op, in);
    return instr;
  }

  PointwiseInstr constant(const std::vector<std::string>& words) {
    want_count(words, 3, "const <number> <type>");
    return {"const", {}, {parse_number(words[1])}, parse_dtype(words[2])};
  }

  PointwiseInstr cast(const std::vector<std::string>& words) {
    want_count(words, 3, "cast <operand> <type>");
    return {"cast", {operand(words[1])}, {}, parse_dtype(words[2])};
  }

  PointwiseInstr select(const std::vector<std::string>& words) {
    want_count(words, 4, "select <condition> <then> <else>");
    PointwiseInstr instr{
        "select", {operand(words[1]), operand(words[2]), operand(words[3])}, {}, {}};
    want_type("select", instr.operands[0], DataType::kBOOL);
    instr.dtype = type(instr.operands[1]);
    want_type("select", instr.operands[2], instr.dtype);
    return instr;
  }

  static void want_count(const std::vector<std::string>& words, size_t count, const char* form) {
    TENON_CHECK(words.size() == count, words[0], " has ", words.size() - 1, " arguments, wanted \"",
                form, "\"");
  }

  void want_type(const std::string& op, const PointwiseOperand& o, DataType wanted) const {
    TENON_CHECK(type(o) == wanted, op, ": operand ", (o.is_input ? "i" : "t"), o.index, " is ",
                name_of(type(o)), ", wanted ", name_of(wanted));
  }

  PointwiseOperand operand(const std::string& word) const {
    TENON_CHECK(word.size() > 1 && (word[0] == 'i' || word[0] == 't'), "\"", word,
                "\" is not an operand, wanted i<k> or t<k>");
    int index = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + 1, end, index);
    TENON_CHECK(error == std::errc() && stop == end && index >= 0, "\"", word,
                "\" is not an operand, wanted i<k> or t<k>");
    const bool is_input = word[0] == 'i';
    const size_t count = is_input ? inputs_.size() : results_.size();
    TENON_CHECK(static_cast<size_t>(index) < count, "operand ", word, " does not exist: there are ",
                count, is_input ? " inputs" : " results before this line");
    return {is_input, index};
  }

  DataType type(const PointwiseOperand& o) const {
    return (o.is_input ? inputs_ : results_)[static_cast<size_t>(o.index)];
  }

  const std::vector<DataType>& inputs_;
  std::vector<DataType> results_;
};

}  // namespace

int pointwise_arity(const std::string& op) {
  if (op == "cast") return 1;
  if (op == "select") return 3;
  const auto it = table().find(op);
  return it == table().end() ? 0 : it->second.arity;
}

int pointwise_params(const std::string& op) {
  const auto it = table().find(op);
  return it == table().end() ? 0 : it->second.params;
}

Support pointwise_accepts(const std::string& op, DataType in) {
  if (op == "cast" || op == "select") return Support::yes();
  const auto it = table().find(op);
  if (it == table().end()) return Support::no("there is no pointwise op \"" + op + "\"");
  if (defined_on(it->second.on, in)) return Support::yes();
  return Support::no(detail::concat(op, " is not defined on ", name_of(in), ", wanted ",
                                    wanted_name(it->second.on)));
}

DataType pointwise_result(const std::string& op, DataType in) {
  const auto it = table().find(op);
  return it != table().end() && it->second.gives_bool ? DataType::kBOOL : in;
}

std::vector<PointwiseInstr> parse_pointwise(const std::vector<std::string>& program,
                                            const std::vector<DataType>& input_types) {
  TENON_CHECK(!program.empty(), "a pointwise program has at least one line");
  Parser parser(input_types);
  std::vector<PointwiseInstr> out;
  for (size_t i = 0; i < program.size(); ++i)
    out.push_back(with_frame(
        [&] { return detail::concat("in line ", i, " of the pointwise program: ", program[i]); },
        [&] { return parser.line(program[i]); }));
  return out;
}

std::string print_pointwise(const PointwiseInstr& instr) {
  std::string line = instr.op;
  for (const PointwiseOperand& o : instr.operands)
    line += std::string(o.is_input ? " i" : " t") + std::to_string(o.index);
  for (double p : instr.params) line += " " + number_text(p);
  if (instr.op == "const" || instr.op == "cast") line += std::string(" ") + name_of(instr.dtype);
  return line;
}

}  // namespace tenon::net
