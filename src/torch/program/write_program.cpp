// SPDX-License-Identifier: Apache-2.0
#include "torch/program/write_program.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/zip.h"

namespace tenon::torch_bridge {
namespace {

using frontends::Archive;

constexpr const char* kKinds[] = {"weights", "constants"};

std::string folder(const Archive& archive, const std::string& kind) {
  return archive.root() + "data/" + kind + "/";
}

std::string config_entry(const Archive& archive, const std::string& model,
                         const std::string& kind) {
  return folder(archive, kind) + model + "_" + kind + "_config.json";
}

Document read_config(const Archive& archive, const std::string& model, const std::string& kind) {
  const std::string entry = config_entry(archive, model, kind);
  try {
    Document config = Document::parse(archive.zip().read_text(entry));
    TENON_CHECK(config.is_object() && config.contains("config") && config["config"].is_object(),
                entry, " has no field 'config'");
    return config;
  } catch (const nlohmann::json::exception& e) {
    throw Error(entry + " is not valid JSON: " + e.what());
  }
}

/// The files that a payload table names, as entries of the archive.
std::set<std::string> files_of(const Archive& archive, const Document& config,
                               const std::string& kind) {
  std::set<std::string> files;
  for (const auto& [name, meta] : config.at("config").items())
    files.insert(folder(archive, kind) + meta.at("path_name").get<std::string>());
  return files;
}

class Writer {
 public:
  Writer(const Archive& archive, const std::string& model, const Document& document,
         const Rewritten& rewritten)
      : archive_(archive), model_(model), document_(document), rewritten_(rewritten) {
    read_specs();
    for (const char* kind : kKinds) reduce(kind);
    keep_files_of_others();
    place_engines();
  }

  void write(const EngineBytes& engines, const std::string& path,
             const std::function<void(const std::string&)>& check) const {
    ZipWriter out(path);
    const std::string root = archive_.root();
    for (const auto& entry : archive_.zip().entries()) {
      // The identity of an archive is a digest of what was in it; torch does without.
      if (entry.name == root + ".data/serialization_id" || gone_.count(entry.name)) continue;
      if (const auto it = replaced_.find(entry.name); it != replaced_.end())
        out.add(entry.name, it->second);
      else
        out.add(entry.name, archive_.zip().read(entry.name));
    }
    for (size_t i = 0; i < rewritten_.engines.size(); ++i) {
      const EngineSlot& slot = rewritten_.engines[i];
      out.add(engine_entries_[i], engines.most(slot),
              [&](const ZipWriter::Sink& sink) { engines.write(slot, sink); });
    }
    const std::string readable = out.end();
    if (check) check(readable);
    out.publish();
  }

 private:
  void read_specs() {
    for (const Document& spec : document_.at("graph_module").at("signature").at("input_specs")) {
      for (const char* field : {"parameter_name", "buffer_name", "tensor_constant_name"}) {
        const Document& body = *spec.begin();
        if (body.is_object() && body.contains(field))
          stored_.insert(body.at(field).get<std::string>());
      }
    }
  }

  /// Takes out of a table what the program dropped; further names of a tensor (tied weights) stay
  /// as long as its file does.
  void reduce(const std::string& kind) {
    Document config = read_config(archive_, model_, kind);
    const std::set<std::string> before = files_of(archive_, config, kind);
    std::set<std::string> kept_files;
    for (const auto& [name, meta] : config["config"].items())
      if (stored_.count(name)) kept_files.insert(meta.at("path_name").get<std::string>());
    Document kept = Document::object();
    for (const auto& [name, meta] : config["config"].items()) {
      const bool tensor = meta.contains("tensor_meta") && !meta.at("tensor_meta").is_null();
      const bool alias = kept_files.count(meta.at("path_name").get<std::string>()) || !tensor;
      if (stored_.count(name) || (alias && !rewritten_.dropped.count(name))) kept[name] = meta;
    }
    config["config"] = std::move(kept);
    const std::set<std::string> after = files_of(archive_, config, kind);
    for (const std::string& file : before)
      if (!after.count(file)) gone_.insert(file);
    configs_[kind] = std::move(config);
  }

  void keep_files_of_others() {
    for (const std::string& other : archive_.models()) {
      if (other == model_) continue;
      for (const char* kind : kKinds)
        for (const std::string& file : files_of(archive_, read_config(archive_, other, kind), kind))
          gone_.erase(file);
    }
  }

  void place_engines() {
    size_t number = 0;
    for (const EngineSlot& slot : rewritten_.engines) {
      const std::string base = folder(archive_, "constants") + "custom_obj_";
      while (archive_.zip().find(base + std::to_string(number))) ++number;
      const std::string file = "custom_obj_" + std::to_string(number++);
      configs_["constants"]["config"][slot.stored_name] = {
          {"path_name", file}, {"is_param", false}, {"use_pickle", true}, {"tensor_meta", nullptr}};
      engine_entries_.push_back(folder(archive_, "constants") + file);
    }
    for (const auto& [kind, config] : configs_)
      replaced_[config_entry(archive_, model_, kind)] = config.dump();
    replaced_[archive_.root() + "models/" + model_ + ".json"] = document_.dump();
  }

  const Archive& archive_;
  const std::string& model_;
  const Document& document_;
  const Rewritten& rewritten_;
  std::set<std::string> stored_, gone_;
  std::map<std::string, Document> configs_;
  std::map<std::string, std::string> replaced_;  // entry -> new content
  std::vector<std::string> engine_entries_;
};

}  // namespace

void write_program(const Archive& archive, const std::string& model, const Document& document,
                   const Rewritten& rewritten, const EngineBytes& engines, const std::string& path,
                   const std::function<void(const std::string&)>& check) {
  Writer(archive, model, document, rewritten).write(engines, path, check);
}

}  // namespace tenon::torch_bridge
