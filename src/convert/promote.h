// SPDX-License-Identifier: Apache-2.0
// dtype categories and torch's type promotion on dtypes; Ctx::promote* build on it. Stateless.
#pragma once

#include <optional>

#include "tenon/types.h"

namespace tenon::convert {

bool is_float(DataType t);
bool is_integer(DataType t);  // not bool

/// Between operands of the same rank of importance (both with dimensions, or both without).
DataType promote_types(DataType a, DataType b);
/// Between a more and a less important group; nullopt: the group is empty.
std::optional<DataType> combine_ranks(std::optional<DataType> higher,
                                      std::optional<DataType> lower);

}  // namespace tenon::convert
