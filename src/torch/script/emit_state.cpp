// SPDX-License-Identifier: Apache-2.0
// Reading and writing attributes: the compiled module has its own, with the values that they had
// when it was compiled. Those of submodules have the path in their name.
#include "torch/script/emitter.h"

namespace tenon::torch_bridge {

namespace jit = torch::jit;

const std::string& Emitter::attribute(const torchscript::StateAttribute& from) {
  const auto [it, fresh] =
      module_.state.try_emplace(torchscript::attribute_key(from.object, from.name), from.path);
  if (!fresh) return it->second;
  for (int i = 1; module_.module.hasattr(it->second); ++i)
    it->second = from.path + "_" + std::to_string(i);
  const auto& object = from.object.toObjectRef();
  const c10::TypePtr type = object.type()->getAttribute(from.name);
  const bool buffer = object.type()->is_buffer(object.type()->getAttributeSlot(from.name));
  module_.module.register_attribute(it->second, type, object.getAttr(from.name),
                                    /*is_param=*/false, buffer);
  return it->second;
}

void Emitter::access(const ir::Node& node, const torchscript::ScriptNode& script,
                     const std::vector<Value*>& inputs) {
  const std::string& name = attribute(*script.attribute);
  if (script.source->kind() == c10::prim::GetAttr)
    return bind(node.output(), graph_.insertGetAttr(module_.self, name));
  jit::Node* made = graph_.create(c10::prim::SetAttr, {module_.self, inputs.at(0)}, 0);
  made->s_(c10::attr::name, name);
  made->setSourceRange(script.source->sourceRange());
  graph_.insertNode(made);
}

}  // namespace tenon::torch_bridge
