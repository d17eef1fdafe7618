// SPDX-License-Identifier: Apache-2.0
#include "base/cuda_api.h"

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "base/error.h"

namespace tenon::cuda {
namespace {

// The names that the headers give versioned functions (cuMemAlloc is cuMemAlloc_v2, say).
#define TENON_TEXT_(x) #x
#define TENON_TEXT(x) TENON_TEXT_(x)

std::string folder_of_this_library() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<const void*>(&folder_of_this_library), &info) || !info.dli_fname)
    return {};
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

/// Where the nvidia-* wheels put their libraries: beside our package in site-packages, or under
/// $TENON_NVIDIA_DIR (the folder "nvidia" of an environment).
std::vector<std::string> places(const std::string& wheel) {
  std::vector<std::string> found = {""};
  if (const char* dir = std::getenv("TENON_NVIDIA_DIR"))
    found.push_back(std::string(dir) + "/" + wheel + "/lib/");
  found.push_back(folder_of_this_library() + "/../../nvidia/" + wheel + "/lib/");
  return found;
}

void* open_library(const std::string& wheel, const std::string& name, std::string* why) {
  for (const std::string& place : places(wheel)) {
    if (void* library = dlopen((place + name).c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    const char* text = dlerror();
    if (why->empty()) *why = text ? text : name + " cannot be opened";
  }
  return nullptr;
}

template <typename Table>
struct Library {
  Table table;
  std::string missing;  // empty: it is there
};

template <typename F>
void take(void* library, const char* name, F& function, std::string& missing) {
  function = reinterpret_cast<F>(dlsym(library, name));
  if (!function && missing.empty()) missing.append("the library has no function ").append(name);
}

#define TENON_TAKE(name) take(library, TENON_TEXT(name), loaded.table.name, loaded.missing);
#define TENON_LOAD(Table, FUNCTIONS, what, wheel, soname)                                       \
  const Library<Table>& load_##Table() {                                                        \
    static const Library<Table> result = [] {                                                   \
      Library<Table> loaded;                                                                    \
      void* library = open_library(wheel, soname, &loaded.missing);                             \
      if (library) {                                                                            \
        loaded.missing.clear();                                                                 \
        FUNCTIONS(TENON_TAKE)                                                                   \
      }                                                                                         \
      if (!loaded.missing.empty()) loaded.missing.insert(0, detail::concat("no ", what, ": ")); \
      return loaded;                                                                            \
    }();                                                                                        \
    return result;                                                                              \
  }
TENON_LOAD(Driver, TENON_CUDA_DRIVER, "CUDA driver", "cu13", "libcuda.so.1")
TENON_LOAD(Nvrtc, TENON_NVRTC, "NVRTC", "cu13", "libnvrtc.so.13")
TENON_LOAD(Cudnn, TENON_CUDNN, "cuDNN", "cudnn", "libcudnn.so.9")
TENON_LOAD(CublasLt, TENON_CUBLASLT, "cuBLASLt", "cu13", "libcublasLt.so.13")

template <typename Table>
Support answer(const Library<Table>& library) {
  return library.missing.empty() ? Support::yes() : Support::no(library.missing);
}

template <typename Table>
const Table& wanted(const Library<Table>& library) {
  TENON_CHECK(library.missing.empty(), library.missing);
  return library.table;
}

Support start_driver() {
  if (Support s = has_driver(); !s) return s;
  const Driver& d = driver();
  if (CUresult code = d.cuInit(0)) return Support::no("no GPU: " + error_text(code));
  int count = 0;
  if (CUresult code = d.cuDeviceGetCount(&count)) return Support::no("no GPU: " + error_text(code));
  return count > 0 ? Support::yes() : Support::no("no GPU: the CUDA driver sees none");
}

DeviceInfo read_info(int ordinal) {
  DeviceInfo info;
  info.ordinal = ordinal;
  CUdevice device = 0;
  TENON_CU(cuDeviceGet, &device, ordinal);
  const auto attribute = [&](CUdevice_attribute what) {
    int value = 0;
    TENON_CU(cuDeviceGetAttribute, &value, what, device);
    return value;
  };
  info.sm = 10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
            attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  info.processors = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  TENON_CU(cuDriverGetVersion, &info.driver_version);
  std::array<char, 256> name{};
  TENON_CU(cuDeviceGetName, name.data(), static_cast<int>(name.size()), device);
  info.name = name.data();
  return info;
}

}  // namespace

Support has_driver() { return answer(load_Driver()); }
Support has_nvrtc() { return answer(load_Nvrtc()); }
Support has_cudnn() { return answer(load_Cudnn()); }
Support has_cublas_lt() { return answer(load_CublasLt()); }
const Driver& driver() { return wanted(load_Driver()); }
const Nvrtc& nvrtc() { return wanted(load_Nvrtc()); }
const Cudnn& cudnn() { return wanted(load_Cudnn()); }
const CublasLt& cublas_lt() { return wanted(load_CublasLt()); }

Support has_device() {
  static const Support result = start_driver();
  return result;
}

void make_current() {
  const Support there = has_device();
  TENON_CHECK(there, "CUDA was asked for, but there is ", there.reason());
  CUcontext context = nullptr;
  TENON_CU(cuCtxGetCurrent, &context);
  if (!context) select_device(0);
}

void select_device(int ordinal) {
  const Support there = has_device();
  TENON_CHECK(there, "CUDA was asked for, but there is ", there.reason());
  int count = 0;
  TENON_CU(cuDeviceGetCount, &count);
  TENON_CHECK(ordinal >= 0 && ordinal < count, "there is no device cuda:", ordinal, ", wanted 0..",
              count - 1);
  CUdevice device = 0;
  CUcontext context = nullptr;
  TENON_CU(cuDeviceGet, &device, ordinal);
  TENON_CU(cuDevicePrimaryCtxRetain, &context, device);  // kept for the life of the process
  TENON_CU(cuCtxSetCurrent, context);
}

const DeviceInfo& device_info() {
  make_current();
  CUdevice device = 0;
  TENON_CU(cuCtxGetDevice, &device);
  static std::mutex mutex;
  static std::vector<std::pair<int, DeviceInfo*>> known;  // never destroyed, few entries
  std::lock_guard<std::mutex> lock(mutex);
  for (const auto& [ordinal, info] : known)
    if (ordinal == device) return *info;
  known.emplace_back(device, new DeviceInfo(read_info(device)));
  return *known.back().second;
}

std::string error_text(CUresult code) {
  const char *name = nullptr, *text = nullptr;
  if (driver().cuGetErrorName(code, &name) != CUDA_SUCCESS || !name) name = "unknown CUDA error";
  if (driver().cuGetErrorString(code, &text) != CUDA_SUCCESS || !text) text = "";
  return std::string(name) + ": " + text;
}

}  // namespace tenon::cuda
