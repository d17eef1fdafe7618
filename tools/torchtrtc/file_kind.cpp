// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "base/output_file.h"
#include "base/zip.h"
#include "commands.h"

namespace torchtrtc {
namespace {

bool has_entry(const tenon::ZipReader& zip, const std::string& name) {
  for (const auto& entry : zip.entries()) {
    const size_t slash = entry.name.find('/');
    if (slash != std::string::npos && entry.name.compare(slash + 1, std::string::npos, name) == 0)
      return true;
  }
  return false;
}

}  // namespace

FileKind kind_of(const std::string& path) {
  const tenon::MappedFile file = tenon::map_file(path);
  if (file.view().substr(0, 8) == "TENONPLN") return FileKind::kEngine;
  if (file.view().substr(0, 2) != "PK")
    throw torch_tensorrt::Error(path + " is no .pt2, no TorchScript archive and no engine");
  const tenon::ZipReader zip = tenon::ZipReader::open(path);
  if (has_entry(zip, "archive_format")) return FileKind::kProgram;
  if (has_entry(zip, "constants.pkl")) return FileKind::kScript;
  throw torch_tensorrt::Error(
      path + " is a zip archive, but neither a program of torch.export nor a TorchScript module");
}

void write_output(const std::string& path, const std::string& content) {
  tenon::OutputFile file(path);
  file.write(content.data(), content.size());
  file.publish();
}

}  // namespace torchtrtc
