// SPDX-License-Identifier: Apache-2.0
#include "net/content.h"

#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "net/rules.h"

namespace tenon::net {
namespace {

using Elements = std::vector<ir::SymDim>;

constexpr size_t kMostElements = 4096;  // shapes are short; this is no interpreter
constexpr int kDeepest = 500;

[[noreturn]] void unknown(const ir::Node& n, const std::string& why) {
  throw Error(detail::concat("the content of '", n.output()->name, "' (", n.op,
                             ") is not known when the network is built: ", why));
}

size_t count_of(const ir::Node& n, const ir::SymShape& shape) {
  const ir::SymDim count = volume(shape);
  if (!count.is_const() || count.value() > static_cast<int64_t>(kMostElements))
    unknown(n, "it has " + count.str() + " elements");
  return static_cast<size_t>(count.value());
}

template <typename T>
Elements read(const void* data, size_t count) {
  Elements out;
  for (size_t i = 0; i < count; ++i) {
    T v;
    std::memcpy(&v, static_cast<const char*>(data) + i * sizeof(T), sizeof(T));
    out.emplace_back(static_cast<int64_t>(v));
  }
  return out;
}

Elements constant(const ir::Node& n) {
  const auto& c = n.get<ir::ConstantPtr>("data");
  const size_t count = count_of(n, n.output()->type.shape);
  if (!c->has_data()) unknown(n, "the constant has no data");
  const auto data = c->materialise();
  switch (c->dtype) {
    case DataType::kINT64:
      return read<int64_t>(data.get(), count);
    case DataType::kINT32:
      return read<int32_t>(data.get(), count);
    case DataType::kINT8:
      return read<int8_t>(data.get(), count);
    case DataType::kUINT8:
    case DataType::kBOOL:
      return read<uint8_t>(data.get(), count);
    case DataType::kFLOAT:
      return read<float>(data.get(), count);  // only below a cast to integers: it truncates too
    default:
      unknown(n, std::string("it is a constant of type ") + name_of(c->dtype));
  }
}

int64_t number(const ir::Node& n, const ir::SymDim& d, const char* what) {
  if (!d.is_const()) unknown(n, std::string(what) + " " + d.str() + " is a run-time size");
  return d.value();
}

class Reader {
 public:
  explicit Reader(const ir::SymRanges& ranges) : ranges_(ranges) {}

  const Elements& of(const ir::Value* v) {
    const auto it = known_.find(v);
    if (it != known_.end()) return it->second;
    const ir::Node* n = v->producer();
    TENON_CHECK(n, "the content of '", v->name, "' (an input, ", str(v->type),
                ") is known only at run time");
    TENON_CHECK(++depth_ < kDeepest, "a shape tensor is computed by more than ", kDeepest,
                " layers");
    Elements e = compute(*n, v);
    --depth_;
    return known_[v] = std::move(e);
  }

 private:
  Elements compute(const ir::Node& n, const ir::Value* v) {
    if (n.is_constant()) return constant(n);
    const bool whole = is_integer(v->type.dtype) || v->type.dtype == DataType::kBOOL;
    if (!whole) unknown(n, std::string("it is ") + str(v->type) + ", not integers");
    count_of(n, v->type.shape);
    if (n.op == "size_of") return n.get<ir::SymShape>("size");
    if (n.op == "identity") return of(n.inputs[0]);
    if (n.op == "cast") return cast(n);
    if (n.op == "concatenation") return concatenation(n);
    if (n.op == "gather") return gather(n);
    if (n.op == "slice") return slice(n);
    if (n.op == "shuffle") return shuffle(n);
    if (n.op == "expand") return spread(of(n.inputs[0]), n);
    if (n.op == "elementwise") return elementwise(n);
    if (n.op == "unary") return unary(n);
    if (n.op == "reduce") return reduce(n);
    if (n.op == "select") return select(n);
    if (n.op == "fill") return fill(n);
    if (n.op == "range") return range(n);
    unknown(n, "a " + n.op + " layer computes it from data");
  }

  /// One element for every element of the output; anything but the same count or one is no shape
  /// arithmetic.
  static Elements spread(const Elements& e, const ir::Node& n) {
    const size_t count = count_of(n, n.output()->type.shape);
    if (e.size() == count) return e;
    if (e.size() != 1) unknown(n, "it broadcasts more than one element");
    return Elements(count, e[0]);
  }

  static void want_list(const ir::Node& n) {
    if (in_rank(n) > 1) unknown(n, "its input has " + std::to_string(in_rank(n)) + " dims");
  }

  Elements cast(const ir::Node& n) {
    Elements e = of(n.inputs[0]);
    if (n.get<DataType>("to") == DataType::kBOOL)
      for (ir::SymDim& d : e) d = number(n, d, "") != 0;
    return e;
  }

  Elements concatenation(const ir::Node& n) {
    want_list(n);
    Elements out;
    for (const ir::Value* v : n.inputs) {
      const Elements& e = of(v);
      out.insert(out.end(), e.begin(), e.end());
    }
    return out;
  }

  Elements gather(const ir::Node& n) {
    want_list(n);
    const Elements data = of(n.inputs[0]);
    Elements out;
    for (const ir::SymDim& d : of(n.inputs[1])) {
      const int64_t i = number(n, d, "index");
      const auto size = static_cast<int64_t>(data.size());
      TENON_CHECK(i >= -size && i < size, "'", n.output()->name, "' gathers index ", i,
                  " of a list of ", size);
      out.push_back(data[static_cast<size_t>(i < 0 ? i + size : i)]);
    }
    return out;
  }

  Elements slice(const ir::Node& n) {
    want_list(n);
    const Elements& data = of(n.inputs[0]);
    const Ints stride = expanded(ints(n, "stride"), 1, 1);
    const int64_t start = number(n, n.get<ir::SymShape>("start").at(0), "start");
    const int64_t size = number(n, n.get<ir::SymShape>("size").at(0), "size");
    Elements out;
    for (int64_t i = 0; i < size; ++i)
      out.push_back(data.at(static_cast<size_t>(start + i * stride[0])));
    return out;
  }

  Elements shuffle(const ir::Node& n) {
    for (const char* attr : {"first_transpose", "second_transpose"}) {
      const Ints& perm = ints(n, attr);
      for (size_t i = 0; i < perm.size(); ++i)
        if (perm[i] != static_cast<int64_t>(i)) unknown(n, "it is transposed");
    }
    return of(n.inputs[0]);
  }

  Elements unary(const ir::Node& n) {
    Elements e = of(n.inputs[0]);
    const std::string& op = text(n, "operation");
    for (ir::SymDim& d : e) {
      if (op == "neg")
        d = -d;
      else if (op == "abs")
        d = ir::SymDim::max(d, -d);
      else if (op == "not")
        d = number(n, d, "") == 0;
      else
        unknown(n, "operation " + op);
    }
    return e;
  }

  Elements elementwise(const ir::Node& n) {
    const Elements a = spread(of(n.inputs[0]), n), b = spread(of(n.inputs[1]), n);
    Elements out;
    for (size_t i = 0; i < a.size(); ++i) out.push_back(apply(n, a[i], b[i]));
    return out;
  }

  ir::SymDim apply(const ir::Node& n, const ir::SymDim& a, const ir::SymDim& b) {
    const std::string& op = text(n, "operation");
    if (op == "sum") return a + b;
    if (op == "sub") return a - b;
    if (op == "prod") return a * b;
    if (op == "max") return ir::SymDim::max(a, b);
    if (op == "min") return ir::SymDim::min(a, b);
    if (op == "div" || op == "trunc_div") return truncated(n, a, b);
    if (op == "floor_div") return a.floordiv(b);
    if (op == "mod") return a.mod(b);
    return compare(n, op, a, b);
  }

  /// Rounding towards 0 and downwards are the same where nothing is negative.
  ir::SymDim truncated(const ir::Node& n, const ir::SymDim& a, const ir::SymDim& b) {
    if (a.bounds(ranges_).lo >= 0 && b.bounds(ranges_).lo >= 0) return a.floordiv(b);
    const int64_t divisor = number(n, b, "divisor");
    TENON_CHECK(divisor != 0, "'", n.output()->name, "' divides by 0");
    return number(n, a, "a number that may be negative,") / divisor;
  }

  ir::SymDim compare(const ir::Node& n, const std::string& op, const ir::SymDim& a,
                     const ir::SymDim& b) {
    const auto [lo, hi] = (a - b).bounds(ranges_);  // the sign of a - b, where the ranges decide it
    const bool decided = lo == hi || lo > 0 || hi < 0;
    if (op == "equal" && (decided || a == b)) return lo == 0 && hi == 0;
    if (op == "not_equal" && decided) return !(lo == 0 && hi == 0);
    if (op == "greater" && (lo > 0 || hi <= 0)) return lo > 0;
    if (op == "greater_equal" && (lo >= 0 || hi < 0)) return lo >= 0;
    if (op == "less" && (hi < 0 || lo >= 0)) return hi < 0;
    if (op == "less_equal" && (hi <= 0 || lo > 0)) return hi <= 0;
    const bool logical = op == "and" || op == "or" || op == "xor";
    if (!logical) unknown(n, "operation " + op + " on " + a.str() + " and " + b.str());
    const int64_t x = number(n, a, ""), y = number(n, b, "");
    return op == "and" ? x & y : op == "or" ? x | y : x ^ y;
  }

  Elements reduce(const ir::Node& n) {
    want_list(n);
    const Elements& e = of(n.inputs[0]);
    const std::string& op = text(n, "operation");
    ir::SymDim total = op == "prod" ? 1 : 0;
    if (op != "sum" && op != "prod") unknown(n, "operation " + op);
    for (const ir::SymDim& d : e) total = op == "sum" ? total + d : total * d;
    return {total};
  }

  Elements select(const ir::Node& n) {
    const Elements condition = spread(of(n.inputs[0]), n);
    const Elements a = spread(of(n.inputs[1]), n), b = spread(of(n.inputs[2]), n);
    Elements out;
    for (size_t i = 0; i < a.size(); ++i)
      out.push_back(number(n, condition[i], "condition") ? a[i] : b[i]);
    return out;
  }

  static Elements fill(const ir::Node& n) {
    const auto value = static_cast<int64_t>(n.get<double>("value"));
    return Elements(count_of(n, n.output()->type.shape), ir::SymDim(value));
  }

  static Elements range(const ir::Node& n) {
    const size_t count = count_of(n, n.output()->type.shape);
    Elements out;
    for (size_t i = 0; i < count; ++i)
      out.emplace_back(static_cast<int64_t>(n.get<double>("start") +
                                            static_cast<double>(i) * n.get<double>("step")));
    return out;
  }

  const ir::SymRanges& ranges_;
  std::unordered_map<const ir::Value*, Elements> known_;
  int depth_ = 0;
};

}  // namespace

std::vector<ir::SymDim> content_of(const ir::Value* value, const ir::SymRanges& ranges) {
  return Reader(ranges).of(value);
}

}  // namespace tenon::net
