// SPDX-License-Identifier: Apache-2.0
#include "convert/user_converter.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "base/log.h"
#include "net/network_impl.h"

namespace tenon::convert {
namespace {

using Entry = std::pair<int, std::shared_ptr<const UserConverter>>;

struct Table {
  std::shared_mutex mutex;
  std::map<std::string, std::vector<Entry>> by_op;  // in the order in which they are tried
  int next = 1;
};

Table& table() {
  static Table t;
  return t;
}

bool has_symbol(const ir::SymShape& shape) {
  return std::any_of(shape.begin(), shape.end(), [](const ir::SymDim& d) { return !d.is_const(); });
}

bool is_dynamic(const ir::Node& n) {
  for (const ir::Value* v : n.inputs)
    if (v && has_symbol(v->type.shape)) return true;
  return std::any_of(n.outputs().begin(), n.outputs().end(),
                     [](const auto& v) { return has_symbol(v->type.shape); });
}

Support takes(const UserConverter& c, const ir::Node& n) {
  if (!c.dynamic && is_dynamic(n))
    return Support::no("it is not marked as able to convert run-time sizes");
  return c.validate ? c.validate(n) : Support::yes();
}

}  // namespace

int add_user_converter(UserConverter converter) {
  TENON_CHECK(converter.convert, "a converter for ", converter.op, " has no function");
  TENON_CHECK(converter.op.find("::") != std::string::npos, "a converter is for '", converter.op,
              "', wanted a name such as aten::relu or mylib::op.overload");
  Table& t = table();
  const std::unique_lock lock(t.mutex);
  std::vector<Entry>& entries = t.by_op[converter.op];
  if (!entries.empty())
    log(LogLevel::kInfo, "converter for ", converter.op, " (", converter.origin, ") comes beside ",
        entries.front().second->origin);
  else if (find_converter(converter.op))
    log(LogLevel::kInfo, "converter for ", converter.op, " (", converter.origin,
        ") overrides the built-in one");
  const auto place = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) {
    return e.second->priority <= converter.priority;
  });
  const int id = t.next++;
  entries.insert(place, {id, std::make_shared<const UserConverter>(std::move(converter))});
  return id;
}

void remove_user_converter(int id) {
  Table& t = table();
  const std::unique_lock lock(t.mutex);
  for (auto& [op, entries] : t.by_op)
    std::erase_if(entries, [&](const Entry& e) { return e.first == id; });
  std::erase_if(t.by_op, [](const auto& item) { return item.second.empty(); });
}

std::vector<std::string> user_converters() {
  Table& t = table();
  const std::shared_lock lock(t.mutex);
  std::vector<std::string> names;
  for (const auto& [op, entries] : t.by_op)
    for (const Entry& e : entries) names.push_back(op + " (" + e.second->origin + ")");
  return names;
}

std::shared_ptr<const UserConverter> find_user_converter(const ir::Node& node,
                                                         std::string* refusals) {
  std::vector<Entry> entries;
  {
    Table& t = table();
    const std::shared_lock lock(t.mutex);
    const auto it = t.by_op.find(node.op);
    if (it == t.by_op.end()) return nullptr;
    entries = it->second;  // validators are user code: they run without the lock
  }
  for (const auto& [id, converter] : entries) {
    const Support answer = takes(*converter, node);
    if (answer) return converter;
    if (refusals)
      *refusals += detail::concat(refusals->empty() ? "" : "; ", "the converter of ",
                                  converter->origin, " says no: ", answer.reason());
  }
  return nullptr;
}

INetworkDefinition& network(Ctx& c) {
  if (!c.facade) c.facade = NetworkImpl::attach(c.net.graph);
  c.facade->impl().origin = c.net.origin;
  return *c.facade;
}

ITensor* tensor_of(Ctx& c, ir::Value* value) { return network(c).impl().handle(value); }

ir::Value* value_of(Ctx& c, ITensor& tensor) {
  NetworkImpl& impl = network(c).impl();
  ir::Value* v = impl.value(tensor);
  impl.ensure(v);
  return v;
}

void bind_outputs(Ctx& c, const ir::Node& n, const std::vector<ITensor*>& tensors) {
  c.require(tensors.size() <= n.outputs().size(), "the converter returned ", tensors.size(),
            " tensors, ", n.op, " has ", n.outputs().size(), " results");
  std::vector<ir::Value*> values;
  for (ITensor* t : tensors) values.push_back(t ? value_of(c, *t) : nullptr);
  c.bind_all(n, values);
}

}  // namespace tenon::convert
