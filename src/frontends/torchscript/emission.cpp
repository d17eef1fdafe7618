// SPDX-License-Identifier: Apache-2.0
// Writing an op on leaves as a node of the graph, with the types of its results.
#include <algorithm>
#include <functional>

#include "base/error.h"
#include "frontends/torchscript/arguments.h"
#include "frontends/torchscript/interpreter.h"
#include "frontends/torchscript/origin.h"
#include "frontends/torchscript/types.h"

namespace tenon::torchscript {
namespace {

namespace jit = torch::jit;

ir::Type other() {
  ir::Type t;
  t.kind = ir::Kind::kOther;
  return t;
}

std::string op_name(const jit::Node* node) {
  const auto* schema = node->maybeSchema();
  return schema ? c10::toString(schema->operator_name()) : node->kind().toQualString();
}

std::string identifier(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') c = '_';
  return text;
}

/// Kinds without a schema that can still be written again as they are.
bool can_be_kept(const jit::Node* node) {
  static const std::set<std::string> kPlain = {"prim::TupleUnpack", "prim::ListUnpack",
                                               "prim::ListConstruct", "prim::unchecked_cast",
                                               "prim::DictConstruct"};
  return node->maybeSchema() || kPlain.count(node->kind().toQualString());
}

/// Does it put its operands into a list or dict that exists while the program runs?
bool fills_container(const jit::Node* node) {
  if (node->kind() == c10::prim::ListConstruct || node->kind() == c10::prim::DictConstruct)
    return true;
  const auto* schema = node->maybeSchema();
  if (!schema || !schema->is_mutable() || node->inputs().empty()) return false;
  const auto kind = node->input(0)->type()->kind();
  return kind == c10::TypeKind::ListType || kind == c10::TypeKind::DictType;
}

}  // namespace

std::string Interpreter::name_for(const jit::Value* v) {
  std::string base = v->hasDebugName() ? identifier(v->debugName()) : "";
  if (base.empty() || std::isdigit(static_cast<unsigned char>(base[0])))
    base = identifier(v->node()->kind().toUnqualString());
  return graph_.unique_name(base);
}

c10::IValue Interpreter::constant_leaf(const at::Tensor& given) {
  // Later writes at compile time must not be seen in what is read of it now.
  const bool changes =
      given.has_storage() && reading_.changing.count(given.storage().unsafeGetStorageImpl());
  const at::Tensor tensor = changes ? given.clone() : given;
  auto [it, fresh] = constant_leaves_.try_emplace(tensor.unsafeGetTensorImpl());
  if (!fresh) return it->second;
  const std::string name = graph_.unique_name("constant");
  ir::ConstantPtr data = constant_of(tensor, name);
  it->second = tensor;
  if (!data) return it->second;  // stays in torch as it is
  ir::Node* node = graph_.create("constant", {});
  node->set("data", data);
  node->set("name", name);
  node->origin.node = name;
  const ir::SymShape shape(data->shape.begin(), data->shape.end());
  ir::Value* v = node->add_output(name, ir::Type{ir::Kind::kTensor, data->dtype, shape, {}});
  out_.tensors[v] = tensor;
  it->second = value_leaf(v, c10::TensorType::get());
  return it->second;
}

c10::IValue Interpreter::constants_to_leaves(const c10::IValue& v) {
  return transform(v, [&](const c10::IValue& e) {
    const bool tensor = e.isTensor() && e.toTensor().defined();
    return tensor ? constant_leaf(e.toTensor()) : e;
  });
}

/// Sizes that only an op's result shows need that result beside them.
void Interpreter::add_carriers(ir::Node* node) {
  std::set<std::string> symbols;
  for (const auto& [name, attr] : node->attrs) {
    if (const auto* d = std::get_if<ir::SymDim>(&attr)) d->collect_symbols(symbols);
    if (const auto* list = std::get_if<std::vector<ir::SymDim>>(&attr))
      for (const ir::SymDim& d : *list) d.collect_symbols(symbols);
  }
  for (const std::string& s : symbols) {
    const auto carrier = out_.carriers.find(s);
    if (carrier != out_.carriers.end()) node->inputs.push_back(carrier->second);
  }
}

/// What is put into a container or attribute is written as it is now: if it is a list or dict that
/// changes later, it must be one at run time, too.
void Interpreter::check_stored(Node* node) const {
  const auto is_container = [](const c10::IValue& v) { return v.isList() || v.isGenericDict(); };
  const std::function<bool(const c10::IValue&)> nested = [&](const c10::IValue& v) {
    if (v.isTuple()) {
      const auto& elements = v.toTupleRef().elements();
      return std::any_of(elements.begin(), elements.end(),
                         [&](const c10::IValue& e) { return is_container(e) || nested(e); });
    }
    if (!v.isList())
      return v.isGenericDict() && v.toGenericDict().size() > 0 &&
             is_container(v.toGenericDict().begin()->value());
    const auto elements = v.toListRef();
    return std::any_of(elements.begin(), elements.end(),
                       [&](const c10::IValue& e) { return is_container(e) || nested(e); });
  };
  const bool fills = node->kind() != c10::prim::SetAttr;
  for (size_t i = 0; i < node->inputs().size(); ++i) {
    jit::Value* v = node->input(i);
    const auto found = values_.find(v);
    if (found == values_.end()) continue;
    const c10::IValue& value = found->second;
    if (is_container(value) && reading_.aliases.hasWriters(v)) require_at_run_time(v);
    TENON_CHECK(!nested(value), "lists or dicts inside of a container are ",
                fills ? "put into one that a branch or loop changes" : "kept in an attribute");
  }
}

ir::Node* Interpreter::create(Node* node, const std::string& op, Values arguments) {
  const bool stores = fills_container(node);
  if (stores) check_stored(node);
  if (!stores)
    for (c10::IValue& v : arguments) v = constants_to_leaves(v);
  ir::Node* made = graph_.create(op, {});
  made->origin = origin_of(node, &reading_.module_classes);
  set_arguments(made, node->maybeSchema(), arguments);
  add_carriers(made);
  ScriptNode& script = out_.nodes[made];
  script.source = node;
  script.arguments = std::move(arguments);
  script.operands = made->inputs;
  script.stores = stores;
  return made;
}

void Interpreter::emit(Node* node) {
  TENON_CHECK(can_be_kept(node), "TorchScript's ", node->kind().toQualString(),
              " is not supported here");
  note_run_time_writes(node);
  const Values arguments = inputs_of(node);
  ir::Node* made = create(node, op_name(node), arguments);
  Observation seen;
  seen.reason = "its result is not a tensor";
  const bool container = std::any_of(node->outputs().begin(), node->outputs().end(),
                                     [&](jit::Value* v) { return exists_at_run_time(v); });
  if (container)
    seen.reason = "a list or dict that a branch or loop changes";
  else if (node->maybeSchema() && !node->outputs().empty())
    seen = reading_.prober.observe(node, arguments);
  if (seen.results.size() == node->outputs().size())
    add_results(made, node, seen);
  else
    add_unknown(made, node, seen.reason);
  made->origin.node = made->outputs().empty()
                          ? graph_.unique_name(identifier(node->kind().toUnqualString()))
                          : made->output()->name;
  note_hidden_writes(made, node);
}

ir::Value* Interpreter::add_output(ir::Node* made, const jit::Value* v, ir::Type type,
                                   const std::string& reason) {
  ir::Value* out = made->add_output(name_for(v), std::move(type));
  if (out->type.kind == ir::Kind::kOther) out_.program.pinned.emplace(out->name, reason);
  return out;
}

ir::Type Interpreter::spelled(const Observed& seen, std::vector<std::string>* fresh,
                              std::string* reason) {
  const auto dtype = data_type(seen.dtype);
  if (!dtype || !seen.strided) {
    *reason = seen.strided
                  ? std::string("tensors of ") + c10::toString(seen.dtype) + " stay in PyTorch"
                  : "a sparse or quantized tensor";
    return other();
  }
  ir::Type type{ir::Kind::kTensor, *dtype, {}, {}};
  for (size_t axis = 0; axis < seen.sizes[0].size(); ++axis) {
    std::vector<int64_t> dims;
    for (const auto& sizes : seen.sizes) dims.push_back(sizes[axis]);
    std::string symbol;
    type.shape.push_back(reading_.prober.spell(dims, &symbol));
    if (!symbol.empty()) fresh->push_back(symbol);
  }
  return type;
}

void Interpreter::add_results(ir::Node* made, Node* node, const Observation& seen) {
  ScriptNode& script = out_.nodes[made];
  std::vector<const Observed*> tensors;
  std::vector<std::string> fresh;
  for (size_t i = 0; i < node->outputs().size(); ++i) {
    const jit::Value* v = node->output(i);
    const auto& result = seen.results[i];
    if (!result) {
      const char* why = seen.is_list[i] ? "the number of tensors in its result depends on sizes"
                                        : "a value that is only known at run time";
      ir::Value* out = add_output(made, v, other(), why);
      if (seen.undefined[i]) out_.program.pinned.erase(out->name);  // no reason to keep the node
      script.counts.push_back(-1);
      set(node->output(i), value_leaf(out, v->type()));
      tensors.push_back(nullptr);
      continue;
    }
    c10::impl::GenericList list(c10::TensorType::get());
    for (const Observed& o : *result) {
      std::string reason;
      ir::Type type = spelled(o, &fresh, &reason);
      ir::Value* out = add_output(made, v, std::move(type), reason);
      list.push_back(value_leaf(out, c10::TensorType::get()));
      tensors.push_back(&o);
    }
    script.counts.push_back(seen.is_list[i] ? static_cast<int>(result->size()) : -1);
    set(node->output(i), seen.is_list[i] ? c10::IValue(list) : c10::IValue(list.get(0)));
  }
  refine(made, tensors, fresh);
}

void Interpreter::refine(ir::Node* made, const std::vector<const Observed*>& seen,
                         const std::vector<std::string>& fresh) {
  const auto inferred =
      reading_.symbols.empty() ? std::nullopt : reading_.infer(*made, reading_.symbols);
  const auto pin = [&](ir::Value* out, const ir::Type& ours) {
    out_.program.pinned.emplace(
        out->name, detail::concat("its converter would give ", ir::str(ours), ", torch gives ",
                                  ir::str(out->type)));
  };
  for (size_t i = 0; inferred && i < seen.size(); ++i) {
    ir::Value* out = made->output(i);
    const ir::Type& ours = (*inferred)[i];
    if (!seen[i] || out->type.kind != ir::Kind::kTensor || ours.kind != ir::Kind::kTensor) continue;
    bool same = ours.dtype == out->type.dtype && ours.shape.size() == out->type.shape.size();
    for (size_t axis = 0; same && axis < ours.shape.size(); ++axis) {
      std::vector<int64_t> dims;
      for (const auto& sizes : seen[i]->sizes) dims.push_back(sizes[axis]);
      same = reading_.prober.agrees(ours.shape[axis], dims);
    }
    if (same)
      out->type = ours;
    else
      pin(out, ours);
  }
  for (const auto& out : made->outputs())
    for (const ir::SymDim& d : out->type.shape)
      if (std::find(fresh.begin(), fresh.end(), d.as_symbol()) != fresh.end())
        out_.carriers.try_emplace(d.as_symbol(), out.get());
}

void Interpreter::add_unknown(ir::Node* made, Node* node, const std::string& reason) {
  ScriptNode& script = out_.nodes[made];
  for (jit::Value* v : node->outputs()) {
    ir::Value* out = add_output(made, v, other(), reason);
    script.counts.push_back(-1);
    set(v, value_leaf(out, v->type()));
  }
}

void Interpreter::note_hidden_writes(ir::Node* made, Node* node) {
  if (!reading_.hidden_aliasing) return;
  const auto pin = [&](const ir::Value* v) {
    hidden_writes_.emplace(v->name,
                           "shares memory with what is written in place or kept between calls");
  };
  const auto written = [&](jit::Value* v) {
    return reading_.aliases.hasWriters(v) || reading_.state.stored_views.count(v);
  };
  for (jit::Value* v : node->outputs())
    if (written(v))
      visit_leaves(get(v), [&](const Leaf& leaf) {
        if (leaf.value) pin(leaf.value);
      });
  for (jit::Value* v : node->inputs())
    if (written(v))
      visit_leaves(get(v), [&](const Leaf& leaf) {
        if (leaf.value) pin(leaf.value);
      });
  const auto* schema = node->maybeSchema();
  if (schema && schema->is_mutable())
    for (const auto& out : made->outputs()) pin(out.get());
}

}  // namespace tenon::torchscript
