// SPDX-License-Identifier: Apache-2.0
// What is known about memory of aten ops: which results may share memory with an argument, which
// in-place ops have a functional twin. Tables only; thread safe.
#pragma once

#include <string>

#include "ir/graph.h"

namespace tenon::frontends {

/// "aten::add_.Tensor" -> {"aten", "add_", "Tensor"}.
struct OpName {
  std::string space, base, overload;
  explicit OpName(const std::string& op);
  std::string str() const;
};

/// Results may share memory with tensor arguments. Errs towards yes (reshape, contiguous, to).
bool may_alias(const OpName& op);
/// All tensor arguments, not only the first, may share memory with the results.
bool aliases_all_arguments(const OpName& op);
/// Writes its first argument: "relu_", "__iand__", but not "__and__".
bool is_in_place(const OpName& op);
/// The op that computes what an in-place op writes. False if none is known.
bool functional_twin(const OpName& op, OpName* twin);
/// The result has the first argument's dtype whatever the other arguments are (copy, scatter, ...).
bool keeps_dtype(const OpName& op);

}  // namespace tenon::frontends
