// SPDX-License-Identifier: Apache-2.0
// tests/data/small.plan, the corpus of the plan fuzzer: a plan of many layers for any machine. The
// test keeps the file in step with the format (--update writes it) and runs it.
#include <gtest/gtest.h>

#include "engine/engine_case.h"
#include "engine/plan/plan.h"
#include "golden.h"

namespace tenon {
namespace {

const char* const kGraph = R"(graph {
  symbol n [1, 2, 4]
  input %x : f32[n, 4, 6, 6]
  input %ids : i64[n, 3]
  %w : f32[4, 4, 3, 3] = constant() {data=#0}
  %b : f32[4] = constant() {data=#1}
  %t : f32[5, 8] = constant() {data=#2}
  %v : f32[8, 8] = constant() {data=#3}
  %c : f32[n, 4, 6, 6] channels_last = convolution(%x, %w, %b, %x) {pre_padding=[1, 1] post_padding=[1, 1] activation="relu"}
  %p : f32[n, 4, 3, 3] channels_last = pooling(%c) {window=[2, 2] stride=[2, 2]}
  %q : f32[n, 4, 3, 3] = reorder(%p)
  %d : f32[n, 4, 7, 7] = deconvolution(%q, %w) {stride=[2, 2]}
  %z : f32[n, 4, 3, 3] = resize(%d) {output_size=[<3>, <3>] mode="linear"}
  %m : f32[n, 4] = reduce(%z) {operation="avg" axes=[2, 3]}
  %l : f32[n, 4] = scale(%m, %b, %b)
  %e : f32[n, 3, 8] = gather(%t, %ids)
  %h : f32[n, 3, 8] = linear(%e, %v)
  %o : f32[n, 3, 8] = normalization(%h)
  %r : f32[n, 3, 2, 4] = shuffle(%o) {has_reshape=true reshape_dims=[<n>, <3>, <2>, <4>]}
  %s : f32[n, 2, 3, 4] = shuffle(%r) {first_transpose=[0, 2, 1, 3]}
  %a : f32[n, 2, 3, 4] = attention(%s, %s, %s) {causal=true}
  %k : f32[n, 2, 3, 3] = matrix_multiply(%a, %s) {op1="transpose"}
  %u : f32[n, 2, 3, 3] = softmax(%k)
  %f : f32[n, 1, 3, 3] = slice(%u) {start=[<0>, <1>, <0>, <0>] size=[<n>, <1>, <3>, <3>]}
  %g : f32[n, 2, 3, 3] = concatenation(%f, %f) {axis=1}
  %i : f32[n, 2, 5, 3] = padding(%g) {pre_padding=[0, 0, 1, 0] post_padding=[0, 0, 1, 0] mode="reflect"}
  %j : f32[n, 2, 5, 3] = pointwise(%i, %i) {program=["prod i0 i1", "const 0.5 f32", "sum t0 t1", "tanh t2"]}
  %tv : f32[n, 2, 5, 2], %ti : i64[n, 2, 5, 2] = topk(%j) {k=2}
  %y : f32[n, 2, 5, 2] = gather(%j, %ti) {axis=3 mode="element"}
  %cs : f32[n, 2, 5, 2] = cumsum(%y) {axis=2}
  %n : i64[] = size_of() {size=[<n>]}
  return %l "l", %cs "cs", %tv "tv", %n "n"
})";

engine::PlanContent content() {
  test::Random random(7);
  std::vector<ir::ConstantPtr> constants;
  for (const test::Shape& s : {test::Shape{4, 4, 3, 3}, {4}, {5, 8}, {8, 8}}) {
    int64_t count = 1;
    for (int64_t d : s) count *= d;
    constants.push_back(
        test::f32_constant(s, test::random_floats(random, static_cast<size_t>(count))));
  }
  return test::reference_plan(test::net_graph(kGraph, constants));
}

TEST(SmallPlan, FileIsUpToDate) {
  const PlanBytes plan = engine::write_plan(content());
  test::expect_golden_text("data/small.plan",
                           {static_cast<const char*>(plan.data.get()), plan.size});
}

TEST(SmallPlan, Runs) {
  const auto engine = Engine::load_file(test::test_path("data/small.plan"));
  const auto context = engine->create_context();
  for (int64_t n : {1, 2, 4}) {
    test::set_shapes(*context, {{n, 4, 6, 6}, {n, 3}});
    const test::Floats x(static_cast<size_t>(n) * 144, 0.5f);
    const std::vector<int64_t> ids(static_cast<size_t>(n) * 3, 2);
    test::Floats l(static_cast<size_t>(n) * 4), cs(static_cast<size_t>(n) * 20), tv(cs);
    int64_t size = 0;
    const void* in[] = {x.data(), ids.data()};
    void* out[] = {l.data(), cs.data(), tv.data(), &size};
    context->enqueue(in, out);
    EXPECT_EQ(size, n);
    EXPECT_NE(l[0], 0);
    EXPECT_LE(tv[1], tv[0]) << "sorted";
  }
}

}  // namespace
}  // namespace tenon
