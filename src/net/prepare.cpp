// SPDX-License-Identifier: Apache-2.0
// What nvinfer1 leaves to the layer: sizes and permutations that follow from the input.
#include <algorithm>

#include "base/error.h"
#include "net/network_impl.h"
#include "net/rules.h"

namespace tenon::net {
namespace {

/// The first `rank` entries; the rest of a Permutation means nothing.
void cut_permutation(LayerState& layer, const char* attr, size_t rank) {
  const auto it = layer.permutations.find(attr);
  if (it == layer.permutations.end()) return;
  Ints entries = it->second;
  entries.resize(std::min(rank, entries.size()));
  layer.node->set(attr, entries);
}

/// 0 copies the input's size, one -1 takes what is left.
ir::SymShape resolved(const LayerState& layer, const ir::SymShape& in, const ir::SymShape& wish) {
  ir::SymShape out;
  std::optional<size_t> inferred;
  ir::SymDim known = 1;
  for (size_t i = 0; i < wish.size(); ++i) {
    const ir::SymDim& d = wish[i];
    const bool copy = layer.zero_copies && d == ir::SymDim(0), infer = d == ir::SymDim(-1);
    TENON_CHECK(!d.is_const() || d.value() >= -1, title(layer), ": reshape size ", d.str(),
                ", wanted -1, 0 or a size");
    TENON_CHECK(!copy || i < in.size(), title(layer), ": reshape size ", i,
                " is 0 (copy), but the input ", str(in), " has ", in.size(), " dims");
    TENON_CHECK(!infer || !inferred, title(layer), ": two reshape sizes are -1");
    if (infer) inferred = i;
    out.push_back(copy ? in[i] : infer ? ir::SymDim(1) : d);
    known = known * out.back();
  }
  if (!inferred) return out;
  TENON_CHECK(known != ir::SymDim(0), title(layer),
              ": a reshape size of -1 beside an empty dim is ambiguous");
  out[*inferred] = volume(in).floordiv(known);
  return out;
}

}  // namespace

void prepare_elementwise(LayerState& layer) {
  ir::Node& n = *layer.node;
  if (text(n, "operation") == "div" && is_integer(in_type(n).dtype))
    n.set("operation", std::string("trunc_div"));
}

void prepare_shuffle(LayerState& layer) {
  ir::SymShape shape = in_shape(*layer.node);
  cut_permutation(layer, "first_transpose", shape.size());
  const Ints& first = ints(*layer.node, "first_transpose");
  if (first.size() == shape.size())
    for (size_t i = 0; i < shape.size(); ++i)
      if (first[i] >= 0 && static_cast<size_t>(first[i]) < shape.size())
        shape[i] = in_shape(*layer.node)[static_cast<size_t>(first[i])];
  if (layer.reshape) layer.node->set("reshape_dims", resolved(layer, shape, *layer.reshape));
  if (layer.node->get<bool>("has_reshape")) shape = layer.node->get<ir::SymShape>("reshape_dims");
  cut_permutation(layer, "second_transpose", shape.size());
}

}  // namespace tenon::net
