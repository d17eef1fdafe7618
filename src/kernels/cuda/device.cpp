// SPDX-License-Identifier: Apache-2.0
// The CUDA device as the engine sees it.
#include "kernels/device.h"

#include <algorithm>

#include "base/cuda_api.h"
#include "kernels/cuda/code.h"
#include "kernels/cuda/executor.h"

namespace tenon::kernels {
namespace {

/// Runs of a kernel in a row as one graph: the time of a launch does not count.
class TimedGraph {
 public:
  TimedGraph(const Kernel& kernel, Call call, int repeats) {
    TENON_CU(cuStreamCreate, &stream_, CU_STREAM_NON_BLOCKING);
    TENON_CU(cuEventCreate, &start_, CU_EVENT_DEFAULT);
    TENON_CU(cuEventCreate, &end_, CU_EVENT_DEFAULT);
    call.stream = stream_;
    kernel.run(call);  // lazy set-up, and an error of the kernel itself shows here
    TENON_CU(cuStreamSynchronize, stream_);
    TENON_CU(cuStreamBeginCapture, stream_, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    try {
      for (int i = 0; i < repeats; ++i) kernel.run(call);
    } catch (...) {
      cuda::driver().cuStreamEndCapture(stream_, &graph_);
      throw;
    }
    TENON_CU(cuStreamEndCapture, stream_, &graph_);
    TENON_CU(cuGraphInstantiate, &exec_, graph_, 0);
  }
  ~TimedGraph() {
    const cuda::Driver& d = cuda::driver();
    if (exec_) d.cuGraphExecDestroy(exec_);
    if (graph_) d.cuGraphDestroy(graph_);
    if (start_) d.cuEventDestroy(start_);
    if (end_) d.cuEventDestroy(end_);
    if (stream_) d.cuStreamDestroy(stream_);
  }
  double run_us() {
    TENON_CU(cuEventRecord, start_, stream_);
    TENON_CU(cuGraphLaunch, exec_, stream_);
    TENON_CU(cuEventRecord, end_, stream_);
    TENON_CU(cuEventSynchronize, end_);
    float ms = 0;
    TENON_CU(cuEventElapsedTime, &ms, start_, end_);
    return 1e3 * ms;
  }

 private:
  CUstream stream_ = nullptr;
  CUevent start_ = nullptr, end_ = nullptr;
  CUgraph graph_ = nullptr;
  CUgraphExec exec_ = nullptr;
};

class CudaRuntime final : public DeviceRuntime {
 public:
  Device device() const override { return Device::kCUDA; }

  Support available() const override {
    for (const Support& s :
         {cuda::has_device(), cuda::has_nvrtc(), cuda::has_cudnn(), cuda::has_cublas_lt()})
      if (!s) return Support::no("CUDA was asked for, but there is " + s.reason());
    return Support::yes();
  }

  void select(int ordinal) override { cuda::select_device(ordinal); }

  std::string target_json() const override {
    const cuda::DeviceInfo& info = cuda::device_info();
    return detail::concat("\"sm\": ", info.sm, ", \"name\": \"", info.name,
                          "\", \"driver\": ", info.driver_version,
                          ", \"cudnn\": ", cuda::cudnn().cudnnGetVersion(),
                          ", \"cublas_lt\": ", cuda::cublas_lt().cublasLtGetVersion());
  }

  DeviceTarget target() const override {
    const cuda::DeviceInfo& info = cuda::device_info();
    DeviceTarget t;
    t.sm = info.sm;
    t.processors = info.processors;
    return t;
  }

  std::string identity() const override {
    return target_json() + ", \"processors\": " + std::to_string(cuda::device_info().processors);
  }

  std::shared_ptr<void> allocate(size_t bytes) override {
    cuda::make_current();
    CUdeviceptr p = 0;
    const CUresult code = cuda::driver().cuMemAlloc(&p, std::max<size_t>(bytes, 256));
    TENON_CHECK(code == CUDA_SUCCESS, "no GPU memory for ", bytes,
                " bytes: ", cuda::error_text(code));
    return {reinterpret_cast<void*>(p),
            [](void* q) { cuda::driver().cuMemFree(reinterpret_cast<CUdeviceptr>(q)); }};
  }

  void upload(void* to, const void* from, size_t bytes) override {
    if (bytes) TENON_CU(cuMemcpyHtoD, reinterpret_cast<CUdeviceptr>(to), from, bytes);
  }

  void download(void* to, const void* from, size_t bytes) override {
    TENON_CU(cuCtxSynchronize);
    if (bytes) TENON_CU(cuMemcpyDtoH, to, reinterpret_cast<CUdeviceptr>(from), bytes);
  }

  double time(const Kernel& kernel, const Call& call, int rounds) override {
    cuda::make_current();
    double once = 0;
    {
      TimedGraph probe(kernel, call, 1);
      once = probe.run_us();
      once = std::min(once, probe.run_us());
    }
    // About 100 us a graph: enough to hide its start, short enough to try many candidates.
    const int repeats = std::clamp(static_cast<int>(100 / std::max(once, 1.0)), 1, 20);
    TimedGraph graph(kernel, call, repeats);
    graph.run_us();
    std::vector<double> times;
    for (int i = 0; i < std::max(rounds, 3); ++i) times.push_back(graph.run_us() / repeats);
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                     times.end());
    return times[times.size() / 2];
  }

  std::unique_ptr<Executor> make_executor() override {
    cuda::make_current();
    return std::make_unique<CudaExecutor>();
  }

  std::shared_ptr<CodeStore> make_code_store(const std::string& cache_folder) override {
    return std::make_shared<CodeStore>(cuda::device_info().sm, true, cache_folder);
  }

  std::shared_ptr<CodeStore> load_code(std::vector<DeviceCode> code) override {
    auto store = std::make_shared<CodeStore>(cuda::device_info().sm, false, "");
    for (DeviceCode& c : code) store->add(std::move(c));
    return store;
  }

  std::vector<DeviceCode> used_code(const CodeStore& store) const override { return store.used(); }
};

const struct RegisterCuda {
  RegisterCuda() { register_device(std::make_unique<CudaRuntime>()); }
} registered;

}  // namespace
}  // namespace tenon::kernels
