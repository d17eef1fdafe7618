// SPDX-License-Identifier: Apache-2.0
// Symbol visibility, version, and the short names of the namespaces.
#pragma once

#if defined(_WIN32)
#define TORCHTRT_API
#define TORCHTRT_HIDDEN
#else
#define TORCHTRT_API __attribute__((__visibility__("default")))
#define TORCHTRT_HIDDEN __attribute__((__visibility__("hidden")))
#endif

namespace torch_tensorrt {
namespace torchscript {}
namespace ts = torchscript;
}  // namespace torch_tensorrt
namespace torchtrt = torch_tensorrt;
