// SPDX-License-Identifier: Apache-2.0
// upsample_* (what interpolate becomes), pixel_shuffle and its relatives.
#include "convert/ops/common.h"

namespace tenon::convert {
namespace {

/// Scale factors the program gave, per dimension; empty if the sizes decide.
std::vector<double> scales(Ctx& c, const ir::Node& n, size_t dims) {
  if (const auto* list = n.find("scale_factors"))
    if (const auto* values = std::get_if<std::vector<double>>(list)) return *values;
  const std::vector<const char*> names =
      dims == 1   ? std::vector<const char*>{"scales"}
      : dims == 2 ? std::vector<const char*>{"scales_h", "scales_w"}
                  : std::vector<const char*>{"scales_d", "scales_h", "scales_w"};
  std::vector<double> out;
  for (const char* name : names)
    if (c.has(n, name)) out.push_back(c.number(n, name));
  c.require(out.empty() || out.size() == dims, "scale factors for some dimensions only");
  return out;
}

void resize(Ctx& c, const ir::Node& n, size_t dims, const char* mode) {
  ir::Value* x = c.tensor(n, c.has(n, "self") ? "self" : "input");
  require_float(c, x);
  c.require(x->type.shape.size() == dims + 2 && n.output()->type.shape.size() == dims + 2,
            "the input has ", x->type.shape.size(), " dimensions, wanted ", dims + 2);
  // With factors the size is floor(size * factor), which the program has worked out.
  const ir::SymShape& out = n.output()->type.shape;
  const ir::SymShape size = c.has(n, "output_size") ? c.sizes(n, "output_size")
                                                    : ir::SymShape(out.begin() + 2, out.end());
  c.bind(n.output(), c.net("resize", {x},
                           {{"output_size", size},
                            {"mode", std::string(mode)},
                            {"align_corners", c.boolean(n, "align_corners", false)},
                            {"scales", scales(c, n, dims)}}));
}

}  // namespace

TENON_CONVERTER("aten::upsample_nearest1d", "aten::upsample_nearest1d.vec")
(Ctx& c, const ir::Node& n) { resize(c, n, 1, "nearest"); }
TENON_CONVERTER("aten::upsample_nearest2d", "aten::upsample_nearest2d.vec")
(Ctx& c, const ir::Node& n) { resize(c, n, 2, "nearest"); }
TENON_CONVERTER("aten::upsample_nearest3d", "aten::upsample_nearest3d.vec")
(Ctx& c, const ir::Node& n) { resize(c, n, 3, "nearest"); }
TENON_CONVERTER("aten::upsample_linear1d", "aten::upsample_linear1d.vec")
(Ctx& c, const ir::Node& n) { resize(c, n, 1, "linear"); }
TENON_CONVERTER("aten::upsample_bilinear2d", "aten::upsample_bilinear2d.vec")
(Ctx& c, const ir::Node& n) { resize(c, n, 2, "linear"); }
TENON_CONVERTER("aten::upsample_trilinear3d", "aten::upsample_trilinear3d.vec")
(Ctx& c, const ir::Node& n) { resize(c, n, 3, "linear"); }
TENON_CONVERTER("aten::upsample_bicubic2d", "aten::upsample_bicubic2d.vec")
(Ctx& c, const ir::Node& n) { resize(c, n, 2, "cubic"); }

namespace {

struct Image {
  ir::SymShape lead;  // dimensions before the channels
  ir::SymDim channels, height, width;
};

Image image_of(Ctx& c, const ir::Value* x) {
  const ir::SymShape& s = x->type.shape;
  c.require(s.size() >= 3, "the input has ", s.size(), " dimensions, wanted 3 or more");
  return {ir::SymShape(s.begin(), s.end() - 3), s[s.size() - 3], s[s.size() - 2], s.back()};
}

ir::SymShape with(ir::SymShape lead, const ir::SymShape& rest) {
  lead.insert(lead.end(), rest.begin(), rest.end());
  return lead;
}

/// Permutation that leaves the leading dimensions and orders the rest as given.
std::vector<int64_t> after(size_t lead, const std::vector<int64_t>& order) {
  std::vector<int64_t> perm;
  for (size_t i = 0; i < lead; ++i) perm.push_back(static_cast<int64_t>(i));
  for (int64_t o : order) perm.push_back(o + static_cast<int64_t>(lead));
  return perm;
}

}  // namespace

TENON_CONVERTER("aten::pixel_shuffle")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const Image i = image_of(c, x);
  const int64_t r = c.integer(n, "upscale_factor");
  const ir::SymDim channels = i.channels.floordiv(r * r);
  ir::Value* y = reshape(c, x, with(i.lead, {channels, r, r, i.height, i.width}));
  y = permute(c, y, after(i.lead.size(), {0, 3, 1, 4, 2}));
  c.bind(n.output(), reshape(c, y, with(i.lead, {channels, i.height * r, i.width * r})));
}

TENON_CONVERTER("aten::pixel_unshuffle")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const Image i = image_of(c, x);
  const int64_t r = c.integer(n, "downscale_factor");
  const ir::SymDim height = i.height.floordiv(r), width = i.width.floordiv(r);
  ir::Value* y = reshape(c, x, with(i.lead, {i.channels, height, r, width, r}));
  y = permute(c, y, after(i.lead.size(), {0, 2, 4, 1, 3}));
  c.bind(n.output(), reshape(c, y, with(i.lead, {i.channels * (r * r), height, width})));
}

TENON_CONVERTER("aten::channel_shuffle")(Ctx& c, const ir::Node& n) {
  ir::Value* x = c.tensor(n, "self");
  const ir::SymShape& s = x->type.shape;
  c.require(s.size() >= 3, "the input has ", s.size(), " dimensions, wanted 3 or more");
  const ir::SymDim groups = c.size(n, "groups");
  ir::SymShape split(s.begin(), s.begin() + 1);
  split.insert(split.end(), {groups, s[1].floordiv(groups)});
  split.insert(split.end(), s.begin() + 2, s.end());
  std::vector<int64_t> perm = {0, 2, 1};
  for (size_t i = 3; i < split.size(); ++i) perm.push_back(static_cast<int64_t>(i));
  c.bind(n.output(), reshape(c, permute(c, reshape(c, x, split), perm), s));
}

}  // namespace tenon::convert
