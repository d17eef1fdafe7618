// SPDX-License-Identifier: Apache-2.0
// pointwise, and the unfused elementwise, unary, activation, select, cast and scale layers: one
// generated kernel each (pointwise_source.h). Operands of one layout come down to one dim; channel
// and row broadcasts to two or three. Whether vectors can be used is seen from the pointers of the
// call; both forms are in the same compiled source.
#include "kernels/pointwise.h"

#include <algorithm>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/pointwise_source.h"
#include "kernels/cuda/strided.h"

namespace tenon::kernels::cuda_kernels {
namespace {

constexpr size_t kMaxInputs = 16;
constexpr int64_t kLong = 65536;  // elements: a second launch for the rest pays

// Host twins of src/pointwise.cuh; the device reads only as many operands as the program has.
struct Operand {
  char* data;
  int64_t strides[kMaxRank];
  int64_t step;
};
struct Params {
  uint32_t items, per_thread;
  int32_t rank, unused;
  Divider dims[kMaxRank];
  Operand operands[kMaxInputs + 1];
};

/// Strides of every operand over the output's shape, the output's first.
std::vector<Ints> operand_strides(const Problem& p) {
  const Ints& shape = p.out[0].shape;
  std::vector<Ints> strides{p.out[0].strides()};
  for (size_t i = 0; i < p.in.size(); ++i) {
    if (p.layer->op == "scale" && i > 0) {
      const int64_t rank = static_cast<int64_t>(shape.size()), axis = attr_int(p, "axis", 1);
      Ints s(shape.size(), 0);
      s.at(static_cast<size_t>(axis < 0 ? axis + rank : axis)) = p.in[i].elements() == 1 ? 0 : 1;
      strides.push_back(s);
    } else {
      strides.push_back(cpu::broadcast_strides(p.in[i], shape));
    }
  }
  return strides;
}

class PointwiseKernel final : public DeviceKernel {
 public:
  PointwiseKernel(const Problem& p, CUfunction vectors, CUfunction elements)
      : vectors_(vectors),
        elements_(elements),
        space_(cpu::make_space(p.out[0].shape, operand_strides(p))),
        processors_(p.target->processors) {
    std::vector<DataType> types;
    sizes_.push_back(static_cast<int64_t>(size_of(p.out[0].dtype)));
    for (const TensorDesc& d : p.in) {
      types.push_back(d.dtype);
      sizes_.push_back(static_cast<int64_t>(size_of(d.dtype)));
    }
    width_ = vector_width(types, p.out[0].dtype);
    unrolling_ = unrolling(types.size());
    for (Part& part : split(space_)) add_part(std::move(part));
  }

  void launches(const Call& call, LaunchSink& sink) const override {
    for (const Part& part : parts_) launch(part, call, sink);
  }

 private:
  /// A long row that is no whole number of vectors is cut into what is, and the rest.
  void add_part(Part part) {
    const int64_t rest = part.dims.back() % width_;
    if (part.dims.size() > 1 || rest == 0 || part.dims[0] < kLong) {
      parts_.push_back(std::move(part));
      return;
    }
    Part tail = part;
    part.dims[0] -= rest;
    tail.dims[0] = rest;
    for (size_t k = 0; k < sizes_.size(); ++k) {
      tail.starts[k] += part.dims[0] * space_.strides[k][0];
    }
    parts_.push_back(std::move(part));
    parts_.push_back(std::move(tail));
  }

  void launch(const Part& part, const Call& call, LaunchSink& sink) const {
    Params p{};
    for (size_t k = 0; k < sizes_.size(); ++k) {
      void* base = k == 0 ? call.out[0] : const_cast<void*>(call.in[k - 1]);
      p.operands[k].data = static_cast<char*>(base) + part.starts[k] * sizes_[k];
    }
    const bool vectors = can_use_vectors(part, p);
    describe(part, vectors ? width_ : 1, p);
    // Few items: one a thread, so that more processors have work.
    const bool many = p.items > static_cast<int64_t>(processors_) * 2048;
    p.per_thread = many && vectors ? static_cast<uint32_t>(unrolling_) : 1;
    const unsigned block = many ? 256 : 128;
    const unsigned grid =
        static_cast<unsigned>(ceil_div(p.items, static_cast<int64_t>(block) * p.per_thread));
    sink(vectors ? vectors_ : elements_, {grid}, {block}, 0, p);
  }

  bool can_use_vectors(const Part& part, const Params& p) const {
    if (part.dims.back() % width_ != 0) return false;
    for (size_t k = 0; k < sizes_.size(); ++k) {
      const bool spread = k > 0 && space_.strides[k].back() == 0;
      const auto address = reinterpret_cast<uintptr_t>(p.operands[k].data);
      if (!spread && !aligned_for(space_, k, address, width_, sizes_[k])) return false;
    }
    return true;
  }

  /// Items are `width` elements along the innermost dim.
  void describe(const Part& part, int64_t width, Params& p) const {
    const size_t rank = part.dims.size(), last = rank - 1;
    p.rank = static_cast<int32_t>(rank);
    int64_t items = 1;
    for (size_t d = 0; d < rank; ++d) {
      const int64_t size = d == last ? part.dims[d] / width : part.dims[d];
      p.dims[d] = make_divider(size);
      items *= size;
    }
    p.items = static_cast<uint32_t>(items);
    for (size_t k = 0; k < sizes_.size(); ++k) {
      Operand& o = p.operands[k];
      o.step = space_.strides[k][last];
      for (size_t d = 0; d < rank; ++d) {
        o.strides[d] = space_.strides[k][d] * (d == last ? width : 1);
      }
    }
  }

  CUfunction vectors_, elements_;
  Space space_;  // the output, then the inputs
  std::vector<Part> parts_;
  int processors_;
  std::vector<int64_t> sizes_;  // of an element, per operand
  int64_t width_ = 1;
  int unrolling_ = 1;
};

class Pointwise : public KernelImpl {
 public:
  explicit Pointwise(const char* op)
      : KernelImpl(op, (std::string("cuda.") + op).c_str(), 50, Device::kCUDA) {}

  Support supports(const Problem& p) const override {
    if (p.in.empty()) return Support::no("it has no inputs");
    if (p.in.size() > kMaxInputs) return Support::no("it has more than 16 inputs");
    if (p.out[0].shape.size() > kMaxRank) return Support::no("it has more than 8 dims");
    for (const TensorDesc& d : p.in) {
      if (!d.present) return Support::no("an operand is absent");
      if (!d.format.empty()) return Support::no("an operand is packed as " + d.format);
      if (!has_device_type(d.dtype))
        return Support::no(std::string("operand of ") + name_of(d.dtype));
    }
    try {
      for (const net::PointwiseInstr& i : program_of(p)) {
        if (!has_device_type(i.dtype))
          return Support::no(std::string("result of ") + name_of(i.dtype));
      }
      const DataType result = program_of(p).back().dtype;
      return result == p.out[0].dtype ? Support::yes()
                                      : Support::no("the output has another dtype");
    } catch (const Error& e) {
      return Support::no(e.what());
    }
  }

  std::unique_ptr<Kernel> prepare(const Problem& p) const override {
    std::vector<DataType> types;
    for (const TensorDesc& d : p.in) types.push_back(d.dtype);
    const CodeSource source{"pointwise", pointwise_source(program_of(p), types), {}};
    return std::make_unique<PointwiseKernel>(p, p.target->code->function(source, "vectors"),
                                             p.target->code->function(source, "elements"));
  }

  // A thread reads all inputs of an item before it writes the item, and nobody else touches it.
  bool in_place(const Problem& p, size_t i) const override { return pointwise_in_place(p, i); }
};

const RegisterPointwise<Pointwise> kRegister;

}  // namespace
}  // namespace tenon::kernels::cuda_kernels
