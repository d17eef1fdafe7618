// SPDX-License-Identifier: Apache-2.0
// A Kernel made of oneDNN primitives: the one that does the work, preceded and followed by reorders
// of operands that it wants in another layout than the caller has, and after all by the epilogue.
// KernelBuilder makes one.
// A prepared call (memory objects, argument arrays, a stream) is not shareable, so a kernel keeps a
// few of them and threads take one each; in steady state a run allocates nothing of ours.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "kernels/onednn/dnnl_common.h"
#include "kernels/onednn/epilogue.h"

namespace tenon::kernels::onednn {

/// Where the pointer of an argument comes from.
struct Source {
  enum class Kind : uint8_t { kInput, kOutput, kScratch, kOwned } kind;
  size_t value;       // operand number, scratch offset, or number of an owned buffer
  size_t offset = 0;  // bytes into it
};

struct Argument {
  int arg;  // DNNL_ARG_...
  Desc desc;
  Source from;
};

struct Step {
  dnnl::primitive primitive;
  std::vector<Argument> arguments;
};

class PrimitiveKernel final : public Kernel {
 public:
  PrimitiveKernel(std::vector<Step> steps, std::vector<std::shared_ptr<const void>> owned,
                  size_t scratch, const Epilogue& epilogue);
  ~PrimitiveKernel() override;
  void run(const Call& call) const override;

 private:
  struct Prepared;  // one thread's memory objects
  std::unique_ptr<Prepared> take() const;
  void give_back(std::unique_ptr<Prepared> prepared) const;
  void* address(const Source& from, const Call& call) const;
  void execute(Prepared& prepared, const Call& call) const;

  std::vector<Step> steps_;
  std::vector<std::shared_ptr<const void>> owned_;
  const Epilogue epilogue_;
  int threads_;  // primitives are split for this many; running them on more would overrun scratch
  mutable std::array<std::atomic<Prepared*>, 8> pool_{};
};

/// Collects the arguments of one primitive and the reorders around it.
class KernelBuilder {
 public:
  explicit KernelBuilder(const Problem& problem) : problem_(problem) {}

  /// Input `index` is `have`, the primitive wants `want`. A constant whose value is known is
  /// reordered here and now, anything else in every run.
  void input(int arg, size_t index, const Desc& have, const Desc& want);
  void output(int arg, size_t index, const Desc& have, const Desc& want);
  std::unique_ptr<Kernel> finish(const dnnl::primitive& primitive, const Desc& scratchpad);

  // For kernels of several primitives: where the operands lie in the layout that is wanted,
  // scratch, and the primitives before the one given to finish().
  Source staged_input(size_t index, const Desc& have, const Desc& want);
  Source staged_output(size_t index, const Desc& have, const Desc& want);
  Source scratch(size_t bytes);
  void argument(int arg, const Desc& desc, Source from) { arguments_.push_back({arg, desc, from}); }
  void step(const dnnl::primitive& primitive, std::vector<Argument> arguments) {
    before_.push_back({primitive, std::move(arguments)});
  }

 private:
  static Step reorder(const Desc& have, Source from, const Desc& want, Source to);

  const Problem& problem_;
  std::vector<Step> before_, after_;
  std::vector<Argument> arguments_;
  std::vector<std::shared_ptr<const void>> owned_;
  size_t scratch_ = 0;
};

/// Copies `from` in layout `have` to `to` in layout `want`, once.
void reorder_once(const Desc& have, const void* from, const Desc& want, void* to);

}  // namespace tenon::kernels::onednn
