// SPDX-License-Identifier: Apache-2.0
// The one place of src/torch/program that needs torch: an engine as a pickled script object.
#pragma once

#include <string>

#include "base/zip.h"
#include "tenon/runtime.h"

namespace tenon::torch_bridge {

/// Hands over, piece by piece, what torch.export.save writes for a custom object that is an engine
/// with this plan; about as many bytes as the plan has.
void pickle_engine(const PlanBytes& plan, const ZipWriter::Sink& sink);

/// Makes a CUDA device the current one of this thread until it goes; does nothing for "cpu".
class CurrentDevice {
 public:
  explicit CurrentDevice(const std::string& device);
  ~CurrentDevice();
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  int before_ = -1;
};

}  // namespace tenon::torch_bridge
