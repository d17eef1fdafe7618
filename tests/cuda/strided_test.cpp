// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/strided.h"

#include <gtest/gtest.h>

namespace tenon::kernels::cuda_kernels {
namespace {

TEST(Divider, DividesWhatFitsIn31Bits) {
  const int64_t most = (int64_t{1} << 31) - 1;
  for (int64_t d : {int64_t{1}, int64_t{2}, int64_t{3}, int64_t{7}, int64_t{49}, int64_t{224},
                    int64_t{641}, int64_t{65535}, int64_t{65537}, (int64_t{1} << 30) + 1, most}) {
    const Divider divider = make_divider(d);
    for (int64_t n : {int64_t{0}, d - 1, d, most / d * d - 1, most / d * d, most - 1, most}) {
      EXPECT_EQ(divide(static_cast<uint32_t>(n), divider), n / d) << n << " / " << d;
    }
  }
}

/// Every element of the space is in one part.
void expect_covers(const Space& space, int64_t most) {
  std::vector<int> seen(static_cast<size_t>(cpu::product(space.dims)));
  for (const Part& part : split(space, most)) {
    ASSERT_LE(cpu::product(part.dims), most);
    const Space sub{part.dims, space.strides};
    cpu::RowCursor row(sub, 0);
    for (int64_t r = 0; r < sub.rows(); ++r, row.next()) {
      for (int64_t i = 0; i < sub.inner(); ++i) {
        ++seen.at(
            static_cast<size_t>(part.starts[0] + row.offset(0) + i * space.strides[0].back()));
      }
    }
  }
  for (int count : seen) EXPECT_EQ(count, 1);
}

TEST(Split, PartsCoverTheSpaceOnce) {
  for (const Ints& shape : {Ints{5, 7, 6}, Ints{210}, Ints{1, 3, 70}}) {
    for (int64_t most : {1, 4, 13, 42, 209, 210, 1000}) {
      expect_covers({shape, {cpu::row_major(shape)}}, most);
    }
  }
  EXPECT_TRUE(split({{3, 0}, {{0, 1}}}).empty());
}

TEST(Aligned, LooksAtAddressAndStrides) {
  const Space s{{4, 16}, {{16, 1}, {17, 1}, {0, 1}, {16, 2}}};
  EXPECT_TRUE(aligned_for(s, 0, 64, 4, 4));
  EXPECT_FALSE(aligned_for(s, 0, 68, 4, 4));
  EXPECT_FALSE(aligned_for(s, 1, 64, 4, 4));
  EXPECT_TRUE(aligned_for(s, 2, 64, 4, 4));
  EXPECT_FALSE(aligned_for(s, 3, 64, 4, 4));
}

}  // namespace
}  // namespace tenon::kernels::cuda_kernels
