// SPDX-License-Identifier: Apache-2.0
// A .pt2 archive as torch.export.save writes it: a zip of stored entries with the programs' JSON
// and their weights. Weights are views of the mapped file wherever they are dense and aligned; each
// view keeps the mapping alive. Hostile input: every bound is checked. Many threads may read one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/zip.h"
#include "ir/program.h"

namespace tenon::frontends {

class TENON_API Archive {
 public:
  /// Throws Error if the file is no .pt2 archive of a version that is known here.
  static Archive open(const std::string& path);
  explicit Archive(ZipReader zip);

  /// Names of the programs, sorted; torch.export.save names its only one "model".
  const std::vector<std::string>& models() const { return models_; }
  /// The ExportedProgram JSON, for import_exported_program. Valid as long as the archive.
  std::string_view model_json(const std::string& model = "model") const;
  /// Parameters, buffers and tensor constants by qualified name. Tensors of types that the engine
  /// does not have (complex, ...) are left out; the import keeps what uses them in torch.
  ir::ConstantTable constants(const std::string& model = "model") const;

  const ZipReader& zip() const { return zip_; }
  /// The folder that holds everything, with its slash: "resnet18/".
  const std::string& root() const { return root_; }

 private:
  void check_version() const;
  void check_model(const std::string& model) const;

  ZipReader zip_;
  std::string root_;
  std::vector<std::string> models_;
};

}  // namespace tenon::frontends
