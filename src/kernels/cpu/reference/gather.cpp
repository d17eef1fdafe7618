// SPDX-License-Identifier: Apache-2.0
// gather (numpy take and torch.gather) and gather_nd. Take and gather_nd count negative indices
// from the end, as numpy and torch's indexing do; torch.gather refuses them.
#include "kernels/cpu/reference/reference.h"

namespace tenon::kernels::reference {

namespace {

int64_t checked_index(const TensorDesc& d, const void* data, int64_t at, int64_t size, bool wrap) {
  const int64_t i = load_int(d.dtype, data, at);
  TENON_CHECK(i < size && i >= (wrap ? -size : 0), "index ", i,
              " is out of range for a dimension of size ", size);
  return i < 0 ? i + size : i;
}

Support supports(const Problem& p) {
  if (Support s = any_dtype(p); !s) return s;
  for (size_t i = 1; i < p.in.size(); ++i) {
    if (p.in[i].dtype != DataType::kINT64 && p.in[i].dtype != DataType::kINT32) {
      return Support::no(std::string("indices of ") + name_of(p.in[i].dtype));
    }
  }
  const std::string mode = attr_str(p, "mode", "default");
  if (mode != "default" && mode != "element") return Support::no("no gather mode \"" + mode + "\"");
  return Support::yes();
}

// Strides of an operand for the output's dims [first, first + its rank), 0 elsewhere.
Shape placed(const Shape& strides, size_t first, size_t rank) {
  Shape s(rank, 0);
  std::copy(strides.begin(), strides.end(), s.begin() + static_cast<int64_t>(first));
  return s;
}

// Strides of the data for the output's dims, where `removed` dims from `first` on were replaced by
// `added` others.
Shape replaced(const Shape& strides, size_t first, size_t removed, size_t added) {
  Shape s(strides.begin(), strides.begin() + static_cast<int64_t>(first));
  s.insert(s.end(), added, 0);
  s.insert(s.end(), strides.begin() + static_cast<int64_t>(first + removed), strides.end());
  return s;
}

Run prepare_gather(const Problem& p) {
  const TensorDesc &x = p.in[0], &index = p.in[1], &y = p.out[0];
  const size_t axis = net::wrap_axis(attr_int(p, "axis", 0), x.shape.size());
  const bool element = attr_str(p, "mode", "default") == "element";
  Shape data = x.strides(), picks = index.strides();
  const int64_t size = x.shape[axis], step = data[axis];
  if (element) {
    data[axis] = 0;
  } else {
    data = replaced(data, axis, 1, picks.size());
    picks = placed(picks, axis, y.shape.size());
  }
  return [=, strides = std::vector<Shape>{data, picks, y.strides()}](const Call& call) {
    for_positions(y.shape, strides, [&](const Walker& w) {
      const int64_t i = checked_index(index, call.in[1], w.offset(1), size, !element);
      copy_element(size_of(y.dtype), call.in[0], w.offset(0) + i * step, call.out[0], w.offset(2));
    });
  };
}

Run prepare_nd(const Problem& p) {
  const TensorDesc &x = p.in[0], &y = p.out[0];
  const size_t n = p.in.size() - 1, rank = x.shape.size();
  const size_t first = net::wrap_axis(attr_int(p, "first_axis", 0), rank);
  TENON_CHECK(first + n <= rank, "gather_nd: ", n, " index tensors from axis ", first, " of rank ",
              rank);
  const size_t index_rank = y.shape.size() + n - rank;
  const Shape index_shape(y.shape.begin() + static_cast<int64_t>(first),
                          y.shape.begin() + static_cast<int64_t>(first + index_rank));
  std::vector<Shape> strides;
  for (size_t i = 1; i <= n; ++i) {
    strides.push_back(placed(broadcast_strides(p.in[i], index_shape), first, y.shape.size()));
  }
  strides.push_back(replaced(x.strides(), first, n, index_rank));
  strides.push_back(y.strides());
  return [=, in = p.in, size = size_of(y.dtype), steps = x.strides()](const Call& call) {
    for_positions(y.shape, strides, [&](const Walker& w) {
      int64_t at = w.offset(n);
      for (size_t i = 0; i < n; ++i) {
        const int64_t dim = x.shape[first + i];
        at += checked_index(in[i + 1], call.in[i + 1], w.offset(i), dim, true) * steps[first + i];
      }
      copy_element(size, call.in[0], at, call.out[0], w.offset(n + 1));
    });
  };
}

const RegisterReference kGather{"gather", supports, prepare_gather};
const RegisterReference kGatherNd{"gather_nd", supports, prepare_nd};

}  // namespace

}  // namespace tenon::kernels::reference
