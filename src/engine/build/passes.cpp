// SPDX-License-Identifier: Apache-2.0
// The ordered list of passes over net graphs: the optimiser's table of contents.
#include "engine/build/passes/passes.h"

namespace tenon::engine {

std::vector<ir::Pass> engine_passes(const Options& options) {
  static_cast<void>(options);
  return {
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
      {"fuse_epilogues", passes::fuse_epilogues},
      {"fuse_norm_residual", passes::fuse_norm_residual},
      {"group_pointwise", passes::group_pointwise},
      {"choose_layouts", passes::choose_layouts},
  };
}

}  // namespace tenon::engine
