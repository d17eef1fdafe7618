// SPDX-License-Identifier: Apache-2.0
// The C++ API: compiling TorchScript modules (namespace torchscript) and saved programs of
// torch.export (namespace dynamo), without Python. Link torch_tensorrt::torch_tensorrt. Every
// failure is a torch_tensorrt::Error. Functions are thread safe; the types here are plain values.
#pragma once

#include <ATen/core/Tensor.h>
#include <tenon/error.h>
#include <torch/custom_class.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "torch_tensorrt/logging.h"
#include "torch_tensorrt/macros.h"

namespace torch {
namespace jit {
struct Module;
}  // namespace jit
}  // namespace torch

namespace torch_tensorrt {

/// what() names the thing, the value seen and the value wanted.
using Error = tenon::Error;

/// Element type of a tensor.
class DataType {
 public:
  enum Value : int8_t {
    kLong,
    kDouble,
    kFloat,
    kHalf,
    kChar,
    kInt,
    kBool,
    kUnknown,  // that of the module: nothing is checked
    kBFloat16,
    kByte,
  };

  DataType() = default;
  constexpr DataType(Value value) : value_(value) {}  // NOLINT: a value is a type
  /// Error for a type that engines do not have.
  TORCHTRT_API DataType(c10::ScalarType type);  // NOLINT
  operator Value() const { return value_; }
  explicit operator bool() = delete;

  constexpr bool operator==(DataType other) const { return value_ == other.value_; }
  constexpr bool operator==(Value other) const { return value_ == other; }
  constexpr bool operator!=(DataType other) const { return value_ != other.value_; }
  constexpr bool operator!=(Value other) const { return value_ != other; }

 private:
  Value value_ = kUnknown;
};

/// Where an engine runs. At the start kModule: the device of the module (of its parameters, or of
/// the program), so that code for a machine without a GPU needs no Device at all. kDLA is known and
/// refused.
struct Device {
  class DeviceType {
   public:
    enum Value : int8_t { kGPU, kDLA, kCPU, kModule };

    DeviceType() = default;
    constexpr DeviceType(Value value) : value_(value) {}  // NOLINT: a value is a type
    /// kCPU or kCUDA; Error for others.
    TORCHTRT_API DeviceType(c10::DeviceType type);  // NOLINT
    operator Value() const { return value_; }
    explicit operator bool() = delete;

    constexpr bool operator==(DeviceType other) const { return value_ == other.value_; }
    constexpr bool operator==(Value other) const { return value_ == other; }
    constexpr bool operator!=(DeviceType other) const { return value_ != other.value_; }
    constexpr bool operator!=(Value other) const { return value_ != other; }

   private:
    Value value_ = kModule;
  };

  DeviceType device_type;
  int64_t gpu_id = 0;               // with kGPU: "cuda:<gpu_id>"
  int64_t dla_core = 0;             // no effect; another value warns
  bool allow_gpu_fallback = false;  // no effect; another value warns
};

/// Accepted; anything but kSTANDARD warns that it has no effect.
enum class EngineCapability : int8_t { kSTANDARD, kSAFETY, kDLA_STANDALONE };

/// Layout of the caller's tensors. Engines take both and decide about layouts inside themselves.
class TensorFormat {
 public:
  enum Value : int8_t { kContiguous, kChannelsLast, kUnknown };

  TensorFormat() = default;
  constexpr TensorFormat(Value value) : value_(value) {}  // NOLINT: a value is a format
  TORCHTRT_API TensorFormat(at::MemoryFormat format);     // NOLINT
  operator Value() const { return value_; }
  explicit operator bool() = delete;

  constexpr bool operator==(TensorFormat other) const { return value_ == other.value_; }
  constexpr bool operator==(Value other) const { return value_ == other; }
  constexpr bool operator!=(TensorFormat other) const { return value_ != other.value_; }
  constexpr bool operator!=(Value other) const { return value_ != other; }

 private:
  Value value_ = kContiguous;
};

/// One input of a module: a shape or a range of shapes, the element type, the layout, and the
/// half-open interval that example values are taken from.
struct TORCHTRT_API Input : torch::CustomClassHolder {
  using Shape = std::vector<int64_t>;
  using Domain = std::vector<double>;

  Shape min_shape, opt_shape, max_shape;  // equal for a fixed shape
  Shape shape;                            // the fixed shape, or -1 where min and max differ
  DataType dtype;                         // kUnknown: that of the module (TorchScript: float32)
  TensorFormat format;
  Domain tensor_domain = {0, 2};
  bool input_is_dynamic = false;

  Input() = default;

  // A fixed shape.
  Input(Shape shape, TensorFormat format = TensorFormat::kContiguous);  // NOLINT
  Input(Shape shape, Domain tensor_domain, TensorFormat format = TensorFormat::kContiguous);
  Input(Shape shape, DataType dtype, TensorFormat format = TensorFormat::kContiguous);
  Input(Shape shape, DataType dtype, Domain tensor_domain,
        TensorFormat format = TensorFormat::kContiguous);

  // A range of shapes; opt is the one to be fastest at.
  Input(Shape min_shape, Shape opt_shape, Shape max_shape,
        TensorFormat format = TensorFormat::kContiguous);
  Input(Shape min_shape, Shape opt_shape, Shape max_shape, Domain tensor_domain,
        TensorFormat format = TensorFormat::kContiguous);
  Input(Shape min_shape, Shape opt_shape, Shape max_shape, DataType dtype,
        TensorFormat format = TensorFormat::kContiguous);
  Input(Shape min_shape, Shape opt_shape, Shape max_shape, DataType dtype, Domain tensor_domain,
        TensorFormat format = TensorFormat::kContiguous);

  // The same with c10::ArrayRef<int64_t> (at::IntArrayRef) for shapes, such as tensor.sizes(). They
  // are templates so that Input({1, 3, 224, 224}) is not ambiguous.
  template <typename Ref, typename... Rest,
            std::enable_if_t<std::is_same_v<Ref, c10::ArrayRef<int64_t>>, int> = 0>
  Input(Ref shape, Rest&&... rest)  // NOLINT
      : Input(shape.vec(), shapes(std::forward<Rest>(rest))...) {}

  /// The shape, type and layout of a tensor.
  Input(const at::Tensor& tensor);  // NOLINT

 private:
  static Shape shapes(c10::ArrayRef<int64_t> ref) { return ref.vec(); }
  template <typename T,
            std::enable_if_t<!std::is_same_v<std::decay_t<T>, c10::ArrayRef<int64_t>>, int> = 0>
  static T&& shapes(T&& other) {
    return std::forward<T>(other);
  }
};

/// The inputs of a method: a list, or a tree (tuples, lists, dicts of Input as an IValue) in the
/// shape of the method's arguments.
struct TORCHTRT_API GraphInputs {
  GraphInputs() = default;
  GraphInputs(std::vector<Input> inputs) : inputs(std::move(inputs)) {}  // NOLINT
  GraphInputs(const std::vector<Input::Shape>& shapes);                  // NOLINT
  GraphInputs(c10::IValue input_signature);                              // NOLINT

  c10::IValue input_signature;  // None if `inputs` is a list
  std::vector<Input> inputs;    // flattened
};

/// As JSON: version, instruction set, threads, plug-ins, converters, layers.
TORCHTRT_API std::string get_build_info();
/// Prints get_build_info() to stdout.
TORCHTRT_API void dump_build_info();
/// Makes a CUDA device the current one of the calling thread; Error where there is none.
TORCHTRT_API void set_device(int gpu_id);

namespace torchscript {

/// Settings of a compilation. Fields that have no effect here warn when they are set to something
/// else than their default, and are marked so.
struct TORCHTRT_API CompileSpec {
  CompileSpec(const std::vector<Input::Shape>& fixed_sizes);  // NOLINT
  CompileSpec(std::vector<Input> inputs);                     // NOLINT
  CompileSpec(c10::IValue input_signature);                   // NOLINT
  /// With c10::ArrayRef<int64_t>; a template so that CompileSpec({{1, 3}}) is not ambiguous.
  template <typename Ref, std::enable_if_t<std::is_same_v<Ref, c10::ArrayRef<int64_t>>, int> = 0>
  CompileSpec(const std::vector<Ref>& fixed_sizes)  // NOLINT
      : CompileSpec(std::vector<Input>(fixed_sizes.begin(), fixed_sizes.end())) {}

  GraphInputs graph_inputs;
  /// Precisions that the builder may use: {kFloat} means those of the module.
  std::set<DataType> enabled_precisions = {DataType::kFloat};
  bool disable_tf32 = false;
  bool sparse_weights = false;  // no effect
  bool refit = false;           // no effect
  bool debug = false;
  bool truncate_long_and_double = false;  // float64 runs as float32; int64 is kept
  bool allow_shape_tensors = false;       // no effect
  Device device;
  EngineCapability capability = EngineCapability::kSTANDARD;  // no effect
  uint64_t num_avg_timing_iters = 1;
  uint64_t workspace_size = 0;                // no effect
  uint64_t dla_sram_size = 1048576;           // no effect
  uint64_t dla_local_dram_size = 1073741824;  // no effect
  uint64_t dla_global_dram_size = 536870912;  // no effect
  bool require_full_compilation = false;
  uint64_t min_block_size = 3;
  std::vector<std::string> torch_executed_ops;      // "aten::relu"
  std::vector<std::string> torch_executed_modules;  // paths or class names
  int optimization_level = 3;     // 0: nothing is timed .. 5; not in Torch-TensorRT
  std::string timing_cache_path;  // empty: in the temporary folder; "none": off; as above
};

/// Whether every op of the method can be converted, as far as that is known without shapes. What
/// cannot is logged as a warning.
TORCHTRT_API bool check_method_operator_support(const torch::jit::Module& module,
                                                std::string method_name);

/// A module whose forward runs on engines where that is possible.
TORCHTRT_API torch::jit::Module compile(const torch::jit::Module& module, CompileSpec info);

/// The serialized engine of a method that one engine runs whole; Error names what cannot.
TORCHTRT_API std::string convert_method_to_trt_engine(const torch::jit::Module& module,
                                                      std::string method_name, CompileSpec info);

/// A module whose forward(Tensor, ...) is one call of the engine: one output is returned bare,
/// several as a tuple. The engine knows its device; `device` is checked against it.
TORCHTRT_API torch::jit::Module embed_engine_in_new_module(
    const std::string& engine, Device device = {}, const std::vector<std::string>& input_names = {},
    const std::vector<std::string>& output_names = {});

}  // namespace torchscript

/// Programs of torch.export, saved as .pt2.
namespace dynamo {

/// Called by the compiling thread with a stage and how much of it is done (total 0: unknown);
/// returning false stops the build with an Error.
using Progress = std::function<bool(const std::string& stage, int done, int total)>;

struct TORCHTRT_API CompileSpec {
  /// One per tensor input of the program, in the order of its flattened call; or empty: the
  /// program's own ranges, fastest at the sizes it was exported with.
  std::vector<Input> inputs;
  Device device;
  std::set<DataType> enabled_precisions;  // empty: those of the program
  bool require_full_compilation = false;
  uint64_t min_block_size = 5;
  std::vector<std::string> torch_executed_ops, torch_executed_modules;
  bool disable_tf32 = false;
  bool truncate_double = false;
  bool debug = false;
  bool dryrun = false;  // partitions only: nothing is built or written
  uint64_t num_avg_timing_iters = 1;
  int optimization_level = 3;
  std::string timing_cache_path;  // empty: in the temporary folder; "none": off
  Progress progress;
  /// Called with a name of the finished file before it takes the place of the output; if it throws,
  /// the output is left as it was.
  std::function<void(const std::string& path)> check;
};

/// Compiles the program at `path_in` into `path_out`: the same program with engines in it, which
/// torch.export.load reads after `import torch_tensorrt`, and torch::nativert in C++. On an error
/// the output is left as it was. Returns a report as JSON: segments, nodes with the reason why one
/// stays in PyTorch, the text of the dry run.
TORCHTRT_API std::string compile(const std::string& path_in, const std::string& path_out,
                                 const CompileSpec& spec = {});

/// The serialized engine of a program that one engine runs whole; Error names what cannot.
TORCHTRT_API std::string convert_program_to_engine(const std::string& path_in,
                                                   const CompileSpec& spec = {});

}  // namespace dynamo
}  // namespace torch_tensorrt
