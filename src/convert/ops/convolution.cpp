// SPDX-License-Identifier: Apache-2.0
// conv{1,2,3}d, conv_transpose{1,2,3}d, convolution. Inputs without a batch dimension get one.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

using Ints = std::vector<int64_t>;

struct Window {
  Ints stride, pre, post, dilation, output_padding;
  int64_t groups = 1;
};

/// One number stands for all dimensions.
Ints spread(Ctx& c, Ints list, size_t dims, int64_t fallback, const char* what) {
  if (list.empty()) list = {fallback};
  if (list.size() == 1) list.resize(dims, list[0]);
  c.require(list.size() == dims, what, " has ", list.size(), " entries, wanted ", dims);
  return list;
}

void same_padding(Ctx& c, const ir::Value* w, Window& win) {
  for (size_t i = 0; i < win.stride.size(); ++i) {
    c.require(win.stride[i] == 1, "padding=\"same\" with stride ", win.stride[i]);
    const ir::SymDim& kernel = w->type.shape.at(i + 2);
    c.require(kernel.is_const(), "the kernel's size is not fixed");
    const int64_t total = win.dilation[i] * (kernel.value() - 1);
    win.pre[i] = total / 2;
    win.post[i] = total - total / 2;
  }
}

bool padding_is_text(const ir::Node& n) {
  const ir::Attr* a = n.find("padding");
  return a && std::holds_alternative<std::string>(*a);
}

Window window(Ctx& c, const ir::Node& n, const ir::Value* w) {
  const size_t dims = w->type.shape.size() - 2;
  Window win;
  win.stride = spread(c, c.ints(n, "stride"), dims, 1, "stride");
  win.dilation = spread(c, c.ints(n, "dilation"), dims, 1, "dilation");
  win.output_padding = spread(c, c.ints(n, "output_padding"), dims, 0, "output_padding");
  win.groups = c.integer(n, "groups", 1);
  if (!padding_is_text(n)) {
    win.pre = win.post = spread(c, c.ints(n, "padding"), dims, 0, "padding");
    return win;
  }
  win.pre = win.post = Ints(dims, 0);
  const std::string mode = c.string(n, "padding", "valid");
  c.require(mode == "valid" || mode == "same", "padding=\"", mode, "\"");
  if (mode == "same") same_padding(c, w, win);
  return win;
}

void convolution(Ctx& c, const ir::Node& n, bool transposed) {
  ir::Value* x = c.tensor(n, "input");
  ir::Value* w = c.tensor(n, "weight");
  ir::Value* bias = c.tensor_or_null(n, "bias");
  require_float(c, x);
  const size_t rank = w->type.shape.size();
  c.require(rank >= 3 && rank <= 5, "the kernel has ", rank, " dimensions, wanted 3 to 5");
  const bool batched = x->type.shape.size() == rank;
  c.require(batched || x->type.shape.size() + 1 == rank, "the input has ", x->type.shape.size(),
            " dimensions, the kernel ", rank);
  const Window win = window(c, n, w);
  if (!batched) x = unsqueeze(c, x, 0);
  std::vector<std::pair<std::string, ir::Attr>> attrs = {{"stride", win.stride},
                                                         {"pre_padding", win.pre},
                                                         {"post_padding", win.post},
                                                         {"dilation", win.dilation},
                                                         {"groups", win.groups}};
  if (transposed) attrs.emplace_back("output_padding", win.output_padding);
  ir::Value* y = c.net(transposed ? "deconvolution" : "convolution", {x, w, bias}, attrs);
  c.bind(n.output(), batched ? y : squeeze(c, y, 0));
}

}  // namespace

TENON_CONVERTER("aten::conv1d", "aten::conv2d", "aten::conv3d", "aten::conv1d.padding",
                "aten::conv2d.padding", "aten::conv3d.padding")
(Ctx& c, const ir::Node& n) { convolution(c, n, false); }

TENON_CONVERTER("aten::conv_transpose1d", "aten::conv_transpose2d.input",
                "aten::conv_transpose3d.input")
(Ctx& c, const ir::Node& n) { convolution(c, n, true); }

TENON_CONVERTER("aten::convolution", "aten::_convolution", "aten::_convolution.deprecated")
(Ctx& c, const ir::Node& n) { convolution(c, n, c.boolean(n, "transposed", false)); }

}  // namespace tenon::convert
