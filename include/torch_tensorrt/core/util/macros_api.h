// SPDX-License-Identifier: Apache-2.0
// What libtorchtrt.so shows to the libraries of converters.
#pragma once

#define TORCHTRT_CORE_API __attribute__((visibility("default")))
/// For static objects that exist only for what their construction does.
#define TORCHTRT_UNUSED __attribute__((unused))
