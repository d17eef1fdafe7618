// SPDX-License-Identifier: Apache-2.0
// Writes a .pt2 archive that differs from another one in its program, in engines that came and in
// weights that went. What stays is copied from the mapped archive, entry by entry.
#pragma once

#include <functional>
#include <string>

#include "base/zip.h"
#include "frontends/export/archive.h"
#include "torch/program/put_engines.h"

namespace tenon::torch_bridge {

/// Hands over the custom object entry of an engine slot; asked for one at a time.
struct EngineBytes {
  std::function<uint64_t(const EngineSlot&)> most;  // an upper bound of its size
  std::function<void(const EngineSlot&, const ZipWriter::Sink&)> write;
};

/// `check` is called with a name of the whole archive before it is published as `path`; what it
/// throws prevents that.
void write_program(const frontends::Archive& archive, const std::string& model,
                   const Document& document, const Rewritten& rewritten, const EngineBytes& engines,
                   const std::string& path, const std::function<void(const std::string&)>& check);

}  // namespace tenon::torch_bridge
