// SPDX-License-Identifier: Apache-2.0
// One import of an exported program: reads the document in its own order (symbols, inputs, nodes,
// outputs) and fills a Program. Used once, by one thread. The document and the constant table must
// outlive it.
#pragma once

#include <string>
#include <unordered_map>

#include "frontends/export/arguments.h"
#include "ir/program.h"

namespace tenon::frontends {

class Importer {
 public:
  Importer(const JsonRef& root, const ir::ConstantTable& constants, const ir::SymRanges& ranges);
  ir::Program run();

 private:
  void define_symbols();
  ir::SymRange range_of(const std::string& symbol);

  void add_input(const JsonRef& spec);
  void add_user_input(const JsonRef& arg);
  void add_stored(const JsonRef& arg, const JsonRef& stored_name, const char* what);
  void add_opaque(const std::string& op, const JsonRef& name, const std::string& stored_name);
  ir::ConstantPtr constant(const JsonRef& stored_name, const char* what, const ir::Type& type);

  void add_node(const JsonRef& json);
  void add_outputs(const JsonRef& arg, ir::Node* node);
  void add_tensor_output(const JsonRef& name, ir::Node* node);
  void add_size_output(const JsonRef& name, ir::Node* node);
  void add_opaque_output(const std::string& name, ir::Node* node);

  void add_program_output(const JsonRef& spec);
  void add_user_output(const JsonRef& arg);

  void pin(const std::string& value, const std::string& reason);

  JsonRef root_, graph_, signature_;
  const ir::ConstantTable& constants_;
  const ir::SymRanges& ranges_;
  ir::Program program_;
  TypeReader types_;
  Scope scope_;
  ArgumentReader arguments_;
  std::unordered_map<std::string, int64_t> hints_;             // symbol -> example value
  std::unordered_map<std::string, std::string> stored_names_;  // "conv1.weight" -> value name
};

}  // namespace tenon::frontends
