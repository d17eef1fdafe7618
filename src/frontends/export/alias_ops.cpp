// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/alias_ops.h"

#include <unordered_set>

namespace tenon::frontends {
namespace {

using Names = std::unordered_set<std::string>;

// Views, and ops that return their argument when there is nothing to do (to, dropout, einsum...).
const Names kMayAlias = {"_autocast_to_full_precision",
                         "_autocast_to_reduced_precision",
                         "_conj",
                         "_fw_primal",
                         "_indices",
                         "_neg_view",
                         "_reshape_alias",
                         "_unsafe_view",
                         "_values",
                         "adjoint",
                         "alias",
                         "alpha_dropout",
                         "as_strided",
                         "as_tensor",
                         "atleast_1d",
                         "atleast_2d",
                         "atleast_3d",
                         "broadcast_tensors",
                         "broadcast_to",
                         "ccol_indices",
                         "chunk",
                         "coalesce",
                         "col_indices",
                         "conj",
                         "contiguous",
                         "cpu",
                         "crow_indices",
                         "cuda",
                         "data",
                         "detach",
                         "diag",
                         "diagonal",
                         "dropout",
                         "dsplit",
                         "einsum",
                         "expand",
                         "expand_as",
                         "feature_alpha_dropout",
                         "feature_dropout",
                         "flatten",
                         "flatten_dense_tensors",
                         "hsplit",
                         "imag",
                         "indices",
                         "lift",
                         "lift_fresh",
                         "linalg_diagonal",
                         "mH",
                         "mT",
                         "matrix_H",
                         "meshgrid",
                         "moveaxis",
                         "movedim",
                         "narrow",
                         "numpy_T",
                         "permute",
                         "pin_memory",
                         "positive",
                         "ravel",
                         "real",
                         "refine_names",
                         "rename",
                         "reshape",
                         "reshape_as",
                         "resolve_conj",
                         "resolve_neg",
                         "row_indices",
                         "rrelu",
                         "select",
                         "slice",
                         "slice_inverse",
                         "split",
                         "split_with_sizes",
                         "squeeze",
                         "sum_to_size",
                         "swapaxes",
                         "swapdims",
                         "t",
                         "tensor_split",
                         "to",
                         "to_dense",
                         "transpose",
                         "type_as",
                         "unbind",
                         "unflatten",
                         "unflatten_dense_tensors",
                         "unfold",
                         "unsqueeze",
                         "values",
                         "view",
                         "view_as",
                         "view_as_complex",
                         "view_as_real",
                         "vsplit"};

// In-place ops whose twin is the same name without "_", with the same overloads and arguments. Not
// here: random numbers, changes of metadata (resize_, transpose_, ...), and comparisons, which
// write numbers but return booleans.
const Names kTwins = {"abs",
                      "absolute",
                      "acos",
                      "acosh",
                      "add",
                      "addbmm",
                      "addcdiv",
                      "addcmul",
                      "addmm",
                      "addmv",
                      "addr",
                      "arccos",
                      "arccosh",
                      "arcsin",
                      "arcsinh",
                      "arctan",
                      "arctan2",
                      "arctanh",
                      "asin",
                      "asinh",
                      "atan",
                      "atan2",
                      "atanh",
                      "baddbmm",
                      "bitwise_and",
                      "bitwise_left_shift",
                      "bitwise_not",
                      "bitwise_or",
                      "bitwise_right_shift",
                      "bitwise_xor",
                      "ceil",
                      "celu",
                      "clamp",
                      "clamp_max",
                      "clamp_min",
                      "clip",
                      "copy",
                      "copysign",
                      "cos",
                      "cosh",
                      "deg2rad",
                      "detach",
                      "digamma",
                      "div",
                      "divide",
                      "elu",
                      "erf",
                      "erfc",
                      "erfinv",
                      "exp",
                      "exp2",
                      "expm1",
                      "fill",
                      "fix",
                      "floor",
                      "fmod",
                      "frac",
                      "gelu",
                      "hardsigmoid",
                      "hardswish",
                      "hardtanh",
                      "heaviside",
                      "hypot",
                      "index_add",
                      "index_copy",
                      "index_fill",
                      "index_put",
                      "index_reduce",
                      "leaky_relu",
                      "lerp",
                      "lgamma",
                      "log",
                      "log10",
                      "log1p",
                      "log2",
                      "logit",
                      "masked_fill",
                      "masked_scatter",
                      "mish",
                      "mul",
                      "multiply",
                      "nan_to_num",
                      "neg",
                      "negative",
                      "put",
                      "rad2deg",
                      "reciprocal",
                      "relu",
                      "relu6",
                      "remainder",
                      "round",
                      "rsqrt",
                      "scatter",
                      "scatter_add",
                      "scatter_reduce",
                      "selu",
                      "sgn",
                      "sigmoid",
                      "sign",
                      "silu",
                      "sin",
                      "sinc",
                      "sinh",
                      "sqrt",
                      "square",
                      "sub",
                      "subtract",
                      "tan",
                      "tanh",
                      "threshold",
                      "tril",
                      "triu",
                      "true_divide",
                      "trunc",
                      "xlogy",
                      "zero"};

const Names kKeepsDtype = {"copy",           "fill",      "index_add",    "index_copy",
                           "index_fill",     "index_put", "index_reduce", "masked_fill",
                           "masked_scatter", "put",       "scatter",      "scatter_add",
                           "scatter_reduce", "zero"};

}  // namespace

OpName::OpName(const std::string& op) {
  const size_t colon = op.find("::");
  if (colon != std::string::npos) space = op.substr(0, colon);
  const size_t from = colon == std::string::npos ? 0 : colon + 2, dot = op.find('.', from);
  base = op.substr(from, dot == std::string::npos ? dot : dot - from);
  if (dot != std::string::npos) overload = op.substr(dot + 1);
}

std::string OpName::str() const {
  return space + "::" + base + (overload.empty() ? "" : "." + overload);
}

bool may_alias(const OpName& op) { return op.space == "aten" && kMayAlias.count(op.base) > 0; }

bool aliases_all_arguments(const OpName& op) {
  return op.base == "broadcast_tensors" || op.base == "meshgrid" || op.base == "einsum" ||
         op.base.rfind("atleast_", 0) == 0;
}

bool is_in_place(const OpName& op) {
  const std::string& b = op.base;
  if (op.space == "prim") return false;  // Python's and_, or_, not_ on numbers
  if (b.size() > 5 && b.starts_with("__i") && b.ends_with("__")) {
    return b == "__iadd__" || b == "__iand__" || b == "__ilshift__" || b == "__imul__" ||
           b == "__ior__" || b == "__irshift__" || b == "__isub__" || b == "__itruediv__" ||
           b == "__ixor__";
  }
  return b.size() > 1 && b.ends_with("_") && !b.ends_with("__");
}

bool functional_twin(const OpName& op, OpName* twin) {
  if (op.space != "aten" || !op.base.ends_with("_")) return false;
  *twin = op;
  twin->base.pop_back();
  if (twin->base == "pow") {
    twin->overload = op.overload == "Scalar" ? "Tensor_Scalar" : "Tensor_Tensor";
    return true;
  }
  if (twin->base == "floor_divide") {
    if (op.overload == "Tensor") twin->overload.clear();
    return true;
  }
  return twin->base == "dropout" || kTwins.count(twin->base) > 0;
}

bool keeps_dtype(const OpName& op) { return kKeepsDtype.count(op.base) > 0; }

}  // namespace tenon::frontends
