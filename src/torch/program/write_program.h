// SPDX-License-Identifier: Apache-2.0
// Writes a .pt2 archive that differs from another one in its program, in engines that came and in
// weights that went. What stays is copied from the mapped archive, entry by entry.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frontends/export/archive.h"
#include "torch/program/put_engines.h"

namespace tenon::torch_bridge {

/// The bytes of a custom object entry for an engine slot; asked for one at a time.
using EngineBytes = std::function<std::vector<char>(const EngineSlot&)>;

/// `check` is called with a name of the whole archive before it is published as `path`; what it
/// throws prevents that.
void write_program(const frontends::Archive& archive, const std::string& model,
                   const Document& document, const Rewritten& rewritten, const EngineBytes& engines,
                   const std::string& path, const std::function<void(const std::string&)>& check);

}  // namespace tenon::torch_bridge
