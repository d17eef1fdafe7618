// SPDX-License-Identifier: Apache-2.0
// Converters: aten node -> layers of an ir::Graph{net}. One function per op family member, keyed by
// ATen name and overload. Whether a node is supported is answered by running its converter on a
// probe network (typed shapes, constants without data), where c.no("reason") ends it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/support.h"
#include "ir/graph.h"
#include "net/layer.h"

namespace tenon {
class INetworkDefinition;
struct Options;
}  // namespace tenon

namespace tenon::convert {

/// Thrown by Ctx::no; caught by supports() and convert_segment().
struct No {
  std::string reason;
};

/// Layer builder with short calls: `net("softmax", {x}, {{"axis", int64_t{1}}})`.
class Net {
 public:
  explicit Net(ir::Graph& g) : graph(g) {}
  /// Adds a layer and returns its first output.
  ir::Value* operator()(const std::string& op, std::vector<ir::Value*> in,
                        std::vector<std::pair<std::string, ir::Attr>> attrs = {});
  ir::Node* layer(const std::string& op, std::vector<ir::Value*> in,
                  std::vector<std::pair<std::string, ir::Attr>> attrs = {});
  ir::Graph& graph;
  std::string base_name;  // names of new values derive from the aten node's output
  ir::Origin origin;      // copied onto every layer
};

/// Whether a layer can run, given the ranges of its sizes.
using NodeCheck = std::function<Support(const ir::Node& layer, const ir::SymRanges& ranges)>;

class Ctx {
 public:
  Ctx(ir::Graph& net_graph, bool probe) : net(net_graph), probe_(probe) {}

  Net net;

  /// Ends the conversion of this node with a reason for the report.
  [[noreturn]] void no(const std::string& reason) const { throw No{reason}; }
  template <typename... P>
  void require(bool ok, const P&... reason) const {
    if (!ok) no(detail::concat(reason...));
  }

  // Arguments by schema name. An argument the frontend left out has the default given here.
  bool has(const ir::Node& n, const char* arg) const;           // present and not None
  ir::Value* tensor(const ir::Node& n, const char* arg) const;  // net value; no() if absent
  ir::Value* tensor_or_null(const ir::Node& n, const char* arg) const;
  std::vector<ir::Value*> tensors(const ir::Node& n, const char* arg) const;  // null entries: None
  int64_t integer(const ir::Node& n, const char* arg) const;
  int64_t integer(const ir::Node& n, const char* arg, int64_t fallback) const;
  double number(const ir::Node& n, const char* arg, double fallback) const;  // int, float or bool
  double number(const ir::Node& n, const char* arg) const;
  bool boolean(const ir::Node& n, const char* arg, bool fallback) const;
  std::string string(const ir::Node& n, const char* arg, const std::string& fallback) const;
  std::optional<DataType> dtype(const ir::Node& n, const char* arg) const;
  std::vector<int64_t> ints(const ir::Node& n, const char* arg,
                            std::vector<int64_t> fallback = {}) const;
  ir::SymDim size(const ir::Node& n, const char* arg,
                  ir::SymDim fallback) const;  // int or symbolic
  ir::SymDim size(const ir::Node& n, const char* arg) const;
  std::vector<ir::SymDim> sizes(const ir::Node& n, const char* arg) const;
  int64_t axis(const ir::Node& n, const char* arg, size_t rank) const;  // wrapped
  std::vector<int64_t> axes(const ir::Node& n, const char* arg,
                            size_t rank) const;  // sorted, wrapped; empty: all

  /// The constant behind a net value, or null; has no data while probing.
  ir::ConstantPtr constant(const ir::Value* v) const { return ir::constant_of(v); }
  ir::Value* scalar(double value, DataType type);           // 0-d constant
  ir::Value* integer_scalar(int64_t value, DataType type);  // exact beyond 2^53
  ir::Value* cast(ir::Value* x, DataType to);               // x itself if it has that type
  /// Result type of torch's promotion between two tensors / a tensor and a Python number.
  static DataType promote(const ir::Type& a, const ir::Type& b);
  static DataType promote_number(const ir::Type& a, bool number_is_float, bool number_is_bool);
  bool probing() const { return probe_; }

  /// Result i of the aten node. Its type is checked against what the frontend recorded: a
  /// difference is a no(): a converter never changes a shape or dtype silently.
  /// Two spellings of one size are told apart by evaluation over the symbols' ranges.
  void bind(const ir::Value* aten_output, ir::Value* net_value);
  /// Binds results 0..values.size()-1 as far as the node has them; a null value is not bound, and
  /// using that result is then a no() of the user of it.
  void bind_all(const ir::Node& n, const std::vector<ir::Value*>& values);
  /// `recorded` if it has the same value as `ours` at every size tried, else no().
  ir::SymDim agree(const ir::SymDim& ours, const ir::SymDim& recorded, const char* what) const;

  std::unordered_map<const ir::Value*, ir::Value*> values;  // aten value -> net value
  std::shared_ptr<INetworkDefinition> facade;               // see network() in user_converter.h
  const Options* options = nullptr;  // of the compilation; null: not known (a probe, a test)
  NodeCheck user_layers;             // asked about the layers of users' converters, if given
  /// If set, bind() writes the result's type here instead of checking it (infer_types).
  std::unordered_map<const ir::Value*, ir::Type>* inferred = nullptr;

 private:
  const ir::Attr* arg(const ir::Node& n, const char* name) const;
  ir::Value* resolve(const ir::Node& n, const char* name, ir::Ref ref) const;
  ir::Value* add_scalar(const std::string& key, const std::function<ir::ConstantPtr()>& make);
  bool probe_;
  std::unordered_map<std::string, ir::Value*> scalars_;
};

using Converter = void (*)(Ctx&, const ir::Node&);

struct RegisterConverter {
  RegisterConverter(std::vector<const char*> ops, Converter fn);
};
#define TENON_CONVERTER_CAT2(a, b) a##b
#define TENON_CONVERTER_CAT(a, b) TENON_CONVERTER_CAT2(a, b)
// A counter, not the line: several files may be compiled as one.
#define TENON_CONVERTER(...) TENON_CONVERTER_N(__COUNTER__, __VA_ARGS__)
#define TENON_CONVERTER_N(id, ...)                                                                 \
  static void TENON_CONVERTER_CAT(convert_, id)(::tenon::convert::Ctx&, const ::tenon::ir::Node&); \
  static const ::tenon::convert::RegisterConverter TENON_CONVERTER_CAT(kReg_, id){                 \
      {__VA_ARGS__}, &TENON_CONVERTER_CAT(convert_, id)};                                          \
  static void TENON_CONVERTER_CAT(convert_, id)

Converter find_converter(const std::string& op);  // null if none
std::vector<std::string> converted_ops();         // sorted

/// Whether the layers that a converter made can run; the network is a probe (no constant data).
using LayerCheck = std::function<Support(const ir::Graph& net)>;

/// Can this aten node be converted, as it is (dtypes, ranks, constant-ness, sizes)? `ranges` are
/// the `symbols` of the node's graph; without them a symbol counts as [1, 8, 64]. `device` ("cpu",
/// "cuda") is where the engine runs: a node with another device argument is a no. "" does not ask.
/// `check` is asked about the layers, if given.
Support supports(const ir::Node& node, const ir::SymRanges* ranges = nullptr,
                 const std::string& device = {}, const LayerCheck& check = {});

/// The types that the converter gives the node's results; those it does not give are kOther.
/// Nothing if it says no. For frontends that learn types from converters; what the node says of its
/// results is taken as a hint.
std::optional<std::vector<ir::Type>> infer_types(const ir::Node& node, const ir::SymRanges& ranges);

/// Do two sizes have the same value at min, opt, max and a fixed set of pseudo-random points?
bool same_everywhere(const ir::SymDim& a, const ir::SymDim& b, const ir::SymRanges& ranges);

/// Converts `nodes` (a segment of `aten`, in order) into a net graph whose inputs are `inputs` and
/// whose outputs are `outputs` (aten values), by name. Throws Error with frames on failure;
/// `failed` (if given) then receives the node to demote. Users' converters are not asked by
/// supports() what layers they make: `user_layers` (if given) is asked here.
ir::Graph convert_segment(const ir::Graph& aten, const std::vector<const ir::Node*>& nodes,
                          const std::vector<const ir::Value*>& inputs,
                          const std::vector<const ir::Value*>& outputs,
                          const ir::Node** failed = nullptr, const Options* options = nullptr,
                          const NodeCheck& user_layers = {});

}  // namespace tenon::convert
