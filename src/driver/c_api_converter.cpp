// SPDX-License-Identifier: Apache-2.0
// The C ABI of converters by users: callbacks become entries of the one table (user_converter.h).
#include <nlohmann/json.hpp>
#include <utility>

#include "base/options.h"
#include "convert/user_converter.h"
#include "driver/c_support.h"
#include "driver/compile.h"
#include "driver/network_json.h"
#include "driver/network_table.h"
#include "tenon/c_api_network.h"

namespace {

using namespace tenon;
using namespace tenon::driver;
using json = nlohmann::ordered_json;

thread_local std::string callback_message;

std::string take_message() {
  std::string text = std::exchange(callback_message, {});
  return text.empty() ? "no reason given" : text;
}

/// The attached network's place in the table, for as long as the callback runs.
class Attached {
 public:
  Attached(convert::Ctx& ctx, const ir::Node& node)
      : conversion_{ctx, node},
        entry_(NetworkTable::add(
            std::make_shared<NetworkEntry>(convert::network(ctx), &conversion_))) {}
  ~Attached() { NetworkTable::remove(entry_->handle()); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

  NetworkEntry& entry() { return *entry_; }
  NetworkEntry::Conversion& conversion() { return conversion_; }

 private:
  NetworkEntry::Conversion conversion_;
  std::shared_ptr<NetworkEntry> entry_;
};

/// node_json with the handles of its operands and the ranges of the sizes.
json node_json_in(Attached& a) {
  convert::Ctx& ctx = a.conversion().ctx;
  const ir::Node& node = a.conversion().node;
  json out = node_json(node);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const ir::Value* v = node.inputs[i];
    if (!v || v->type.kind != ir::Kind::kTensor || ir::constant_of(v)) continue;
    const auto it = ctx.values.find(v);
    ctx.require(it != ctx.values.end(), "operand %", v->name, " is a result that ",
                v->producer() ? v->producer()->op : "the program", " does not give in an engine");
    out["inputs"][i]["tensor"] = a.entry().handle_of(convert::tensor_of(ctx, it->second));
  }
  out["symbols"] = json::object();
  for (const auto& [name, r] : ctx.net.graph.symbols) out["symbols"][name] = {r.min, r.opt, r.max};
  return out;
}

void run(convert::Ctx& ctx, const ir::Node& node, tenon_convert convert, void* user) {
  Attached attached(ctx, node);
  const std::string text = dump(node_json_in(attached));
  callback_message.clear();
  if (convert(attached.entry().handle(), text.c_str(), user) != 0) throw Error(take_message());
  convert::bind_outputs(ctx, node, attached.conversion().results);
}

Support ask(const ir::Node& node, tenon_validate validator, void* user) {
  const std::string text = dump(node_json(node));
  callback_message.clear();
  return validator(text.c_str(), user) == 0 ? Support::yes() : Support::no(take_message());
}

std::shared_ptr<NetworkEntry> converting(tenon_handle network) {
  auto entry = NetworkTable::find(network);
  TENON_CHECK(entry->conversion(), "network ", network >> 32, " is not being converted");
  return entry;
}

}  // namespace

extern "C" {

void tenon_callback_message(const char* text) { callback_message = text ? text : ""; }

int tenon_convert_return(tenon_handle network, const tenon_handle* tensors, size_t count) {
  return guarded([&] {
    TENON_CHECK(tensors || count == 0, "tensors is null");
    const auto entry = converting(network);
    std::vector<ITensor*> results;
    for (size_t i = 0; i < count; ++i) results.push_back(entry->tensor_or_null(tensors[i]));
    entry->conversion()->results = std::move(results);
  });
}

int tenon_convert_data(tenon_handle network, size_t index, const void** data, size_t* size) {
  return guarded([&] {
    TENON_CHECK(data && size, "data or size is null");
    const auto entry = converting(network);
    NetworkEntry::Conversion& conversion = *entry->conversion();
    const ir::Value* v = conversion.node.input(index);
    const ir::ConstantPtr constant = v ? ir::constant_of(v) : nullptr;
    TENON_CHECK(constant && constant->has_data(), "input ", index, " of ",
                ir::describe(conversion.node), " is not a constant");
    conversion.kept.push_back(constant->materialise());
    *data = conversion.kept.back().get();
    *size = constant->bytes;
  });
}

const char* tenon_current_settings(void) {
  thread_local std::string text;
  const Options* options = current_options();
  text = options ? to_json(*options) : "";
  return text.c_str();
}

int tenon_register_converter(const char* op, const char* origin, int priority, int dynamic,
                             tenon_validate validator, tenon_convert convert, void* user, int* id) {
  return guarded([&] {
    TENON_CHECK(op && origin && convert && id, "tenon_register_converter: an argument is null");
    convert::UserConverter c;
    c.op = op;
    c.origin = origin;
    c.priority = priority;
    c.dynamic = dynamic != 0;
    if (validator) c.validate = [=](const ir::Node& n) { return ask(n, validator, user); };
    c.convert = [=](convert::Ctx& ctx, const ir::Node& n) { run(ctx, n, convert, user); };
    *id = convert::add_user_converter(std::move(c));
  });
}

int tenon_unregister_converter(int id) {
  return guarded([&] { convert::remove_user_converter(id); });
}

int tenon_converters(const char** out) {
  return guarded([&] {
    TENON_CHECK(out, "json is null");
    thread_local std::string text;
    text = dump({{"user", convert::user_converters()}, {"builtin", convert::converted_ops()}});
    *out = text.c_str();
  });
}

}  // extern "C"
