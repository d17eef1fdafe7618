// SPDX-License-Identifier: Apache-2.0
// The schema's types: dtypes, tensor descriptions and symbolic sizes. TypeReader remembers parsed
// expressions and which symbols the program's inputs define; a size that uses any other symbol is
// only known at run time ("data-dependent"). Used by one import; not thread safe.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "frontends/export/json_ref.h"
#include "ir/graph.h"

namespace tenon::frontends {

/// Schema's ScalarType number -> our type; nothing for types we do not have (int16, complex, ...).
std::optional<DataType> scalar_type(int64_t number);
/// "complex64", "int16", ..., for messages.
std::string scalar_type_name(int64_t number);

/// A type, and why it is only Kind::kOther ("" otherwise).
struct TypeAnswer {
  ir::Type type;
  std::string reason;
};

/// A size, or why it cannot be expressed.
struct SizeAnswer {
  ir::SymDim size;
  std::string reason;
};

class TypeReader {
 public:
  explicit TypeReader(const JsonRef& graph)
      : tensors_(graph.at("tensor_values")), sizes_(graph.at("sym_int_values")) {}

  /// Symbols in the sizes of tensor or size `name`, which the caller knows to be an input. `hints`
  /// receives the example value of sizes that are one symbol.
  void define_symbols(const std::string& name, bool tensor,
                      std::unordered_map<std::string, int64_t>* hints);
  const std::set<std::string>& symbols() const { return symbols_; }

  TypeAnswer tensor(const std::string& name, const JsonRef& where);
  SizeAnswer size(const std::string& name, const JsonRef& where);

 private:
  SizeAnswer read(const JsonRef& sym_int);
  SizeAnswer check_symbols(SizeAnswer answer) const;
  std::vector<JsonRef> dims_of(const std::string& name);

  JsonRef tensors_, sizes_;
  std::set<std::string> symbols_;
  std::unordered_map<std::string, SizeAnswer> parsed_;
};

}  // namespace tenon::frontends
