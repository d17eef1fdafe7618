// SPDX-License-Identifier: Apache-2.0
// The first convolution of a vision model reads an image of 1 to 3 channels in the caller's order
// and often the caller's type. Library kernels want 4 channels, channels-last: one layer
// (prepare_image) casts, pads with zero channels and lays out, and the kernel gets zero channels
// to match.
#include "engine/build/passes/passes.h"
#include "net/layer.h"

namespace tenon::engine::passes {
namespace {

constexpr int64_t kChannels = 4;  // the least the tensor cores' first-layer kernels take

bool is_float(DataType t) {
  return t == DataType::kFLOAT || t == DataType::kHALF || t == DataType::kBF16;
}

bool few_channels(const ir::Node& n) {
  if (n.op != "convolution" || n.get<int64_t>("groups") != 1) return false;
  const ir::SymShape& w = n.input(1)->type.shape;
  return w.size() == 4 && w[1].is_const() && w[1].value() < kChannels &&
         ir::constant_of(n.input(1)) != nullptr && is_float(n.input(0)->type.dtype);
}

void prepare(ir::Graph& g, ir::Node& conv) {
  ir::Value* image = conv.input(0);
  const DataType to = image->type.dtype;
  // A cast before it is part of the layer, if nobody else reads the cast image.
  ir::Node* cast = image->producer();
  if (cast && cast->op == "cast" && is_float(cast->input(0)->type.dtype) &&
      g.use_counts().at(image) == 1)
    image = cast->input(0);
  ir::Node* prepared =
      net::add_layer(g, "prepare_image", {image}, {{"to", to}, {"channels", kChannels}},
                     image->name + ".prepared", &conv);
  prepared->origin = conv.origin;
  conv.inputs[0] = prepared->output();
  const int64_t missing = kChannels - conv.input(1)->type.shape[1].value();
  ir::Node* padded = net::add_layer(g, "padding", {conv.input(1)},
                                    {{"pre_padding", std::vector<int64_t>{0, 0, 0, 0}},
                                     {"post_padding", std::vector<int64_t>{0, missing, 0, 0}}},
                                    conv.input(1)->name + ".padded", &conv);
  conv.inputs[1] = padded->output();
}

}  // namespace

bool prepare_images(ir::Graph& g) {
  std::vector<ir::Node*> found;
  for (const auto& n : g.nodes())
    if (few_channels(*n)) found.push_back(n.get());
  for (ir::Node* n : found) prepare(g, *n);
  if (found.empty()) return false;
  g.remove_dead();
  fold_constants(g);
  return true;
}

}  // namespace tenon::engine::passes
