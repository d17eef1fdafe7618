// SPDX-License-Identifier: Apache-2.0
// Descriptions of tensors and symbols in the document: strides of what an engine returns, ranges.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "torch/program/put_engines.h"

namespace tenon::torch_bridge {
namespace {

/// A product of sizes in the schema's form: a number, or a sympy expression with its example value.
class Product {
 public:
  void multiply(const Document& size) {
    if (size.contains("as_int")) {
      const int64_t value = std::max<int64_t>(size.at("as_int").get<int64_t>(), 1);
      TENON_CHECK(!__builtin_mul_overflow(number_, value, &number_),
                  "a tensor of the program has more elements than 64 bits can count");
      return;
    }
    const Document& expr = size.at("as_expr");
    factors_.push_back(expr.at("expr_str").get<std::string>());
    const auto hint = expr.find("hint");
    if (hint == expr.end() || !hint->is_object() || !hint->contains("as_int")) {
      has_hint_ = false;
    } else if (__builtin_mul_overflow(hint_, hint->at("as_int").get<int64_t>(), &hint_)) {
      has_hint_ = false;
    }
  }

  Document json() const {
    if (factors_.empty()) return {{"as_int", number_}};
    Document hint = nullptr;
    int64_t value = 0;
    if (has_hint_ && !__builtin_mul_overflow(hint_, number_, &value)) hint = {{"as_int", value}};
    return {{"as_expr", {{"expr_str", expression()}, {"hint", hint}}}};
  }

 private:
  std::string expression() const {
    if (factors_.size() == 1 && number_ == 1) return factors_[0];
    std::string text = "Mul(Integer(" + std::to_string(number_) + ")";
    for (const std::string& factor : factors_) text += ", " + factor;
    return text + ")";
  }

  int64_t number_ = 1, hint_ = 1;
  bool has_hint_ = true;
  std::vector<std::string> factors_;
};

}  // namespace

void describe_dense(Document& tensor) {
  const Document& sizes = tensor.at("sizes");
  Document strides = Document::array();
  Product product;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides.insert(strides.begin(), product.json());
    product.multiply(sizes[i]);
  }
  tensor["strides"] = std::move(strides);
  tensor["storage_offset"] = {{"as_int", 0}};
  tensor["requires_grad"] = false;
}

void narrow_ranges(Document& document, const ir::SymRanges& ranges) {
  Document& constraints = document.at("range_constraints");
  for (const auto& [symbol, range] : ranges) {
    const auto it = constraints.find(symbol);
    if (it == constraints.end()) continue;
    Document &low = (*it)["min_val"], &high = (*it)["max_val"];
    if (!low.is_number_integer() || low.get<int64_t>() < range.min) low = range.min;
    if (!high.is_number_integer() || high.get<int64_t>() > range.max) high = range.max;
  }
}

}  // namespace tenon::torch_bridge
