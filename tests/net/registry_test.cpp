// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "net/layer.h"

namespace tenon::net {
namespace {

TEST(Registry, EveryLayerHasAShapeRule) {
  ASSERT_GT(all_layers().size(), 30u);
  for (const LayerDef& def : all_layers()) {
    ir::Node node;
    node.op = def.op;
    std::string message;
    try {
      infer(node);
    } catch (const Error& e) {
      message = e.what();
    }
    EXPECT_EQ(message.find("has no shape rule"), std::string::npos) << message;
  }
}

TEST(Registry, DeclaresWhatLayersDefSays) {
  const LayerDef* conv = find_layer("convolution");
  ASSERT_NE(conv, nullptr);
  EXPECT_STREQ(conv->name, "Convolution");
  ASSERT_EQ(conv->inputs.size(), 4u);
  EXPECT_STREQ(conv->inputs[1].name, "kernel");
  EXPECT_TRUE(conv->inputs[1].required);
  EXPECT_FALSE(conv->inputs[2].required);
  EXPECT_EQ(conv->attrs[4].default_value, ir::Attr(int64_t{1}));
  EXPECT_TRUE(find_layer("concatenation")->inputs[0].many);
  EXPECT_EQ(find_layer("conv"), nullptr);
}

}  // namespace
}  // namespace tenon::net
