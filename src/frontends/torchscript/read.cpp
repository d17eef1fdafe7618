// SPDX-License-Identifier: Apache-2.0
#include "frontends/torchscript/read.h"

#include "base/error.h"
#include "base/log.h"
#include "frontends/torchscript/interpreter.h"
#include "frontends/torchscript/types.h"

namespace tenon::torchscript {
namespace {

namespace jit = torch::jit;

std::string identifier(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') c = '_';
  return text.empty() ? "input" : text;
}

/// Constants that are written keep what is written from call to call.
void collect_written_constants(jit::Block* block, const jit::AliasDb& aliases,
                               std::set<jit::Value*>& out) {
  for (jit::Node* n : block->nodes()) {
    if (n->kind() == c10::prim::Constant && n->output()->type()->castRaw<c10::TensorType>() &&
        aliases.hasWriters(n->output()))
      out.insert(n->output());
    for (jit::Block* b : n->blocks()) collect_written_constants(b, aliases, out);
  }
}

/// Ops of others that share or write memory are not in the tables that make in-place ops
/// functional.
bool has_hidden_aliasing(const jit::Block* block) {
  for (const jit::Node* n : block->nodes()) {
    for (const jit::Block* b : n->blocks())
      if (has_hidden_aliasing(b)) return true;
    const auto* schema = n->maybeSchema();
    if (!schema || n->kind().is_aten() || n->kind().is_prim()) continue;
    for (const auto& a : schema->arguments())
      if (a.alias_info()) return true;
    for (const auto& r : schema->returns())
      if (r.alias_info()) return true;
  }
  return false;
}

class Reader {
 public:
  Reader(const Lowered& lowered, const c10::FunctionSchema& schema, const InputSpecs& specs,
         const Findings& findings)
      : lowered_(lowered), schema_(schema), specs_(specs), findings_(findings) {}

  std::unique_ptr<ScriptProgram> run(c10::Device device, const InferTypes& infer) {
    auto out = std::make_unique<ScriptProgram>();
    ir::Program& program = out->program;
    make_types(program.graph.symbols);
    Prober prober(program.graph.symbols, device);
    jit::AliasDb aliases(lowered_.graph);
    const State state = find_state(lowered_, aliases);
    const bool hidden = findings_.hidden || !findings_.containers.empty() || !state.empty() ||
                        has_hidden_aliasing(lowered_.graph->block());
    Reading reading{program.graph.symbols,
                    prober,
                    aliases,
                    infer,
                    program.module_classes,
                    hidden,
                    device,
                    state,
                    findings_};
    reading.run_time_writes = findings_.written;
    collect_written_constants(lowered_.graph->block(), aliases, reading.run_time_writes);
    Interpreter interpreter(reading, *out);
    interpreter.set(lowered_.graph->inputs()[0], lowered_.module._ivalue());
    if (!state.empty()) interpreter.add_module();
    for (size_t i = 1; i < schema_.arguments().size(); ++i) {
      c10::IValue value = argument(interpreter, i);
      out->arguments.push_back(value);
      interpreter.set(lowered_.graph->inputs()[i], std::move(value));
    }
    for (size_t i = 0; i < used_.size(); ++i)
      TENON_CHECK(used_[i], "input ", i, " is given, but no argument of '", schema_.name(),
                  "' takes it: ", schema_);
    interpreter.finish(interpreter.run(lowered_.graph->block()));
    return out;
  }

 private:
  void make_types(ir::SymRanges& symbols) {
    used_.assign(specs_.inputs.size(), false);
    for (size_t i = 0; i < specs_.inputs.size(); ++i) {
      const InputSpec& spec = specs_.inputs[i];
      const size_t rank = spec.opt.size();
      TENON_CHECK(spec.min.size() == rank && spec.max.size() == rank, "input ", i,
                  ": min, opt and max have ", spec.min.size(), ", ", rank, " and ", spec.max.size(),
                  " dimensions; wanted equal numbers");
      ir::Type& type = types_.emplace_back();
      const auto dtype = data_type(spec.dtype);
      if (!dtype) type.kind = ir::Kind::kOther;
      if (dtype) type.dtype = *dtype;
      for (size_t d = 0; d < rank; ++d) {
        TENON_CHECK(0 <= spec.min[d] && spec.min[d] <= spec.opt[d] && spec.opt[d] <= spec.max[d],
                    "input ", i, ", dimension ", d, ": min ", spec.min[d], ", opt ", spec.opt[d],
                    ", max ", spec.max[d], "; wanted 0 <= min <= opt <= max");
        if (spec.min[d] == spec.max[d]) {
          type.shape.emplace_back(spec.opt[d]);
          continue;
        }
        TENON_CHECK(spec.min[d] > 0, "input ", i, ", dimension ", d,
                    ": a range of sizes begins at 1, not at ", spec.min[d]);
        std::string name = "s" + std::to_string(i) + "_" + std::to_string(d);
        const auto& equal = findings_.equal;
        for (auto same = equal.find(name); same != equal.end(); same = equal.find(name))
          name = same->second;
        symbols[name] = {spec.min[d], spec.opt[d], spec.max[d]};
        type.shape.push_back(ir::SymDim::symbol(name));
      }
    }
  }

  c10::IValue argument(Interpreter& interpreter, size_t i) {
    const c10::Argument& formal = schema_.arguments()[i];
    if (i - 1 < specs_.structure.size())
      return tree(interpreter, specs_.structure[i - 1], formal.type(), formal.name());
    TENON_CHECK(formal.default_value(), "argument '", formal.name(), "' (", formal.type()->str(),
                ") of '", schema_.name(), "' has neither an input nor a default value; ",
                specs_.inputs.size(), " inputs are given: ", schema_);
    return *formal.default_value();
  }

  [[noreturn]] void mismatch(const c10::TypePtr& type, const std::string& name, const char* given) {
    throw Error(detail::concat("argument '", name, "' is ", type->str(), ", but ", given,
                               " is given for it"));
  }

  c10::IValue tree(Interpreter& interpreter, const c10::IValue& spec, const c10::TypePtr& type,
                   const std::string& name) {
    if (const auto optional = type->cast<c10::OptionalType>())
      if (!spec.isNone()) return tree(interpreter, spec, optional->getElementType(), name);
    if (spec.isNone()) {
      if (type->kind() != c10::TypeKind::OptionalType) mismatch(type, name, "None");
      return spec;
    }
    if (spec.isInt()) return tensor(interpreter, static_cast<size_t>(spec.toInt()), type, name);
    if (spec.isTuple()) {
      const auto tuple = type->cast<c10::TupleType>();
      const auto& elements = spec.toTupleRef().elements();
      if (!tuple && type->kind() == c10::TypeKind::ListType) {
        c10::impl::GenericList list(c10::AnyType::get());
        for (const auto& e : elements) list.push_back(e);
        return tree(interpreter, list, type, name);
      }
      if (!tuple || tuple->elements().size() != elements.size()) mismatch(type, name, "a tuple");
      std::vector<c10::IValue> values;
      for (size_t k = 0; k < elements.size(); ++k)
        values.push_back(
            tree(interpreter, elements[k], tuple->elements()[k], name + "_" + std::to_string(k)));
      if (tuple->schema()) return c10::ivalue::Tuple::createNamed(std::move(values), tuple);
      return c10::ivalue::Tuple::create(std::move(values));
    }
    if (spec.isList()) {
      const auto list_type = type->cast<c10::ListType>();
      if (!list_type) mismatch(type, name, "a list");
      c10::impl::GenericList list(list_type->getElementType());
      for (const c10::IValue& e : spec.toListRef())
        list.push_back(tree(interpreter, e, list_type->getElementType(),
                            name + "_" + std::to_string(list.size())));
      return list;
    }
    if (!spec.isGenericDict()) mismatch(type, name, "something else than a tensor or container");
    const auto dict_type = type->cast<c10::DictType>();
    if (!dict_type) mismatch(type, name, "a dict");
    c10::impl::GenericDict dict(dict_type->getKeyType(), dict_type->getValueType());
    for (const auto& e : spec.toGenericDict())
      dict.insert(e.key(), tree(interpreter, e.value(), dict_type->getValueType(),
                                name + "_" + (e.key().isString() ? e.key().toStringRef() : "key")));
    return dict;
  }

  c10::IValue tensor(Interpreter& interpreter, size_t index, const c10::TypePtr& type,
                     const std::string& name) {
    TENON_CHECK(index < types_.size(), "argument '", name, "' refers to input ", index, " of ",
                types_.size());
    if (!c10::TensorType::get()->isSubtypeOf(*type)) mismatch(type, name, "a tensor");
    TENON_CHECK(!used_[index], "input ", index, " is used twice in input_signature");
    used_[index] = true;
    const bool unknown = types_[index].kind == ir::Kind::kOther;
    return interpreter.add_input(identifier(name), types_[index], c10::TensorType::get(),
                                 unknown ? std::string("tensors of ") +
                                               c10::toString(specs_.inputs[index].dtype) +
                                               " stay in PyTorch"
                                         : "");
  }

  const Lowered& lowered_;
  const c10::FunctionSchema& schema_;
  const InputSpecs& specs_;
  const Findings& findings_;
  std::vector<ir::Type> types_;
  std::vector<bool> used_;
};

}  // namespace

std::unique_ptr<ScriptProgram> read(const Lowered& lowered, const c10::FunctionSchema& schema,
                                    const InputSpecs& specs, c10::Device device,
                                    const InferTypes& infer) {
  Findings findings;
  for (;;) {
    try {
      return Reader(lowered, schema, specs, findings).run(device, infer);
    } catch (const Unify& u) {
      log(LogLevel::kInfo, "the sizes ", u.keep, " and ", u.drop,
          " have the same range and must be equal");
      findings.equal[u.drop] = u.keep;
    } catch (const RunTimeWrite& w) {
      if (w.target)
        findings.written.insert(w.target);
      else
        findings.hidden = true;
    } catch (const RunTimeContainer& c) {
      findings.containers.insert(c.target);
    } catch (const AttributeChangesType& a) {
      findings.untyped.insert(a.key);
    }
  }
}

}  // namespace tenon::torchscript
