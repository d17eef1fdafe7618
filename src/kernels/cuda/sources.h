// SPDX-License-Identifier: Apache-2.0
// The files of kernels/cuda/src as text (cuda_sources.cpp is made by cmake/EmbedSources.cmake), and
// the list of what kernels compile from them, which the tests compile for every architecture.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::kernels {

struct EmbeddedSource {
  std::string_view name, text;  // both end with a NUL character
};
const std::vector<EmbeddedSource>& embedded_sources();

/// A device source with one set of defines that some kernel compiles.
struct SourceVariant {
  std::string name;
  std::vector<std::string> defines;
};
/// Every variant that kernels registered; generated sources register samples of theirs.
std::vector<SourceVariant>& source_variants();

/// One static object per file of kernels.
struct RegisterSources {
  explicit RegisterSources(std::vector<SourceVariant> variants) {
    for (SourceVariant& v : variants) source_variants().push_back(std::move(v));
  }
};

}  // namespace tenon::kernels
