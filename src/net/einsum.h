// SPDX-License-Identifier: Apache-2.0
// einsum of one or two tensors as layers: summed labels are reduced, the rest is one batched
// product between permuted and flattened operands [batch, rows, inner] x [batch, inner, columns].
// Who calls says how layers are added, so that converters and the network facade share the algebra.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace tenon::net {

/// Adds a layer and returns its output, whose type is inferred.
struct EinsumLayers {
  std::function<ir::Value*(ir::Value*, const std::vector<int64_t>& axes)> sum;
  std::function<ir::Value*(ir::Value*, const std::vector<int64_t>& perm)> permute;
  std::function<ir::Value*(ir::Value*, const ir::SymShape&)> reshape;
  std::function<ir::Value*(ir::Value*, ir::Value*)> product;
};

/// Error for an equation that does not fit the tensors or is beyond this.
ir::Value* add_einsum(const std::string& equation, const std::vector<ir::Value*>& tensors,
                      const EinsumLayers& add);

}  // namespace tenon::net
