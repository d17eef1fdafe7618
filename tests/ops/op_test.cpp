// SPDX-License-Identifier: Apache-2.0
#include "op_test.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <thread>

#include "kernels/device.h"
#include "net/layer.h"
#include "op_data.h"

namespace tenon::test {

namespace {

using kernels::KernelImpl;
using kernels::Problem;
using kernels::TensorDesc;

bool verbose() {
  const char* v = std::getenv("TENON_TEST_VERBOSE");
  return v && *v && *v != '0';
}

template <typename... Parts>
void say(const Parts&... parts) {
  if (verbose()) std::printf("    %s\n", detail::concat(parts...).c_str());
}

/// How the operands of one run lie in memory.
struct Variant {
  const char* name;
  bool in_channels_last, out_channels_last, element_aligned;
};
constexpr Variant kPlainVariant{"plain", false, false, false};
constexpr Variant kVariants[] = {
    kPlainVariant,
    {"plain, aligned to elements only", false, false, true},
    {"channels_last", true, true, false},
    {"channels_last to plain", true, false, false},
    {"plain to channels_last", false, true, false},
};

/// One case made concrete: the layer's node with its types, and the operands' values.
struct Setup {
  ir::Graph graph;
  ir::Node* node = nullptr;
  std::vector<std::vector<Number>> values;  // per input
  std::vector<ir::ConstantPtr> constants;   // per input, null if not constant
  Problem problem;                          // plain layouts
};

TensorDesc desc_of(const Operand& o) {
  TensorDesc d;
  d.dtype = o.dtype;
  d.shape = o.shape;
  d.present = !o.is_absent;
  return d;
}

ir::Value* add_operand(Setup& s, const Operand& o, size_t i) {
  if (o.is_absent) return nullptr;
  if (s.constants[i]) return s.graph.add_constant(s.constants[i]);
  return s.graph.add_input(
      "x" + std::to_string(i),
      {ir::Kind::kTensor, o.dtype, ir::SymShape(o.shape.begin(), o.shape.end()), {}});
}

void add_input_desc(Setup& s, const Operand& o, Random& random) {
  TensorDesc d = desc_of(o);
  s.values.push_back(o.is_absent ? std::vector<Number>() : numbers_of(o, random));
  s.constants.push_back(nullptr);
  if (o.is_constant) {
    Buffer bytes(d.bytes());
    store_numbers(d, s.values.back(), bytes.data());
    s.constants.back() = ir::make_constant(o.dtype, o.shape, bytes.data());
    d.is_constant = true;
    d.data = s.constants.back()->data.get();
  }
  s.problem.in.push_back(std::move(d));
}

Setup make_setup(const OpCase& c, uint64_t seed) {
  Setup s;
  Random random(seed);
  std::vector<ir::Value*> inputs;
  for (const Operand& o : c.in) {
    add_input_desc(s, o, random);
    inputs.push_back(add_operand(s, o, inputs.size()));
  }
  std::vector<std::pair<std::string, ir::Attr>> attrs;
  for (const auto& [name, arg] : c.attrs) attrs.emplace_back(name, arg.value);
  s.node = net::add_layer(s.graph, c.op, inputs, attrs, "y");
  s.problem.in.resize(inputs.size());
  s.problem.layer = s.node;
  s.problem.sizes = c.sizes;
  s.problem.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (const auto& v : s.node->outputs()) {
    TensorDesc d;
    d.dtype = v->type.dtype;
    d.shape = ir::eval(v->type.shape, c.sizes);
    s.problem.out.push_back(std::move(d));
  }
  return s;
}

bool can_be_channels_last(const TensorDesc& d) { return d.present && d.shape.size() >= 3; }

Problem lay_out(const Setup& s, const OpCase& c, const Variant& v) {
  Problem p = s.problem;
  for (size_t i = 0; i < p.in.size() && v.in_channels_last; ++i) {
    const bool movable = !c.in[i].is_constant && !c.in[i].keeps_layout;
    if (movable && can_be_channels_last(p.in[i])) p.in[i].layout = ir::Layout::kChannelsLast;
  }
  for (TensorDesc& d : p.out) {
    if (v.out_channels_last && can_be_channels_last(d)) d.layout = ir::Layout::kChannelsLast;
  }
  return p;
}

bool differs_from_plain(const Problem& p, const Variant& v) {
  auto moved = [](const TensorDesc& d) { return !d.plain(); };
  const bool in = std::any_of(p.in.begin(), p.in.end(), moved);
  const bool out = std::any_of(p.out.begin(), p.out.end(), moved);
  return in == v.in_channels_last && out == v.out_channels_last && (in || out || v.element_aligned);
}

/// A buffer's twin on another device, guards and all.
class Mirror {
 public:
  Mirror(kernels::DeviceRuntime& device, Buffer& host, size_t shift)
      : device_(device), host_(host), memory_(device.allocate(host.block().size() + kAlign)) {
    offset_ = (kAlign + shift - host.start() % kAlign) % kAlign;
  }
  void* data() const { return place() + host_.start(); }
  void upload() const { device_.upload(place(), host_.block().data(), host_.block().size()); }
  void download() const { device_.download(host_.block().data(), place(), host_.block().size()); }

 private:
  static constexpr size_t kAlign = 256;
  char* place() const { return static_cast<char*>(memory_.get()) + offset_; }
  kernels::DeviceRuntime& device_;
  Buffer& host_;
  std::shared_ptr<void> memory_;
  size_t offset_;
};

/// Everything one kernel needs to be called, packed and laid out.
class Run {
 public:
  Run(const Setup& s, Problem problem, const KernelImpl& impl, const Variant& v)
      : problem_(std::move(problem)) {
    const kernels::Packed packed = impl.pack(problem_, s.constants);
    EXPECT_EQ(packed.size(), problem_.in.size()) << "pack() answers for every input";
    for (size_t i = 0; i < problem_.in.size(); ++i) {
      if (i < packed.size() && packed[i])
        use_packed(i, packed[i]);
      else
        use_values(i, s.values.size() > i ? s.values[i] : std::vector<Number>(), v);
    }
    for (TensorDesc& d : problem_.out) {
      const size_t shift = v.element_aligned ? size_of(d.dtype) : 0;
      out_.push_back(outputs_.emplace_back(d.bytes(), shift).data());
    }
    const Support support = kernels::can_run(impl, problem_);
    EXPECT_TRUE(support) << "on its own packed constants: " << support.reason();
    kernel_ = impl.prepare(problem_);
    scratch_ = std::make_unique<Buffer>(kernel_->scratch_bytes);
    scratch_data_ = scratch_->data();
    if (problem_.target) move_to_device(v);
  }

  void call() {
    scratch_->fill_with_garbage();
    for (const Mirror& m : mirrors_) m.upload();
    kernel_->run({in_.data(), out_.data(), scratch_data_});
    for (const Mirror& m : mirrors_) m.download();
  }
  std::vector<std::vector<Number>> results() const {
    std::vector<std::vector<Number>> r;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      r.push_back(load_numbers(problem_.out[i], outputs_[i].data()));
    }
    return r;
  }
  bool guards_intact() const {
    auto intact = [](const Buffer& b) { return b.guards_intact(); };
    return std::all_of(inputs_.begin(), inputs_.end(), intact) &&
           std::all_of(outputs_.begin(), outputs_.end(), intact) && scratch_->guards_intact();
  }
  bool inputs_untouched() const {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (std::memcmp(inputs_[i].data(), copies_[i].data(), copies_[i].size()) != 0) return false;
    }
    return true;
  }
  void garble_outputs() {
    for (Buffer& b : outputs_) b.fill_with_garbage();
  }
  /// From here on output 0 lies where input i does.
  void share_output_with(size_t i) {
    shared_ = i;
    out_[0] = const_cast<void*>(in_[i]);
  }
  std::vector<Number> shared_result() const {
    return load_numbers(problem_.out[0], host_of_.at(shared_));
  }

 private:
  /// Copies every buffer to the device and points there.
  void move_to_device(const Variant& v) {
    kernels::DeviceRuntime& device = kernels::device_runtime(problem_.device());
    const auto add = [&](Buffer& b, size_t shift) {
      return mirrors_.emplace_back(device, b, shift).data();
    };
    for (size_t i = 0, next = 0; i < in_.size(); ++i) {
      const TensorDesc& d = problem_.in[i];
      if (!in_[i]) continue;
      if (!d.format.empty()) {
        Buffer& b = packed_.emplace_back(d.constant_bytes);
        std::memcpy(b.data(), in_[i], d.constant_bytes);
        in_[i] = add(b, 0);
      } else {
        in_[i] = add(inputs_[next++], v.element_aligned && !d.is_constant ? size_of(d.dtype) : 0);
      }
    }
    for (size_t i = 0; i < out_.size(); ++i)
      out_[i] = add(outputs_[i], v.element_aligned ? size_of(problem_.out[i].dtype) : 0);
    scratch_data_ = add(*scratch_, 0);
  }
  void use_packed(size_t i, const ir::ConstantPtr& c) {
    TensorDesc& d = problem_.in[i];
    keep_.push_back(c->materialise());
    d.constant_bytes = c->bytes;
    d.format = c->format;  // dtype and shape stay the logical ones, as in the engine
    d.data = keep_.back().get();
    host_of_.push_back(d.data);
    in_.push_back(d.data);
  }
  void use_values(size_t i, const std::vector<Number>& values, const Variant& v) {
    TensorDesc& d = problem_.in[i];
    host_of_.push_back(nullptr);
    if (!d.present) return in_.push_back(nullptr);
    const size_t shift = v.element_aligned && !d.is_constant ? size_of(d.dtype) : 0;
    Buffer& b = inputs_.emplace_back(d.bytes(), shift);
    store_numbers(d, values, b.data());
    const auto* bytes = static_cast<const unsigned char*>(b.data());
    copies_.emplace_back(bytes, bytes + b.bytes());
    if (d.is_constant) d.data = b.data();
    host_of_.back() = b.data();
    in_.push_back(b.data());
  }

  Problem problem_;
  std::deque<Buffer> inputs_, outputs_, packed_;
  std::vector<Mirror> mirrors_;
  std::vector<const void*> host_of_;  // of each input
  size_t shared_ = 0;
  void* scratch_data_ = nullptr;
  std::vector<std::vector<unsigned char>> copies_;
  std::vector<std::shared_ptr<const void>> keep_;
  std::vector<const void*> in_;
  std::vector<void*> out_;
  std::unique_ptr<kernels::Kernel> kernel_;
  std::unique_ptr<Buffer> scratch_;
};

using Results = std::vector<std::vector<Number>>;

void expect_results(const Results& seen, const Results& wanted, const Problem& p, double factor) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(compare(seen[i], wanted[i], p.out[i].dtype, factor), "") << "output " << i;
  }
}

void expect_in_place(const Setup& s, const Problem& p, const KernelImpl& impl, const Variant& v,
                     const Results& wanted, double factor) {
  for (size_t i = 0; i < p.in.size(); ++i) {
    if (!p.in[i].present || p.in[i].is_constant || !impl.in_place(p, i)) continue;
    SCOPED_TRACE("output 0 in place of input " + std::to_string(i));
    Run run(s, p, impl, v);
    run.share_output_with(i);
    run.call();
    EXPECT_EQ(compare(run.shared_result(), wanted[0], p.out[0].dtype, factor), "");
  }
}

void expect_error(Run& run, const OpCase& c, const KernelImpl& impl) {
  try {
    run.call();
    ADD_FAILURE() << "no Error, wanted one with \"" << c.error << "\"";
  } catch (const Error& e) {
    const bool reference = impl.priority() == 0;
    EXPECT_TRUE(!reference || std::string(e.what()).find(c.error) != std::string::npos)
        << "the Error says: " << e.what();
  }
}

void check_run(const Setup& s, const OpCase& c, const Problem& p, const KernelImpl& impl,
               const Variant& v, const Results& wanted) {
  Run run(s, p, impl, v);
  if (!c.error.empty()) return expect_error(run, c, impl);
  run.call();
  const Results first = run.results();
  EXPECT_TRUE(run.guards_intact()) << "wrote outside of a buffer";
  EXPECT_TRUE(run.inputs_untouched()) << "wrote to an input";
  expect_results(first, wanted, p, c.tolerance);
  run.garble_outputs();
  run.call();
  const Results second = run.results();
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_TRUE(std::equal(first[i].begin(), first[i].end(), second[i].begin(),
                           [](Number a, Number b) { return a == b || (a != a && b != b); }))
        << "output " << i << " differs from run to run";
  }
  expect_in_place(s, p, impl, v, wanted, c.tolerance);
}

Results reference_results(const Setup& s, const OpCase& c) {
  const KernelImpl& reference = kernels::reference_kernel(c.op);
  const Support support = reference.supports(s.problem);
  EXPECT_TRUE(support) << "the reference says: " << support.reason();
  if (!support || !c.error.empty()) return {};
  Run run(s, s.problem, reference, kPlainVariant);
  run.call();
  const Results results = run.results();
  expect_results(results, c.expect, s.problem, c.tolerance);
  for (size_t i = 0; i < c.expect_shapes.size(); ++i) {
    EXPECT_EQ(s.problem.out[i].shape, c.expect_shapes[i]) << "shape of output " << i;
  }
  return results;
}

bool wanted_kernel(const std::string& name) {
  const char* part = std::getenv("TENON_TEST_KERNEL");
  return !part || name.find(part) != std::string::npos;
}

uint64_t seed_of(const OpCase& c) {
  uint64_t h = first_seed();
  for (char ch : c.op + c.name) h = (h ^ static_cast<unsigned char>(ch)) * 1099511628211u;
  return h;
}

void load_plugins_once() {
  static const Support plugins = kernels::load_plugins();
  static const bool told = (plugins || (say("no plug-in kernels: ", plugins.reason()), true));
  (void)told;
}

}  // namespace

namespace {

/// Runs the candidates of one device in every layout, on every tactic. Returns who ran.
std::vector<std::string> run_candidates(const Setup& s, const OpCase& c, const Results& wanted,
                                        const kernels::DeviceTarget* target) {
  std::vector<std::string> ran;
  const kernels::Device device = target ? target->device : kernels::Device::kCPU;
  for (const KernelImpl* impl : kernels::candidates(c.op, device)) {
    if (!wanted_kernel(impl->name())) continue;
    for (const Variant& v : kVariants) {
      Problem p = lay_out(s, c, v);
      p.target = target;
      if (&v != kVariants && !differs_from_plain(p, v)) continue;
      SCOPED_TRACE(impl->name() + ", " + v.name);
      const Support support = impl->supports(p);
      say(c.op, " ", c.name, ": ", impl->name(), ", ", v.name, ": ",
          support ? "runs" : "no: " + support.reason());
      if (!support) {
        EXPECT_FALSE(support.reason().empty()) << "a no has a reason";
        continue;
      }
      // The engine gives these kernels aligned buffers of its own.
      if (v.element_aligned && target && impl->prepare(p)->fixed_pointers()) continue;
      for (const std::string& tactic : impl->tactics(p)) {
        SCOPED_TRACE("tactic \"" + tactic + "\"");
        p.tactic = tactic;
        check_run(s, c, p, *impl, v, wanted);
      }
      if (ran.empty() || ran.back() != impl->name()) ran.push_back(impl->name());
    }
  }
  return ran;
}

/// The CUDA device, or null where there is none; made once.
const kernels::DeviceTarget* cuda_target() {
  static const kernels::DeviceTarget* const target = []() -> const kernels::DeviceTarget* {
    if (Support there = cuda_there(); !there) return nullptr;
    kernels::DeviceRuntime& device = kernels::device_runtime(kernels::Device::kCUDA);
    static std::shared_ptr<kernels::CodeStore> store = device.make_code_store("");
    static kernels::DeviceTarget t = device.target();
    t.code = store.get();
    t.tf32 = false;  // compared as float32
    return &t;
  }();
  return target;
}

/// The case with its float32 operands in another type.
OpCase in_type(const OpCase& c, DataType t) {
  OpCase other = c;
  for (Operand& o : other.in)
    if (o.dtype == DataType::kFLOAT) o.dtype = t;
  other.expect.clear();
  return other;
}

bool has_float32(const OpCase& c) {
  return std::any_of(c.in.begin(), c.in.end(),
                     [](const Operand& o) { return o.dtype == DataType::kFLOAT; });
}

/// On CUDA every case runs in its own type and, if it has float32 operands, in the two half types,
/// against the reference kernel on the same rounded operands.
void run_on_cuda(const OpCase& c, std::vector<std::string>& ran) {
  const kernels::DeviceTarget* target = cuda_target();
  if (!target || !c.error.empty()) return;
  std::vector<OpCase> cases = {c};
  if (c.half_on_cuda && has_float32(c) && c.op != "pointwise") {  // programs name types
    cases.push_back(in_type(c, DataType::kHALF));
    cases.push_back(in_type(c, DataType::kBF16));
  }
  for (const OpCase& typed : cases) {
    SCOPED_TRACE(typed.in.empty() ? "" : name_of(typed.in[0].dtype));
    const Setup s = make_setup(typed, seed_of(typed));
    if (!kernels::reference_kernel(typed.op).supports(s.problem)) continue;
    const Results wanted = reference_results(s, typed);
    for (std::string& name : run_candidates(s, typed, wanted, target)) ran.push_back(name);
  }
}

}  // namespace

Support cuda_there() {
  try {
    return kernels::device_runtime(kernels::Device::kCUDA).available();
  } catch (const Error& e) {
    return Support::no(e.what());
  }
}

std::vector<std::string> run_case(const OpCase& c) {
  load_plugins_once();
  SCOPED_TRACE(c.op + " " + c.name + ", " + seed_text(first_seed()));
  const Setup s = make_setup(c, seed_of(c));
  const Results wanted = reference_results(s, c);
  if (testing::Test::HasFatalFailure() || (wanted.empty() && c.error.empty())) return {};
  std::vector<std::string> ran = run_candidates(s, c, wanted, nullptr);
  run_on_cuda(c, ran);
  return ran;
}

testing::AssertionResult runs_on(const std::string& kernel, const OpCase& c) {
  const std::vector<std::string> ran = run_case(c);
  if (std::find(ran.begin(), ran.end(), kernel) != ran.end()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << kernel << " did not run " << c.op << " " << c.name;
}

void PrintTo(const OpCase& c, std::ostream* out) { *out << c.op << " " << c.name; }

std::string case_name(const testing::TestParamInfo<OpCase>& info) {
  std::string name = info.param.op + "_" + info.param.name;
  for (char& ch : name) {
    if (!std::isalnum(static_cast<unsigned char>(ch))) ch = '_';
  }
  return name;
}

}  // namespace tenon::test
