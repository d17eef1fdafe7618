// SPDX-License-Identifier: Apache-2.0
// Vocabulary of the shape rules in net/layers/: access to a layer's inputs and the checks most of
// them need. Every check throws Error that names the layer's op, the input, the type seen and what
// was wanted. Stateless, thread safe.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "net/layer.h"

namespace tenon::net {

using Ints = std::vector<int64_t>;
using Types = std::vector<ir::Type>;

bool is_float(DataType t);
bool is_integer(DataType t);

/// Declared name of input i ("kernel", "inputs[2]").
std::string input_name(const ir::Node& n, size_t i);
const ir::Type& in_type(const ir::Node& n, size_t i = 0);
const ir::SymShape& in_shape(const ir::Node& n, size_t i = 0);
size_t in_rank(const ir::Node& n, size_t i = 0);
bool has_input(const ir::Node& n, size_t i);
const Ints& ints(const ir::Node& n, const char* attr);
const std::string& text(const ir::Node& n, const char* attr);
ir::Type tensor(DataType dtype, ir::SymShape shape);
/// Attribute "axis" wrapped into the rank of input 0.
size_t axis_of(const ir::Node& n);

void want_float(const ir::Node& n, size_t i = 0);
void want_number(const ir::Node& n, size_t i = 0);  // anything but bool
void want_index(const ir::Node& n, size_t i);       // i32 or i64
void want_dtype(const ir::Node& n, size_t i, DataType wanted);
void want_rank(const ir::Node& n, size_t i, size_t lo, size_t hi);
void want_shape(const ir::Node& n, size_t i, const ir::SymShape& wanted);
/// If input i is there, it has this dtype and shape.
void want_optional(const ir::Node& n, size_t i, DataType dtype, const ir::SymShape& shape);
/// The attribute is one of the words.
void want_word(const ir::Node& n, const char* attr, const std::vector<std::string>& words);
/// Size `d` of input i, which must be known at build time.
int64_t static_size(const ir::Node& n, size_t i, size_t d);
/// List attribute with n entries (or none: all `fallback`), each at least `least`.
Ints list_of(const ir::Node& n, const char* attr, size_t count, int64_t fallback, int64_t least);

/// How a window moves over the last dims: convolution, deconvolution and pooling share it.
struct Window {
  Ints stride, pre, post, dilation;
};
Window window_of(const ir::Node& n, size_t count);
/// Fused epilogue attribute "activation": "" or a pointwise op with one operand.
void want_activation(const ir::Node& n);

}  // namespace tenon::net
