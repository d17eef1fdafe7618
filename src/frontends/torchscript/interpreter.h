// SPDX-License-Identifier: Apache-2.0
// Abstract interpreter: runs a lowered TorchScript graph once, on values known at compile time and
// on leaves for what is not, and writes the ops on leaves as a straight-line ir::Graph{aten}.
// Containers, numbers, strings and types are evaluated; sizes stay symbolic; branches and loops
// that are decided are followed, others become one node whose blocks are programs of their own.
// Used once, by one thread.
#pragma once

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontends/torchscript/prober.h"
#include "frontends/torchscript/program.h"
#include "frontends/torchscript/state.h"

namespace tenon::torchscript {

/// Thrown when memory that was evaluated turns out to be written while the program runs: it is to
/// be read again with that known.
struct RunTimeWrite {
  torch::jit::Value* target;
};

/// Thrown when a list or dict must exist while the program runs: it is to be read again with that
/// known.
struct RunTimeContainer {
  torch::jit::Value* target;
};

/// Thrown when an attribute gets a value of another type than it has: it is to be read again with
/// that known.
struct AttributeChangesType {
  AttributeKey key;
};

/// What a reading learns for the next one.
struct Findings {
  std::map<std::string, std::string> equal;  // symbol -> the one it turned out to be equal to
  std::set<torch::jit::Value*> written;      // memory that is written while the program runs
  std::set<torch::jit::Value*> containers;   // lists and dicts that exist while it runs
  std::set<AttributeKey> untyped;            // attributes whose type changes
  bool hidden = false;                       // memory is written in blocks that are kept
};

/// What all blocks of one reading share.
struct Reading {
  ir::SymRanges& symbols;
  Prober& prober;
  torch::jit::AliasDb& aliases;
  const InferTypes& infer;
  std::unordered_map<std::string, std::string>& module_classes;
  /// Memory is shared or written by ops that are not torch's own, or inside of kept blocks: torch's
  /// alias analysis then says what stays in torch, in order.
  bool hidden_aliasing = false;
  c10::Device device;
  const State& state;
  const Findings& findings;
  /// Targets of writes that happen while the program runs.
  std::set<torch::jit::Value*> run_time_writes{};
  /// Results evaluated although something writes their memory: at compile time too, so far.
  std::vector<torch::jit::Value*> evaluated{};
  std::set<const void*> changing{};       // storages of those results
  int unrolled = 0;                       // iterations of loops so far
  std::set<std::string> block_symbols{};  // sizes that only the inside of a kept block knows
};

class Interpreter {
 public:
  using Values = std::vector<c10::IValue>;

  Interpreter(Reading& reading, ScriptProgram& out, Interpreter* parent = nullptr)
      : reading_(reading), out_(out), graph_(out.program.graph), parent_(parent) {}

  void set(torch::jit::Value* v, c10::IValue value) { values_[v] = std::move(value); }
  c10::IValue get(torch::jit::Value* v);
  /// Runs the block's nodes; returns what it returns.
  Values run(torch::jit::Block* block);
  /// Fixes what the program returns; in-place ops are made functional or pinned.
  void finish(const Values& results);

  /// The module whose attributes are written: an input that says their order.
  void add_module();

  /// A new input of the graph. Unknown types are pinned with `reason`.
  c10::IValue add_input(const std::string& name, ir::Type type, c10::TypePtr static_type,
                        const std::string& reason = {});

 private:
  using Node = torch::jit::Node;

  void visit(Node* node);
  bool structure(Node* node);  // structure.cpp: containers and constants
  bool state(Node* node);      // attributes.cpp: attributes of the module
  bool sizes(Node* node);      // sizes.cpp: facts and arithmetic of sizes
  bool control(Node* node);    // control.cpp: prim::If, prim::Loop
  bool evaluate(Node* node);   // the op itself, on known values
  bool evaluate_user(Node* node);
  bool is_foldable(Node* node) const;
  bool is_written_at_run_time(torch::jit::Value* v) const;
  void note_evaluated(Node* node);
  void note_run_time_writes(Node* node);
  void emit(Node* node);

  Values inputs_of(Node* node);
  void bind(Node* node, Values results);
  void bind_one(Node* node, c10::IValue value) { set(node->output(), std::move(value)); }

  // emission
  void check_stored(Node* node) const;
  ir::Node* create(Node* node, const std::string& op, Values arguments);
  c10::IValue constants_to_leaves(const c10::IValue& v);
  c10::IValue constant_leaf(const at::Tensor& tensor);
  void add_carriers(ir::Node* node);
  void add_results(ir::Node* made, Node* node, const Observation& seen);
  void add_unknown(ir::Node* made, Node* node, const std::string& reason);
  ir::Type spelled(const Observed& seen, std::vector<std::string>* fresh, std::string* reason);
  void refine(ir::Node* made, const std::vector<const Observed*>& seen,
              const std::vector<std::string>& fresh);
  void note_hidden_writes(ir::Node* made, Node* node);
  ir::Value* add_output(ir::Node* made, const torch::jit::Value* v, ir::Type type,
                        const std::string& reason);
  std::string name_for(const torch::jit::Value* v);

  // attributes.cpp
  c10::IValue module_leaf();
  std::optional<ir::Type> type_of_attribute(const c10::IValue& object,
                                            const std::string& name) const;
  ir::Node* create_access(Node* node, const c10::IValue& object, Values arguments);
  void read_attribute(Node* node, const c10::IValue& object);
  void write_attribute(Node* node, const c10::IValue& object);

  // structure.cpp
  bool exists_at_run_time(torch::jit::Value* v) const;

  // control.cpp
  void loop(Node* node);
  void keep_branch(Node* node);
  void keep_loop(Node* node);
  std::unique_ptr<ScriptProgram> read_block(torch::jit::Block* block, const Values& inputs,
                                            Values* results);
  c10::IValue capture(const c10::IValue& outer);
  bool is_decided_inside(const torch::jit::Block* body, const torch::jit::Value* v) const;
  [[noreturn]] void require_at_run_time(torch::jit::Value* v) const;
  void find_changed_containers(Node* kept, torch::jit::Block* block);
  void check_writes_inside(Node* node) const;
  void add_captures(ir::Node* made, const std::vector<const ScriptProgram*>& blocks);
  void finish_kept(ir::Node* made, std::vector<std::unique_ptr<ScriptProgram>> blocks);
  c10::IValue join(ir::Node* made, torch::jit::Value* v, const std::vector<c10::IValue>& results);

  Reading& reading_;
  ScriptProgram& out_;
  ir::Graph& graph_;
  Interpreter* parent_;
  c10::IValue module_;  // the leaf; none where no attribute is written
  std::unordered_map<torch::jit::Value*, c10::IValue> values_;
  std::unordered_map<const void*, c10::IValue> constant_leaves_;  // by tensor object
  std::unordered_map<ir::Value*, c10::IValue> captures_;
  std::unordered_map<std::string, std::string> hidden_writes_;  // value name -> reason
};

/// "while reading aten::add (layer1, model.py:3)".
std::string frame_of(torch::jit::Node* node);

}  // namespace tenon::torchscript
