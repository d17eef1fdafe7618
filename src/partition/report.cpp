// SPDX-License-Identifier: Apache-2.0
// The dry-run report. Its layout is fixed: people read it and scripts parse it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "base/error.h"
#include "partition/partition.h"

namespace tenon::partition {
namespace {

const char* torch_name(DataType t) {
  switch (t) {
    case DataType::kFLOAT:
      return "float32";
    case DataType::kHALF:
      return "float16";
    case DataType::kBF16:
      return "bfloat16";
    case DataType::kDOUBLE:
      return "float64";
    case DataType::kINT8:
      return "int8";
    case DataType::kINT32:
      return "int32";
    case DataType::kINT64:
      return "int64";
    case DataType::kUINT8:
      return "uint8";
    default:
      return name_of(t);
  }
}

class Report {
 public:
  Report(const ir::Program& program, const Plan& plan, const Options& options)
      : program_(program), plan_(plan), options_(options) {
    for (const Segment& s : plan.segments)
      if (s.engine) engines_.push_back(&s);
  }

  std::string text() {
    const std::string plus(50, '+');
    out_ = "\n" + plus + " Dry-Run Results for Graph " + plus + "\n\n";
    coverage();
    unsupported();
    in_torch();
    out_ += "Compiled with: " + describe(options_) + "\n\n";
    structure();
    stats();
    recommendations();
    return out_;
  }

 private:
  void coverage() {
    char percent[32];
    double share = plan_.total_ops ? 100.0 * plan_.supported_ops / plan_.total_ops : 0.0;
    std::snprintf(percent, sizeof percent, "%.2f", share);
    out_ += detail::concat("The graph consists of ", plan_.total_ops, " Total Operators, of which ",
                           plan_.supported_ops, " operators are supported, ", percent,
                           "% coverage\n\n");
  }

  void unsupported() {
    std::map<std::string, int> counts;
    for (const auto& n : plan_.nodes)
      if (!n.supported || n.reason.rfind("excluded by", 0) == 0) ++counts[op_name(*n.node)];
    if (counts.empty()) return;
    out_ +=
        "The following ops are currently unsupported or excluded from conversion, and are listed "
        "with their op-count in the graph:\n";
    for (const auto& [op, count] : counts) out_ += detail::concat(" ", op, ": ", count, "\n");
    out_ += "\n";
  }

  static std::string op_name(const ir::Node& n) { return n.origin.op.empty() ? n.op : n.origin.op; }

  void in_torch() {
    bool any = false;
    for (const auto& n : plan_.nodes) {
      if (n.engine) continue;
      if (!any) out_ += "The following nodes are currently set to run in Torch:\n";
      any = true;
      const ir::Origin& origin = n.node->origin;
      std::string where = origin.module.empty() ? origin.node : origin.module + "/" + origin.node;
      out_ += "Node: " + op_name(*n.node) + ", with layer location: " + where;
      if (!n.node->origin.location.empty()) out_ += " (" + n.node->origin.location + ")";
      out_ += "\n  Reason: " + n.reason + "\n";
    }
    if (any)
      out_ +=
          "Note: Some of the above nodes may be supported, but were not included in a TRT graph by "
          "the partitioner\n\n";
  }

  std::string tensor(const ir::Type& t) const {
    if (t.kind == ir::Kind::kSize) return "SymInt: " + t.size.str();
    if (t.kind == ir::Kind::kOther) return "Object";
    std::string dims;
    for (const ir::SymDim& d : t.shape) {
      if (!dims.empty()) dims += ", ";
      if (d.is_const()) {
        dims += std::to_string(d.value());
      } else {
        auto b = d.bounds(program_.graph.symbols);
        dims += detail::concat("(min=", b.lo, ", max=", b.hi, ")");
      }
    }
    return "Tensor: (" + dims + (t.shape.size() == 1 ? ",)" : ")") + "@" + torch_name(t.dtype);
  }

  template <typename Values>
  std::string list(const Values& values) const {
    std::string text;
    for (const auto& v : values) text += (text.empty() ? "" : ", ") + tensor(v->type);
    return "List[" + text + "]";
  }

  void structure() {
    out_ += "  Graph Structure:\n\n   Inputs: " + list(program_.graph.inputs()) + "\n    ...\n";
    int i = 0;
    for (const Segment* s : engines_) {
      out_ += detail::concat("    TRT Engine #", ++i, " - Submodule name: ", s->name,
                             "\n     Engine Inputs: ", list(s->inputs),
                             "\n     Number of Operators in Engine: ", s->nodes.size(),
                             "\n     Engine Outputs: ", list(s->outputs), "\n    ...\n");
    }
    out_ += "   Outputs: " + list(program_.graph.outputs) + "\n\n";
  }

  double average() const {
    double sum = 0;
    for (const Segment* s : engines_) sum += static_cast<double>(s->nodes.size());
    return sum / static_cast<double>(engines_.size());
  }
  size_t most() const {
    size_t most = 0;
    for (const Segment* s : engines_) most = std::max(most, s->nodes.size());
    return most;
  }
  size_t least() const {
    size_t least = SIZE_MAX;
    for (const Segment* s : engines_) least = std::min(least, s->nodes.size());
    return least;
  }
  int engines_at(size_t min_block_size) const {
    return static_cast<int>(std::count_if(engines_.begin(), engines_.end(), [&](const Segment* s) {
      return s->nodes.size() >= min_block_size;
    }));
  }

  void stats() {
    const std::string dash(25, '-');
    out_ += "  " + dash + " Aggregate Stats " + dash + "\n\n";
    if (engines_.empty()) {
      out_ += "   Aggregate stats not available since no TRT Engines were generated.\n";
      return;
    }
    char number[32];
    std::snprintf(number, sizeof number, "%.10g", average());
    std::string text = number;
    if (text.find('.') == std::string::npos) text += ".0";
    out_ += "   Average Number of Operators per TRT Engine: " + text + "\n";
    out_ += detail::concat("   Most Operators in a TRT Engine: ", most(), "\n");
  }

  void recommendations() {
    if (engines_.empty()) return;
    out_ += "\n  ********** Recommendations **********\n\n";
    out_ += detail::concat("   - For minimal graph segmentation, select min_block_size=", most(),
                           " which would generate ", engines_at(most()), " TRT engine(s)\n");
    size_t moderate = static_cast<size_t>(std::ceil(average()));
    if (moderate != most())
      out_ +=
          detail::concat("   - For moderate graph segmentation, select min_block_size=", moderate,
                         " which would generate ", engines_at(moderate), " TRT engine(s)\n");
    out_ += detail::concat(
        "   - The current level of graph segmentation is equivalent to selecting min_block_size=",
        least(), " which generates ", engines_.size(), " TRT engine(s)\n");
  }

  const ir::Program& program_;
  const Plan& plan_;
  const Options& options_;
  std::vector<const Segment*> engines_;
  std::string out_;
};

}  // namespace

std::string dryrun_report(const ir::Program& program, const Plan& plan, const Options& options) {
  return Report(program, plan, options).text();
}

}  // namespace tenon::partition
