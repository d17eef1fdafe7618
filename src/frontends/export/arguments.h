// SPDX-License-Identifier: Apache-2.0
// Arguments of exported nodes -> attributes. Tensors become Refs to the node's inputs. What has no
// translation becomes a string that says so ("unsupported: ..."), which no converter takes for the
// number, size or tensor it wants; values it names still become inputs of the node.
#pragma once

#include <string>
#include <vector>

#include "frontends/export/json_ref.h"
#include "frontends/export/scope.h"
#include "frontends/export/types.h"

namespace tenon::frontends {

class ArgumentReader {
 public:
  ArgumentReader(const Scope& scope, TypeReader& types) : scope_(scope), types_(types) {}

  /// Sets attributes and inputs of `node` from its "inputs" list.
  void read(const JsonRef& named_arguments, ir::Node* node);

 private:
  using Inputs = std::vector<ir::Value*>;
  ir::Attr argument(const JsonRef& arg, Inputs& inputs);
  ir::Attr tensors(const JsonRef& list, Inputs& inputs);
  ir::Attr optional_tensor(const JsonRef& arg, Inputs& inputs);
  ir::Attr sym_int(const JsonRef& arg, Inputs& inputs);
  ir::Attr sym_ints(const JsonRef& list, Inputs& inputs);
  ir::Attr named_other(const JsonRef& arg, Inputs& inputs);
  ir::Attr unsupported(const std::string& kind, const JsonRef& value, Inputs& inputs);
  ir::Ref reference(const JsonRef& name, Inputs& inputs);
  void add_values(const JsonRef& value, Inputs& inputs, int depth);

  const Scope& scope_;
  TypeReader& types_;
};

}  // namespace tenon::frontends
