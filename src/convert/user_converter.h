// SPDX-License-Identifier: Apache-2.0
// Converters written by users, in C++ (src/torch/api) or Python (src/driver/c_api.cpp). They stand
// in one table beside the built-in ones, come before them, and work from every frontend. A built-in
// converter is asked "can you?" by running it on a probe network; a user's is asked through its
// validator only and runs once, when its segment is built: user code may have effects, and wants
// the data of constants. If it fails then, the node stays in torch with its message. Thread safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "convert/converter.h"
#include "tenon/network.h"

namespace tenon::convert {

/// The node's call: tensors are c.values of its inputs; the network is network(c).
struct UserConverter {
  std::string op;       // "aten::flatten.using_ints": as ir::Node::op spells it
  std::string origin;   // where it comes from, for the log and messages: "my_converters.py:12"
  int priority = 0;     // higher comes first; of equal ones, the one registered last
  bool dynamic = true;  // false: not for nodes with a size known only at run time
  std::function<Support(const ir::Node&)> validate;  // empty: always yes
  /// Adds layers and binds the results (bind_outputs); c.no() or an exception: the node stays in
  /// torch.
  std::function<void(Ctx&, const ir::Node&)> convert;
};

/// Returns a number for remove_user_converter. Logs that a built-in or earlier one is overridden.
int add_user_converter(UserConverter converter);
void remove_user_converter(int id);
/// All of them: "op (origin)", in the order in which they are tried.
std::vector<std::string> user_converters();

/// The one that takes this node, or null. `refusals` (optional) receives why the others do not.
std::shared_ptr<const UserConverter> find_user_converter(const ir::Node& node,
                                                         std::string* refusals = nullptr);

/// The network that the node's segment becomes, in nvinfer1's terms; lives as long as `c`.
INetworkDefinition& network(Ctx& c);
/// The handle of a net value (c.values) in network(c), and back; the type is inferred.
ITensor* tensor_of(Ctx& c, ir::Value* value);
ir::Value* value_of(Ctx& c, ITensor& tensor);
/// Binds the node's results in order; null ones are left out. More tensors than results, or a
/// tensor of another type than the program recorded: no().
void bind_outputs(Ctx& c, const ir::Node& n, const std::vector<ITensor*>& tensors);

}  // namespace tenon::convert
