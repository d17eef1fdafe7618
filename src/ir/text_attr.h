// SPDX-License-Identifier: Apache-2.0
// Spelling of attribute values, types and constants, in both directions; the pieces that print()
// and parse() of text.h are made of. Only the ir folder includes this.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"
#include "ir/text_cursor.h"

namespace tenon::ir {

/// Shortest decimal form that reads back as the same value; always with '.', exponent, inf or nan.
std::string float_text(double value);
std::string float_text(float value);

bool dtype_from_name(std::string_view name, DataType* dtype);
Type parse_type(TextCursor& in);

/// "f32[2]{1.0, 2.0}", or "f32[2]{?}" for one that is large, has no data or cannot be spelled.
std::string constant_text(const Constant& constant);
/// The rest of such a constant after its dtype.
ConstantPtr parse_constant(TextCursor& in, DataType dtype);
/// A constant of this type without data.
ConstantPtr probe_constant(TextCursor& in, const Type& type);

/// `constants` serves #k; `type` (may be null) is what "?" takes dtype and shape from.
Attr parse_attr(TextCursor& in, const std::vector<ConstantPtr>& constants, const Type* type);

}  // namespace tenon::ir
