// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/importer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "frontends/export/export.h"
#include "frontends/export/functionalise.h"
#include "frontends/export/origin.h"

namespace tenon::frontends {
namespace {

constexpr int64_t kSchemaMajor = 8;
constexpr int64_t kLargestSize = (int64_t{1} << 31) - 1;

ir::Type other() {
  ir::Type t;
  t.kind = ir::Kind::kOther;
  return t;
}

bool is_op_name(const std::string& name) {
  size_t begin = 0;
  for (size_t dot; (dot = name.find('.', begin)) != std::string::npos; begin = dot + 1) {
    if (!is_identifier(name.substr(begin, dot - begin))) return false;
  }
  return is_identifier(name.substr(begin));
}

/// "torch.ops.aten.add.Tensor" -> "aten::add.Tensor", "_operator.mul" -> "prim::mul".
std::string op_of(const JsonRef& target) {
  constexpr std::string_view kOps = "torch.ops.", kDefault = ".default";
  std::string name = target.string();
  if (!is_op_name(name))
    target.fail("is '", name, "', want a name such as torch.ops.aten.add.Tensor");
  if (name.rfind(kOps, 0) != 0) return "prim::" + name.substr(name.rfind('.') + 1);
  name.erase(0, kOps.size());
  const size_t dot = name.find('.');
  if (dot == std::string::npos) target.fail("is '", target.string(), "', which names no operator");
  name.replace(dot, 1, "::");
  if (name.ends_with(kDefault)) name.erase(name.size() - kDefault.size());
  return name;
}

std::string metadata(const JsonRef& node, const char* key) {
  const auto all = node.find("metadata");
  const auto text = all ? all->find(key) : std::nullopt;
  return text ? text->string() : "";
}

}  // namespace

Importer::Importer(const JsonRef& root, const ir::ConstantTable& constants,
                   const ir::SymRanges& ranges)
    : root_(root),
      graph_(root.at("graph_module").at("graph")),
      signature_(root.at("graph_module").at("signature")),
      constants_(constants),
      ranges_(ranges),
      types_(graph_),
      scope_(program_.graph),
      arguments_(scope_, types_) {}

ir::Program Importer::run() {
  define_symbols();
  for (const JsonRef& spec : signature_.at("input_specs").items()) add_input(spec);
  for (const JsonRef& node : graph_.at("nodes").items()) add_node(node);
  for (const JsonRef& spec : signature_.at("output_specs").items()) add_program_output(spec);
  functionalise(program_);
  return std::move(program_);
}

void Importer::pin(const std::string& value, const std::string& reason) {
  program_.pinned.emplace(value, reason);
}

// ---- symbols

namespace {

/// The least size that a lower bound of the program means. Engines do not run on empty tensors; and
/// torch.export, which takes 0 and 1 for fixed sizes, reasons as if every other size began at 2,
/// while its own modules then take 1 too.
int64_t lowest(int64_t bound) { return bound <= 2 ? 1 : bound; }

}  // namespace

void Importer::define_symbols() {
  for (const JsonRef& spec : signature_.at("input_specs").items()) {
    const auto [kind, value] = spec.single();
    if (kind != "user_input") continue;
    const auto [arg_kind, arg] = value.at("arg").single();
    if (arg_kind == "as_tensor") types_.define_symbols(arg.at("name").string(), true, &hints_);
    if (arg_kind != "as_sym_int") continue;
    if (const auto name = arg.find("as_name"))
      types_.define_symbols(name->string(), false, &hints_);
  }
  for (const auto& symbol : types_.symbols()) program_.graph.symbols[symbol] = range_of(symbol);
  for (const auto& [symbol, range] : ranges_) {
    TENON_CHECK(types_.symbols().count(symbol), "a range is given for the size '", symbol,
                "', which no input of the program has");
  }
}

ir::SymRange Importer::range_of(const std::string& symbol) {
  ir::SymRange range{1, 1, kLargestSize};
  if (const auto limits = root_.at("range_constraints").find(symbol)) {
    if (const auto v = limits->find("min_val")) range.min = lowest(v->integer());
    if (const auto v = limits->find("max_val")) range.max = std::min(kLargestSize, v->integer());
    if (range.min > range.max) limits->fail("is empty: ", range.min, " to ", range.max);
  }
  const auto hint = hints_.find(symbol);
  range.opt = std::clamp(hint == hints_.end() ? int64_t{1} : hint->second, range.min, range.max);
  const auto given = ranges_.find(symbol);
  if (given == ranges_.end()) return range;
  const ir::SymRange& g = given->second;
  TENON_CHECK(range.min <= g.min && g.min <= g.opt && g.opt <= g.max && g.max <= range.max,
              "size '", symbol, "': min ", g.min, ", opt ", g.opt, ", max ", g.max,
              " given, want them in this order within ", range.min, " to ", range.max,
              ", the range the program was exported for");
  return g;
}

// ---- inputs

void Importer::add_input(const JsonRef& spec) {
  const auto [kind, value] = spec.single();
  if (kind == "user_input")
    add_user_input(value.at("arg"));
  else if (kind == "parameter")
    add_stored(value.at("arg"), value.at("parameter_name"), "parameter");
  else if (kind == "buffer")
    add_stored(value.at("arg"), value.at("buffer_name"), "buffer");
  else if (kind == "tensor_constant")
    add_stored(value.at("arg"), value.at("tensor_constant_name"), "constant");
  else if (kind == "custom_obj")
    add_opaque("prim::custom_obj", value.at("arg").at("name"),
               value.at("custom_obj_name").string());
  else if (kind == "token")
    add_opaque("prim::token", value.at("arg").at("name"), "");
  else if (kind != "constant_input")
    spec.fail("is an input of unknown kind '", kind, "'");
}

void Importer::add_user_input(const JsonRef& arg) {
  const auto [kind, value] = arg.single();
  const bool tensor = kind == "as_tensor";
  if (!tensor && kind != "as_sym_int") return;  // None, numbers and strings are fixed by the export
  if (!tensor && !value.find("as_name")) return;
  const JsonRef name = tensor ? value.at("name") : value.at("as_name");
  TypeAnswer answer;
  if (tensor) {
    answer = types_.tensor(name.identifier(), name);
  } else {
    const SizeAnswer size = types_.size(name.identifier(), name);
    answer = {{ir::Kind::kSize, {}, {}, size.size}, size.reason};
    if (!size.reason.empty()) answer.type = other();
  }
  if (scope_.find(name.string())) name.fail("defines '", name.string(), "' a second time");
  scope_.define(program_.graph.add_input(name.string(), answer.type));
  if (!answer.reason.empty()) pin(name.string(), answer.reason);
}

ir::ConstantPtr Importer::constant(const JsonRef& stored_name, const char* what,
                                   const ir::Type& type) {
  const auto it = constants_.find(stored_name.string());
  if (it == constants_.end() || !it->second) {
    stored_name.fail("the program has no data for ", what, " '", stored_name.string(), "'");
  }
  const ir::Constant& c = *it->second;
  const ir::SymShape shape(c.shape.begin(), c.shape.end());
  if (c.dtype != type.dtype || shape != type.shape) {
    stored_name.fail(what, " '", stored_name.string(), "' is ", name_of(c.dtype), ir::str(shape),
                     ", the program wants ", ir::str(type));
  }
  return it->second;
}

void Importer::add_stored(const JsonRef& arg, const JsonRef& stored_name, const char* what) {
  const JsonRef name = arg.at("name");
  const TypeAnswer answer = types_.tensor(name.identifier(), name);
  stored_names_[stored_name.string()] = name.string();
  if (!answer.reason.empty()) {
    add_opaque("prim::constant", name, stored_name.string());
    program_.pinned[name.string()] = answer.reason;
    return;
  }
  scope_.claim(name.string(), name);
  ir::Node* node = program_.graph.create("constant", {});
  node->set("data", constant(stored_name, what, answer.type));
  node->set("name", stored_name.string());
  node->origin.node = name.string();
  scope_.define(node->add_output(name.string(), answer.type));
}

void Importer::add_opaque(const std::string& op, const JsonRef& name,
                          const std::string& stored_name) {
  scope_.claim(name.identifier(), name);
  ir::Node* node = program_.graph.create(op, {});
  node->set("name", stored_name);
  node->origin.node = name.string();
  scope_.define(node->add_output(name.string(), other()));
  pin(name.string(), "an input that is not a tensor");
}

// ---- nodes

void Importer::add_node(const JsonRef& json) {
  const JsonRef target = json.at("target");
  ir::Node* node = program_.graph.create(op_of(target), {});
  node->origin.op = target.string();
  for (ModuleCall& call : module_stack(metadata(json, "nn_module_stack"))) {
    node->origin.module = call.path;
    program_.module_classes.emplace(std::move(call.path), std::move(call.class_name));
  }
  node->origin.location = source_location(metadata(json, "stack_trace"));
  if (const auto name = json.find("name")) node->origin.node = name->identifier();
  with_frame([&] { return "while importing " + json.path() + " (" + target.string() + ")"; },
             [&] {
               arguments_.read(json.at("inputs"), node);
               for (const JsonRef& output : json.at("outputs").items()) add_outputs(output, node);
             });
  // Programs of older minor versions have no node names; torch names a node after its output.
  if (node->origin.node.empty() && !node->outputs().empty())
    node->origin.node = node->output()->name;
}

void Importer::add_outputs(const JsonRef& arg, ir::Node* node) {
  const auto [kind, value] = arg.single();
  if (kind == "as_tensor") {
    add_tensor_output(value.at("name"), node);
  } else if (kind == "as_tensors") {
    for (const JsonRef& t : value.items()) add_tensor_output(t.at("name"), node);
  } else if (kind == "as_sym_int" && value.find("as_name")) {
    add_size_output(value.at("as_name"), node);
  } else if (kind == "as_sym_bool" || kind == "as_sym_float" || kind == "as_custom_obj") {
    const auto name = value.find(kind == "as_custom_obj" ? "name" : "as_name");
    add_opaque_output(name ? name->identifier() : "", node);
  } else {
    add_opaque_output("", node);  // None and the like: keeps the positions of the others
  }
}

void Importer::add_tensor_output(const JsonRef& name, ir::Node* node) {
  TypeAnswer answer = types_.tensor(name.identifier(), name);
  scope_.claim(name.string(), name);
  scope_.define(node->add_output(name.string(), std::move(answer.type)));
  if (!answer.reason.empty()) pin(name.string(), answer.reason);
}

void Importer::add_size_output(const JsonRef& name, ir::Node* node) {
  SizeAnswer answer = types_.size(name.identifier(), name);
  scope_.claim(name.string(), name);
  ir::Type type = other();
  if (answer.reason.empty()) type = {ir::Kind::kSize, {}, {}, std::move(answer.size)};
  scope_.define(node->add_output(name.string(), std::move(type)));
  if (!answer.reason.empty()) pin(name.string(), answer.reason);
}

void Importer::add_opaque_output(const std::string& name, ir::Node* node) {
  if (name.empty()) {
    const std::string base = node->origin.node.empty() ? "unused" : node->origin.node + "_unused";
    node->add_output(program_.graph.unique_name(base), other());
    return;
  }
  if (scope_.find(name)) throw Error("'" + name + "' is defined a second time");
  program_.graph.unique_name(name);
  scope_.define(node->add_output(name, other()));
}

// ---- outputs

void Importer::add_user_output(const JsonRef& arg) {
  const auto [kind, value] = arg.single();
  std::optional<JsonRef> name;
  if (kind == "as_tensor" || kind == "as_custom_obj") name = value.at("name");
  if (kind == "as_sym_int" || kind == "as_sym_bool" || kind == "as_sym_float")
    name = value.find("as_name");
  if (!name) {
    program_.outputs.emplace_back();
    return;
  }
  ir::Value* v = scope_.use(*name);
  program_.graph.outputs.push_back(v);
  program_.outputs.push_back(v->name);
}

void Importer::add_program_output(const JsonRef& spec) {
  const auto [kind, value] = spec.single();
  if (kind == "user_output") return add_user_output(value.at("arg"));
  if (kind == "token") return;
  if (kind == "loss_output" || kind == "gradient_to_parameter" ||
      kind == "gradient_to_user_input") {
    spec.fail("is a training output (", kind, "); export the model for inference");
  }
  const bool input = kind == "user_input_mutation";
  const char* field = input                       ? "user_input_name"
                      : kind == "buffer_mutation" ? "buffer_name"
                                                  : "parameter_name";
  if (!input && kind != "buffer_mutation" && kind != "parameter_mutation") {
    spec.fail("is an output of unknown kind '", kind, "'");
  }
  const JsonRef target = value.at(field);
  const std::string reason = "written back to '" + target.string() + "' after the call";
  pin(scope_.use(value.at("arg").at("name"))->name, reason);
  if (input) {
    pin(scope_.use(target)->name, reason);
  } else if (auto it = stored_names_.find(target.string()); it != stored_names_.end()) {
    pin(it->second, reason);
  } else {
    target.fail("names '", target.string(), "', which is no parameter or buffer of the program");
  }
}

// ---- entry

ir::Program import_exported_program(std::string_view model_json, const ir::ConstantTable& constants,
                                    const ir::SymRanges& opts) {
  const nlohmann::json document = parse_json(model_json, "the exported program");
  const JsonRef root(document, "");
  const JsonRef version = root.at("schema_version");
  const int64_t major = version.at("major").integer();
  TENON_CHECK(major == kSchemaMajor, "schema_version.major: the program has schema version ", major,
              ".", version.at("minor").integer(), ", want ", kSchemaMajor, ".x");
  return Importer(root, constants, opts).run();
}

}  // namespace tenon::frontends
