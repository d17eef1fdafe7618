// SPDX-License-Identifier: Apache-2.0
#include "torch/api/signature.h"

#include <torch/library.h>

#include <functional>

#include "base/error.h"

namespace torch_tensorrt::detail {
namespace {

using c10::IValue;
using Leaf = std::function<IValue(const IValue&)>;

IValue map(const IValue& tree, const Leaf& leaf) {
  if (tree.isCustomClass()) return leaf(tree);
  if (tree.isTuple()) {
    std::vector<IValue> elements;
    for (const IValue& e : tree.toTupleRef().elements()) elements.push_back(map(e, leaf));
    return c10::ivalue::Tuple::create(std::move(elements));
  }
  if (tree.isList()) {
    c10::impl::GenericList list(c10::AnyType::get());
    for (const IValue& e : tree.toListRef()) list.push_back(map(e, leaf));
    return list;
  }
  if (tree.isGenericDict()) {
    const auto from = tree.toGenericDict();
    c10::impl::GenericDict dict(from.keyType(), c10::AnyType::get());
    for (const auto& entry : from) dict.insert(entry.key(), map(entry.value(), leaf));
    return dict;
  }
  throw Error("input_signature has a " + tree.tagKind() +
              " in it; wanted a tree of tuples, lists and dicts of torch_tensorrt::Input");
}

// IValues hold Inputs only if the class is known to torch.
TORCH_LIBRARY_FRAGMENT(tensorrt, m) { m.class_<Input>("_Input").def(torch::init<>()); }

}  // namespace

std::vector<Input> flatten(const IValue& tree) {
  std::vector<Input> inputs;
  map(tree, [&](const IValue& v) {
    inputs.push_back(*v.toCustomClass<Input>());
    return v;
  });
  return inputs;
}

IValue numbered(const IValue& tree) {
  if (tree.isNone()) return tree;
  int64_t next = 0;
  return map(tree, [&](const IValue&) { return IValue(next++); });
}

}  // namespace torch_tensorrt::detail
