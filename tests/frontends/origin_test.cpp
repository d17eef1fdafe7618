// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/origin.h"

#include <gtest/gtest.h>

namespace tenon::frontends {
namespace {

std::string calls(std::string_view stack) {
  std::string text;
  for (const ModuleCall& c : module_stack(stack)) text += "[" + c.path + " " + c.class_name + "]";
  return text;
}

TEST(Origin, ModuleStackIsOutermostFirst) {
  EXPECT_EQ(calls("L__self__,,m.R;L__self__c,layer1.0.conv1,torch.nn.Conv2d"),
            "[ m.R][layer1.0.conv1 torch.nn.Conv2d]");
  EXPECT_EQ(calls("L__self__,,m.R"), "[ m.R]");
  EXPECT_EQ(calls("_empty_nn_module_stack_from_metadata_hook,a,b"), "");
  EXPECT_EQ(calls(""), "");
  EXPECT_EQ(calls("no commas;one,comma;;k,p,"), "[p ]");
}

TEST(Origin, LocationIsTheLastFrameOfTheUser) {
  EXPECT_EQ(source_location("  File \"/home/u/net.py\", line 7, in forward\n    y = conv(x)\n"
                            "  File \"/lib/torch/nn/modules/conv.py\", line 553, in forward\n"),
            "net.py:7");
  EXPECT_EQ(source_location("File \"/a/b.py\", line 1, in f\n  File \"c.py\", line 22, in g"),
            "c.py:22");
  EXPECT_EQ(source_location("File \"/lib/torch/nn/functional.py\", line 9, in f"),
            "functional.py:9");
  EXPECT_EQ(source_location("nothing here"), "");
  EXPECT_EQ(source_location("File \"x.py\", line , in f"), "");
}

}  // namespace
}  // namespace tenon::frontends
