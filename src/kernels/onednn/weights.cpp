// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/weights.h"

#include "kernels/onednn/primitive_kernel.h"

namespace tenon::kernels::onednn {

Desc any_layout(const Dims& dims) {
  return Desc(dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::any);
}

Desc weights_layout(const TensorDesc& tensor, const Desc& dense) {
  if (tensor.format.empty()) return dense;
  Desc packed = parse_format(tensor.format);
  TENON_CHECK(packed.get_dims() == dense.get_dims(), "packed weights have format '", tensor.format,
              "', which is of another shape than the layer's");
  TENON_CHECK(tensor.constant_bytes >= packed.get_size(), "packed weights have ",
              tensor.constant_bytes, " bytes, their format '", tensor.format, "' wants ",
              packed.get_size());
  return packed;
}

ir::ConstantPtr pack_weights(const ir::ConstantPtr& source, const Desc& dense, const Desc& want) {
  if (!source || want == dense) return nullptr;
  std::string format = format_name(want);
  if (format.empty()) return nullptr;
  auto packed = std::make_shared<ir::Constant>();
  packed->dtype = source->dtype;
  packed->shape = source->shape;
  packed->bytes = want.get_size();
  packed->format = std::move(format);
  packed->name = source->name;
  packed->fill = [source, dense, want](void* out) {
    const auto data = source->materialise();
    reorder_once(dense, data.get(), want, out);
  };
  return packed;
}

}  // namespace tenon::kernels::onednn
