// SPDX-License-Identifier: Apache-2.0
// Shapes that decide how a device walks operands: whole and broken vectors, rows and planes that
// broadcast, transposes of whole and broken tiles, more inputs than one launch takes. Every width
// of an element.
#include "op_test.h"

namespace tenon::test {
namespace {

class Cases {
 public:
  std::vector<OpCase> list;

  void of_type(DataType t) {
    prefix_ = std::string(name_of(t)) + " ";
    const bool long_rows = size_of(t) != 4 || t == DataType::kFLOAT;
    copies(t);
    joins(t);
    paddings(t);
    fills(t);
    for (DataType to : kTypes) {
      add("cast", {{"to", to}}, {tensor(t, {2, 16, 9}).range(-100, 100)});
    }
    program({"select i0 i1 i2"},
            {boolean({2, 16, 1, 8}), tensor(t, {16, 5, 8}), tensor(t, {2, 16, 5, 8})});
    if (!long_rows) return;
    program({"equal i0 i1"}, {tensor(t, {70001}), tensor(t, {70001})});
    program({"select i0 i1 i2"}, {boolean({65536}), tensor(t, {65536}), tensor(t, {1})});
    add("reorder", {}, {tensor(t, {70001})});
  }

  void of_float(DataType t) {
    const std::string name = name_of(t);
    prefix_ = name + " ";
    for (const Ints& s : {Ints{2, 16, 5, 7}, Ints{2, 16, 4, 8}, Ints{1, 3, 5, 7}}) {
      program({"prod i0 i1", "sum t0 i2", "relu t1"},
              {tensor(t, s), tensor(t, {1, s[1], 1, 1}), tensor(t, {s[1], 1, 1})});
      program({"sum i0 i1", "floor t0", "greater t1 i0", "select t2 t0 i1"},
              {tensor(t, s), tensor(t, s)});
      program({"const 2 " + name, "pow i0 t0", "const 3 " + name, "pow i1 t2", "sum t1 t3",
               "silu t4", "gelu_tanh t5", "clip t6 -0.5 1.5"},
              {tensor(t, s), tensor(t, {s[3]})});
      program({"cast i0 f32", "sum t0 i1", "cast t1 " + name, "cast t2 f32"},
              {tensor(t, s), f32({s[2], 1})});
    }
    program({"sum i0 i1", "mod t0 i1", "trunc_div i0 i1", "sum t1 t2"},
            {tensor(t, {1000}).range(1, 9), tensor(t, {1000}).range(1, 9)});
    for (const Ints& s : {Ints{2, 64, 9}, Ints{2, 5, 3, 4, 5}}) {
      add("scale", {{"axis", 1}}, {tensor(t, s), tensor(t, {s[1]}), tensor(t, {s[1]})});
    }
  }

  static constexpr DataType kTypes[] = {DataType::kFLOAT,  DataType::kHALF,  DataType::kBF16,
                                        DataType::kDOUBLE, DataType::kINT8,  DataType::kUINT8,
                                        DataType::kINT32,  DataType::kINT64, DataType::kBOOL};

 private:
  void add(const char* op, std::vector<std::pair<std::string, AttrArg>> attrs,
           std::vector<Operand> in) {
    list.push_back({.name = prefix_ + std::to_string(list.size()),
                    .op = op,
                    .attrs = std::move(attrs),
                    .in = std::move(in)});
  }
  void program(Strings lines, std::vector<Operand> in) {
    add("pointwise", {{"program", std::move(lines)}}, std::move(in));
  }

  void copies(DataType t) {
    for (const Ints& s : {Ints{2, 16, 7, 7}, Ints{2, 17, 5, 3}, Ints{3, 64, 33}, Ints{},
                          Ints{1, 70, 1, 66}, Ints{2, 3, 4, 2, 3, 2}, Ints{0, 4}}) {
      add("reorder", {}, {tensor(t, s)});
    }
    add("identity", {}, {tensor(t, {2, 16, 7, 7})});
    add("expand", {{"dims", Ints{3, 4, 5, 16}}}, {tensor(t, {4, 1, 16})});
    add("slice",
        {{"start", Ints{1, 30, 4, 0}}, {"size", Ints{1, 16, 2, 7}}, {"stride", Ints{1, -1, -2, 1}}},
        {tensor(t, {2, 32, 5, 7})});
    add("slice", {{"start", Ints{0, 16, 0, 0}}, {"size", Ints{2, 16, 5, 8}}},
        {tensor(t, {2, 48, 5, 8})});
    const AttrArg turn = Ints{0, 2, 1};
    add("shuffle", {{"first_transpose", turn}}, {tensor(t, {3, 130, 67})});
    add("shuffle",
        {{"first_transpose", turn}, {"reshape_dims", Ints{6, 40}}, {"has_reshape", true}},
        {tensor(t, {2, 5, 24})});
    add("shuffle",
        {{"first_transpose", turn},
         {"reshape_dims", Ints{3, 96, 50}},
         {"has_reshape", true},
         {"second_transpose", Ints{2, 0, 1}}},
        {tensor(t, {2, 72, 100})});
  }

  void joins(DataType t) {
    add("concatenation", {{"axis", 1}},
        {tensor(t, {2, 8, 3, 5}), tensor(t, {2, 16, 3, 5}), tensor(t, {2, 0, 3, 5}),
         tensor(t, {2, 4, 3, 5})});
    add("concatenation", {{"axis", 2}}, std::vector<Operand>(19, tensor(t, {2, 3, 4})));
  }

  void paddings(DataType t) {
    for (const char* mode : {"constant", "reflect", "replicate", "circular"}) {
      add("padding",
          {{"pre_padding", Ints{0, 0, 2, 1}},
           {"post_padding", Ints{0, 0, 1, 3}},
           {"mode", mode},
           {"value", 2.5}},
          {tensor(t, {2, 16, 5, 8})});
      add("padding",
          {{"pre_padding", Ints{0, 2, 0}},
           {"post_padding", Ints{0, 1, 0}},
           {"mode", mode},
           {"value", -1.5}},
          {tensor(t, {2, 5, 16})});
    }
    add("padding",
        {{"pre_padding", Ints{0, -2, 3}}, {"post_padding", Ints{0, 1, -4}}, {"value", 1.0}},
        {tensor(t, {2, 5, 16})});
  }

  void fills(DataType t) {
    add("fill", {{"dims", ir::SymShape{3, 7, 11}}, {"to", t}, {"value", 3.0}}, {});
    add("fill", {{"dims", ir::SymShape{10003}}, {"to", t}, {"value", -3.75}}, {});
    if (t == DataType::kBOOL) return;
    add("range", {{"size", ir::SymShape{77}}, {"to", t}, {"start", 3.0}, {"step", -2.0}}, {});
  }

  std::string prefix_;
};

std::vector<OpCase> all_cases() {
  Cases cases;
  for (DataType t : Cases::kTypes) cases.of_type(t);
  for (DataType t : {DataType::kFLOAT, DataType::kHALF, DataType::kBF16}) cases.of_float(t);
  return cases.list;
}

const std::vector<OpCase> kCases = all_cases();
TENON_OP_TESTS(Movement, kCases);

}  // namespace
}  // namespace tenon::test
