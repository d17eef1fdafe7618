// SPDX-License-Identifier: Apache-2.0
// The CUDA libraries, opened with dlopen: driver, NVRTC, cuDNN (backend API) and cuBLASLt. Nothing
// here is linked; a machine without them gets a reason in one sentence. Each accessor opens its
// library once and throws Error with that reason if it is not there. Functions are called through
// the tables: cuda::driver().cuLaunchKernel(...). Thread safe.
#pragma once

#include <cublasLt.h>
#include <cuda.h>
#include <cudnn_backend.h>
#include <nvrtc.h>

#include <string>

#include "base/error.h"
#include "base/support.h"

namespace tenon::cuda {

// clang-format off: lists
#define TENON_CUDA_DRIVER(X) \
  X(cuInit) X(cuGetErrorName) X(cuGetErrorString) X(cuDriverGetVersion) X(cuDeviceGetCount) \
  X(cuDeviceGet) X(cuDeviceGetName) X(cuDeviceGetAttribute) X(cuDevicePrimaryCtxRetain) \
  X(cuCtxGetCurrent) X(cuCtxSetCurrent) X(cuCtxGetDevice) X(cuCtxSynchronize) X(cuMemAlloc) \
  X(cuMemFree) X(cuMemcpyHtoD) X(cuMemcpyDtoH) X(cuMemcpyDtoDAsync) X(cuMemsetD8Async) \
  X(cuMemGetInfo) X(cuModuleLoadData) X(cuModuleUnload) X(cuModuleGetFunction) \
  X(cuFuncSetAttribute) X(cuFuncGetAttribute) X(cuOccupancyMaxActiveBlocksPerMultiprocessor) \
  X(cuLaunchKernel) X(cuLaunchKernelEx) X(cuStreamCreate) X(cuStreamDestroy) \
  X(cuStreamSynchronize) X(cuStreamIsCapturing) X(cuStreamBeginCapture) X(cuStreamEndCapture) \
  X(cuStreamGetCaptureInfo) X(cuEventCreate) X(cuEventDestroy) X(cuEventRecord) \
  X(cuEventSynchronize) X(cuEventElapsedTime) X(cuStreamWaitEvent) X(cuGraphInstantiate) \
  X(cuGraphDestroy) X(cuGraphExecDestroy) X(cuGraphLaunch) X(cuGraphUpload) \
  X(cuGraphExecKernelNodeSetParams) X(cuGraphKernelNodeGetParams) X(cuGraphGetNodes) \
  X(cuGraphNodeGetType) X(cuTensorMapEncodeTiled) X(cuThreadExchangeStreamCaptureMode)

#define TENON_NVRTC(X) \
  X(nvrtcVersion) X(nvrtcGetErrorString) X(nvrtcCreateProgram) X(nvrtcDestroyProgram) \
  X(nvrtcCompileProgram) X(nvrtcGetCUBINSize) X(nvrtcGetCUBIN) X(nvrtcGetProgramLogSize) \
  X(nvrtcGetProgramLog)

#define TENON_CUDNN(X) \
  X(cudnnGetVersion) X(cudnnGetErrorString) X(cudnnGetLastErrorString) X(cudnnCreate) \
  X(cudnnDestroy) X(cudnnSetStream) X(cudnnBackendCreateDescriptor) \
  X(cudnnBackendDestroyDescriptor) X(cudnnBackendSetAttribute) X(cudnnBackendGetAttribute) \
  X(cudnnBackendFinalize) X(cudnnBackendExecute)

#define TENON_CUBLASLT(X) \
  X(cublasLtGetVersion) X(cublasLtGetStatusString) X(cublasLtCreate) X(cublasLtDestroy) \
  X(cublasLtMatmul) X(cublasLtMatmulDescCreate) X(cublasLtMatmulDescDestroy) \
  X(cublasLtMatmulDescSetAttribute) X(cublasLtMatrixLayoutCreate) X(cublasLtMatrixLayoutDestroy) \
  X(cublasLtMatrixLayoutSetAttribute) X(cublasLtMatmulPreferenceCreate) \
  X(cublasLtMatmulPreferenceDestroy) X(cublasLtMatmulPreferenceSetAttribute) \
  X(cublasLtMatmulAlgoGetHeuristic) X(cublasLtMatmulAlgoCheck)
// clang-format on

#define TENON_MEMBER(name) decltype(&::name) name = nullptr;
struct Driver {
  TENON_CUDA_DRIVER(TENON_MEMBER)
};
struct Nvrtc {
  TENON_NVRTC(TENON_MEMBER)
};
struct Cudnn {
  TENON_CUDNN(TENON_MEMBER)
};
struct CublasLt {
  TENON_CUBLASLT(TENON_MEMBER)
};
#undef TENON_MEMBER

// Whether the library is there, with the reason if not ("no CUDA driver: libcuda.so.1: cannot open
// ...").
Support has_driver();
Support has_nvrtc();
Support has_cudnn();
Support has_cublas_lt();

const Driver& driver();
const Nvrtc& nvrtc();
const Cudnn& cudnn();
const CublasLt& cublas_lt();

/// A driver and at least one GPU.
Support has_device();

/// Facts of the current device, or device 0 where no context is current.
struct DeviceInfo {
  int ordinal = 0, sm = 0, processors = 0, driver_version = 0;
  std::string name;
};
const DeviceInfo& device_info();

/// Makes the primary context of device 0 current on this thread where no context is.
void make_current();
/// Makes the primary context of the device current on this thread.
void select_device(int ordinal);

/// "CUDA_ERROR_INVALID_VALUE: invalid argument"
std::string error_text(CUresult code);

}  // namespace tenon::cuda

/// Calls a driver function and throws Error with its name and the error's text.
#define TENON_CU(function, ...)                                                \
  do {                                                                         \
    const CUresult tenon_code = ::tenon::cuda::driver().function(__VA_ARGS__); \
    TENON_CHECK(tenon_code == CUDA_SUCCESS, #function,                         \
                " failed: ", ::tenon::cuda::error_text(tenon_code));           \
  } while (0)
