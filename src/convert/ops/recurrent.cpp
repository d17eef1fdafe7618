// SPDX-License-Identifier: Apache-2.0
// lstm_cell and gru_cell: two products whose sum holds all gates side by side.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// [batch, gates * hidden]: x w^T + b
ir::Value* gates_of(Ctx& c, const ir::Node& n, ir::Value* x, const char* weight, const char* bias) {
  require_float(c, x);
  c.require(x->type.shape.size() == 2, "the input has ", x->type.shape.size(),
            " dimensions, wanted 2");
  ir::Value* w = c.tensor(n, weight);
  return c.net("linear", {x, w, c.tensor_or_null(n, bias)});
}

ir::Value* gate(Ctx& c, ir::Value* all, int64_t index, const ir::SymDim& hidden) {
  return slice_axis(c, all, 1, ir::SymDim(index) * hidden, hidden);
}

ir::Value* sigmoid(Ctx& c, ir::Value* x) { return activation(c, "sigmoid", x); }
ir::Value* tanh(Ctx& c, ir::Value* x) { return activation(c, "tanh", x); }

}  // namespace

TENON_CONVERTER("aten::lstm_cell")(Ctx& c, const ir::Node& n) {
  const auto state = c.tensors(n, "hx");
  c.require(state.size() == 2 && state[0] && state[1], "hx is not a pair of tensors");
  const ir::SymDim hidden = state[1]->type.shape.at(1);
  ir::Value* from_input = gates_of(c, n, c.tensor(n, "input"), "w_ih", "b_ih");
  ir::Value* from_state = gates_of(c, n, state[0], "w_hh", "b_hh");
  ir::Value* all = binary(c, "sum", from_input, from_state);
  ir::Value* in = sigmoid(c, gate(c, all, 0, hidden));
  ir::Value* forget = sigmoid(c, gate(c, all, 1, hidden));
  ir::Value* fresh = tanh(c, gate(c, all, 2, hidden));
  ir::Value* out = sigmoid(c, gate(c, all, 3, hidden));
  ir::Value* kept = binary(c, "prod", forget, state[1]);
  ir::Value* added = binary(c, "prod", in, fresh);
  ir::Value* cell = binary(c, "sum", kept, added);
  ir::Value* y = binary(c, "prod", out, tanh(c, cell));
  c.bind_all(n, {y, cell});
}

TENON_CONVERTER("aten::gru_cell")(Ctx& c, const ir::Node& n) {
  ir::Value* state = c.tensor(n, "hx");
  const ir::SymDim hidden = state->type.shape.at(1);
  ir::Value* from_input = gates_of(c, n, c.tensor(n, "input"), "w_ih", "b_ih");
  ir::Value* from_state = gates_of(c, n, state, "w_hh", "b_hh");
  const auto sum_of_gate = [&](int64_t index) {
    ir::Value* a = gate(c, from_input, index, hidden);
    ir::Value* b = gate(c, from_state, index, hidden);
    return sigmoid(c, binary(c, "sum", a, b));
  };
  ir::Value* reset = sum_of_gate(0);
  ir::Value* update = sum_of_gate(1);
  ir::Value* seen = binary(c, "prod", reset, gate(c, from_state, 2, hidden));
  ir::Value* fresh = tanh(c, binary(c, "sum", gate(c, from_input, 2, hidden), seen));
  ir::Value* change = binary(c, "prod", binary(c, "sub", state, fresh), update);
  c.bind(n.output(), binary(c, "sum", change, fresh));
}

}  // namespace tenon::convert
