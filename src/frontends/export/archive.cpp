// SPDX-License-Identifier: Apache-2.0
#include "frontends/export/archive.h"

#include <algorithm>

#include "frontends/export/payload.h"

namespace tenon::frontends {
namespace {

constexpr std::string_view kFormatEntry = "archive_format";

/// The folder of the archive_format entry. Torch puts everything into one folder, named after the
/// file.
std::string find_root(const ZipReader& zip) {
  for (const auto& e : zip.entries()) {
    const size_t slash = e.name.find('/');
    if (slash != std::string::npos && e.name.substr(slash + 1) == kFormatEntry) {
      return e.name.substr(0, slash + 1);
    }
  }
  throw Error(zip.name() + " is no .pt2 archive: it has no entry archive_format");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Archive Archive::open(const std::string& path) { return Archive(ZipReader::open(path)); }

Archive::Archive(ZipReader zip) : zip_(std::move(zip)), root_(find_root(zip_)) {
  check_version();
  const std::string folder = root_ + "models/";
  for (const auto& e : zip_.entries()) {
    if (!e.name.starts_with(folder) || !e.name.ends_with(".json")) continue;
    const std::string name = e.name.substr(folder.size(), e.name.size() - folder.size() - 5);
    if (!name.empty() && name.find('/') == std::string::npos) models_.push_back(name);
  }
  std::sort(models_.begin(), models_.end());
}

void Archive::check_version() const {
  const auto format = trimmed(zip_.read_text(root_ + std::string(kFormatEntry)));
  TENON_CHECK(format == "pt2", zip_.name(), ": archive_format is '", format, "', want 'pt2'");
  const auto version = trimmed(zip_.read_text(root_ + "archive_version"));
  TENON_CHECK(version == "0", zip_.name(), ": archive_version is '", version, "', want '0'");
  if (zip_.find(root_ + "byteorder")) {
    const auto order = trimmed(zip_.read_text(root_ + "byteorder"));
    TENON_CHECK(order == "little", zip_.name(), ": byteorder is '", order, "', want 'little'");
  }
}

void Archive::check_model(const std::string& model) const {
  if (std::find(models_.begin(), models_.end(), model) != models_.end()) return;
  std::string known;
  for (const auto& m : models_) known += (known.empty() ? "" : ", ") + m;
  throw Error(detail::concat(zip_.name(), " has no program '", model,
                             "'; it has: ", known.empty() ? "none" : known));
}

std::string_view Archive::model_json(const std::string& model) const {
  check_model(model);
  return zip_.read_text(root_ + "models/" + model + ".json");
}

ir::ConstantTable Archive::constants(const std::string& model) const {
  check_model(model);
  ir::ConstantTable table;
  PayloadReader reader(zip_, table);
  for (const char* kind : {"weights", "constants"}) {
    const std::string folder = root_ + "data/" + kind + "/";
    TENON_CHECK(!zip_.find(folder + model + ".pt"), zip_.name(), ": ", folder, model,
                ".pt is a pickle of an old format; save the program again with torch.export.save");
    reader.read(folder + model + "_" + kind + "_config.json", folder);
  }
  return table;
}

}  // namespace tenon::frontends
