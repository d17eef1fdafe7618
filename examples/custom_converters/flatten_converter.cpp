// SPDX-License-Identifier: Apache-2.0
// The converter of the public documentation, as it is written there. It knows its shape when the
// model is compiled: torch itself is asked for that of the result.
#include "core/conversion/converters/converters.h"
#include "core/util/prelude.h"

namespace torch_tensorrt {
namespace core {
namespace conversion {
namespace converters {
namespace impl {
namespace {

// clang-format off
static auto flatten_registrations TORCHTRT_UNUSED = RegisterNodeConversionPatterns()
    .pattern({
        "aten::flatten.using_ints(Tensor self, int start_dim=0, int end_dim=-1) -> (Tensor)",
        [](ConversionCtx* ctx, const torch::jit::Node* n, args& args) -> bool {
            auto in = args[0].ITensor();
            auto start_dim = args[1].unwrapToInt();
            auto end_dim = args[2].unwrapToInt();
            auto in_shape = util::toVec(in->getDimensions());
            auto out_shape = torch::flatten(torch::rand(in_shape), start_dim, end_dim).sizes();

            auto shuffle = ctx->net->addShuffle(*in);
            TORCHTRT_CHECK(shuffle, "Unable to create shuffle layer from node: " << *n);
            shuffle->setReshapeDimensions(util::toDims(out_shape));
            shuffle->setName(util::node_info(n).c_str());

            auto out_tensor = ctx->AssociateValueAndTensor(n->outputs()[0], shuffle->getOutput(0));
            LOG_DEBUG("Output tensor shape: " << out_tensor->getDimensions());
            return true;
        }
    });
// clang-format on

}  // namespace
}  // namespace impl
}  // namespace converters
}  // namespace conversion
}  // namespace core
}  // namespace torch_tensorrt
