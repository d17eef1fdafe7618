// SPDX-License-Identifier: Apache-2.0
#include "engine/packing_kernel.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "kernels/kernel.h"

namespace tenon::test {

PackingCounts& packing_counts() {
  static PackingCounts counts;
  return counts;
}

namespace {

/// Does nothing: only how its weights are held matters.
class Idle final : public kernels::Kernel {
 public:
  explicit Idle(size_t packed_bytes) : packed_bytes_(packed_bytes) {}
  ~Idle() override { packing_counts().live_bytes -= packed_bytes_; }
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;
  void run(const kernels::Call&) const override {
    packing_counts().dense_alive = !packing_counts().dense.expired();
  }

 private:
  size_t packed_bytes_;
};

class Packing : public kernels::KernelImpl {
 public:
  Packing(const char* name, int priority) : KernelImpl("linear", name, priority) {}
  Support supports(const kernels::Problem& p) const override {
    const bool ours = p.in[1].dtype == DataType::kDOUBLE && p.in[1].shape[1] == kPackingColumns;
    return ours ? Support::yes() : Support::no("not the weights of this test");
  }
  kernels::Packed pack(const kernels::Problem&,
                       const std::vector<ir::ConstantPtr>& in) const override {
    packing_counts().dense = in[1]->data;
    auto form = std::make_shared<ir::Constant>(*in[1]);
    form->data = nullptr;
    form->format = "test:" + name();
    form->fill = [source = in[1]](void* out) {
      PackingCounts& counts = packing_counts();
      ++counts.packs;
      counts.live_bytes += source->bytes;
      counts.peak_bytes = std::max(counts.peak_bytes, counts.live_bytes);
      std::memcpy(out, source->data.get(), source->bytes);
    };
    kernels::Packed packed(in.size());
    packed[1] = std::move(form);
    return packed;
  }
  std::unique_ptr<kernels::Kernel> prepare(const kernels::Problem& p) const override {
    TENON_CHECK(p.in[1].format == "test:" + name() && p.in[1].constant_bytes == p.in[1].bytes(),
                "weights of format '", p.in[1].format, "', wanted test:", name());
    return std::make_unique<Idle>(p.in[1].constant_bytes);
  }
};

struct First final : Packing {
  First() : Packing("test.packs_1", 1000) {}
};
struct Second final : Packing {
  Second() : Packing("test.packs_2", 999) {}
};
struct Third final : Packing {
  Third() : Packing("test.packs_3", 998) {}
};

/// Not among the candidates of any layer: for tests that name it.
struct Dense final : Packing {
  Dense() : Packing("test.dense", 997) {}
  Support supports(const kernels::Problem&) const override { return Support::no("by name only"); }
  kernels::Packed pack(const kernels::Problem&,
                       const std::vector<ir::ConstantPtr>& in) const override {
    packing_counts().dense = in[1]->data;
    return kernels::Packed(in.size());
  }
  std::unique_ptr<kernels::Kernel> prepare(const kernels::Problem& p) const override {
    TENON_CHECK(p.in[1].format.empty(), "weights of format '", p.in[1].format, "', wanted dense");
    return std::make_unique<Idle>(0);
  }
};

struct Failing final : Packing {
  Failing() : Packing("test.unpacked", 996) {}
  Support supports(const kernels::Problem&) const override { return Support::no("by name only"); }
  std::unique_ptr<kernels::Kernel> prepare(const kernels::Problem& p) const override {
    packing_counts().live_bytes -= p.in[1].constant_bytes;
    throw Error("this candidate always fails");
  }
};

const kernels::RegisterKernel<First> kFirst;
const kernels::RegisterKernel<Second> kSecond;
const kernels::RegisterKernel<Third> kThird;
const kernels::RegisterKernel<Dense> kDense;
const kernels::RegisterKernel<Failing> kFailing;

}  // namespace
}  // namespace tenon::test
