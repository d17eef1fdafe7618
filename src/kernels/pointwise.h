// SPDX-License-Identifier: Apache-2.0
// What the devices' pointwise kernels have in common: the layers they serve, and when a result may
// take the place of an input.
#pragma once

#include <memory>

#include "kernels/kernel.h"

namespace tenon::kernels {

/// Registers an `Impl` for each layer that is a pointwise program or a single step of one.
template <typename Impl>
struct RegisterPointwise {
  RegisterPointwise() {
    for (const char* op :
         {"pointwise", "elementwise", "unary", "activation", "select", "cast", "scale"})
      register_kernel(std::make_unique<Impl>(op));
  }
};

/// For kernels that read a position of all inputs before they write it: true if input i has the
/// output's positions.
inline bool pointwise_in_place(const Problem& p, size_t i) {
  const TensorDesc &a = p.in.at(i), &b = p.out[0];
  return a.present && a.shape == b.shape && size_of(a.dtype) == size_of(b.dtype) &&
         (a.layout == b.layout || a.shape.size() < 3);
}

}  // namespace tenon::kernels
