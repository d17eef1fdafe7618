// SPDX-License-Identifier: Apache-2.0
// Text form of a graph. print() and parse() are inverse: parse(print(g)) prints the same. Tests are
// written in it, passes are dumped in it, and the plan file stores its graph in it, so parse()
// treats its input as hostile: bounded sizes and depth, an Error with line and column, no crash.
//
//   graph {
//     symbol s0 [1, 4, 8]
//     input %x : f32[s0, 3, 224, 224]
//     %w : f32[64, 3, 7, 7] = constant() {data=#0 name="conv1.weight"}
//     %1 : f32[s0, 64, 112, 112] channels_last = convolution(%x, %w, _, _) {stride=[2, 2]}
//     %2 : f32[s0, 10] = aten::cat(%a, %b) {tensors=[$0, $1] dim=1} ; cat|aten.cat|head|net.py:9
//     return %1 "output0", %2
//   }
//
// `_` is an absent input, `$i` a Ref to input i (`$none`: to nothing), `none` a None, `#k` the k-th
// constant. A node without outputs begins with `=`; names with odd characters are in quotes. The
// origin after `;` is node|op|module|location, with a backslash before | and itself.
// Types of attributes are told apart by spelling: 1 int, 1.0 float, true bool, "x" string, f32
// dtype, <s0 + 1> SymDim, [..] lists of one kind (empty lists: ints[] floats[] strings[] sizes[]
// refs[] bools[]). Constant data: `#k` looks up `constants[k]`; print() writes small constants
// (<= 64 elements) inline as data=f32[2]{1.0, 2.0} unless told to number them all. Without data:
// `?` (dtype and shape are the output's), else f32[2]{?}, or f32[2]{? "packing"}.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace tenon::ir {

struct PrintOptions {
  bool origins = true;
  /// If set, every constant is written as #k and appended here (the plan writer uses this);
  /// otherwise large constants are written as data=? (shape only) and small ones inline.
  std::vector<ConstantPtr>* constants = nullptr;
};
std::string print(const Graph& graph, const PrintOptions& options = {});

/// `constants` serves #k. A "data=?" constant gets no data (a probe). Throws Error.
Graph parse(std::string_view text, const std::vector<ConstantPtr>& constants = {});

}  // namespace tenon::ir
