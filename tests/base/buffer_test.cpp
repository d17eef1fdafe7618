// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace tenon {
namespace {

TEST(Buffer, LargeAndSmallAreAlignedAndWritable) {
  for (const size_t bytes : {size_t{0}, size_t{1}, kOwnPages - 1, kOwnPages, kOwnPages + 1}) {
    const std::shared_ptr<void> buffer = make_buffer(bytes);
    ASSERT_NE(buffer, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.get()) % 64, 0u);
    if (bytes) static_cast<char*>(buffer.get())[bytes - 1] = 1;
  }
}

TEST(Buffer, TooMuchIsAnError) {
  std::string message;
  try {
    make_buffer(size_t{1} << 62);
  } catch (const Error& e) {
    message = e.what();
  }
  EXPECT_EQ(message, "no memory for a buffer of 4611686018427387904 bytes");
}

}  // namespace
}  // namespace tenon
