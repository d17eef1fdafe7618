// SPDX-License-Identifier: Apache-2.0
// The plan file (docs/plan_format.md): header (magic, version, target), section table, sections
// (graph text, layer info JSON, target JSON, constants table), weights at 64-byte alignment,
// addressable in place. Every section has a checksum; every bound is checked on reading. 64-bit
// sizes throughout. Written as a stream: constants are materialised one at a time, straight into
// their place.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"
#include "kernels/device.h"
#include "tenon/runtime.h"

namespace tenon::engine {

struct PlanContent {
  std::string target;  // JSON: {"device": "cpu", "isa": "avx512", "libraries": {...}}
  std::string graph;   // net graph, text form, constants as #k
  std::string info;    // layer info JSON (kernels, candidates, times)
  std::vector<ir::ConstantPtr> constants;  // #k
  std::vector<kernels::DeviceCode> code;   // compiled device code; none for the CPU
};

/// One allocation of the final size; calls `progress(done_bytes, total_bytes)` now and then.
PlanBytes write_plan(const PlanContent& content);
/// Same bytes to a file, written beside `path` and renamed into place; never a torn file.
void write_plan_file(const PlanContent& content, const std::string& path);
/// Constants of the result point into `plan.data` and keep it alive. Throws Error that says whether
/// the file is truncated (sizes seen and wanted), corrupted (section name), foreign or newer.
PlanContent read_plan(const PlanBytes& plan);
/// Hex of a 128-bit digest over all section checksums.
std::string content_hash(const PlanBytes& plan);
PlanBytes map_file(const std::string& path);  // mmap, read-only

}  // namespace tenon::engine
