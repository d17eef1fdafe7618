// SPDX-License-Identifier: Apache-2.0
// Reads one payload table of a .pt2 archive (data/weights/<model>_weights_config.json and the like)
// into a ConstantTable. Strided tensors are made dense; the bytes spent on that are bounded over
// the whole table, so that a small file cannot ask for much memory.
#pragma once

#include <string>

#include "base/zip.h"
#include "frontends/export/json_ref.h"
#include "ir/program.h"

namespace tenon::frontends {

class PayloadReader {
 public:
  PayloadReader(const ZipReader& zip, ir::ConstantTable& table);
  /// `folder` holds the payload files, with its slash.
  void read(const std::string& config_entry, const std::string& folder);

 private:
  void add(const std::string& name, const JsonRef& meta, const std::string& folder);
  std::shared_ptr<const void> dense(std::span<const std::byte> bytes,
                                    const std::vector<int64_t>& shape,
                                    const std::vector<int64_t>& strides, int64_t offset,
                                    size_t element, const JsonRef& where);

  const ZipReader& zip_;
  ir::ConstantTable& table_;
  size_t budget_;  // bytes that copies may still take
};

}  // namespace tenon::frontends
