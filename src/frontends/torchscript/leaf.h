// SPDX-License-Identifier: Apache-2.0
// Values of the interpreter are IValues, so that lists, tuples and dicts behave exactly as in
// TorchScript (references included). What is only known at run time stands in them as a Leaf, held
// in a capsule: a tensor or other result of the graph, or an int that is an expression over sizes.
// Leaves are immutable; the graph owns the ir::Values.
#pragma once

#include <ATen/core/ivalue.h>

#include <functional>

#include "ir/graph.h"

namespace tenon::torchscript {

struct Leaf : torch::CustomClassHolder {
  ir::Value* value = nullptr;  // null: `size` is meant
  ir::SymDim size;
  bool as_tensor = false;      // `size` as a 0-d int64 tensor
  bool uninitialized = false;  // stands where no path reads it (after a return)
  c10::TypePtr type;           // TorchScript's static type
  bool is_size() const { return !value && !as_tensor && !uninitialized; }
  bool is_tensor() const { return as_tensor || (value && value->type.kind == ir::Kind::kTensor); }
};
using LeafPtr = c10::intrusive_ptr<Leaf>;

c10::IValue value_leaf(ir::Value* value, c10::TypePtr type);
/// A plain int if `size` is a number.
c10::IValue size_leaf(const ir::SymDim& size);
c10::IValue size_tensor_leaf(const ir::SymDim& size);
c10::IValue uninitialized_leaf(c10::TypePtr type);

/// Null if `v` is not a leaf.
const Leaf* leaf_of(const c10::IValue& v);
/// No leaf in it, however deep.
bool is_known(const c10::IValue& v);
void visit_leaves(const c10::IValue& v, const std::function<void(const Leaf&)>& visit);
/// A copy with fresh containers, in which `replace` stands for every leaf and tensor.
c10::IValue transform(const c10::IValue& v,
                      const std::function<c10::IValue(const c10::IValue&)>& replace);
/// An int, or a symbolic one.
std::optional<ir::SymDim> as_size(const c10::IValue& v);

}  // namespace tenon::torchscript
