// SPDX-License-Identifier: Apache-2.0
// RegisterNodeEvaluators: user functions into the table of the TorchScript frontend.
#include "torch_tensorrt/core/conversion/evaluators/evaluators.h"

#include <torch/csrc/jit/frontend/function_schema_parser.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "frontends/torchscript/evaluators.h"
#include "torch/converters/library.h"

namespace tenon::torch_bridge {
namespace {

namespace evaluators = torch_tensorrt::core::conversion::evaluators;
using torch_tensorrt::core::conversion::ConversionCtx;
using Known = std::vector<std::optional<c10::IValue>>;

bool wanted_type(const evaluators::EvalOptions& options, const torch::jit::Node* n) {
  const auto& refused = options.blacklisted_output_types;
  return std::none_of(n->outputs().begin(), n->outputs().end(), [&](const torch::jit::Value* v) {
    return std::any_of(refused.begin(), refused.end(),
                       [&](const c10::TypePtr& t) { return v->type()->isSubtypeOf(*t); });
  });
}

std::optional<c10::IValue> evaluate(evaluators::EvalRegistration& r, const std::string& origin,
                                    const torch::jit::Node* n, const Known& known) {
  if (!wanted_type(r.options, n)) return std::nullopt;
  evaluators::kwargs args;
  for (size_t i = 0; i < known.size(); ++i) {
    if (!known[i]) return std::nullopt;  // known only at run time
    torch_tensorrt::core::conversion::Var var(&*known[i]);
    var.set_name("%" + n->input(i)->debugName());
    args.emplace(n->input(i), std::move(var));
  }
  ConversionCtx ctx;
  return with_frame(
      [&] { return "in the evaluator of " + origin + " for " + n->kind().toQualString(); },
      [&]() -> std::optional<c10::IValue> {
        try {
          return r.evaluator(&ctx, n, args);
        } catch (const c10::Error& e) {
          throw Error(e.what_without_backtrace());
        } catch (const Error&) {
          throw;
        } catch (const std::exception& e) {
          throw Error(e.what());
        }
      });
}

void add(evaluators::EvalRegistration registration, const std::string& origin) {
  auto shared = std::make_shared<evaluators::EvalRegistration>(std::move(registration));
  const torchscript::Evaluator function = [shared, origin](const torch::jit::Node* n,
                                                           const Known& known) {
    return evaluate(*shared, origin, n, known);
  };
  if (shared->options.valid_schemas.empty())
    return torchscript::register_evaluator(shared->kind.toQualString(), function);
  for (const std::string& op : shared->options.valid_schemas)
    torchscript::register_evaluator(op, function);
}

}  // namespace
}  // namespace tenon::torch_bridge

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace evaluators {

EvalOptions& EvalOptions::validSchemas(const std::set<std::string>& schemas) {
  for (const std::string& text : schemas) {
    const auto schema = torch::jit::parseSchemaOrName(text);
    const auto* whole = std::get_if<c10::FunctionSchema>(&schema);
    valid_schemas.insert(
        c10::toString(whole ? whole->operator_name() : std::get<c10::OperatorName>(schema)));
  }
  return *this;
}

EvalOptions& EvalOptions::blacklistOutputTypes(std::vector<c10::TypePtr> types) {
  for (c10::TypePtr& t : types) blacklisted_output_types.push_back(std::move(t));
  return *this;
}

// Not inlined: its caller is the library that registers.
__attribute__((noinline)) RegisterNodeEvaluators&& RegisterNodeEvaluators::evaluator(
    EvalRegistration r) && {
  tenon::torch_bridge::add(std::move(r),
                           tenon::torch_bridge::library_of(__builtin_return_address(0)));
  return std::move(*this);
}

}  // namespace evaluators
}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
