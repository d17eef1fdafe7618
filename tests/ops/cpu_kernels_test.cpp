// SPDX-License-Identifier: Apache-2.0
// Cases aimed at the vectorised CPU kernels: sizes around a vector's width, tails, broadcasts of
// every kind, blocks and passes that end in the middle. TENON_ISA=generic|avx2|avx512 chooses what
// runs.
#include "op_test.h"

namespace tenon::test {
namespace {

// ---- pointwise

OpCase program(std::string name, Strings lines, std::vector<Operand> in) {
  return {.name = std::move(name),
          .op = "pointwise",
          .attrs = {{"program", std::move(lines)}},
          .in = std::move(in)};
}

std::vector<OpCase> pointwise_cases() {
  std::vector<OpCase> c;
  for (int64_t n : {1, 3, 15, 16, 17, 31, 33, 255, 257, 5000, 40001}) {
    c.push_back(
        program("flat " + std::to_string(n), {"sum i0 i1", "relu t0"}, {f32({n}), f32({n})}));
  }
  c.push_back(
      program("bias of long rows", {"sum i0 i1", "gelu_erf t0"}, {f32({5, 771}), f32({771})}));
  c.push_back(program("bias of very long rows", {"sum i0 i1", "prod t0 i2", "sub t1 i0"},
                      {f32({3, 9001}), f32({9001}), f32({3, 1})}));
  c.push_back(program("bias of short rows", {"sum i0 i1", "silu t0"}, {f32({700, 19}), f32({19})}));
  c.push_back(program("channels, small planes", {"prod i0 i1", "sum t0 i2", "relu t1"},
                      {f32({3, 37, 7, 7}), f32({1, 37, 1, 1}), f32({1, 37, 1, 1})}));
  c.push_back(program("channels, large planes", {"prod i0 i1", "sum t0 i2", "relu t1"},
                      {f32({2, 5, 20, 21}), f32({1, 5, 1, 1}), f32({1, 5, 1, 1})}));
  c.push_back(program("general broadcast", {"sum i0 i1", "prod t0 i2"},
                      {f32({3, 1, 5, 1}), f32({1, 4, 1, 6}), f32({3, 4, 5, 6})}));
  c.push_back(program("scalar operand", {"prod i0 i1", "sum t0 i2"},
                      {f32({2, 300}), f32({}), f32({1, 1})}));
  c.push_back(program("constants",
                      {"const 0.5 f32", "prod i0 t0", "const 1 f32", "sum t1 t2", "tanh t3"},
                      {f32({4, 333})}));
  c.push_back(program("attention mask",
                      {"cast i0 f32", "const 1 f32", "sub t1 t0", "const -10000 f32", "prod t2 t3"},
                      {i64({2, 1, 1, 131}).range(0, 2)}));
  c.push_back(program("bool and i64",
                      {"greater i0 i1", "equal i0 i2", "or t0 t1", "not t2", "select t3 i0 i1"},
                      {i64({5, 70}), i64({70}), i64({5, 1})}));
  c.push_back(program("i32", {"sum i0 i1", "prod t0 i0", "max t1 i1", "cast t2 i64"},
                      {i32({77}), i32({77})}));
  const Operand wide = tensor(DataType::kDOUBLE, {7, 131});
  c.push_back(program("f64 at the border", {"cast i0 f32", "sum t0 i1", "relu t1", "cast t2 f64"},
                      {wide, f32({131})}));
  c.push_back(program("f64 compared", {"const 0.1 f64", "less i0 t0", "select t1 t0 i0"}, {wide}));
  c.push_back({.name = "f64 beyond f32",
               .op = "cast",
               .attrs = {{"to", DataType::kFLOAT}},
               .in = {tensor(DataType::kDOUBLE, {4}).with({1e300L, -1e300L, 1e-300L, 1e-42L})}});
  c.push_back(program("operand used twice, dead value", {"exp i0", "prod i0 i0", "sum t1 i0"},
                      {f32({9, 130})}));
  c.push_back(program("empty", {"sum i0 i1", "relu t0"}, {f32({0, 4}), f32({4})}));
  Strings chain{"sum i0 i1"};
  for (int i = 0; i < 40; ++i)
    chain.push_back("sum t" + std::to_string(i) + " i" + std::to_string(i % 2));
  c.push_back(program("long chain", chain, {f32({2, 500}), f32({500})}));
  return c;
}
TENON_OP_TESTS(CpuPointwise, pointwise_cases());

std::vector<OpCase> vector_math_cases() {
  std::vector<OpCase> c;
  const double inf = std::numeric_limits<double>::infinity(),
               nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Number> special{0,      -0.0L,   1,     -1,      inf,   -inf,       nan,
                                    1e-40L, -1e-40L, 3e38L, -3e38L,  88.7L, -103.5L,    1e-20L,
                                    0.5L,   2.5L,    -2.5L, 8388609, 1e10L, 0.99999994L};
  for (const char* op : {"exp",   "log",   "sqrt",  "recip", "abs",   "neg",   "sin",   "cos",
                         "ceil",  "floor", "erf",   "sign",  "round", "rsqrt", "expm1", "log1p",
                         "trunc", "isnan", "isinf", "tan",   "atan",  "asinh"}) {
    const bool positive = std::string(op) == "log" || std::string(op) == "sqrt" ||
                          std::string(op) == "rsqrt" || std::string(op) == "log1p";
    const double low = positive ? 0.001 : -40;
    c.push_back({.name = std::string(op) + " wide",
                 .op = "unary",
                 .attrs = {{"operation", op}},
                 .in = {f32({3003}).range(low, 40)}});
    c.push_back({.name = std::string(op) + " narrow",
                 .op = "unary",
                 .attrs = {{"operation", op}},
                 .in = {f32({3003}).range(positive ? 0.5 : -0.7, positive ? 1.5 : 0.7)}});
    // One value a case: the largest error is measured against the largest magnitude.
    for (size_t i = 0; i < special.size(); ++i) {
      c.push_back({.name = std::string(op) + " special " + std::to_string(i),
                   .op = "unary",
                   .attrs = {{"operation", op}},
                   .in = {f32({1}).with({special[i]})}});
    }
  }
  for (const char* op : {"relu", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "softsign",
                         "softplus", "clip", "hard_sigmoid", "scaled_tanh", "thresholded_relu",
                         "gelu_erf", "gelu_tanh", "silu", "hard_swish", "mish"}) {
    const std::vector<std::pair<std::string, AttrArg>> attrs{
        {"type", op}, {"alpha", 0.3}, {"beta", 0.7}};
    c.push_back({.name = std::string(op) + " wide",
                 .op = "activation",
                 .attrs = attrs,
                 .in = {f32({3003}).range(-60, 60)}});
    c.push_back({.name = std::string(op) + " narrow",
                 .op = "activation",
                 .attrs = attrs,
                 .in = {f32({3003}).range(-1, 1)}});
    for (double v : {nan, 0.0, 1e-6, -1e-6, 120.0, -120.0}) {
      c.push_back({.name = std::string(op) + " at " + std::to_string(v),
                   .op = "activation",
                   .attrs = attrs,
                   .in = {f32({1}).with({v})}});
    }
  }
  for (const char* op :
       {"sum", "prod", "max", "min", "sub", "div", "pow", "trunc_div", "mod", "fmod", "equal",
        "not_equal", "greater", "less", "greater_equal", "less_equal", "atan2"}) {
    c.push_back({.name = op,
                 .op = "elementwise",
                 .attrs = {{"operation", op}},
                 .in = {f32({7, 131}).range(0.3, 3), f32({131}).range(0.5, 4)}});
  }
  c.push_back({.name = "max of nan",
               .op = "elementwise",
               .attrs = {{"operation", "max"}},
               .in = {f32({4}).with({nan, 1, 2, nan}), f32({4}).with({1, nan, 3, nan})}});
  c.push_back({.name = "square",
               .op = "elementwise",
               .attrs = {{"operation", "pow"}},
               .in = {f32({50, 20}), f32({}).with({2})}});
  c.push_back({.name = "cube",
               .op = "elementwise",
               .attrs = {{"operation", "pow"}},
               .in = {f32({50, 20}), f32({}).with({3})}});
  const std::vector<DataType> types{DataType::kFLOAT, DataType::kINT64, DataType::kINT32,
                                    DataType::kBOOL, DataType::kDOUBLE};
  for (DataType from : types) {
    for (DataType to : types) {
      c.push_back({.name = std::string("cast ") + name_of(from) + " " + name_of(to),
                   .op = "cast",
                   .attrs = {{"to", to}},
                   .in = {tensor(from, {3, 5, 45})}});
    }
  }
  c.push_back(
      {.name = "select", .op = "select", .in = {boolean({4, 1, 40}), f32({3, 40}), f32({})}});
  c.push_back({.name = "scale", .op = "scale", .in = {f32({2, 19, 5, 6}), f32({19}), f32({19})}});
  c.push_back({.name = "scale axis 3",
               .op = "scale",
               .attrs = {{"axis", 3}},
               .in = {f32({2, 4, 5, 19}), f32({19}), f32({19})}});
  return c;
}
TENON_OP_TESTS(CpuVectorMath, vector_math_cases());

// ---- attention

OpCase attention(std::string name, Ints q, Ints kv, std::vector<Operand> mask = {},
                 std::vector<std::pair<std::string, AttrArg>> attrs = {}) {
  OpCase c{.name = std::move(name),
           .op = "attention",
           .attrs = std::move(attrs),
           .in = {f32(q), f32(kv), f32(kv)}};
  for (const Operand& m : mask) c.in.push_back(m);
  return c;
}

std::vector<OpCase> attention_cases() {
  std::vector<OpCase> c;
  for (int64_t s : {1, 2, 7, 16, 17, 33, 64, 65, 128, 130}) {
    c.push_back(attention("queries " + std::to_string(s), {1, 2, s, 64}, {1, 2, 29, 64}));
  }
  for (int64_t d : {1, 4, 15, 16, 24, 40, 80, 96, 100, 128, 256}) {
    c.push_back(attention("depth " + std::to_string(d), {2, 1, 37, d}, {2, 1, 23, d}));
  }
  for (int64_t t : {1, 5, 6, 383, 384, 385, 900}) {
    c.push_back(attention("keys " + std::to_string(t), {1, 1, 20, 32}, {1, 1, t, 32}));
    c.push_back(attention("causal keys " + std::to_string(t), {1, 2, 70, 32}, {1, 2, t, 32}, {},
                          {{"causal", true}}));
  }
  c.push_back(attention("causal long", {1, 1, 800, 16}, {1, 1, 800, 16}, {}, {{"causal", true}}));
  c.push_back(attention("grouped heads", {2, 6, 21, 32}, {2, 2, 50, 32}));
  c.push_back(attention("scale", {1, 2, 9, 32}, {1, 2, 50, 32}, {}, {{"scale", 0.3}}));
  c.push_back(attention("key mask f32", {2, 3, 40, 16}, {2, 3, 29, 16}, {f32({2, 1, 1, 29})}));
  c.push_back(attention("key mask bool", {2, 3, 40, 16}, {2, 3, 29, 16}, {boolean({2, 1, 1, 29})}));
  c.push_back(attention("full mask f32", {2, 3, 70, 16}, {2, 3, 45, 16}, {f32({2, 3, 70, 45})}));
  c.push_back(
      attention("full mask bool", {2, 3, 70, 16}, {2, 3, 45, 16}, {boolean({1, 3, 70, 45})}));
  c.push_back(attention("query mask", {2, 3, 70, 16}, {2, 3, 45, 16}, {f32({70, 1})}));
  c.push_back(attention("mask of rank 2, two passes", {1, 2, 70, 16}, {1, 2, 445, 16},
                        {boolean({70, 445})}));
  c.push_back(attention("nothing to attend to", {1, 1, 20, 16}, {1, 1, 3, 16},
                        {boolean({1, 3}).with({0, 0, 0})}));
  for (const char* layout : {"bhsd", "bshd"}) {
    const bool seq = layout[1] == 's';
    const Ints q = seq ? Ints{2, 35, 3, 24} : Ints{2, 3, 35, 24},
               kv = seq ? Ints{2, 41, 3, 24} : Ints{2, 3, 41, 24};
    c.push_back(attention(std::string("all ") + layout, q, kv, {},
                          {{"query_layout", layout},
                           {"key_layout", layout},
                           {"value_layout", layout},
                           {"output_layout", "bshd"}}));
  }
  return c;
}
TENON_OP_TESTS(CpuAttention, attention_cases());

// ---- rows and columns

std::vector<OpCase> row_cases() {
  std::vector<OpCase> c;
  for (int64_t n : {1, 5, 16, 63, 64, 65, 768, 1111}) {
    c.push_back({.name = "norm " + std::to_string(n),
                 .op = "normalization",
                 .in = {f32({7, n}), f32({n}).constant(), f32({n}).constant(), f32({7, n})}});
    c.push_back({.name = "softmax " + std::to_string(n),
                 .op = "softmax",
                 .in = {f32({2, 9, n}).range(-9, 9)}});
    c.push_back({.name = "softmax columns " + std::to_string(n),
                 .op = "softmax",
                 .attrs = {{"axis", 1}},
                 .in = {f32({2, 9, n})}});
    c.push_back({.name = "log softmax " + std::to_string(n),
                 .op = "softmax",
                 .attrs = {{"log", true}},
                 .in = {f32({2, 9, n})}});
    c.push_back({.name = "log softmax columns " + std::to_string(n),
                 .op = "softmax",
                 .attrs = {{"axis", 0}, {"log", true}},
                 .in = {f32({6, n})}});
    for (const char* op : {"sum", "avg", "max", "min", "prod"}) {
      c.push_back({.name = std::string(op) + " of rows of " + std::to_string(n),
                   .op = "reduce",
                   .attrs = {{"operation", op}, {"axes", Ints{1}}},
                   .in = {f32({11, n}).range(0.9, 1.1)}});
      c.push_back({.name = std::string(op) + " of columns of " + std::to_string(n),
                   .op = "reduce",
                   .attrs = {{"operation", op}, {"axes", Ints{1}}},
                   .in = {f32({2, n, 70}).range(0.9, 1.1)}});
    }
  }
  c.push_back({.name = "norm without scale",
               .op = "normalization",
               .in = {f32({3, 40}), absent(), absent()}});
  c.push_back({.name = "rms",
               .op = "normalization",
               .attrs = {{"rms", true}},
               .in = {f32({3, 4, 40}), f32({40}), absent()}});
  c.push_back({.name = "norm of two dims",
               .op = "normalization",
               .attrs = {{"rank", 2}},
               .in = {f32({3, 4, 40}), f32({4, 40}), f32({4, 40})}});
  c.push_back({.name = "softmax channels",
               .op = "softmax",
               .attrs = {{"axis", 1}},
               .in = {f32({2, 21, 9, 5})}});
  c.push_back({.name = "softmax width",
               .op = "softmax",
               .attrs = {{"axis", 3}},
               .in = {f32({2, 21, 9, 5})}});
  for (bool keep : {false, true}) {
    for (Ints axes :
         {Ints{2, 3}, Ints{0, 1, 2, 3}, Ints{1}, Ints{0}, Ints{3}, Ints{0, 2}, Ints{1, 2, 3}}) {
      c.push_back(
          {.name = std::string("reduce 4-d ") + (keep ? "kept " : "") + std::to_string(c.size()),
           .op = "reduce",
           .attrs = {{"operation", "sum"}, {"axes", axes}, {"keep_dims", keep}},
           .in = {f32({3, 21, 7, 5})}});
    }
  }
  c.push_back({.name = "max of nan",
               .op = "reduce",
               .attrs = {{"operation", "max"}, {"axes", Ints{0}}},
               .in = {f32({5}).with({1, std::numeric_limits<double>::quiet_NaN(), 3, 2, 0})}});
  return c;
}
TENON_OP_TESTS(CpuRows, row_cases());

// ---- pooling

std::vector<OpCase> pooling_cases() {
  std::vector<OpCase> c;
  for (const char* type : {"max", "average"}) {
    for (int64_t channels : {1, 3, 16, 70}) {
      for (int64_t stride : {1, 2, 3}) {
        c.push_back({.name = std::string(type) + " c" + std::to_string(channels) + " s" +
                             std::to_string(stride),
                     .op = "pooling",
                     .attrs = {{"type", type},
                               {"window", Ints{3, 2}},
                               {"stride", Ints{stride, stride}},
                               {"pre_padding", Ints{1, 1}},
                               {"post_padding", Ints{1, 0}}},
                     .in = {f32({2, channels, 13, 37})}});
      }
    }
    c.push_back({.name = std::string(type) + " counts padding",
                 .op = "pooling",
                 .attrs = {{"type", type},
                           {"window", Ints{3, 3}},
                           {"stride", Ints{2, 2}},
                           {"pre_padding", Ints{1, 1}},
                           {"post_padding", Ints{1, 1}},
                           {"exclude_padding", false},
                           {"ceil_mode", true}},
                 .in = {f32({1, 5, 12, 12})}});
    c.push_back({.name = std::string(type) + " dilated",
                 .op = "pooling",
                 .attrs = {{"type", type},
                           {"window", Ints{3, 3}},
                           {"stride", Ints{1, 2}},
                           {"dilation", Ints{2, 3}},
                           {"pre_padding", Ints{2, 3}},
                           {"post_padding", Ints{1, 2}}},
                 .in = {f32({1, 5, 12, 19})}});
    c.push_back({.name = std::string(type) + " 1d",
                 .op = "pooling",
                 .attrs = {{"type", type}, {"window", Ints{4}}, {"stride", Ints{2}}},
                 .in = {f32({2, 5, 41})}});
    for (Ints size : {Ints{1, 1}, Ints{3, 2}, Ints{7, 7}}) {
      c.push_back({.name = std::string("adaptive ") + type + " " + std::to_string(c.size()),
                   .op = "adaptive_pooling",
                   .attrs = {{"type", type}, {"output_size", size}},
                   .in = {f32({2, 37, 9, 7})}});
    }
    c.push_back({.name = std::string("adaptive 1d ") + type,
                 .op = "adaptive_pooling",
                 .attrs = {{"type", type}, {"output_size", Ints{5}}},
                 .in = {f32({2, 37, 9})}});
  }
  return c;
}
TENON_OP_TESTS(CpuPooling, pooling_cases());

// ---- copies

OpCase shuffle(std::string name, Ints first, Ints dims, Ints second, Operand x) {
  OpCase c{.name = std::move(name),
           .op = "shuffle",
           .attrs = {{"first_transpose", first}, {"second_transpose", second}},
           .in = {x}};
  if (!dims.empty()) {
    c.attrs.push_back({"reshape_dims", ir::SymShape(dims.begin(), dims.end())});
    c.attrs.push_back({"has_reshape", true});
  }
  return c;
}

std::vector<OpCase> copy_cases() {
  std::vector<OpCase> c;
  for (DataType t : {DataType::kFLOAT, DataType::kINT64, DataType::kHALF, DataType::kBOOL}) {
    const std::string n = std::string(name_of(t)) + " ";
    c.push_back(shuffle(n + "transpose", {1, 0}, {}, {}, tensor(t, {131, 77})));
    c.push_back(shuffle(n + "transpose small", {1, 0}, {}, {}, tensor(t, {3, 5})));
    c.push_back(shuffle(n + "batched transpose", {0, 2, 1}, {}, {}, tensor(t, {3, 40, 65})));
    c.push_back(shuffle(n + "heads", {0, 2, 1, 3}, {}, {}, tensor(t, {2, 17, 3, 20})));
    c.push_back(shuffle(n + "reverse", {3, 2, 1, 0}, {}, {}, tensor(t, {20, 3, 18, 5})));
    c.push_back(shuffle(n + "reshape", {}, {6, 35}, {}, tensor(t, {2, 3, 5, 7})));
    c.push_back(shuffle(n + "split heads", {}, {2, 9, 4, 8}, {0, 2, 1, 3}, tensor(t, {2, 9, 32})));
    c.push_back(shuffle(n + "join heads", {0, 2, 1, 3}, {2, 9, 32}, {}, tensor(t, {2, 4, 9, 8})));
    c.push_back(shuffle(n + "no view", {1, 0}, {21, 10}, {1, 0}, tensor(t, {14, 15})));
    c.push_back(shuffle(n + "flatten", {}, {2, 60}, {}, tensor(t, {2, 3, 4, 5})));
    c.push_back({.name = n + "reorder", .op = "reorder", .in = {tensor(t, {2, 37, 9, 11})}});
    c.push_back({.name = n + "identity", .op = "identity", .in = {tensor(t, {2, 3, 9, 11})}});
    c.push_back({.name = n + "expand",
                 .op = "expand",
                 .attrs = {{"dims", ir::SymShape{2, 3, 4, 50}}},
                 .in = {tensor(t, {3, 1, 50})}});
    c.push_back({.name = n + "expand last",
                 .op = "expand",
                 .attrs = {{"dims", ir::SymShape{3, 4, 50}}},
                 .in = {tensor(t, {3, 1, 1})}});
    c.push_back({.name = n + "slice",
                 .op = "slice",
                 .attrs = {{"start", ir::SymShape{1, 2, 0}},
                           {"size", ir::SymShape{2, 3, 7}},
                           {"stride", Ints{1, 2, 1}}},
                 .in = {tensor(t, {4, 9, 7})}});
    c.push_back({.name = n + "slice backwards",
                 .op = "slice",
                 .attrs = {{"start", ir::SymShape{3, 6}},
                           {"size", ir::SymShape{4, 3}},
                           {"stride", Ints{-1, -2}}},
                 .in = {tensor(t, {4, 9})}});
    for (int64_t axis : {0, 1, 3}) {
      Ints other{2, 3, 4, 5};
      other[axis] = 2;
      c.push_back({.name = n + "concat " + std::to_string(axis),
                   .op = "concatenation",
                   .attrs = {{"axis", axis}},
                   .in = {tensor(t, {2, 3, 4, 5}), tensor(t, other), tensor(t, {2, 3, 4, 5})}});
    }
    c.push_back({.name = n + "concat ones",
                 .op = "concatenation",
                 .attrs = {{"axis", 1}},
                 .in = {tensor(t, {4, 1}), tensor(t, {4, 1}), tensor(t, {4, 3})}});
    c.push_back({.name = n + "gather rows",
                 .op = "gather",
                 .in = {tensor(t, {30, 21}), i64({4, 5}).range(-30, 29)}});
    c.push_back({.name = n + "gather axis 1",
                 .op = "gather",
                 .attrs = {{"axis", 1}},
                 .in = {tensor(t, {3, 30, 2}), i32({6}).range(0, 29)}});
    c.push_back({.name = n + "gather scalars",
                 .op = "gather",
                 .in = {tensor(t, {30}), i64({600}).range(0, 29)}});
  }
  c.push_back({.name = "gather out of range",
               .op = "gather",
               .in = {f32({30, 2}), i64({2}).with({3, 30})},
               .error = "index 30 is out of range"});
  for (DataType t : {DataType::kFLOAT, DataType::kINT64, DataType::kINT32, DataType::kBOOL}) {
    c.push_back({.name = std::string("fill ") + name_of(t),
                 .op = "fill",
                 .attrs = {{"dims", ir::SymShape{3, 5}}, {"to", t}, {"value", 1.0}}});
  }
  c.push_back({.name = "range",
               .op = "range",
               .attrs = {{"size", ir::SymShape{50}}, {"start", 3.0}, {"step", 2.0}}});
  c.push_back(
      {.name = "range f32",
       .op = "range",
       .attrs = {
           {"size", ir::SymShape{50}}, {"start", 0.5}, {"step", 0.25}, {"to", DataType::kFLOAT}}});
  return c;
}
TENON_OP_TESTS(CpuCopies, copy_cases());

// ---- direct convolution

std::vector<OpCase> convolution_cases() {
  std::vector<OpCase> c;
  for (int64_t kernels : {1, 6, 8, 16, 21}) {
    for (int64_t width : {9, 20, 32, 37, 53}) {
      c.push_back({.name = std::to_string(kernels) + " kernels width " + std::to_string(width),
                   .op = "convolution",
                   .in = {f32({2, 3, 11, width}), f32({kernels, 3, 5, 4}).constant(),
                          f32({kernels}).constant()}});
    }
  }
  c.push_back(
      {.name = "padded and fused",
       .op = "convolution",
       .attrs = {{"pre_padding", Ints{2, 1}}, {"post_padding", Ints{1, 3}}, {"activation", "relu"}},
       .in = {f32({3, 1, 28, 28}), f32({6, 1, 5, 5}).constant(), absent(), f32({3, 6, 27, 28})}});
  return c;
}
TENON_OP_TESTS(CpuConvolution, convolution_cases());

// A candidate that says no is not tested by agreeing with the reference: these have to say yes.
TEST(CpuKernels, TakeWhatTheyAreFor) {
  EXPECT_TRUE(runs_on("cpu.pointwise", pointwise_cases()[11]));
  EXPECT_TRUE(runs_on("cpu.attention", attention_cases()[0]));
  EXPECT_TRUE(runs_on("cpu.normalization", row_cases()[0]));
  EXPECT_TRUE(runs_on("cpu.softmax", row_cases()[1]));
  EXPECT_TRUE(runs_on("cpu.pooling", pooling_cases()[0]));
  EXPECT_TRUE(runs_on("cpu.shuffle", copy_cases()[0]));
  EXPECT_TRUE(runs_on("cpu.direct_convolution", convolution_cases()[0]));
  EXPECT_TRUE(runs_on(
      "cpu.reduce",
      {.name = "sum", .op = "reduce", .attrs = {{"axes", Ints{2, 3}}}, .in = {f32({2, 3, 4, 5})}}));
  for (const char* op : {"gelu_erf", "tanh", "sigmoid", "relu"}) {
    EXPECT_TRUE(
        runs_on("cpu.activation",
                {.name = op, .op = "activation", .attrs = {{"type", op}}, .in = {f32({33})}}));
  }
  for (const char* op : {"reorder", "identity"}) {
    EXPECT_TRUE(
        runs_on(std::string("cpu.") + op, {.name = op, .op = op, .in = {f32({2, 3, 4, 5})}}));
  }
  EXPECT_TRUE(
      runs_on("cpu.gather",
              {.name = "rows", .op = "gather", .in = {f32({30, 21}), i64({4}).range(0, 29)}}));
}

}  // namespace
}  // namespace tenon::test
