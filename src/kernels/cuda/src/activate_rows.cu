// SPDX-License-Identifier: Apache-2.0
// An activation over a tensor in place, behind a library call that lacks it. T is f32, f16 or bf16;
// each thread takes 16 bytes where the pointer allows. Two times the size of the tensor is moved,
// most of it in the L2 cache that the product was just written to.
//   grid: at most 8 blocks per processor, block: 256
#include "activations.cuh"

#define PER_THREAD (16 / (int)sizeof(T))

// Twin of ActivationParams in fused_activation.cpp.
struct ActivationParams {
  void* data;
  i64 count;
  i32 kind, aligned;
  f32 alpha, beta;
};

KERNEL activate_rows(const __grid_constant__ ActivationParams p) {
  T* const data = (T*)p.data;
  const i64 first = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  const i64 step = (i64)gridDim.x * blockDim.x;
  const i64 vectors = p.aligned ? p.count / PER_THREAD : 0;
  for (i64 i = first; i < vectors; i += step) {
    Vec<T, PER_THREAD> v = load<PER_THREAD>(data + i * PER_THREAD);
#pragma unroll
    for (int e = 0; e < PER_THREAD; ++e)
      v.at[e] = to<T>(activate(p.kind, widen(v.at[e]), p.alpha, p.beta));
    store(data + i * PER_THREAD, v);
  }
  for (i64 i = vectors * PER_THREAD + first; i < p.count; i += step)
    data[i] = to<T>(activate(p.kind, widen(data[i]), p.alpha, p.beta));
}
