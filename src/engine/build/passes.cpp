// SPDX-License-Identifier: Apache-2.0
// The ordered list of passes over net graphs: the optimiser's table of contents.
#include "engine/build/passes/passes.h"

namespace tenon::engine {

std::vector<ir::Pass> engine_passes(const Options& options, kernels::Device device) {
  const bool cuda = device == kernels::Device::kCUDA;
  const auto on_cuda = [cuda](bool (*pass)(ir::Graph&)) {
    return [cuda, pass](ir::Graph& g) { return cuda && pass(g); };
  };
  return {
      {"truncate_double", [wish = options.truncate_double](
                              ir::Graph& g) { return wish && passes::truncate_double(g); }},
      {"simplify", passes::simplify},
      {"fold_constants", passes::fold_constants},
      {"fold_masks", passes::fold_masks},
      {"matmul_to_linear", passes::matmul_to_linear},
      {"fold_scale", passes::fold_scale},
      {"lower_scale", passes::lower_scale},
      {"absorb_attention_transposes", passes::absorb_attention_transposes},
      {"skip_expands", passes::skip_expands},
      {"simplify_again", passes::simplify},
      {"fold_constants_again", passes::fold_constants},
      {"lower_precision", [cuda, wish = options.enabled_precisions](
                              ir::Graph& g) { return cuda && passes::lower_precision(g, wish); }},
      {"merge_qkv", on_cuda(passes::merge_qkv)},
      {"fuse_pool_relu", [cuda](ir::Graph& g) { return !cuda && passes::fuse_pool_relu(g); }},
      {"fuse_epilogues", [device](ir::Graph& g) { return passes::fuse_epilogues(g, device); }},
      {"fuse_norm_residual", passes::fuse_norm_residual},
      {"group_pointwise", passes::group_pointwise},
      {"prepare_images", on_cuda(passes::prepare_images)},
      {"choose_layouts", [device](ir::Graph& g) { return passes::choose_layouts(g, device); }},
  };
}

}  // namespace tenon::engine
