// SPDX-License-Identifier: Apache-2.0
// Every device source, with every set of defines that a kernel uses, compiles for each
// architecture. Needs NVRTC but no GPU.
#include <gtest/gtest.h>

#include "base/cuda_api.h"
#include "kernels/cuda/code.h"
#include "kernels/cuda/sources.h"

namespace tenon::kernels {
namespace {

TEST(DeviceCode, EverySourceIsListed) {
  for (const EmbeddedSource& s : embedded_sources()) {
    if (s.name.ends_with(".cuh")) continue;
    bool listed = false;
    for (const SourceVariant& v : source_variants()) listed |= v.name == s.name;
    EXPECT_TRUE(listed) << s.name << " is compiled by no kernel";
  }
}

class Architectures : public ::testing::TestWithParam<int> {};

TEST_P(Architectures, CompilesEveryVariant) {
  if (Support nvrtc = cuda::has_nvrtc(); !nvrtc) GTEST_SKIP() << nvrtc.reason();
  for (const SourceVariant& v : source_variants()) {
    std::string what = v.name;
    for (const std::string& d : v.defines) what += " -D" + d;
    try {
      const std::string cubin = compile_code({v.name, std::string(source_file(v.name)), v.defines},
                                             architecture(GetParam()));
      EXPECT_TRUE(cubin.starts_with("\177ELF")) << what;
    } catch (const Error& e) {
      ADD_FAILURE() << what << ": " << e.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(DeviceCode, Architectures, ::testing::Values(80, 90, 100));

TEST(DeviceCode, ErrorShowsTheCompilersLog) {
  if (Support nvrtc = cuda::has_nvrtc(); !nvrtc) GTEST_SKIP() << nvrtc.reason();
  try {
    compile_code({"broken.cu", "int f( {", {}}, architecture(90));
    FAIL() << "compiled";
  } catch (const Error& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("device code 'broken.cu' does not compile for sm_90a"), std::string::npos);
    EXPECT_NE(text.find("broken.cu(1)"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace tenon::kernels
