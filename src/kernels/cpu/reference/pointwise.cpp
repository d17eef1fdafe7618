// SPDX-License-Identifier: Apache-2.0
// pointwise: interprets the program at every position; each result is rounded to its dtype, so this
// is what the layers it was fused from would have given.
#include "net/pointwise.h"

#include "kernels/cpu/reference/reference.h"
#include "kernels/cpu/reference/scalar_ops.h"

namespace tenon::kernels::reference {

namespace {

// A value in whichever form its dtype has.
struct Cell {
  double d = 0;
  int64_t i = 0;
};

struct Step {
  net::PointwiseInstr instr;
  const ScalarOp* op = nullptr;  // null for const, cast, select
  std::vector<DataType> operand_types;
};

struct Program {
  std::vector<Step> steps;
  std::vector<TensorDesc> in;
  TensorDesc out;
};

Cell load_cell(DataType t, const void* base, int64_t i) {
  Cell c;
  if (is_float(t))
    c.d = load_double(t, base, i);
  else
    c.i = load_int(t, base, i);
  return c;
}

Cell convert(DataType from, DataType to, Cell c) {
  alignas(8) char cell[8];
  if (is_float(from))
    store_double(to, cell, 0, c.d);
  else
    store_int(to, cell, 0, c.i);
  return load_cell(to, cell, 0);
}

bool truth(DataType t, Cell c) { return is_float(t) ? c.d != 0 : c.i != 0; }

// Integers clip to the bounds' integer parts, as the activation layer does.
Cell clip_int(const Step& s, Cell x) {
  const int64_t low = static_cast<int64_t>(s.instr.params.at(0));
  const int64_t high = static_cast<int64_t>(s.instr.params.at(1));
  return {0, std::min(std::max(x.i, low), high)};
}

// A scalar op on operands of one type; `computed` is the type its result has before rounding.
Cell apply_op(const Step& s, const Cell* x, DataType* computed) {
  const DataType t = s.operand_types[0];
  const bool binary = s.operand_types.size() == 2;
  const auto& params = s.instr.params;
  const double alpha = params.size() > 0 ? params[0] : 0, beta = params.size() > 1 ? params[1] : 0;
  *computed = is_float(t) ? DataType::kDOUBLE : DataType::kINT64;
  if (is_float(t)) {
    return {binary ? apply(*s.op, t, x[0].d, x[1].d) : s.op->float1(x[0].d, alpha, beta), 0};
  }
  if (s.instr.op == "clip") return clip_int(s, x[0]);
  return {0, binary ? s.op->int2(x[0].i, x[1].i) : s.op->int1(x[0].i)};
}

Cell execute(const Step& s, const Cell* x) {
  const std::string& op = s.instr.op;
  DataType computed = DataType::kDOUBLE;
  Cell result;
  if (op == "const") {
    result.d = s.instr.params.at(0);
  } else if (op == "cast") {
    result = x[0];
    computed = s.operand_types[0];
  } else if (op == "select") {
    const int chosen = truth(s.operand_types[0], x[0]) ? 1 : 2;
    result = x[chosen];
    computed = s.operand_types[chosen];
  } else {
    result = apply_op(s, x, &computed);
  }
  return convert(computed, s.instr.dtype, result);
}

void check_defined(const Step& s) {
  const bool binary = s.operand_types.size() == 2, fl = is_float(s.operand_types[0]);
  const bool defined = s.op && (binary ? (fl ? s.op->float2 != nullptr : s.op->int2 != nullptr)
                                       : (fl ? s.op->float1 != nullptr : s.op->int1 != nullptr));
  TENON_CHECK(defined || (s.instr.op == "clip" && !fl), "pointwise instruction \"",
              net::print_pointwise(s.instr), "\" is not defined for ", name_of(s.operand_types[0]));
}

Program parse(const Problem& p) {
  Program program{{}, p.in, p.out[0]};
  std::vector<DataType> inputs;
  for (const TensorDesc& d : p.in) inputs.push_back(d.dtype);
  const auto text = p.layer->get<std::vector<std::string>>("program");
  for (net::PointwiseInstr& instr : net::parse_pointwise(text, inputs)) {
    Step s{std::move(instr), nullptr, {}};
    for (const net::PointwiseOperand& o : s.instr.operands) {
      s.operand_types.push_back(o.is_input ? inputs.at(o.index)
                                           : program.steps.at(o.index).instr.dtype);
    }
    const std::string& op = s.instr.op;
    if (op != "const" && op != "cast" && op != "select") {
      s.op = find_scalar_op(op);
      check_defined(s);
    }
    program.steps.push_back(std::move(s));
  }
  TENON_CHECK(!program.steps.empty(), "a pointwise program has at least one instruction");
  return program;
}

Support supports(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  try {
    parse(p);
  } catch (const Error& e) {
    return Support::no(e.what());
  }
  return Support::yes();
}

void run_at(const Program& program, const Call& call, const Walker& w, std::vector<Cell>& temps) {
  for (size_t k = 0; k < program.steps.size(); ++k) {
    const Step& s = program.steps[k];
    Cell x[3];
    for (size_t j = 0; j < s.instr.operands.size(); ++j) {
      const net::PointwiseOperand& o = s.instr.operands[j];
      x[j] = o.is_input ? load_cell(program.in[o.index].dtype, call.in[o.index], w.offset(o.index))
                        : temps[o.index];
    }
    temps[k] = execute(s, x);
  }
  const size_t last = program.steps.size() - 1;
  const DataType t = program.steps[last].instr.dtype;
  const int64_t at = w.offset(program.in.size());
  if (is_float(t))
    store_double(program.out.dtype, call.out[0], at, temps[last].d);
  else
    store_int(program.out.dtype, call.out[0], at, temps[last].i);
}

Run prepare(const Problem& p) {
  return [program = parse(p)](const Call& call) {
    const TensorDesc& y = program.out;
    std::vector<Shape> strides;
    for (const TensorDesc& d : program.in) strides.push_back(broadcast_strides(d, y.shape));
    strides.push_back(y.strides());
    guarded_for(y.elements(), 1024, [&](int64_t begin, int64_t end) {
      std::vector<Cell> temps(program.steps.size());
      Walker w(y.shape, strides, begin);
      for (int64_t i = begin; i < end; ++i, w.next()) run_at(program, call, w, temps);
    });
  };
}

const RegisterReference kRegister{"pointwise", supports, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
