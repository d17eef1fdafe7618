// SPDX-License-Identifier: Apache-2.0
#include "compare.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/nan_to_num.h>

#include <cmath>
#include <cstdio>
#include <sstream>

namespace torchtrtc {
namespace {

using torch_tensorrt::DataType;
using torch_tensorrt::Error;

std::string describe(const at::Tensor& t) {
  std::ostringstream text;
  text << c10::toString(t.scalar_type()) << t.sizes();
  return text.str();
}

double largest(const at::Tensor& t) { return t.numel() ? t.abs().max().item<double>() : 0; }

/// Results in a lower precision, or with TF32 on a GPU, have fewer digits.
double default_rtol(const at::Tensor& t, const Arguments& a) {
  const bool low = a.precisions.count(DataType::kHalf) || a.precisions.count(DataType::kBFloat16);
  if (low || t.scalar_type() == at::kHalf || t.scalar_type() == at::kBFloat16) return 2e-2;
  return t.is_cuda() && !a.disable_tf32 ? 2e-3 : 1e-5;
}

bool same_infinities(const at::Tensor& a, const at::Tensor& b) {
  return a.isnan().equal(b.isnan()) && a.isposinf().equal(b.isposinf()) &&
         a.isneginf().equal(b.isneginf());
}

void check_tensor(size_t index, const at::Tensor& seen, const at::Tensor& wanted,
                  const Arguments& arguments) {
  const std::string name = "output " + std::to_string(index);
  if (seen.sizes() != wanted.sizes() || seen.scalar_type() != wanted.scalar_type())
    throw Error(name + " of the compiled model is " + describe(seen) + ", the original's is " +
                describe(wanted));
  const at::Tensor a = seen.detach().cpu().to(at::kDouble),
                   b = wanted.detach().cpu().to(at::kDouble);
  const bool exact = !c10::isFloatingType(seen.scalar_type());
  if (!same_infinities(a, b)) throw Error(name + ": NaN or infinity stand in other places");
  const double size = largest(b.nan_to_num(0, 0, 0));
  const double difference = largest((a - b).nan_to_num(0, 0, 0));
  const double bound = exact ? 0
                             : arguments.atol.value_or(1e-8) +
                                   arguments.rtol.value_or(default_rtol(seen, arguments)) * size;
  std::printf("%s: %s, largest value %.3g, largest deviation %.3g, allowed %.3g\n", name.c_str(),
              describe(seen).c_str(), size, difference, bound);
  if (difference <= bound) return;
  std::ostringstream text;
  text << name << " deviates from the original by " << difference << ", allowed are " << bound
       << " (--atol, --rtol, or --no-threshold-check)";
  throw Error(text.str());
}

void check_other(size_t index, const c10::IValue& seen, const c10::IValue& wanted) {
  if (seen.tagKind() == wanted.tagKind() && seen == wanted) return;
  std::ostringstream text;
  text << "output " << index << " of the compiled model is " << seen << ", the original's is "
       << wanted;
  throw Error(text.str());
}

}  // namespace

void flatten(const c10::IValue& value, std::vector<c10::IValue>& into) {
  if (value.isTuple()) {
    for (const auto& e : value.toTupleRef().elements()) flatten(e, into);
  } else if (value.isList()) {
    for (const auto& e : value.toList()) flatten(e, into);
  } else if (value.isGenericDict()) {
    for (const auto& e : value.toGenericDict()) flatten(e.value(), into);
  } else {
    into.push_back(value);
  }
}

void check_outputs(const std::vector<c10::IValue>& seen, const std::vector<c10::IValue>& wanted,
                   const Arguments& arguments) {
  std::printf("comparing with the original, random inputs of seed %llu\n",
              static_cast<unsigned long long>(kSeed));
  if (seen.size() != wanted.size())
    throw Error("the compiled model has " + std::to_string(seen.size()) +
                " outputs, the original " + std::to_string(wanted.size()));
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].isTensor() && wanted[i].isTensor())
      check_tensor(i, seen[i].toTensor(), wanted[i].toTensor(), arguments);
    else
      check_other(i, seen[i], wanted[i]);
  }
}

}  // namespace torchtrtc
