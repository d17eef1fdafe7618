// SPDX-License-Identifier: Apache-2.0
#include "op_test.h"

namespace tenon::test {

Operand::Operand() = default;
Operand::Operand(const Operand&) = default;
Operand::Operand(Operand&&) noexcept = default;
Operand& Operand::operator=(const Operand&) = default;
Operand& Operand::operator=(Operand&&) noexcept = default;
Operand::~Operand() = default;

Operand Operand::with(std::vector<Number> v) const {
  Operand o = *this;
  o.values = std::move(v);
  return o;
}
Operand Operand::range(double lo, double hi) const {
  Operand o = *this;
  o.low = lo;
  o.high = hi;
  return o;
}
Operand Operand::constant() const {
  Operand o = *this;
  o.is_constant = true;
  return o;
}
Operand Operand::plain() const {
  Operand o = *this;
  o.keeps_layout = true;
  return o;
}

Operand tensor(DataType t, Ints shape) {
  Operand o;
  o.dtype = t;
  o.shape = std::move(shape);
  return o;
}
Operand f32(Ints shape) { return tensor(DataType::kFLOAT, std::move(shape)); }
Operand f64(Ints shape) { return tensor(DataType::kDOUBLE, std::move(shape)); }
Operand f16(Ints shape) { return tensor(DataType::kHALF, std::move(shape)); }
Operand bf16(Ints shape) { return tensor(DataType::kBF16, std::move(shape)); }
Operand i64(Ints shape) { return tensor(DataType::kINT64, std::move(shape)); }
Operand i32(Ints shape) { return tensor(DataType::kINT32, std::move(shape)); }
Operand i8(Ints shape) { return tensor(DataType::kINT8, std::move(shape)); }
Operand u8(Ints shape) { return tensor(DataType::kUINT8, std::move(shape)); }
Operand boolean(Ints shape) { return tensor(DataType::kBOOL, std::move(shape)); }
Operand absent() {
  Operand o;
  o.is_absent = true;
  return o;
}

AttrArg::AttrArg(int v) : value(int64_t{v}) {}
AttrArg::AttrArg(int64_t v) : value(v) {}
AttrArg::AttrArg(double v) : value(v) {}
AttrArg::AttrArg(bool v) : value(v) {}
AttrArg::AttrArg(const char* v) : value(std::string(v)) {}
AttrArg::AttrArg(DataType v) : value(v) {}
AttrArg::AttrArg(Ints v) : value(std::move(v)) {}
AttrArg::AttrArg(Floats v) : value(std::move(v)) {}
AttrArg::AttrArg(Strings v) : value(std::move(v)) {}
AttrArg::AttrArg(ir::SymShape v) : value(std::move(v)) {}
AttrArg::AttrArg(const AttrArg&) = default;
AttrArg::AttrArg(AttrArg&&) noexcept = default;
AttrArg& AttrArg::operator=(const AttrArg&) = default;
AttrArg& AttrArg::operator=(AttrArg&&) noexcept = default;
AttrArg::~AttrArg() = default;

}  // namespace tenon::test
