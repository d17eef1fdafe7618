// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/executor.h"

#include "base/cuda_api.h"
#include "kernels/cuda/launch.h"

namespace tenon::kernels {
namespace {

/// The node that was captured last on `stream`.
CUgraphNode last_node(CUstream stream) {
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  const CUgraphNode* nodes = nullptr;
  size_t count = 0;
  TENON_CU(cuStreamGetCaptureInfo, stream, &status, nullptr, nullptr, &nodes, nullptr, &count);
  TENON_ASSERT(status == CU_STREAM_CAPTURE_STATUS_ACTIVE && count == 1,
               "a kernel launched while recording left no node");
  return nodes[0];
}

CUDA_KERNEL_NODE_PARAMS node_params(const Launch& l, void** params) {
  CUDA_KERNEL_NODE_PARAMS p{};
  p.func = l.function;
  p.gridDimX = l.grid.x;
  p.gridDimY = l.grid.y;
  p.gridDimZ = l.grid.z;
  p.blockDimX = l.block.x;
  p.blockDimY = l.block.y;
  p.blockDimZ = l.block.z;
  p.sharedMemBytes = l.shared_bytes;
  p.kernelParams = params;
  return p;
}

class RecordingSink final : public LaunchSink {
 public:
  RecordingSink(CUstream stream, std::vector<CUgraphNode>& nodes)
      : stream_(stream), nodes_(nodes) {}
  void launch(const Launch& l) override {
    void* params[] = {const_cast<void*>(l.params)};
    TENON_CU(cuLaunchKernel, l.function, l.grid.x, l.grid.y, l.grid.z, l.block.x, l.block.y,
             l.block.z, l.shared_bytes, stream_, params, nullptr);
    nodes_.push_back(last_node(stream_));
  }

 private:
  CUstream stream_;
  std::vector<CUgraphNode>& nodes_;
};

class UpdatingSink final : public LaunchSink {
 public:
  UpdatingSink(CUgraphExec exec, const std::vector<CUgraphNode>& nodes)
      : exec_(exec), nodes_(nodes) {}
  void launch(const Launch& l) override {
    void* params[] = {const_cast<void*>(l.params)};
    const CUDA_KERNEL_NODE_PARAMS p = node_params(l, params);
    TENON_CU(cuGraphExecKernelNodeSetParams, exec_, nodes_.at(next_++), &p);
  }

 private:
  CUgraphExec exec_;
  const std::vector<CUgraphNode>& nodes_;
  size_t next_ = 0;
};

class Events {
 public:
  explicit Events(size_t count) : events_(count) {
    for (CUevent& e : events_) TENON_CU(cuEventCreate, &e, CU_EVENT_DEFAULT);
  }
  ~Events() {
    for (CUevent e : events_)
      if (e) cuda::driver().cuEventDestroy(e);
  }
  CUevent operator[](size_t i) const { return events_[i]; }

 private:
  std::vector<CUevent> events_;
};

/// The default stream, which is never captured and never destroyed: two questions less per run.
bool is_default(CUstream stream) { return stream == nullptr; }

bool capturing(CUstream stream) {
  if (is_default(stream)) return false;
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  TENON_CU(cuStreamIsCapturing, stream, &status);
  return status != CU_STREAM_CAPTURE_STATUS_NONE;
}

void copy(const std::vector<BoundCopy>& copies, CUstream stream) {
  for (const BoundCopy& c : copies)
    if (c.bytes)
      TENON_CU(cuMemcpyDtoDAsync, reinterpret_cast<CUdeviceptr>(c.to),
               reinterpret_cast<CUdeviceptr>(c.from), c.bytes, stream);
}

void run_step(const BoundStep& step, CUstream stream) {
  Call call = step.call;
  call.stream = stream;
  step.kernel->run(call);
}

}  // namespace

CudaExecutor::~CudaExecutor() {
  for (const auto& [steps, recording] : recordings_) destroy(recording);
  const cuda::Driver& d = cuda::driver();
  if (capture_stream_) d.cuStreamDestroy(capture_stream_);
  if (done_) d.cuEventDestroy(done_);
}

/// A graph may be destroyed while it runs; the driver keeps what it needs.
void CudaExecutor::destroy(const Recording& recording) {
  if (recording.exec) cuda::driver().cuGraphExecDestroy(recording.exec);
  if (recording.graph) cuda::driver().cuGraphDestroy(recording.graph);
}

void CudaExecutor::forget(const BoundRun& run) {
  const auto it = recordings_.find(&run);
  if (it == recordings_.end()) return;
  destroy(it->second);
  recordings_.erase(it);
}

/// The context's buffers belong to one run at a time: a run on another stream waits for the last.
void CudaExecutor::follow(CUstream stream) {
  if (!done_) TENON_CU(cuEventCreate, &done_, CU_EVENT_DISABLE_TIMING);
  if (ran_ && stream != last_stream_) {
    if (is_default(last_stream_)) TENON_CU(cuEventRecord, done_, last_stream_);
    TENON_CU(cuStreamWaitEvent, stream, done_, 0);
  }
  last_stream_ = stream;
}

CudaExecutor::Recording CudaExecutor::record(const std::vector<BoundStep>& steps) {
  if (!capture_stream_) TENON_CU(cuStreamCreate, &capture_stream_, CU_STREAM_NON_BLOCKING);
  Recording r;
  TENON_CU(cuStreamBeginCapture, capture_stream_, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  try {
    for (size_t i = 0; i < steps.size(); ++i) {
      Call call = steps[i].call;
      call.stream = capture_stream_;
      const auto* own = dynamic_cast<const DeviceKernel*>(steps[i].kernel);
      if (own && steps[i].touches_caller) {
        Updatable& u = r.updatable.emplace_back(Updatable{i, {}});
        RecordingSink sink(capture_stream_, u.nodes);
        own->launches(call, sink);
      } else {
        steps[i].kernel->run(call);
      }
    }
  } catch (...) {
    cuda::driver().cuStreamEndCapture(capture_stream_, &r.graph);
    destroy(r);
    throw;
  }
  TENON_CU(cuStreamEndCapture, capture_stream_, &r.graph);
  const CUresult code = cuda::driver().cuGraphInstantiate(&r.exec, r.graph, 0);
  if (code != CUDA_SUCCESS) destroy(r);
  TENON_CHECK(code == CUDA_SUCCESS, "the recorded run cannot be used: ", cuda::error_text(code));
  return r;
}

void CudaExecutor::update(const Recording& recording, const std::vector<BoundStep>& steps) {
  for (const Updatable& u : recording.updatable) {
    const auto* own = static_cast<const DeviceKernel*>(steps[u.step].kernel);
    UpdatingSink sink(recording.exec, u.nodes);
    own->launches(steps[u.step].call, sink);
  }
}

void CudaExecutor::run_steps(const BoundRun& run, bool moved, CUstream stream) {
  auto [it, first] = recordings_.try_emplace(&run);
  Recording& recording = it->second;
  if (first) {
    // Libraries load code on first use, which a capture may not see; and a shape that comes once
    // is not worth a recording.
    for (const BoundStep& step : run.steps) run_step(step, stream);
    return;
  }
  if (!recording.exec) {
    recording = record(run.steps);
  } else if (moved) {
    update(recording, run.steps);
  }
  TENON_CU(cuGraphLaunch, recording.exec, stream);
}

void CudaExecutor::run(const BoundRun& run, bool moved, void* raw) {
  const CUstream stream = static_cast<CUstream>(raw);
  const bool in_callers_graph = capturing(stream);
  if (!in_callers_graph) follow(stream);
  copy(run.before, stream);
  if (in_callers_graph) {
    for (const BoundStep& step : run.steps) run_step(step, stream);
  } else {
    run_steps(run, moved, stream);
  }
  copy(run.after, stream);
  if (!in_callers_graph) finish(stream);
}

/// Marks the end of what was queued, for runs on other streams; on the default stream that can
/// still be done when such a run comes.
void CudaExecutor::finish(CUstream stream) {
  if (!is_default(stream)) TENON_CU(cuEventRecord, done_, stream);
  ran_ = true;
}

std::vector<double> CudaExecutor::profile(const BoundRun& run, void* raw) {
  const std::vector<BoundStep>& steps = run.steps;
  const CUstream stream = static_cast<CUstream>(raw);
  follow(stream);
  copy(run.before, stream);
  Events events(steps.size() + 1);
  for (size_t i = 0; i < steps.size(); ++i) {
    TENON_CU(cuEventRecord, events[i], stream);
    run_step(steps[i], stream);
  }
  TENON_CU(cuEventRecord, events[steps.size()], stream);
  copy(run.after, stream);
  TENON_CU(cuEventSynchronize, events[steps.size()]);
  std::vector<double> times;
  for (size_t i = 0; i < steps.size(); ++i) {
    float ms = 0;
    TENON_CU(cuEventElapsedTime, &ms, events[i], events[i + 1]);
    times.push_back(1e3 * ms);
  }
  finish(stream);
  return times;
}

}  // namespace tenon::kernels
