// SPDX-License-Identifier: Apache-2.0
#include "torch/program/input_ranges.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "frontends/export/json_ref.h"

namespace tenon::torch_bridge {
namespace {

constexpr int64_t kUnbounded = (int64_t{1} << 31) - 1;  // what an import makes of "no upper bound"

std::string range_text(int64_t low, int64_t high) {
  return low == high ? std::to_string(low) : detail::concat(low, "..", high);
}

class Comparison {
 public:
  Comparison(const ir::SymRanges& symbols, ir::SymRanges& found)
      : symbols_(symbols), found_(found) {}

  void input(const ir::Value& value, const ProgramInput& given) {
    const std::string what = "input '" + value.name + "'";
    const size_t rank = value.type.shape.size();
    TENON_CHECK(given.opt.size() == rank, what, " has ", given.opt.size(),
                " dimensions, the program's ", rank);
    TENON_CHECK(given.min.size() == rank && given.max.size() == rank, what, ": min has ",
                given.min.size(), ", opt ", rank, " and max ", given.max.size(), " dimensions");
    TENON_CHECK(!given.dtype || *given.dtype == value.type.dtype, what, " is ",
                name_of(*given.dtype), ", the program was exported with ",
                name_of(value.type.dtype));
    for (size_t d = 0; d < rank; ++d) {
      dimension(detail::concat(what, " dimension ", d), value.type.shape[d],
                {given.min[d], given.opt[d], given.max[d]});
    }
  }

 private:
  void dimension(const std::string& where, const ir::SymDim& size, const ir::SymRange& given) {
    TENON_CHECK(given.min <= given.opt && given.opt <= given.max, where, " has min ", given.min,
                ", opt ", given.opt, ", max ", given.max, ", wanted them in this order");
    if (size.is_const()) {
      TENON_CHECK(given.min == given.max && given.min == size.value(), where, " is ",
                  range_text(given.min, given.max), ", the program was exported with ",
                  size.value());
      return;
    }
    const auto limits = symbols_.find(size.as_symbol());
    if (limits == symbols_.end()) return;  // an expression: its symbols stand alone elsewhere
    symbol(where, size.as_symbol(), limits->second, given);
  }

  void symbol(const std::string& where, const std::string& name, const ir::SymRange& limits,
              const ir::SymRange& given) {
    TENON_CHECK(limits.min <= given.min && given.max <= limits.max, where, " is ",
                range_text(given.min, given.max), ", the program was exported with ",
                range_text(limits.min, limits.max));
    if (given.min != given.max) {
      found_[name] = given;
    } else if (limits.max != kUnbounded) {  // a fixed size: only the best size is known
      found_.emplace(name, ir::SymRange{limits.min, given.opt, limits.max});
    }
  }

  const ir::SymRanges& symbols_;
  ir::SymRanges& found_;
};

}  // namespace

std::string model_of(const frontends::Archive& archive) {
  const auto& models = archive.models();
  return models.size() == 1 ? models[0] : "model";
}

std::vector<std::string> tensor_inputs(std::string_view model_json) {
  const nlohmann::json document = frontends::parse_json(model_json, "the exported program");
  const auto signature =
      frontends::JsonRef(document, "").at("graph_module").at("signature").at("input_specs");
  std::vector<std::string> names;
  for (const auto& spec : signature.items()) {
    const auto [kind, body] = spec.single();
    if (kind != "user_input") continue;
    const auto [type, value] = body.at("arg").single();
    if (type == "as_tensor") names.push_back(value.at("name").string());
  }
  return names;
}

ir::SymRanges ranges_of(const ir::Program& program, const std::vector<std::string>& names,
                        const std::vector<ProgramInput>& inputs) {
  ir::SymRanges found;
  if (inputs.empty()) return found;
  TENON_CHECK(inputs.size() == names.size(), inputs.size(),
              inputs.size() == 1 ? " input is" : " inputs are", " given, the program takes ",
              names.size(), names.size() == 1 ? " tensor" : " tensors");
  Comparison comparison(program.graph.symbols, found);
  for (size_t i = 0; i < names.size(); ++i) {
    for (const auto& value : program.graph.inputs()) {
      if (value->name == names[i] && value->type.kind == ir::Kind::kTensor)
        comparison.input(*value, inputs[i]);
    }
  }
  return found;
}

}  // namespace tenon::torch_bridge
