// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/pointwise_program.h"

#include <algorithm>
#include <unordered_map>

#include "kernels/cpu/isa.h"

namespace tenon::kernels::cpu {

namespace {

using Instrs = std::vector<net::PointwiseInstr>;

std::optional<PwType> type_of(DataType t) {
  switch (t) {
    case DataType::kFLOAT:
      return PwType::kF32;
    case DataType::kINT64:
      return PwType::kI64;
    case DataType::kINT32:
      return PwType::kI32;
    case DataType::kBOOL:
      return PwType::kBool;
    case DataType::kDOUBLE:
      return PwType::kF64;
    default:
      return std::nullopt;
  }
}

const std::unordered_map<std::string, PwOp>& op_names() {
  static const std::unordered_map<std::string, PwOp> names = {
#define X(name) {#name, PwOp::k_##name},
      TENON_PW_OPS(X)
#undef X
          {"not", PwOp::k_not},
      {"and", PwOp::k_and},
      {"or", PwOp::k_or},
      {"xor", PwOp::k_xor}};
  return names;
}

// Rough cost of an element against an addition.
int64_t weight(const std::string& op) {
  for (const char* light : {"sum", "sub", "prod", "max", "min", "relu", "clip", "select", "cast",
                            "const", "neg", "abs", "equal", "less", "greater"}) {
    if (op == light) return 1;
  }
  return 6;
}

// The program of a layer that is a single op, or of a fused one.
Instrs program_of(const Problem& p) {
  const std::string& op = p.layer->op;
  const DataType t = p.in[0].dtype;
  auto one = [&](std::string name, int arity, DataType result) {
    net::PointwiseInstr i{std::move(name), {}, {}, result};
    for (int k = 0; k < arity; ++k) i.operands.push_back({true, k});
    return i;
  };
  if (op == "cast") return {one("cast", 1, p.out[0].dtype)};
  if (op == "select") return {one("select", 3, p.out[0].dtype)};
  if (op == "scale") {
    return {one("prod", 2, t), {"sum", {{false, 0}, {true, 2}}, {}, t}};
  }
  if (op == "activation") {
    net::PointwiseInstr i = one(attr_str(p, "type", "relu"), 1, t);
    i.params = {attr_float(p, "alpha", 0), attr_float(p, "beta", 0)};
    return {i};
  }
  if (op == "unary") {
    const std::string name = attr_str(p, "operation", "exp");
    return {one(name, 1, net::pointwise_result(name, t))};
  }
  if (op == "elementwise") {
    const std::string name = attr_str(p, "operation", "sum");
    return {one(name, 2, net::pointwise_result(name, t))};
  }
  std::vector<DataType> types;
  for (const TensorDesc& d : p.in) types.push_back(d.dtype);
  return net::parse_pointwise(p.layer->get<std::vector<std::string>>("program"), types);
}

// Strides of every operand over the output's shape.
std::vector<Ints> operand_strides(const Problem& p) {
  const Ints& shape = p.out[0].shape;
  std::vector<Ints> strides{p.out[0].strides()};
  const bool scale = p.layer->op == "scale";
  const int64_t rank = static_cast<int64_t>(shape.size());
  int64_t axis = scale ? attr_int(p, "axis", 1) : 0;
  if (axis < 0) axis += rank;
  for (size_t i = 0; i < p.in.size(); ++i) {
    if (scale && i > 0) {
      Ints s(shape.size(), 0);
      s.at(static_cast<size_t>(axis)) = p.in[i].elements() == 1 ? 0 : 1;
      strides.push_back(s);
    } else {
      strides.push_back(broadcast_strides(p.in[i], shape));
    }
  }
  return strides;
}

class Compiler {
 public:
  Compiler(const Problem& p, PwProgram* out) : p_(p), out_(*out) {}

  Support run() {
    if (Support s = inputs(); !s) return s;
    const Instrs instrs = program_of(p_);
    for (const net::PointwiseInstr& i : instrs) {
      if (!type_of(i.dtype)) return Support::no(std::string("computes in ") + name_of(i.dtype));
      types_.push_back(*type_of(i.dtype));
    }
    if (instrs.back().dtype != p_.out[0].dtype) return Support::no("the output has another dtype");
    out_.out_type = types_.back();
    choose_rows();
    reserve_inputs();
    if (Support s = steps(instrs); !s) return s;
    return choose_blocks(instrs);
  }

 private:
  Support inputs() {
    if (p_.in.empty()) return Support::no("no inputs");
    if (p_.in.size() + 1 > kMaxOperands || p_.out[0].shape.size() > kMaxOperands) {
      return Support::no("too many operands or dims");
    }
    for (const TensorDesc& d : p_.in) {
      const auto t = type_of(d.dtype);
      if (!t) return Support::no(std::string("operand of type ") + name_of(d.dtype));
      if (!d.format.empty()) return Support::no("packed operand");
      out_.inputs.push_back({*t});
    }
    return Support::yes();
  }

  void choose_rows() {
    out_.space = make_space(p_.out[0].shape, operand_strides(p_));
    out_.rows = out_.space.rows();
    // Short rows are processed several at a time, so that a block is worth its dispatch.
    out_.tiled = out_.rows > 1 && out_.space.inner() < 128;
  }

  bool flat(const Ints& s) const { return s == out_.space.strides[0]; }

  void reserve_inputs() {
    for (size_t k = 0; k < out_.inputs.size(); ++k) {
      PwInput& in = out_.inputs[k];
      const Ints& s = out_.space.strides[k + 1];
      const bool outer_zero = std::all_of(s.begin(), s.end() - 1, [](int64_t v) { return v == 0; });
      if (out_.space.inner() * out_.rows <= 1 || flat(s)) continue;
      if (outer_zero && (out_.tiled || s.back() == 0))
        in.access = PwAccess::kOnce;
      else if (out_.tiled)
        in.access = PwAccess::kGather;
      else if (s.back() == 0)
        in.access = PwAccess::kPerRow;
      else if (s.back() != 1)
        in.access = PwAccess::kGather;
      if (in.access != PwAccess::kDirect) in.reg = out_.registers++;
    }
  }

  PwType operand_type(const net::PointwiseOperand& o) const {
    return o.is_input ? out_.inputs.at(o.index).type : types_.at(o.index);
  }

  int new_register() {
    if (free_.empty()) return out_.registers++;
    std::sort(free_.begin(), free_.end());
    const int r = free_.front();
    free_.erase(free_.begin());
    return r;
  }

  PwFn function(const net::PointwiseInstr& i) const {
    const PwType t = operand_type(i.operands.at(i.op == "select" ? 1 : 0));
    if (i.op == "cast") return TENON_ISA_PICK(pointwise_fns).cast(t, *type_of(i.dtype));
    return pointwise_function(i.op, t);
  }

  Support steps(const Instrs& instrs) {
    std::vector<size_t> last_use(instrs.size(), 0);
    for (size_t k = 0; k < instrs.size(); ++k) {
      for (const auto& o : instrs[k].operands) {
        if (!o.is_input) last_use[o.index] = k;
      }
    }
    std::vector<int> reg(instrs.size(), -1);
    for (size_t k = 0; k < instrs.size(); ++k) {
      const net::PointwiseInstr& i = instrs[k];
      const bool last = k + 1 == instrs.size();
      if (i.op == "const" && !last) {
        // Never given back: it is filled once, before the first block.
        reg[k] = out_.registers++;
        out_.constants.push_back({reg[k], types_[k], i.params.at(0)});
        continue;
      }
      if (i.op == "const") return Support::no("the result is a constant");
      PwStep s;
      s.fn = function(i);
      if (!s.fn) return Support::no("no vector form of \"" + i.op + "\" for this type");
      for (size_t j = 0; j < i.operands.size(); ++j) {
        const auto& o = i.operands[j];
        s.operands[j] = {o.is_input, o.is_input ? o.index : reg[o.index]};
      }
      for (size_t j = 0; j < std::min<size_t>(i.params.size(), 2); ++j) {
        s.params[j] = static_cast<float>(i.params[j]);
      }
      // The result gets its register before the operands give theirs back: sizes may differ.
      reg[k] = last ? -1 : new_register();
      s.dst = reg[k];
      release(i, k, last_use, instrs, reg);
      if (!last && last_use[k] == 0) free_.push_back(reg[k]);
      out_.steps.push_back(s);
    }
    return Support::yes();
  }

  void release(const net::PointwiseInstr& i, size_t k, const std::vector<size_t>& last_use,
               const Instrs& instrs, const std::vector<int>& reg) {
    for (size_t j = 0; j < i.operands.size(); ++j) {
      const auto& o = i.operands[j];
      if (o.is_input || last_use[o.index] != k || instrs[o.index].op == "const") continue;
      const int r = reg[o.index];
      if (std::find(free_.begin(), free_.end(), r) == free_.end()) free_.push_back(r);
    }
  }

  Support choose_blocks(const Instrs& instrs) {
    int64_t size = kPwSize[static_cast<int>(out_.out_type)], cost = 0;
    for (const PwInput& in : out_.inputs) size = std::max(size, kPwSize[static_cast<int>(in.type)]);
    for (PwType t : types_) size = std::max(size, kPwSize[static_cast<int>(t)]);
    for (const auto& i : instrs) cost += weight(i.op);
    // All registers together should stay in a part of the first-level cache.
    const int64_t fit = 20480 / std::max<int64_t>(1, out_.registers * size);
    int64_t block = std::clamp<int64_t>(fit / 64 * 64, 256, 4096);
    if (out_.registers * block * size > PwProgram::kRegisterSpace) {
      return Support::no("too many live values");
    }
    const int64_t n = out_.space.inner();
    if (out_.tiled) {
      out_.rows_per_block = std::max<int64_t>(1, block / n);
      out_.blocks = (out_.rows + out_.rows_per_block - 1) / out_.rows_per_block;
      block = out_.rows_per_block * n;
    } else {
      out_.per_row = std::max<int64_t>(1, (n + block - 1) / block);
      block = std::max<int64_t>(64, ((n + out_.per_row - 1) / out_.per_row + 63) / 64 * 64);
      out_.per_row = (n + block - 1) / block;
      out_.blocks = out_.rows * out_.per_row;
    }
    out_.block = block;
    out_.register_bytes = (block * size + 63) / 64 * 64;
    out_.grain = std::max<int64_t>(
        1, kGrain / cost / std::max<int64_t>(1, std::min(block, n * out_.rows_per_block)));
    return out_.registers * out_.register_bytes <= PwProgram::kRegisterSpace
               ? Support::yes()
               : Support::no("too many live values");
  }

  const Problem& p_;
  PwProgram& out_;
  std::vector<PwType> types_;
  std::vector<int> free_;
};

}  // namespace

PwFn pointwise_function(const std::string& op, PwType type) {
  const auto it = op_names().find(op);
  return it == op_names().end() ? nullptr : TENON_ISA_PICK(pointwise_fns).op(it->second, type);
}

Support compile_pointwise(const Problem& problem, PwProgram* program) {
  try {
    *program = PwProgram{};
    return Compiler(problem, program).run();
  } catch (const Error& e) {
    return Support::no(e.what());
  }
}

}  // namespace tenon::kernels::cpu
