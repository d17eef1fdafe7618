// SPDX-License-Identifier: Apache-2.0
// nvinfer1's shape tensors: inputs that give a layer sizes instead of data, and the layers about
// shapes. What such a tensor says becomes an expression in the layer's attributes (content.h).
#include <algorithm>
#include <set>

#include "base/error.h"
#include "net/content.h"
#include "net/network_impl.h"
#include "net/rules.h"
#include "tenon/layers.h"

namespace tenon {
namespace net {
namespace {

struct ShapeInput {
  const char* op;
  int32_t index;
  const char* attr;
};
constexpr ShapeInput kShapeInputs[] = {
    {"shuffle", 1, "reshape_dims"},
    {"slice", 1, "start"},
    {"slice", 2, "size"},
    {"slice", 3, "stride"},
    {"expand", 1, "dims"},
    {"resize", 1, "output_size"},
    {"fill", 0, "dims"},
    {"range", 0, "size"},
    {"range", 1, "start"},
    {"range", 2, "step"},
    {"topk", 1, "k"},
    {"cumsum", 1, "axis"},
};

int64_t fixed(const LayerState& layer, const char* attr, const ir::SymDim& d) {
  TENON_CHECK(d.is_const(), title(layer), ": ", attr, " is ", d.str(),
              ", which is known only at run time; wanted a fixed number");
  return d.value();
}

/// The last sizes; the others must be those of the input.
ir::SymShape spatial(const LayerState& layer, const ir::SymShape& all) {
  const ir::SymShape& in = in_shape(*layer.node);
  TENON_CHECK(all.size() == in.size() && all.size() > 2 && all[0] == in[0] && all[1] == in[1],
              title(layer), ": the sizes are ", str(all), ", wanted those of the input ", str(in),
              " with the last ones changed");
  return {all.begin() + 2, all.end()};
}

void write(LayerState& layer, const std::string& attr, const ir::SymShape& e) {
  ir::Node& n = *layer.node;
  if (attr == "reshape_dims") {
    n.set("has_reshape", true);
    layer.reshape = e;
  } else if (attr == "output_size") {
    n.set(attr, spatial(layer, e));
  } else if (attr == "stride") {
    Ints list;
    for (const ir::SymDim& d : e) list.push_back(fixed(layer, "stride", d));
    n.set(attr, list);
  } else if (attr == "step" || attr == "k" || attr == "axis" ||
             (n.op == "range" && attr == "start")) {
    TENON_CHECK(e.size() == 1, title(layer), ": ", attr, " has ", e.size(), " values, wanted one");
    net::set_attr(n, attr, fixed(layer, attr.c_str(), e[0]));
  } else {
    n.set(attr, e);
  }
}

}  // namespace

const char* shape_input(const std::string& op, int32_t index) {
  for (const ShapeInput& s : kShapeInputs)
    if (op == s.op && index == s.index) return s.attr;
  return nullptr;
}

void prepare_shape_inputs(LayerState& layer) {
  for (const auto& [index, value] : layer.reads) {
    const char* attr = shape_input(layer.node->op, index);
    if (!attr) continue;
    TENON_CHECK(value->type.shape.size() <= 1, title(layer), ": the shape tensor '", value->name,
                "' is ", str(value->type), ", wanted a list of integers");
    write(layer, attr, content_of(value, layer.network->graph.symbols));
  }
}

}  // namespace net

namespace {

/// Size `i` of `x`, whatever x's shape will be when the network is built, as a list of one.
ITensor* size_of(NetworkImpl& network, const ir::Value* x, size_t i) {
  ILayer* layer = network.add("size_of", {});
  LayerState* state = &NetworkImpl::state(*layer);
  network.read_shape(*state, x);
  state->prepare = [state, x, i] {
    TENON_CHECK(i < x->type.shape.size(), net::title(*state), ": '", x->name, "' is ", str(x->type),
                " and had more dims when its shape was asked for");
    state->node->set("size", ir::SymShape{x->type.shape[i]});
  };
  auto* list = static_cast<IShuffleLayer*>(network.add("shuffle", {layer->getOutput(0)}));
  Dims one;
  one.nbDims = 1;
  one.d[0] = 1;
  list->setReshapeDimensions(one);
  return list->getOutput(0);
}

/// A shuffle whose reshape follows from the input's shape and a list of axes.
IShuffleLayer* reshape_by_axes(
    NetworkImpl& network, ITensor& input, ITensor& axes,
    std::function<ir::SymShape(const ir::SymShape&, const std::vector<int64_t>&)> shape_of) {
  auto* layer = static_cast<IShuffleLayer*>(network.add("shuffle", {&input}));
  LayerState* state = &NetworkImpl::state(*layer);
  const ir::Value* list = network.value(axes);
  network.read_shape(*state, list);
  state->prepare = [state, list, shape_of = std::move(shape_of)] {
    std::vector<int64_t> numbers;
    for (const ir::SymDim& d : net::content_of(list, state->network->graph.symbols)) {
      TENON_CHECK(d.is_const(), net::title(*state), ": an axis is ", d.str(),
                  ", wanted a fixed number");
      numbers.push_back(d.value());
    }
    state->node->set("has_reshape", true);
    state->node->set("reshape_dims", shape_of(net::in_shape(*state->node), numbers));
    net::prepare_shuffle(*state);
  };
  return layer;
}

std::set<size_t> wrapped(const std::vector<int64_t>& axes, size_t rank) {
  std::set<size_t> out;
  for (int64_t a : axes)
    TENON_CHECK(out.insert(static_cast<size_t>(net::wrap_axis(a, rank))).second, "axis ", a,
                " is given twice");
  return out;
}

ir::SymShape unsqueezed(const ir::SymShape& in, const std::vector<int64_t>& axes) {
  const size_t rank = in.size() + axes.size();
  const std::set<size_t> ones = wrapped(axes, rank);
  ir::SymShape out;
  for (size_t i = 0, from = 0; i < rank; ++i) out.push_back(ones.count(i) ? 1 : in[from++]);
  return out;
}

ir::SymShape squeezed(const ir::SymShape& in, const std::vector<int64_t>& axes) {
  const std::set<size_t> ones = wrapped(axes, in.size());
  ir::SymShape out;
  for (size_t i = 0; i < in.size(); ++i) {
    TENON_CHECK(!ones.count(i) || in[i] == ir::SymDim(1), "size ", i, " of ", str(in), " is ",
                in[i].str(), ", wanted 1 to squeeze it");
    if (!ones.count(i)) out.push_back(in[i]);
  }
  return out;
}

}  // namespace

void NetworkImpl::read_shape(LayerState& layer, const ir::Value* of) {
  has_reads_ = true;
  layer.reads[-1] = of;
}

IShapeLayer* INetworkDefinition::addShape(ITensor& input) {
  const int32_t rank = input.getDimensions().nbDims;
  TENON_CHECK(rank >= 1, "shape: '", input.getName(), "' has no dims");
  std::vector<ITensor*> sizes;
  for (int32_t i = 0; i < rank; ++i)
    sizes.push_back(size_of(*impl_, impl_->value(input), static_cast<size_t>(i)));
  return impl_->add("concatenation", sizes);
}

IParametricReLULayer* INetworkDefinition::addParametricReLU(ITensor& input, ITensor& slope) {
  ITensor* zero = addFill(Dims{}, input.getType(), 0)->getOutput(0);
  auto* above = addElementWise(input, *zero, ElementWiseOperation::kGREATER);
  auto* scaled = addElementWise(input, slope, ElementWiseOperation::kPROD);
  return addSelect(*above->getOutput(0), input, *scaled->getOutput(0));
}

IUnsqueezeLayer* INetworkDefinition::addUnsqueeze(ITensor& input, ITensor& axes) {
  return reshape_by_axes(*impl_, input, axes, unsqueezed);
}

ISqueezeLayer* INetworkDefinition::addSqueeze(ITensor& input, ITensor& axes) {
  return reshape_by_axes(*impl_, input, axes, squeezed);
}

}  // namespace tenon
