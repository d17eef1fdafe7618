// SPDX-License-Identifier: Apache-2.0
// Any text as an ExportedProgram document: the answer is a Program that verifies and whose text
// form reads back as the same graph, or an Error. Corpus: tests/data/small.json.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>

#include "driver.h"
#include "frontends/export/export.h"
#include "ir/pass.h"
#include "ir/text.h"
#include "seed.h"

namespace {

using namespace tenon;

/// Those of tests/data/small.json.
const ir::ConstantTable& constants() {
  static const ir::ConstantTable table = [] {
    static const float data[64] = {};
    ir::ConstantTable t;
    t["w"] = ir::make_constant(DataType::kFLOAT, {4, 4}, data);
    t["b"] = ir::make_constant(DataType::kFLOAT, {4}, data);
    t["n"] = ir::make_constant(DataType::kINT64, {}, data);
    return t;
  }();
  return table;
}

void check_round_trip(const ir::Graph& graph) {
  std::vector<ir::ConstantPtr> stored;
  ir::PrintOptions options;
  options.constants = &stored;
  const std::string text = ir::print(graph, options);
  std::vector<ir::ConstantPtr> again;
  options.constants = &again;
  if (ir::print(ir::parse(text, stored), options) == text) return;
  std::fprintf(stderr, "the text form does not read back:\n%s\n", text.c_str());
  std::abort();
}

// ---- mutations that keep the text valid JSON

using nlohmann::json;
using test::Random;

size_t below(Random& random, size_t n) {
  return static_cast<size_t>(random.in(0, static_cast<int64_t>(n) - 1));
}

/// All values of the document, the root first.
std::vector<json*> values_of(json& root) {
  std::vector<json*> list = {&root};
  for (size_t i = 0; i < list.size(); ++i) {
    if (!list[i]->is_structured()) continue;
    for (json& child : *list[i]) list.push_back(&child);
  }
  return list;
}

json interesting(Random& random) {
  switch (random.in(0, 9)) {
    case 0:
      return nullptr;
    case 1:
      return random.one_in(2);
    case 2:
      return "";
    case 3:
      return json::array();
    case 4:
      return json::object();
    case 5:
      return 0.5;
    case 6:
      return INT64_MAX;
    case 7:
      return INT64_MIN;
    case 8:
      return UINT64_MAX;
    default:
      return random.in(-3, 70);
  }
}

void change_text(Random& random, std::string& s) {
  const size_t at = below(random, s.size() + 1);
  if (random.one_in(2))
    s.erase(at, static_cast<size_t>(random.in(1, 8)));
  else
    s.insert(at, std::string(s.substr(below(random, s.size() + 1), 12)));
}

void change(Random& random, json& root) {
  const std::vector<json*> values = values_of(root);
  json& target = *values[below(random, values.size())];
  const int64_t choice = random.in(0, 5);
  if (choice == 0 && target.is_structured() && !target.empty()) {
    target.erase(std::next(target.begin(), random.in(0, static_cast<int64_t>(target.size()) - 1)));
  } else if (choice == 1 && target.is_array() && !target.empty()) {
    json copy = target[below(random, target.size())];
    target.insert(target.begin() + random.in(0, static_cast<int64_t>(target.size())),
                  std::move(copy));
  } else if (choice == 2 && target.is_string()) {
    change_text(random, target.get_ref<std::string&>());
  } else if (choice == 3) {
    target = interesting(random);
  } else {
    // The value of another place, preferably of the same kind.
    const json* other = values[below(random, values.size())];
    for (int tries = 0; tries < 20 && other->type() != target.type(); ++tries) {
      other = values[below(random, values.size())];
    }
    json copy = *other;
    target = std::move(copy);
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  json document = json::parse(data, data + size, nullptr, false);
  if (document.is_discarded()) return size;
  Random random(seed);
  for (int64_t n = random.in(1, 3); n > 0; --n) change(random, document);
  const std::string text = document.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > max_size) return size;
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  ir::Program program;
  try {
    program = frontends::import_exported_program(text, constants());
  } catch (const Error& e) {
    if (!std::strstr(e.what(), "internal error")) return 0;
    std::fprintf(stderr, "%s\n", e.what());
    std::abort();
  }
  ir::verify(program.graph);
  check_round_trip(program.graph);
  return 0;
}
