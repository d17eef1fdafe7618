// SPDX-License-Identifier: Apache-2.0
// Kernels. A KernelImpl is one candidate implementation of one layer on one device. It answers
// supports(problem), may pack constants once at build time, and prepares a Kernel for concrete
// shapes. Kernels are immutable and run from many threads at once; scratch is passed in.
// Candidates of a layer are tried in the order of `priority` (higher first); the plain reference
// ("reference.<op>", priority 0, always last) supports every layout and dtype the layer is defined
// for and is what all others are compared with.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/support.h"
#include "ir/graph.h"

namespace tenon::kernels {

enum class Device : uint8_t { kCPU, kCUDA };
const char* name_of(Device device);  // "cpu", "cuda"

class CodeStore;  // compiled device code, see kernels/cuda/code.h

/// The device that is built for or run on, where it is not the CPU. Outlives what points to it.
struct DeviceTarget {
  Device device = Device::kCUDA;
  int sm = 0;          // compute capability times ten: 90
  int processors = 0;  // streaming multiprocessors
  bool tf32 = true;    // float32 convolutions may multiply in TF32, as in PyTorch by default
  CodeStore* code = nullptr;
};

/// One operand at concrete sizes. `strides` are in elements, derived from shape and layout.
struct TensorDesc {
  DataType dtype = DataType::kFLOAT;
  std::vector<int64_t> shape;
  ir::Layout layout = ir::Layout::kPlain;
  bool present = true;  // false: an absent optional input
  bool is_constant = false;
  const void* data = nullptr;  // constants that fit in memory and whose value is known, else null
  size_t constant_bytes = 0;   // size of a constant's data (0 if not constant); packings check it
  std::string format;          // private packing of a constant ("" = dense), "family:details"

  int64_t elements() const;
  size_t bytes() const { return static_cast<size_t>(elements()) * size_of(dtype); }
  /// Element strides of the logical dims: row-major, or with the channel dim innermost.
  std::vector<int64_t> strides() const;
  bool plain() const { return layout == ir::Layout::kPlain; }
};

/// A layer at concrete sizes: what a candidate is asked about.
struct Problem {
  const ir::Node* layer = nullptr;  // op and attributes; sizes come from in/out, not from here
  std::vector<TensorDesc> in, out;
  ir::SymEnv sizes;  // values of the symbols, for Sizes attributes
  int threads = 1;
  const DeviceTarget* target = nullptr;  // null: the CPU
  std::string tactic;                    // which of KernelImpl::tactics() was chosen

  Device device() const { return target ? target->device : Device::kCPU; }
};

/// Pointers of one call. in[i] is null for absent inputs. All buffers are 64-byte aligned (256 on
/// CUDA) except the caller's tensors, which are aligned to their element only. On CUDA all are
/// device pointers, and the work is queued on `stream` (a CUstream).
struct Call {
  const void* const* in;
  void* const* out;
  void* scratch;
  void* stream = nullptr;
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  /// Must not throw for reasons known before the call; data errors (index out of range) throw
  /// Error.
  virtual void run(const Call& call) const = 0;
  /// CUDA: true if a recorded run cannot be told other pointers (library calls). The caller's
  /// tensors then go through buffers of the context.
  virtual bool fixed_pointers() const { return false; }
  size_t scratch_bytes = 0;
};

/// Result of packing: constants[i] replaces input i (null: unchanged).
using Packed = std::vector<ir::ConstantPtr>;

class KernelImpl {
 public:
  KernelImpl(const char* op, const char* name, int priority, Device device = Device::kCPU)
      : op_(op), name_(name), priority_(priority), device_(device) {}
  virtual ~KernelImpl() = default;
  Device device() const { return device_; }
  const std::string& op() const { return op_; }
  const std::string& name() const { return name_; }  // "onednn.convolution"
  int priority() const { return priority_; }

  virtual Support supports(const Problem& problem) const = 0;
  /// Variants worth timing, best guess first: tile sizes, a library's algorithms. Short printable
  /// names that mean the same wherever the plan runs; prepare() gets the chosen one in
  /// problem.tactic, and takes its own best guess where that is empty or does not fit.
  virtual std::vector<std::string> tactics(const Problem& problem) const {
    (void)problem;
    return {""};
  }
  /// Constants this candidate wants in another form, for the given (opt) sizes. The engine stores
  /// them in the plan and passes their descs (with `format`) to prepare() from then on. Packing is
  /// also called with constants that have only a `fill`; results may themselves be lazy, and must
  /// keep whatever they read alive. Inputs whose result is null stay dense.
  virtual Packed pack(const Problem& problem, const std::vector<ir::ConstantPtr>& in) const {
    (void)problem;
    return Packed(in.size());
  }
  virtual std::unique_ptr<Kernel> prepare(const Problem& problem) const = 0;
  /// The share of its measured time that choosing leaves out: above 0 for a kernel that is slowed
  /// down more than others by what else the machine does while it is timed.
  virtual double allowance() const { return 0; }
  /// True if output 0 may share memory with input `i` (same bytes, elementwise access).
  virtual bool in_place(const Problem& problem, size_t i) const {
    (void)problem;
    (void)i;
    return false;
  }

 private:
  std::string op_, name_;
  int priority_;
  Device device_;
};

/// Registers an implementation under its op. Called by static objects and by plug-in libraries.
void register_kernel(std::unique_ptr<KernelImpl> impl);
template <typename T>
struct RegisterKernel {
  RegisterKernel() { register_kernel(std::make_unique<T>()); }
};

/// Candidates of `op`, best first. Thread safe once registration is over (load_plugins()).
std::vector<const KernelImpl*> candidates(const std::string& op, Device device = Device::kCPU);
const KernelImpl* find_kernel(const std::string& op, const std::string& name);  // or null
const KernelImpl& reference_kernel(const std::string& op);                      // throws if none

/// supports(), after what is true of every kernel: it reads no other family's packing. A constant
/// of format "onednn:..." is for kernels named "onednn...." only.
Support can_run(const KernelImpl& impl, const Problem& problem);

/// Opens libtenon_onednn.so beside libtenon.so once (RTLD_LOCAL | RTLD_DEEPBIND; plainly under
/// AddressSanitizer). Returns the reason if it is not there; then those candidates are missing.
Support load_plugins();

// ---- helpers for kernel writers

/// A reference to a callable (begin, end) for the duration of a call. Unlike std::function it never
/// allocates: kernels run in a steady state that allocates nothing.
class RangeBody {
 public:
  template <typename F>
  RangeBody(const F& f)  // NOLINT: a lambda is a body
      : object_(&f), call_([](const void* o, int64_t begin, int64_t end) {
          (*static_cast<const F*>(o))(begin, end);
        }) {}
  void operator()(int64_t begin, int64_t end) const { call_(object_, begin, end); }

 private:
  const void* object_;
  void (*call_)(const void*, int64_t, int64_t);
};

/// Runs body(begin, end) over [0, n) on the caller's OpenMP team, in chunks of at least `grain`;
/// serial when n <= grain or one thread. Exceptions must not leave body.
void parallel_for(int64_t n, int64_t grain, RangeBody body);

/// The instruction set to use: the best the machine has, or what TENON_ISA=avx2|avx512|generic
/// says.
enum class Isa : uint8_t { kGeneric, kAvx2, kAvx512 };
Isa isa();
const char* name_of(Isa isa);
/// Beside AVX-512 there are tile registers that multiply bf16, and TENON_ISA does not say less.
bool amx();
std::string instruction_set();  // both: "avx512+amx"

}  // namespace tenon::kernels
