// SPDX-License-Identifier: Apache-2.0
// Loading a plan and answering questions about it.
#include <algorithm>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "engine/run/engine_impl.h"
#include "engine/run/storage.h"
#include "ir/pass.h"
#include "ir/text.h"
#include "net/layer.h"

namespace tenon {
namespace {

/// The device of the plan must be here, and be of the kind that the plan was built for.
void open_device(Engine::Impl& impl, engine::PlanContent& content, int sm) {
  impl.runtime = &kernels::device_runtime(kernels::Device::kCUDA);
  impl.device = "cuda";
  const Support there = impl.runtime->available();
  TENON_CHECK(there, there.reason());
  impl.target = impl.runtime->target();
  TENON_CHECK(impl.target.sm == sm, "the plan was built for a GPU of compute capability ", sm / 10,
              ".", sm % 10, ", this one has ", impl.target.sm / 10, ".", impl.target.sm % 10,
              "; build the engine again here");
  impl.code = impl.runtime->load_code(std::move(content.code));
  impl.target.code = impl.code.get();
}

void check_isa(const std::string& isa);

void check_target(Engine::Impl& impl, engine::PlanContent& content) {
  auto target = nlohmann::json::parse(content.target, nullptr, /*allow_exceptions=*/false);
  const auto is_text = [&](const char* key) {
    return target.contains(key) && target[key].is_string();
  };
  TENON_CHECK(target.is_object() && is_text("device"), "the plan's target section is not readable");
  const std::string device = target["device"];
  if (device == "cpu") {
    TENON_CHECK(is_text("isa"), "the plan's target section names no instruction set");
    check_isa(target["isa"]);
  } else if (device == "cuda") {
    TENON_CHECK(target.contains("sm") && target["sm"].is_number_integer() &&
                    target.contains("tf32") && target["tf32"].is_boolean(),
                "the plan's target section is not readable");
    open_device(impl, content, target["sm"].get<int>());
    impl.target.tf32 = target["tf32"].get<bool>();
  } else {
    throw Error("the plan is for device '" + device + "', this library runs 'cpu' and 'cuda'");
  }
}

void check_isa(const std::string& isa) {
  static const std::vector<std::string> kOrder = {"generic", "avx2", "avx512"};
  auto want = std::find(kOrder.begin(), kOrder.end(), isa);
  auto have =
      std::find(kOrder.begin(), kOrder.end(), std::string(kernels::name_of(kernels::isa())));
  TENON_CHECK(want != kOrder.end() && want <= have, "the plan was built for instruction set '", isa,
              "', this machine has '", kernels::name_of(kernels::isa()),
              "'; build the engine again here");
}

/// Takes the builder's choice off the node and finds that kernel here.
const kernels::KernelImpl* chosen_kernel(ir::Node& node, kernels::Device device) {
  std::string name = node.get<std::string>("kernel");
  const kernels::KernelImpl* impl = kernels::find_kernel(node.op, name);
  if (!impl) {
    Support plugins = kernels::load_plugins();
    throw Error(detail::concat("the plan runs ", ir::describe(node), " with kernel '", name,
                               "', which is not available here",
                               plugins ? "" : ": " + plugins.reason()));
  }
  node.erase_attr("kernel");
  TENON_CHECK(impl->device() == device, "the plan runs ", ir::describe(node), " with '", name,
              "', a kernel for another device");
  return impl;
}

/// Copies the weights to the device.
void upload_weights(Engine::Impl& impl) {
  if (!impl.runtime) return;
  for (const auto& node : impl.graph.nodes()) {
    ir::ConstantPtr c = ir::constant_of(node->output());
    if (!c || impl.weights.count(c.get())) continue;
    std::shared_ptr<void> place = impl.runtime->allocate(c->bytes);
    impl.runtime->upload(place.get(), c->data.get(), c->bytes);
    impl.weights.emplace(c.get(), std::move(place));
  }
}

void check_data(const ir::Node& constant) {
  TENON_CHECK(ir::constant_of(constant.output())->data, "the plan has no data for ",
              ir::describe(constant));
}

BindingInfo binding(const std::string& name, const ir::Value& v, const ir::SymRanges& symbols) {
  BindingInfo info{name, v.type.dtype, {}, {}};
  for (const ir::SymDim& d : v.type.shape) {
    ir::SymEnv opt;
    for (const auto& [s, r] : symbols) opt[s] = r.opt;
    auto bounds = d.bounds(symbols);
    info.shape.push_back({bounds.lo, d.eval(opt), bounds.hi});
    info.expr.push_back(d.str());
  }
  return info;
}

void read_graph(Engine::Impl& impl, const engine::PlanContent& content) {
  const kernels::Device device = impl.runtime ? impl.runtime->device() : kernels::Device::kCPU;
  impl.graph = ir::parse(content.graph, content.constants);
  ir::verify(impl.graph);
  net::check_net(impl.graph);
  for (auto& node : impl.graph.nodes()) {
    if (node->is_constant()) {
      check_data(*node);
    } else if (!engine::is_view(*node)) {
      impl.steps.push_back({node.get(), chosen_kernel(*node, device)});
    } else {
      ir::ConstantPtr viewed = ir::constant_of(node->input(0));
      TENON_CHECK(!viewed || viewed->format.empty(), ir::describe(*node),
                  " is a view of packed weights");
    }
  }
  TENON_CHECK(engine::shared_outputs(impl.graph).empty(),
              "the plan's outputs share memory with each other or with inputs or constants");
  for (const auto& in : impl.graph.inputs()) {
    TENON_CHECK(in->type.kind == ir::Kind::kTensor, "engine input '", in->name,
                "' is not a tensor");
    impl.flat_size += in->type.shape.size();
    impl.inputs.push_back(binding(in->name, *in, impl.graph.symbols));
  }
  const auto& names = impl.graph.output_names;
  for (size_t i = 0; i < impl.graph.outputs.size(); ++i) {
    const ir::Value& v = *impl.graph.outputs[i];
    impl.outputs.push_back(binding(i < names.size() ? names[i] : v.name, v, impl.graph.symbols));
  }
  engine::check_sizes_known(impl.graph);
}

}  // namespace

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

namespace {

/// Kernels read weights in place and expect them aligned as in the plan; a plan that lies elsewhere
/// in memory is copied once.
PlanBytes aligned(PlanBytes plan) {
  constexpr size_t kAlign = 64;
  if (reinterpret_cast<uintptr_t>(plan.data.get()) % kAlign == 0) return plan;
  log(LogLevel::kInfo, "the plan is not aligned to ", kAlign, " bytes in memory: its ", plan.size,
      " bytes are copied");
  void* p = ::operator new(plan.size, std::align_val_t{kAlign});
  std::shared_ptr<void> copy(p, [](void* q) { ::operator delete(q, std::align_val_t{64}); });
  std::memcpy(p, plan.data.get(), plan.size);
  return {copy, plan.size};
}

}  // namespace

std::shared_ptr<Engine> Engine::load(PlanBytes plan) {
  plan = aligned(std::move(plan));
  static_cast<void>(kernels::load_plugins());  // its absence is reported if the plan needs it
  auto impl = std::make_unique<Impl>();
  engine::PlanContent content = engine::read_plan(plan);
  impl->plan = plan;
  impl->hash = engine::content_hash(plan);
  impl->info = content.info;
  check_target(*impl, content);
  read_graph(*impl, content);
  upload_weights(*impl);
  return std::shared_ptr<Engine>(new Engine(std::move(impl)));
}

std::shared_ptr<Engine> Engine::load_file(const std::string& path) {
  return with_frame([&] { return "while loading '" + path + "'"; },
                    [&] { return load(engine::map_file(path)); });
}

const std::vector<BindingInfo>& Engine::inputs() const { return impl_->inputs; }
const std::vector<BindingInfo>& Engine::outputs() const { return impl_->outputs; }
const std::string& Engine::device() const { return impl_->device; }
const PlanBytes& Engine::plan() const { return impl_->plan; }
const std::string& Engine::content_hash() const { return impl_->hash; }
std::string Engine::layer_info() const { return impl_->info; }

std::vector<std::vector<int64_t>> Engine::infer_shapes(
    const std::vector<std::vector<int64_t>>& inputs) const {
  TENON_CHECK(inputs.size() == impl_->inputs.size(), "the engine has ", impl_->inputs.size(),
              " inputs, ", inputs.size(), " were given");
  std::vector<int64_t> flat;
  for (size_t i = 0; i < inputs.size(); ++i) {
    TENON_CHECK(inputs[i].size() == impl_->inputs[i].shape.size(), "input '", impl_->inputs[i].name,
                "' has ", inputs[i].size(), " dimensions, wanted ", impl_->inputs[i].shape.size());
    flat.insert(flat.end(), inputs[i].begin(), inputs[i].end());
  }
  ir::SymEnv env = impl_->bind_sizes(flat);
  std::vector<std::vector<int64_t>> shapes;
  for (const ir::Value* out : impl_->graph.outputs) shapes.push_back(engine::sizes_of(*out, env));
  return shapes;
}

const char* version() { return TENON_VERSION; }

}  // namespace tenon
