// SPDX-License-Identifier: Apache-2.0
// padding: per dim, a table that maps output positions to input positions (-1: the constant).
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

constexpr int64_t kConstant = -1;

int64_t source_of(int64_t i, int64_t size, const std::string& mode) {
  if (i >= 0 && i < size) return i;
  if (mode == "reflect") return i < 0 ? -i : 2 * (size - 1) - i;
  if (mode == "replicate") return i < 0 ? 0 : size - 1;
  if (mode == "circular") return i < 0 ? i + size : i - size;
  return kConstant;
}

std::vector<Shape> make_tables(const Problem& p) {
  const TensorDesc &x = p.in[0], &y = p.out[0];
  const std::string mode = attr_str(p, "mode", "constant");
  const Shape pre = attr_ints(p, "pre_padding", x.shape.size(), 0);
  std::vector<Shape> tables(x.shape.size());
  for (size_t d = 0; d < tables.size(); ++d) {
    for (int64_t o = 0; o < y.shape[d]; ++o) {
      const int64_t s = source_of(o - pre[d], x.shape[d], mode);
      TENON_CHECK(s == kConstant ? mode == "constant" : s >= 0 && s < x.shape[d], "padding mode \"",
                  mode, "\" of ", pre[d], " does not fit dim ", d, " of size ", x.shape[d]);
      tables[d].push_back(s);
    }
  }
  return tables;
}

Support supports(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  const std::string mode = attr_str(p, "mode", "constant");
  for (const char* known : {"constant", "reflect", "replicate", "circular"}) {
    if (mode == known) return Support::yes();
  }
  return Support::no("no padding mode \"" + mode + "\"");
}

Run prepare(const Problem& p) {
  return [x = p.in[0], y = p.out[0], tables = make_tables(p),
          value = attr_float(p, "value", 0)](const Call& call) {
    const Shape from = x.strides();
    for_positions(y.shape, {y.strides()}, [&](const Walker& w) {
      int64_t at = 0;
      bool constant = false;
      for (size_t d = 0; d < tables.size(); ++d) {
        const int64_t s = tables[d][w.index()[d]];
        constant |= s == kConstant;
        at += s * from[d];
      }
      if (constant)
        store_double(y.dtype, call.out[0], w.offset(0), value);
      else
        copy_element(size_of(y.dtype), call.in[0], at, call.out[0], w.offset(0));
    });
  };
}

const RegisterReference kRegister{"padding", supports, prepare};

}  // namespace

}  // namespace tenon::kernels::reference
