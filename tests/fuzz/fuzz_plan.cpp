// SPDX-License-Identifier: Apache-2.0
// Any bytes as a plan: an Error, or an engine that runs at its opt sizes without touching memory
// that is not its own. Corpus: tests/data/small.plan. Checksums would stop nearly every mutation at
// the door, so most inputs are repaired first: checksums computed anew, or a plan made of the
// mutated graph text and the corpus' weights.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/crc32c.h"
#include "driver.h"
#include "engine/plan/format.h"
#include "engine/plan/plan.h"
#include "engine/run/engine_impl.h"
#include "ir/text.h"
#include "net/layer.h"
#include "seed.h"

namespace {

using namespace tenon;
using engine::format::Header;
using engine::format::Section;
using Bytes = std::string;

constexpr size_t kMostBytes = 1 << 20;  // larger engines are loaded but not run: time is bounded

PlanBytes plan_of(const Bytes& bytes) {
  auto owner = std::make_shared<std::vector<char>>(bytes.begin(), bytes.end());
  return {std::shared_ptr<const void>(owner, owner->data()), owner->size()};
}

/// Right checksums for what is there now, as far as the header and the table lie in the bytes.
Bytes with_checksums(Bytes b) {
  Header h;
  if (b.size() < sizeof h) return b;
  std::memcpy(&h, b.data(), sizeof h);
  h.file_size = b.size();
  const uint64_t table_bytes = h.section_count * sizeof(Section);
  if (h.section_count <= engine::format::kMaxSections && h.table_offset <= b.size() &&
      table_bytes <= b.size() - h.table_offset) {
    for (uint32_t i = 0; i < h.section_count; ++i) {
      Section s;
      char* at = b.data() + h.table_offset + i * sizeof s;
      std::memcpy(&s, at, sizeof s);
      if (s.offset <= b.size() && s.size <= b.size() - s.offset)
        s.crc = crc32c(b.data() + s.offset, s.size);
      std::memcpy(at, &s, sizeof s);
    }
    h.table_crc = crc32c(b.data() + h.table_offset, table_bytes);
  }
  h.header_crc = crc32c(&h, offsetof(Header, header_crc));
  std::memcpy(b.data(), &h, sizeof h);
  return b;
}

/// The text with the types of all layers inferred anew, so that a changed size or attribute is one
/// everywhere, and with other kernels; the text itself if the graph does not hold together.
Bytes with_types(const Bytes& text, const std::vector<ir::ConstantPtr>& constants) {
  try {
    ir::Graph graph = ir::parse(text, constants);
    size_t turn = crc32c(text.data(), text.size());
    for (auto& node : graph.nodes()) {
      const auto all = kernels::candidates(node->op);
      if (node->has("kernel") && !all.empty())
        node->set("kernel", all[turn++ % all.size()]->name());
      net::check_declared(*node);
      const auto types = net::infer(*node);
      for (size_t i = 0; i < std::min(types.size(), node->outputs().size()); ++i)
        node->output(i)->type = types[i];
    }
    std::vector<ir::ConstantPtr> numbered;
    ir::PrintOptions print;
    print.constants = &numbered;
    return ir::print(graph, print);
  } catch (const Error&) {
    return text;
  }
}

/// The plan that the graph text inside the bytes makes with the weights of the first input seen,
/// which is the corpus itself.
Bytes with_graph_of(const Bytes& b) {
  static const engine::PlanContent good = engine::read_plan(plan_of(b));
  const size_t at = b.find("graph {");
  if (at == Bytes::npos) return b;
  engine::PlanContent content = good;
  content.graph = b.substr(at, b.find('\0', at) - at);
  if (crc32c(b.data(), b.size()) % 8 > 3)
    content.graph = with_types(content.graph, content.constants);
  const PlanBytes plan = engine::write_plan(content);
  return Bytes(static_cast<const char*>(plan.data.get()), plan.size);
}

size_t bytes_of(const std::vector<int64_t>& shape, DataType type) {
  size_t bytes = size_of(type);
  for (int64_t d : shape) bytes = bytes > kMostBytes ? bytes : bytes * static_cast<size_t>(d);
  return bytes;
}

using Buffers = std::vector<std::vector<char>>;  // of the exact size: one byte more is an error

template <typename Pointer>
std::vector<Pointer> pointers(Buffers& buffers) {
  std::vector<Pointer> out;
  for (auto& b : buffers) out.push_back(b.data());
  return out;
}

void run(Engine& engine) {
  std::vector<std::vector<int64_t>> shapes;
  std::vector<int64_t> flat;
  size_t total = 0;
  Buffers in, out;
  for (const BindingInfo& b : engine.inputs()) {
    std::vector<int64_t> shape;
    for (const SizeRange& d : b.shape) shape.push_back(d.opt);
    flat.insert(flat.end(), shape.begin(), shape.end());
    shapes.push_back(shape);
  }
  // Before kernels are prepared: these may make tables as large as their tensors.
  const ir::SymEnv env = engine.impl().bind_sizes(flat);
  for (const auto& node : engine.impl().graph.nodes())
    for (const auto& v : node->outputs())
      total += bytes_of(engine::sizes_of(*v, env), v->type.dtype);
  if (total > kMostBytes) return;
  const auto program = engine.impl().program(flat, 1);
  total = program->arena_bytes + program->scratch_bytes;
  for (size_t i = 0; i < shapes.size(); ++i) total += bytes_of(shapes[i], engine.inputs()[i].dtype);
  for (size_t i = 0; i < program->output_shapes.size(); ++i)
    total += bytes_of(program->output_shapes[i], engine.outputs()[i].dtype);
  if (total > kMostBytes) return;
  for (size_t i = 0; i < shapes.size(); ++i)
    in.emplace_back(bytes_of(shapes[i], engine.inputs()[i].dtype));
  for (size_t i = 0; i < program->output_shapes.size(); ++i)
    out.emplace_back(bytes_of(program->output_shapes[i], engine.outputs()[i].dtype));
  const auto context = engine.create_context();
  std::vector<const int64_t*> sizes;
  for (const auto& s : shapes) sizes.push_back(s.data());
  context->set_input_shapes(sizes.data());
  context->enqueue(pointers<const void*>(in).data(), pointers<void*>(out).data());
}

/// Says at exit how far the inputs came.
struct Counts {
  ~Counts() { std::printf("%d inputs, %d loaded, %d ran\n", inputs, loaded, ran); }
  int inputs = 0, loaded = 0, ran = 0;
};
Counts counts;

void try_plan(const Bytes& bytes) {
  ++counts.inputs;
  try {
    const auto engine = Engine::load(plan_of(bytes));
    ++counts.loaded;
    run(*engine);
    ++counts.ran;
  } catch (const Error& e) {
    if (!std::strstr(e.what(), "internal error")) return;
    std::fprintf(stderr, "%s\n", e.what());
    std::abort();
  }
}

/// A token of the graph text: a number or a word.
struct Token {
  size_t at, size;
  bool number;
};

std::vector<Token> tokens_of(const Bytes& b) {
  std::vector<Token> tokens;
  const size_t end = std::min(b.find('\0', b.find("graph {")), b.size());
  for (size_t i = std::min(b.find("graph {"), b.size()); i < end;) {
    const auto in_word = [&](size_t k) {
      return std::isalnum(static_cast<unsigned char>(b[k])) || b[k] == '_' || b[k] == '.';
    };
    size_t k = i;
    while (k < end && in_word(k)) ++k;
    if (k > i) tokens.push_back({i, k - i, std::isdigit(static_cast<unsigned char>(b[i])) != 0});
    i = k + 1;
  }
  return tokens;
}

/// Another number, or another word of the same text: most results are still graphs.
void mutate_token(Bytes& b, test::Random& random) {
  static const char* const kNumbers[] = {"0",
                                         "1",
                                         "2",
                                         "3",
                                         "5",
                                         "8",
                                         "17",
                                         "100",
                                         "-1",
                                         "-2",
                                         "2147483647",
                                         "2147483648",
                                         "4611686018427387904",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "1.0",
                                         "nan"};
  const std::vector<Token> tokens = tokens_of(b);
  if (tokens.empty()) return;
  const auto any = [&] {
    return tokens[static_cast<size_t>(random.in(0, static_cast<int64_t>(tokens.size()) - 1))];
  };
  Token t = any();
  while (!t.number && !random.one_in(8)) t = any();  // mostly numbers: other words rarely exist
  Token from = any();
  while (from.number != t.number) from = any();
  const Bytes text =
      t.number && !random.one_in(3) ? kNumbers[random.in(0, 16)] : b.substr(from.at, from.size);
  b.replace(t.at, t.size, text);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  Bytes b(reinterpret_cast<const char*>(data), size);
  test::Random random(seed);
  for (int64_t n = random.in(1, 3); n > 0; --n) mutate_token(b, random);
  b.resize(std::min(b.size(), max_size));
  std::memcpy(data, b.data(), b.size());
  return b.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(reinterpret_cast<const char*>(data), size);
  const Bytes graph = with_graph_of(bytes);
  switch (crc32c(data, size) % 4) {
    case 0:
      try_plan(bytes);
      break;
    case 1:
      try_plan(with_checksums(bytes));
      break;
    default:
      try_plan(graph);
  }
  return 0;
}
