// SPDX-License-Identifier: Apache-2.0
#include "torch/program/put_engines.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "torch/program/document_parts.h"
#include "torch/program/in_place_names.h"

namespace tenon::torch_bridge {
namespace {

constexpr const char* kClass = "__torch__.torch.classes.tensorrt.Engine";
constexpr size_t kEnd = std::numeric_limits<size_t>::max();
constexpr size_t kNowhere = kEnd;

Document named(const std::string& name) { return {{"name", name}}; }
Document engine_argument(const std::string& name) {
  return {{"name", name}, {"class_fqn", kClass}};
}

Document argument(const char* name, Document value) {
  return {{"name", name}, {"arg", std::move(value)}, {"kind", 1}};
}

Document tensors(const std::vector<const ir::Value*>& values) {
  Document list = Document::array();
  for (const ir::Value* v : values) list.push_back(named(v->name));
  return {{"as_tensors", std::move(list)}};
}

class Rewriter {
 public:
  Rewriter(Document& document, const ir::Program& program, const partition::Plan& plan)
      : module_(document.at("graph_module")),
        graph_(module_.at("graph")),
        signature_(module_.at("signature")),
        program_(program),
        plan_(plan) {}

  Rewritten run() {
    read_nodes();
    read_segments();
    read_in_place();
    for (size_t i = 0; i < plan_.segments.size(); ++i) emit_segment(i);
    finish_outputs();
    graph_["nodes"] = std::move(nodes_);
    drop_unused_inputs();
    insert_engine_inputs();
    drop_unused_values();
    return std::move(result_);
  }

 private:
  // ---- reading

  void read_nodes() {
    source_ = std::move(graph_.at("nodes"));
    names_.reserve(2 * source_.size());
    for (size_t i = 0; i < source_.size(); ++i) {
      std::string first;
      for_each_result(source_[i], [&](std::string& name) {
        if (first.empty()) first = name;
        defined_[name] = i + 1;
        names_.insert(name);
      });
      const auto name = source_[i].find("name");
      if (name != source_[i].end() && name->is_string()) first = name->get<std::string>();
      names_.insert(first);
      if (!first.empty()) position_[first] = i + 1;
    }
    for (Document& input : graph_.at("inputs"))
      for_each_name(input, [&](std::string& name) {
        names_.insert(name);
        inputs_.insert(name);
      });
    owner_.assign(source_.size() + 1, kNowhere);
    done_.assign(source_.size() + 1, false);
  }

  /// 0 for what the graph has as a node and the document as an input (custom objects).
  size_t position_of(const std::string& node) const {
    const auto it = position_.find(node);
    if (it != position_.end()) return it->second;
    TENON_CHECK(inputs_.count(node), "the program has a node without a name",
                "; export it again with a newer torch");
    return 0;
  }

  void read_segments() {
    for (size_t i = 0; i < plan_.segments.size(); ++i)
      for (const ir::Node* n : plan_.segments[i].nodes) owner_[position_of(n->origin.node)] = i;
  }

  void read_in_place() {
    for (const ir::InPlace& write : program_.in_place) {
      const size_t at = position_of(write.node);
      std::string result;
      for_each_result(source_[at - 1], [&](std::string& name) { result = name; });
      in_place_.add(at, write.target, result);
    }
    for (const auto& node : program_.graph.nodes()) {
      const size_t at = position_of(node->origin.node);
      if (at && in_place_.writes_at(at)) functional_[at] = node->op;
    }
  }

  // ---- nodes

  void emit_segment(size_t index) {
    const partition::Segment& segment = plan_.segments[index];
    if (segment.engine) return emit_engine(index);
    for (const ir::Node* n : segment.nodes) emit(position_of(n->origin.node));
  }

  void emit_engine(size_t index) {
    const partition::Segment& segment = plan_.segments[index];
    for (const ir::Value* v : segment.inputs) need(v->name);
    const std::string object = unique("obj_" + segment.name + "_engine");
    const std::string stored = unique_stored_name(segment.name);
    Document node;
    node["target"] = "torch.ops.tensorrt.execute_engine.default";
    node["inputs"] = {argument("inputs", tensors(segment.inputs)),
                      argument("engine", {{"as_custom_obj", engine_argument(object)}})};
    node["outputs"] = Document::array({tensors(segment.outputs)});
    node["metadata"] = {{"nn_module_stack", modules_of(segment)}};
    node["is_hop_single_tensor_return"] = nullptr;
    node["name"] = unique("execute_engine");
    nodes_.push_back(std::move(node));
    for (const ir::Node* n : segment.nodes) done_[position_of(n->origin.node)] = true;
    for (const ir::Value* v : segment.outputs) {
      available_.insert(v->name);
      describe_dense(graph_.at("tensor_values").at(v->name));
    }
    objects_.push_back(object);
    result_.engines.push_back({index, stored});
  }

  void emit(size_t position) {
    if (position == 0 || done_[position]) return;
    done_[position] = true;
    Document node = std::move(source_[position - 1]);
    // An in-place op that stays in torch: what reads its target before it may run after it, in a
    // later segment, so it must not write.
    if (const auto op = functional_.find(position); op != functional_.end())
      make_functional(node, op->second);
    for_each_operand(node, [&](std::string& name) {
      name = in_place_.resolve(name, defined_at(name), position);
      need(name);
    });
    for_each_result(node, [&](std::string& name) { available_.insert(name); });
    nodes_.push_back(std::move(node));
  }

  /// Sizes and numbers belong to no segment: they are computed where they are first needed.
  void need(const std::string& name) {
    used_.insert(name);
    const size_t position = defined_at(name);
    if (position == 0 || available_.count(name)) return;
    TENON_ASSERT(owner_[position] == kNowhere && !done_[position], "'", name,
                 "' is needed before it is made");
    emit(position);
  }

  size_t defined_at(const std::string& name) const {
    const auto it = defined_.find(name);
    return it == defined_.end() ? 0 : it->second;
  }

  void finish_outputs() {
    const auto visit = [&](std::string& name) {
      name = in_place_.resolve(name, defined_at(name), kEnd);
      need(name);
    };
    for_each_name(graph_.at("outputs"), visit);
    for (Document& spec : signature_.at("output_specs")) {
      Document& body = *spec.begin();
      if (body.contains("arg")) for_each_name(body.at("arg"), visit);
    }
  }

  // ---- inputs

  void drop_unused_inputs() {
    Document &inputs = graph_.at("inputs"), &specs = signature_.at("input_specs");
    TENON_CHECK(inputs.size() == specs.size(), "the program has ", inputs.size(), " inputs and ",
                specs.size(), " input specs, wanted as many");
    const std::set<std::string> written = written_back(signature_);
    Document kept_inputs = Document::array(), kept_specs = Document::array();
    for (size_t i = 0; i < specs.size(); ++i) {
      const Document* stored = stored_name(specs[i]);
      bool used = !stored || written.count(stored->get<std::string>()) > 0;
      for_each_name(inputs[i], [&](std::string& name) { used = used || used_.count(name); });
      if (!used) {
        result_.dropped.insert(stored->get<std::string>());
        continue;
      }
      for_each_name(inputs[i], [&](std::string& name) { used_.insert(name); });
      kept_inputs.push_back(std::move(inputs[i]));
      kept_specs.push_back(std::move(specs[i]));
    }
    inputs = std::move(kept_inputs);
    specs = std::move(kept_specs);
  }

  /// Constants come before the inputs of the user.
  void insert_engine_inputs() {
    Document &inputs = graph_.at("inputs"), &specs = signature_.at("input_specs");
    size_t at = 0;
    while (at < specs.size() && union_kind(specs[at]) != "user_input" &&
           union_kind(specs[at]) != "constant_input")
      ++at;
    if (!graph_.contains("custom_obj_values")) graph_["custom_obj_values"] = Document::object();
    for (size_t i = 0; i < objects_.size(); ++i, ++at) {
      const Document value = engine_argument(objects_[i]);
      const auto offset = static_cast<std::ptrdiff_t>(at);
      Document input = {{"as_custom_obj", value}}, spec;
      spec["custom_obj"] = {{"arg", value}, {"custom_obj_name", result_.engines[i].stored_name}};
      inputs.insert(inputs.begin() + offset, std::move(input));
      specs.insert(specs.begin() + offset, std::move(spec));
      graph_["custom_obj_values"][objects_[i]] = value;
      used_.insert(objects_[i]);
    }
  }

  // ---- the rest

  void drop_unused_values() {
    for (Document& node : graph_.at("nodes"))
      for_each_result(node, [&](std::string& name) { used_.insert(name); });
    keep_values(graph_, used_);
    forget_gone_signatures(module_, used_);
  }

  /// The modules that all nodes of a segment are in, as a node's metadata says it.
  std::string modules_of(const partition::Segment& segment) const {
    std::string common;
    bool first = true;
    for (const ir::Node* n : segment.nodes) {
      const Document& node = source_[position_of(n->origin.node) - 1];
      const std::string stack =
          node.contains("metadata") ? node["metadata"].value("nn_module_stack", "") : "";
      common = first ? stack : common_modules(common, stack);
      first = false;
    }
    return common;
  }

  std::string unique(const std::string& base) {
    std::string name = base;
    for (int i = 1; !names_.insert(name).second; ++i) name = base + "_" + std::to_string(i);
    return name;
  }

  /// A program may be compiled a second time: its engines keep their names.
  std::string unique_stored_name(const std::string& segment) {
    if (stored_.empty())
      for (const Document& spec : signature_.at("input_specs"))
        if (const Document* name = stored_name(spec)) stored_.insert(name->get<std::string>());
    std::string name = segment + ".engine";
    for (int i = 1; !stored_.insert(name).second; ++i)
      name = segment + "_" + std::to_string(i) + ".engine";
    return name;
  }

  Document &module_, &graph_, &signature_;
  const ir::Program& program_;
  const partition::Plan& plan_;
  Document source_, nodes_ = Document::array();       // before, after
  std::unordered_map<std::string, size_t> position_;  // node name -> 1 + index in source_
  std::unordered_map<std::string, size_t> defined_;   // value name -> position of its node
  std::vector<size_t> owner_;                         // position -> segment
  std::vector<bool> done_;                            // by position
  InPlaceNames in_place_;
  std::map<size_t, std::string> functional_;  // position of an in-place op -> op without the write
  std::unordered_set<std::string> names_, inputs_, available_, used_;
  std::set<std::string> stored_;
  std::vector<std::string> objects_;
  Rewritten result_;
};

}  // namespace

Rewritten put_engines(Document& document, const ir::Program& program, const partition::Plan& plan) {
  return Rewriter(document, program, plan).run();
}

}  // namespace tenon::torch_bridge
