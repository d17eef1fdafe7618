// SPDX-License-Identifier: Apache-2.0
// Copies of strided n-dimensional arrays on the device: what shuffle, reorder, expand, slice,
// concatenation and identity come down to. Host side of src/copy.cu. Immutable; thread safe.
#pragma once

#include "kernels/cuda/launch.h"
#include "kernels/cuda/strided.h"

namespace tenon::kernels::cuda_kernels {

/// One copy; element strides over `shape`, starts in elements.
struct CopyTask {
  size_t input;  // number of the call's input
  Ints shape, to_strides, from_strides;
  int64_t to_start = 0, from_start = 0;
};

/// Copies that do not depend on each other, into one buffer.
class CopyPlan {
 public:
  CopyPlan(const Problem& problem, const std::vector<CopyTask>& tasks, size_t element_size);
  /// `from` are the addresses of the inputs. As many launches for every call.
  void launches(const void* const* from, void* to, LaunchSink& sink) const;

 private:
  struct Piece {
    size_t input;
    Space space;  // operand 0 is the destination, 1 the source
    int64_t to_start, from_start;
  };
  using Group = std::vector<Piece>;  // copied in one launch

  void add(const CopyTask& task);
  void add_piece(Piece piece);
  static bool can_transpose(const Piece& piece);
  int64_t widest(const Group& group, const void* const* from, const void* to) const;
  void launch_copies(const Group& group, const void* const* from, void* to, LaunchSink& sink) const;
  void launch_flat(const Group& group, const void* const* from, void* to, LaunchSink& sink) const;
  void launch_transpose(const Piece& piece, const void* const* from, void* to,
                        LaunchSink& sink) const;
  const char* address(const void* base, int64_t elements) const {
    return static_cast<const char*>(base) + elements * size_;
  }

  int64_t size_;  // of an element
  int processors_;
  std::vector<Group> groups_;
  bool transposed_ = false;  // there is one piece, and it is one
  CUfunction transpose_ = nullptr;
  CUfunction copy_[5] = {}, flat_[5] = {};  // of 1, 2, 4, 8 and 16 bytes
};

/// One run of elements on both sides.
bool is_contiguous(const Space& space);
/// Which dim of a space the source is contiguous along, if that is worth a transpose; else -1.
int transposed_dim(const Space& space);
/// Elements that can be moved as one of `bytes` bytes: inner dims contiguous, all else aligned.
bool can_widen(const Space& space, uintptr_t to, uintptr_t from, int64_t bytes, int64_t size);

}  // namespace tenon::kernels::cuda_kernels
