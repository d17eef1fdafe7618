// SPDX-License-Identifier: Apache-2.0
// The plan file: round trip, and what becomes of files that are not good plans.
#include "engine/plan/plan.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "base/crc32c.h"
#include "base/file.h"
#include "engine/engine_case.h"
#include "engine/plan/format.h"
#include "ir/text.h"
#include "kernels/kernel.h"

namespace tenon::engine {
namespace {

using test::error_of;
using Bytes = std::string;

const char* const kSmall = R"(graph {
  symbol n [1, 2, 4]
  input %x : f32[n, 3]
  %c : f32[3] = constant() {data=f32[3]{1.0, 2.0, 3.0} name="bias"}
  %a : f32[n, 3] = elementwise(%x, %c)
  %y : f32[n, 3] = activation(%a)
  return %y "y"
})";

PlanContent small() { return test::reference_plan(test::net_graph(kSmall)); }

Bytes bytes_of(const PlanBytes& plan) {
  return Bytes(static_cast<const char*>(plan.data.get()), plan.size);
}
PlanBytes plan_of(const Bytes& bytes) {
  auto owner = std::make_shared<Bytes>(bytes);
  return {std::shared_ptr<const void>(owner, owner->data()), owner->size()};
}

format::Header header_of(const Bytes& b) {
  format::Header h;
  std::memcpy(&h, b.data(), sizeof h);
  return h;
}
void set_header(Bytes& b, format::Header h) {
  h.header_crc = crc32c(&h, offsetof(format::Header, header_crc));
  std::memcpy(b.data(), &h, sizeof h);
}

bool equal(const PlanContent& a, const PlanContent& b) {
  if (a.target != b.target || a.graph != b.graph || a.info != b.info) return false;
  if (a.constants.size() != b.constants.size()) return false;
  for (size_t i = 0; i < a.constants.size(); ++i) {
    const auto &x = *a.constants[i], &y = *b.constants[i];
    if (x.dtype != y.dtype || x.shape != y.shape || x.bytes != y.bytes) return false;
    if (x.format != y.format || x.name != y.name) return false;
    if (std::memcmp(x.materialise().get(), y.materialise().get(), x.bytes) != 0) return false;
  }
  return true;
}

/// Constants of all kinds: dense, lazy, packed, empty, without a name.
PlanContent with_constants() {
  PlanContent content = small();
  auto lazy = std::make_shared<ir::Constant>();
  lazy->dtype = DataType::kINT64;
  lazy->shape = {2, 9};
  lazy->bytes = 144;
  lazy->name = "lazy";
  lazy->fill = [](void* out) {
    for (int64_t i = 0; i < 18; ++i) static_cast<int64_t*>(out)[i] = i * i;
  };
  auto packed = std::make_shared<ir::Constant>(*lazy);
  packed->dtype = DataType::kFLOAT;
  packed->shape = {5};
  packed->format = "family:details";
  content.constants.push_back(lazy);
  content.constants.push_back(packed);
  content.constants.push_back(ir::make_constant(DataType::kBF16, {0, 3}, nullptr));
  const int8_t one = 7;
  content.constants.push_back(ir::make_constant(DataType::kINT8, {}, &one));
  return content;
}

TEST(Plan, RoundTrip) {
  const PlanContent content = with_constants();
  const PlanBytes plan = write_plan(content);
  EXPECT_EQ(plan.size % 64, 0u);
  const PlanContent again = read_plan(plan);
  EXPECT_TRUE(equal(content, again));
  for (const auto& c : again.constants) {
    const auto* p = static_cast<const char*>(c->data.get());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % 64, 0u) << c->name;
    EXPECT_GE(p, static_cast<const char*>(plan.data.get())) << "read in place";
  }
  EXPECT_EQ(bytes_of(write_plan(again)), bytes_of(plan));
  EXPECT_EQ(content_hash(plan), content_hash(write_plan(content)));
}

TEST(Plan, HashTellsContentsApart) {
  PlanContent other = small();
  other.constants.at(0) = test::f32_constant({3}, {1, 2, 4});
  EXPECT_NE(content_hash(write_plan(small())), content_hash(write_plan(other)));
}

TEST(Plan, FileHasTheSameBytes) {
  const test::TempFolder folder;
  const std::string path = folder.file("a.plan");
  write_plan_file(with_constants(), path);
  EXPECT_EQ(read_file(path), bytes_of(write_plan(with_constants())));
  EXPECT_TRUE(equal(read_plan(map_file(path)), with_constants()));
  write_plan_file(small(), path);  // replaces
  EXPECT_EQ(Engine::load_file(path)->inputs().size(), 1u);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.plan"});
}

TEST(Plan, FailedWriteLeavesNothing) {
  const test::TempFolder folder;
  PlanContent content = small();
  auto bad = std::make_shared<ir::Constant>();
  bad->shape = {4};
  bad->bytes = 16;
  bad->name = "w";
  content.constants.push_back(bad);
  EXPECT_EQ(error_of([&] { write_plan(content); }), "constant 'w' has no data");
  EXPECT_EQ(error_of([&] { write_plan_file(content, folder.file("a")); }),
            "constant 'w' has no data");
  EXPECT_TRUE(folder.names().empty());
  std::filesystem::create_directory(folder.file("folder"));
  EXPECT_NE(
      error_of([&] { write_plan_file(small(), folder.file("folder")); }).find("cannot replace"),
      std::string::npos);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"folder"});
  EXPECT_NE(
      error_of([&] { write_plan_file(small(), folder.file("no/such/a")); }).find("cannot create"),
      std::string::npos);
}

TEST(Plan, EveryTruncationIsAnError) {
  const Bytes good = bytes_of(write_plan(small()));
  for (size_t size = 0; size < good.size(); ++size) {
    const std::string error = error_of([&] { Engine::load(plan_of(good.substr(0, size))); });
    ASSERT_NE(error.find("the plan is truncated: " + std::to_string(size) + " bytes"),
              std::string::npos)
        << "at " << size << ": " << error;
  }
  EXPECT_NE(error_of([] { Engine::load({}); }).find("truncated: 0 bytes"), std::string::npos);
}

TEST(Plan, EveryCorruptedByteIsAnErrorOrHarmless) {
  const PlanContent content = small();
  const Bytes good = bytes_of(write_plan(content));
  int errors = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (int mask : {0x01, 0x80, 0xff}) {
      Bytes bad = good;
      bad[at] = static_cast<char>(bad[at] ^ mask);
      try {
        ASSERT_TRUE(equal(read_plan(plan_of(bad)), content)) << "byte " << at;
      } catch (const Error&) {
        ++errors;
      }
    }
  }
  EXPECT_GT(errors, 1000);
}

TEST(Plan, ForeignNewerAndOlderFiles) {
  Bytes b = bytes_of(write_plan(small()));
  EXPECT_EQ(error_of([&] { read_plan(plan_of("PK\x03\x04" + b)); }),
            "this is not a tenon plan: it does not begin with \"TENONPLN\"");
  format::Header h = header_of(b);
  h.version = 3;
  set_header(b, h);
  EXPECT_EQ(
      error_of([&] { read_plan(plan_of(b)); }),
      "the plan has format version 3, newer than this library reads (2); build the engine again");
  h.version = 0;
  set_header(b, h);
  EXPECT_NE(error_of([&] { read_plan(plan_of(b)); }).find("which this library does not read"),
            std::string::npos);
}

TEST(Plan, BoundsOfTheTableAreChecked) {
  const Bytes good = bytes_of(write_plan(small()));
  const format::Header h = header_of(good);
  auto error_with = [&](auto change) {
    Bytes b = good;
    format::Header header = h;
    change(header);
    set_header(b, header);
    return error_of([&] { read_plan(plan_of(b)); });
  };
  EXPECT_NE(error_with([](auto& x) { x.section_count = UINT32_MAX; }).find("at most 64"),
            std::string::npos);
  EXPECT_NE(error_with([](auto& x) { x.table_offset = UINT64_MAX - 8; }).find("lies outside"),
            std::string::npos);
  EXPECT_NE(error_with([](auto& x) { x.file_size = UINT64_MAX; }).find("truncated"),
            std::string::npos);
  EXPECT_NE(error_with([](auto& x) { x.section_count = 4; }).find("section table is corrupted"),
            std::string::npos);
}

TEST(Plan, WhatThisMachineCannotRun) {
  auto error_with = [](const std::string& target) {
    PlanContent content = small();
    content.target = target;
    return error_of([&] { test::load(content); });
  };
  EXPECT_NE(error_with(R"({"device": "cpu", "isa": "avx1024"})")
                .find("the plan was built for instruction set 'avx1024', this machine has '"),
            std::string::npos);
  EXPECT_EQ(error_with(R"({"device": "tpu", "isa": "generic"})"),
            "the plan is for device 'tpu', this library runs 'cpu' and 'cuda'");
  for (const char* odd : {"", "{", "[]", "{\"device\": 1, \"isa\": 2}", "null"})
    EXPECT_EQ(error_with(odd), "the plan's target section is not readable") << odd;
}

TEST(Plan, GraphsThatDoNotFit) {
  auto error_with = [](const std::string& from, const std::string& to) {
    PlanContent content = small();
    const size_t at = content.graph.find(from);
    EXPECT_NE(at, std::string::npos) << from << " in\n" << content.graph;
    content.graph.replace(at, from.size(), to);
    return error_of([&] { test::load(content); });
  };
  auto expect = [&](const std::string& from, const std::string& to, const std::string& want) {
    const std::string seen = error_with(from, to);
    EXPECT_NE(seen.find(want), std::string::npos) << seen;
    EXPECT_EQ(seen.find("internal error"), std::string::npos) << seen;
  };
  expect("reference.activation", "fast.activation",
         "kernel 'fast.activation', which is not available here");
  expect("kernel=\"reference.activation\"", "", "kernel");
  expect("data=#0", "data=#1", "");
  expect("data=#0", "data=?", "the plan has no data for %c constant");
  expect("return %y", "return %x", "share memory");
  expect("return %y", "return %c", "share memory");
  expect("f32[n, 3] = activation", "f32[n, 4] = activation", "is recorded as");
  expect("input %x : f32[n, 3]", "input %x : f32[2*n, 3]", "");
  expect("symbol n [1, 2, 4]", "symbol n [1, 2, 4]\n  symbol m [1, 2, 4]", "");
  expect("= activation(%a)", "= relu(%a)", "there is no layer \"relu\"");
  expect("%y : f32[n, 3] = activation", "= activation", "");
}

/// Loads and runs a graph whose layers say what no builder would.
std::string hostile(const std::string& layer, const std::string& type,
                    const std::string& input = "f32[1, 2, 4, 4]") {
  ir::Graph g = ir::parse("graph {\n  input %x : " + input +
                          "\n  input %w : f32[2, 2, 1, 1]\n  %y : " + type + " = " + layer +
                          "\n  return %y, %w\n}");
  return error_of([&] {
    test::complete(g);
    g.outputs.pop_back();
    const auto engine = test::load(test::reference_plan(g));
    const auto context = engine->create_context();
    std::vector<Bytes> in, out;
    for (const auto& b : engine->inputs()) {
      size_t count = 1;
      for (const auto& d : b.shape) count *= static_cast<size_t>(d.opt);
      in.emplace_back(count * size_of(b.dtype), '\0');
    }
    std::vector<test::Shape> shapes;
    for (const auto& b : engine->inputs()) {
      shapes.emplace_back();
      for (const auto& d : b.shape) shapes.back().push_back(d.opt);
    }
    test::set_shapes(*context, shapes);
    size_t bytes = 4;
    for (int64_t d : context->output_shapes().at(0)) bytes *= static_cast<size_t>(d);
    out.emplace_back(bytes, '\0');
    const void* inputs[] = {in[0].data(), in[1].data()};
    void* outputs[] = {out[0].data()};
    context->enqueue(inputs, outputs);
  });
}

TEST(Plan, HostileAttributes) {
  const std::string same = "f32[1, 2, 4, 4]";
  EXPECT_EQ(hostile("convolution(%x, %w)", same), "no error") << "the frame of the others is sound";
  const std::pair<const char*, const char*> kCases[] = {
      {"convolution(%x, %w) {stride=[-1, 1]}", "f32[1, 2, 4, 4]"},
      {"convolution(%x, %w) {stride=[0, 1]}", "f32[1, 2, 4, 4]"},
      {"convolution(%x, %w) {dilation=[4611686018427387904, 4611686018427387904]}",
       "f32[1, 2, 4, 4]"},
      {"convolution(%x, %w) {pre_padding=[9223372036854775807, 1] "
       "post_padding=[9223372036854775807, 1]}",
       "f32[1, 2, 4, 4]"},
      {"convolution(%x, %w) {groups=4611686018427387904}", "f32[1, 2, 4, 4]"},
      {"convolution(%x, %w) {groups=0}", "f32[1, 2, 4, 4]"},
      {"convolution(%x, %w) {activation=\"sum\"}", "f32[1, 2, 4, 4]"},
      {"deconvolution(%x, %w) {stride=[4611686018427387904, 2]}", "f32[1, 2, 4, 4]"},
      {"pooling(%x) {window=[4611686018427387904, 1] pre_padding=[4611686018427387903, 0]}",
       "f32[1, 2, 4, 4]"},
      {"pooling(%x) {window=[-2, 1]}", "f32[1, 2, 4, 4]"},
      {"pooling(%x) {window=ints[]}", "f32[1, 2, 4, 4]"},
      {"padding(%x) {pre_padding=[0, 0, 4611686018427387904, 0] post_padding=[0, 0, "
       "-4611686018427387904, 0]}",
       "f32[1, 2, 4, 4]"},
      {"padding(%x) {pre_padding=[0, 0, 9, 0] post_padding=[0, 0, -9, 0] mode=\"reflect\"}",
       "f32[1, 2, 4, 4]"},
      {"softmax(%x) {axis=4}", "f32[1, 2, 4, 4]"},
      {"softmax(%x) {axis=-9223372036854775808}", "f32[1, 2, 4, 4]"},
      {"cumsum(%x) {axis=9223372036854775807}", "f32[1, 2, 4, 4]"},
      {"reduce(%x) {axes=[7]}", "f32[1, 2, 4, 4]"},
      {"reduce(%x) {axes=[-1]}", "f32[1, 2, 4]"},
      {"slice(%x) {start=[<0>, <0>, <0>, <4>] size=[<1>, <2>, <4>, <4>]}", "f32[1, 2, 4, 4]"},
      {"slice(%x) {start=[<0>, <0>, <0>, <0>] size=[<1>, <2>, <4>, <4>] stride=[1, 1, 1, "
       "4611686018427387904]}",
       "f32[1, 2, 4, 4]"},
      {"slice(%x) {start=[<0>, <0>, <0>, <0>] size=[<1>, <2>, <4>, <4>] stride=[1, 1, 1, -1]}",
       "f32[1, 2, 4, 4]"},
      {"shuffle(%x) {first_transpose=[0, 0, 1, 2]}", "f32[1, 2, 4, 4]"},
      {"shuffle(%x) {has_reshape=true reshape_dims=[<4611686018427387904>, <4>, <2>]}",
       "f32[4611686018427387904, 4, 2]"},
      {"expand(%x) {dims=[<4611686018427387904>, <2>, <4>, <4>]}",
       "f32[4611686018427387904, 2, 4, 4]"},
      {"fill() {dims=[<4611686018427387904>, <4>]}", "f32[4611686018427387904, 4]"},
      {"fill() {dims=[<-4>]}", "f32[-4]"},
      {"resize(%x) {output_size=[<0>, <4>]}", "f32[1, 2, 0, 4]"},
      {"topk(%x) {k=9}", "f32[1, 2, 4, 4]"},
      {"normalization(%x) {rank=-1}", "f32[1, 2, 4, 4]"},
      {"normalization(%x) {rank=99}", "f32[1, 2, 4, 4]"},
      {"group_norm(%x) {groups=0}", "f32[1, 2, 4, 4]"},
      {"unary(%x) {operation=\"\"}", "f32[1, 2, 4, 4]"},
      {"pointwise(%x) {program=strings[]}", "f32[1, 2, 4, 4]"},
      {"pointwise(%x) {program=[\"sum i0 i1\"]}", "f32[1, 2, 4, 4]"},
      {"pointwise(%x) {program=[\"sum i0 t0\"]}", "f32[1, 2, 4, 4]"},
      {"pointwise(%x) {program=[\"sum i0 t99999999999999999999\"]}", "f32[1, 2, 4, 4]"},
      {"pointwise(%x) {program=[\"relu i-1\"]}", "f32[1, 2, 4, 4]"},
      {"pointwise(%x) {program=[\"cast i0 f99\"]}", "f32[1, 2, 4, 4]"},
      {"pointwise(%x) {program=[\"const\"]}", "f32[1, 2, 4, 4]"},
      {"pointwise(%x) {program=[\"relu i0\", \"\"]}", "f32[1, 2, 4, 4]"},
      {"pointwise(%x) {program=[\"select i0 i0 i0\"]}", "f32[1, 2, 4, 4]"},
  };
  for (const auto& [layer, type] : kCases) {
    SCOPED_TRACE(layer);
    const std::string error = hostile(layer, type);
    EXPECT_NE(error, "no error") << layer;
    EXPECT_EQ(error.find("internal error"), std::string::npos) << layer << ": " << error;
  }
}

TEST(Plan, PackedConstantsGoToTheirFamilyOnly) {
  PlanContent content = small();
  auto c = std::make_shared<ir::Constant>(*content.constants.at(0));
  c->format = "onednn:3:a";
  content.constants[0] = c;
  const auto engine = test::load(content);
  const auto context = engine->create_context();
  EXPECT_NE(
      error_of([&] { test::set_shapes(*context, {{2, 3}}); }).find("is packed as 'onednn:3:a'"),
      std::string::npos);
}

/// %w is a packed [4, 8] weight of `bytes` bytes with the given format, for a linear layer.
std::string linear_error(const std::string& format, size_t floats) {
  ir::Graph g = test::net_graph(R"(graph {
    input %x : f32[2, 8]
    %w : f32[4, 8] = constant() {data=#0}
    %y : f32[2, 4] = linear(%x, %w)
    return %y
  })",
                                {test::f32_constant({4, 8}, test::Floats(32))});
  PlanContent content = test::reference_plan(g);
  const std::string reference = "reference.linear";
  content.graph.replace(content.graph.find(reference), reference.size(), "onednn.linear");
  const test::Floats data(floats);
  auto c =
      std::make_shared<ir::Constant>(*test::f32_constant({static_cast<int64_t>(floats)}, data));
  c->format = format;
  content.constants.at(0) = c;
  return error_of([&] {
    const auto engine = test::load(content);
    const auto context = engine->create_context();
    test::run(*engine, *context, {{2, 8}}, {test::Floats(16)});
  });
}

TEST(Plan, PackedConstantsAreAsLargeAsTheirFormat) {
  if (!kernels::load_plugins()) GTEST_SKIP() << kernels::load_plugins().reason();
  EXPECT_EQ(linear_error("onednn:4x8:ba", 32), "no error");
  const std::string small = linear_error("onednn:4x8:AB16b64a", 32);
  EXPECT_NE(small.find("packed weights have 128 bytes"), std::string::npos) << small;
  EXPECT_EQ(linear_error("onednn:4x8:AB16b64a", 16 * 64), "no error");
  for (const char* odd : {"onednn:", "onednn:4x8:", "onednn:4x8:zzz", "onednn:4x9:ab", "onednn:4:a",
                          "onednn:4x99999999999999999999:ab", "onednn", "other:4x8:ab"})
    EXPECT_NE(linear_error(odd, 4096), "no error") << odd;
}

TEST(Plan, MisalignedBytesAreCopied) {
  const Bytes good = bytes_of(write_plan(small()));
  auto owner = std::make_shared<std::vector<char>>(good.size() + 65);
  char* at = owner->data();
  while (reinterpret_cast<uintptr_t>(at) % 64 != 1) ++at;
  std::memcpy(at, good.data(), good.size());
  const auto engine = Engine::load({std::shared_ptr<const void>(owner, at), good.size()});
  const auto context = engine->create_context();
  EXPECT_EQ(test::run(*engine, *context, {{1, 3}}, {{-5, 0, 1}})[0], (test::Floats{0, 2, 4}));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(engine->plan().data.get()) % 64, 0u);
}

// Needs 5 GiB on disk: TENON_TEST_LARGE=1.
TEST(Plan, BeyondFourGibibytes) {
  const char* wanted = std::getenv("TENON_TEST_LARGE");
  if (!wanted || std::string(wanted) != "1") GTEST_SKIP() << "set TENON_TEST_LARGE=1";
  constexpr int64_t kCount = int64_t{1} << 28;  // f32: 1 GiB each
  std::string text = "graph {\n";
  std::vector<ir::ConstantPtr> constants;
  for (int k = 0; k < 5; ++k) {
    auto c = std::make_shared<ir::Constant>();
    c->shape = {kCount};
    c->bytes = static_cast<size_t>(kCount) * 4;
    c->fill = [k](void* out) {
      auto* p = static_cast<uint32_t*>(out);
      for (int64_t i = 0; i < kCount; ++i) p[i] = 0;
      float last = static_cast<float>(100 + k);
      std::memcpy(p + kCount - 1, &last, 4);
    };
    constants.push_back(c);
    const std::string n = std::to_string(k);
    text += "%w" + n + " : f32[268435456] = constant() {data=#" + n + "}\n";
    text += "%y" + n + " : f32[1] = slice(%w" + n + ") {start=[<268435455>] size=[<1>]}\n";
  }
  text += "return %y0, %y1, %y2, %y3, %y4\n}";
  const test::TempFolder folder;
  const std::string path = folder.file("large.plan");
  write_plan_file(test::reference_plan(test::net_graph(text, constants)), path);
  const PlanBytes plan = map_file(path);
  EXPECT_GT(plan.size, uint64_t{5} << 30);
  const auto engine = Engine::load_file(path);
  const auto context = engine->create_context();
  const auto out = test::run(*engine, *context, {}, {});
  for (size_t k = 0; k < 5; ++k) EXPECT_EQ(out[k], test::Floats{static_cast<float>(100 + k)});
  const auto read = read_plan(plan);
  EXPECT_GT(static_cast<const char*>(read.constants[4]->data.get()) -
                static_cast<const char*>(plan.data.get()),
            int64_t{4} << 30);
}

}  // namespace
}  // namespace tenon::engine
