// SPDX-License-Identifier: Apache-2.0
// PyTorch's C++ runtime reads only programs whose arguments and results are made of tuples, lists
// and dicts. A copy whose call is flat runs there, whatever containers the program knows. Free
// functions.
#pragma once

#include <string>

#include "base/zip.h"

namespace tenon::torch_bridge {

/// The first container of the program's call that PyTorch's C++ runtime does not know, or "".
std::string foreign_container(const std::string& path);

/// Adds everything in the archive at `path` to `copy`, with the program's call made flat.
void add_flat_copy(const std::string& path, ZipWriter& copy);

}  // namespace tenon::torch_bridge
