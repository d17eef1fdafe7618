// SPDX-License-Identifier: Apache-2.0
// Constant weights in the layout a oneDNN primitive prefers. The layout is chosen once, at build
// time, for the opt sizes; its name travels in Constant::format, and every later size is prepared
// with weights in that layout. Stateless; thread safe.
#pragma once

#include <functional>

#include "kernels/onednn/dnnl_common.h"

namespace tenon::kernels::onednn {

/// Makes the primitive descriptor of a layer for weights in the given layout (format `any` lets
/// oneDNN choose); empty if there is none.
template <typename PrimitiveDesc>
using MakeDesc = std::function<PrimitiveDesc(const Desc& weights)>;

/// `dims` with the layout left to oneDNN.
Desc any_layout(const Dims& dims);

/// The layout the weights `tensor` are in: packed as its format says, else `dense`.
Desc weights_layout(const TensorDesc& tensor, const Desc& dense);

/// A constant that reorders `source` (in layout `dense`) to `want` when it is asked for. Null if
/// nothing is to be done or the layout has no name.
ir::ConstantPtr pack_weights(const ir::ConstantPtr& source, const Desc& dense, const Desc& want);

/// The descriptor to run with. Dense constants get the layout oneDNN likes best. Packed and
/// run-time weights are used as they are if a real kernel takes them so; otherwise oneDNN chooses
/// and they are reordered.
template <typename PrimitiveDesc>
PrimitiveDesc choose(const TensorDesc& weights, const Desc& dense,
                     const MakeDesc<PrimitiveDesc>& make, std::string* why) {
  if (!weights.is_constant || !weights.format.empty()) {
    PrimitiveDesc as_is = make(weights_layout(weights, dense));
    if (usable(as_is, why)) return as_is;
  }
  PrimitiveDesc free = make(any_layout(dense.get_dims()));
  return usable(free, why) ? free : PrimitiveDesc();
}

}  // namespace tenon::kernels::onednn
