// SPDX-License-Identifier: Apache-2.0
// The host side of the row kernels: views of tensors, launch shapes, and which problems they
// refuse. Needs no GPU.
#include "kernels/cuda/rows.h"

#include <gtest/gtest.h>

#include "net/layer.h"

namespace tenon::kernels {
namespace {

TensorDesc desc(std::vector<int64_t> shape, ir::Layout layout = ir::Layout::kPlain,
                DataType dtype = DataType::kHALF) {
  TensorDesc d;
  d.dtype = dtype;
  d.shape = std::move(shape);
  d.layout = layout;
  return d;
}

constexpr ir::Layout kLast = ir::Layout::kChannelsLast;

TEST(Rows, ReducedPixelsOfAChannelsLastTensorAreColumns) {
  const auto s =
      rows::slabs_reduced(desc({2, 64, 7, 5}, kLast), desc({2, 64}), {false, false, true, true});
  ASSERT_TRUE(s.has_value());
  EXPECT_EQ(s->outer, 2);
  EXPECT_EQ(s->axis, 35);
  EXPECT_EQ(s->inner, 64);
}

TEST(Rows, ReducedPixelsOfAPlainTensorAreRows) {
  const auto s = rows::slabs_reduced(desc({2, 64, 7, 5}), desc({2, 64, 1, 1}, kLast),
                                     {false, false, true, true});
  ASSERT_TRUE(s.has_value());
  EXPECT_EQ(s->outer, 128);
  EXPECT_EQ(s->axis, 35);
  EXPECT_EQ(s->inner, 1);
}

TEST(Rows, SeparatedReducedDimsAreNoSlabs) {
  EXPECT_FALSE(rows::slabs_reduced(desc({2, 3, 4}), desc({3}), {true, false, true}));
  EXPECT_FALSE(rows::slabs_reduced(desc({2, 3, 4, 5}, kLast), desc({2, 4, 5}, kLast),
                                   {false, true, false, false}))
      << "the output has its dims in another order";
}

TEST(Rows, AnAxisInEveryLayout) {
  const rows::Slabs plain = rows::slabs_along(desc({2, 3, 4, 5}), 1);
  EXPECT_EQ(plain.outer, 2);
  EXPECT_EQ(plain.axis, 3);
  EXPECT_EQ(plain.inner, 20);
  const rows::Slabs last = rows::slabs_along(desc({2, 3, 4, 5}, kLast), -2);
  EXPECT_EQ(last.outer, 2);
  EXPECT_EQ(last.axis, 4);
  EXPECT_EQ(last.inner, 15);
  EXPECT_EQ(rows::slabs_along(desc({2, 0}), 1).outer, 0);
}

TEST(Rows, FewGroupsSpreadOverTheChip) {
  const rows::Shape few = rows::spread(128, 32, 132);
  EXPECT_EQ(few.grid.x, 128u);
  EXPECT_EQ(few.block.x, 32u);
  const rows::Shape many = rows::spread(16384, 32, 132);
  EXPECT_EQ(many.block.x, 256u);
  EXPECT_EQ(many.grid.x, 2048u);
  const rows::Shape part = rows::spread(5, 8, 132);  // the last groups have no row
  EXPECT_EQ(part.grid.x * part.block.x, 64u);
}

/// What `kernel` says to one layer with these operands.
Support answer(const char* kernel, const char* op,
               std::vector<std::pair<std::string, ir::Attr>> attrs, std::vector<TensorDesc> in,
               std::vector<TensorDesc> out) {
  ir::Graph graph;
  std::vector<ir::Value*> inputs;
  for (const TensorDesc& d : in)
    inputs.push_back(graph.add_input(
        "x" + std::to_string(inputs.size()),
        {ir::Kind::kTensor, d.dtype, ir::SymShape(d.shape.begin(), d.shape.end()), {}}));
  Problem p;
  p.layer = net::add_layer(graph, op, inputs, attrs, "y");
  p.in = std::move(in), p.out = std::move(out);
  const KernelImpl* impl = find_kernel(op, kernel);
  return impl ? impl->supports(p) : Support::no("not registered");
}

TEST(Rows, SayWhyNot) {
  const TensorDesc x = desc({2, 8, 4, 4}), last = desc({2, 8, 4, 4}, kLast);
  EXPECT_TRUE(answer("cuda.softmax", "softmax", {{"axis", int64_t{1}}}, {last}, {last}));
  EXPECT_EQ(answer("cuda.softmax", "softmax", {{"axis", int64_t{1}}}, {x}, {last}).reason(),
            "the layouts differ");
  EXPECT_EQ(answer("cuda.normalization", "normalization", {}, {last}, {last}).reason(),
            "plain layout only");
  const TensorDesc f64 = desc({4, 4}, ir::Layout::kPlain, DataType::kDOUBLE);
  EXPECT_EQ(answer("cuda.softmax", "softmax", {}, {f64}, {f64}).reason(), "no CUDA kernel for f64");
  EXPECT_EQ(answer("cuda.reduce", "reduce",
                   {{"operation", std::string("sum")}, {"axes", std::vector<int64_t>{0}}}, {f64},
                   {desc({4}, ir::Layout::kPlain, DataType::kDOUBLE)})
                .reason(),
            "no CUDA kernel for Sum of f64");
}

}  // namespace
}  // namespace tenon::kernels
