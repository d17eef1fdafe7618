// SPDX-License-Identifier: Apache-2.0
// Each .txt file here: an aten graph and the net graph its converters make of it, or the error that
// names the node and the reason. Everything that converts must also be what supports() says.
#include <gtest/gtest.h>

#include "convert/converter.h"
#include "golden.h"
#include "net/layer.h"

namespace tenon::convert {
namespace {

std::vector<const ir::Node*> nodes_of(const ir::Graph& g) {
  std::vector<const ir::Node*> nodes;
  for (const auto& n : g.nodes())
    if (!n->is_constant()) nodes.push_back(n.get());
  return nodes;
}

std::vector<const ir::Value*> inputs_of(const ir::Graph& g) {
  std::vector<const ir::Value*> inputs;
  for (const auto& v : g.inputs())
    if (v->type.kind == ir::Kind::kTensor) inputs.push_back(v.get());
  return inputs;
}

/// The whole graph as one segment; a conversion that fails must fail at a node that supports()
/// refuses, and for the same reason.
void convert_all(ir::Graph& g) {
  const std::vector<const ir::Node*> nodes = nodes_of(g);
  const std::vector<const ir::Value*> outputs(g.outputs.begin(), g.outputs.end());
  const ir::Node* failed = nullptr;
  try {
    ir::Graph net = convert_segment(g, nodes, inputs_of(g), outputs, &failed);
    for (const ir::Node* n : nodes) {
      const Support s = supports(*n, &g.symbols, "cpu");
      EXPECT_TRUE(s) << ir::describe(*n) << " converts, but supports() says: " << s.reason();
    }
    net::check_net(net);
    g = std::move(net);
  } catch (const Error& e) {
    ASSERT_NE(failed, nullptr) << e.what();
    const Support s = supports(*failed, &g.symbols, "cpu");
    EXPECT_FALSE(s) << ir::describe(*failed) << " is supported, but: " << e.what();
    EXPECT_EQ(std::string(e.what()).substr(0, s.reason().size()), s.reason());
    throw;
  }
}

class Convert : public testing::TestWithParam<const char*> {};

TEST_P(Convert, Golden) {
  test::run_golden(std::string("convert/") + GetParam() + ".txt", convert_all);
}

INSTANTIATE_TEST_SUITE_P(Families, Convert,
                         testing::Values("activation", "arithmetic", "attention", "compare",
                                         "convolution", "copy", "creation", "einsum", "index",
                                         "join_split", "matmul", "normalization", "pad_resize",
                                         "pooling", "reduction", "segment", "shape", "unary"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace tenon::convert
