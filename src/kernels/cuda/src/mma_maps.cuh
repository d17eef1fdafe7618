// SPDX-License-Identifier: Apache-2.0
// Which element of a matrix a lane of a warp holds for mma.sync m16n8k16 with 16-bit operands, and
// which row a lane names for ldmatrix.x4. Plain integer C++ without includes: DEVICE comes from the
// includer, so tests/cuda checks the same functions on the host.
#pragma once

// The 16 x 8 result: four floats.
DEVICE int mma_d_row(int lane, int i) { return (lane >> 2) + (i >> 1) * 8; }
DEVICE int mma_d_col(int lane, int i) { return (lane & 3) * 2 + (i & 1); }

// The 16 x 16 left operand: four registers of two neighbours in a row; the column of the first.
DEVICE int mma_a_row(int lane, int reg) { return (lane >> 2) + (reg & 1) * 8; }
DEVICE int mma_a_col(int lane, int reg) { return (lane & 3) * 2 + (reg >> 1) * 8; }

// ldmatrix.x4 loads four 8 x 8 matrices; lane 8 i + r names row r of matrix i, which lands in
// register i. Two right operands (16 x 8 each, of neighbouring columns) at once: registers 0 and 1
// are the two of the first, 2 and 3 those of the second.
//   Stored [n][k], not transposed on loading (K of attention, the weight of linear):
DEVICE int ldm_nk_row(int lane) { return (lane >> 4) * 8 + (lane & 7); }
DEVICE int ldm_nk_col(int lane) { return ((lane >> 3) & 1) * 8; }
//   Stored [k][n], loaded with .trans (V of attention):
DEVICE int ldm_kn_row(int lane) { return lane & 15; }
DEVICE int ldm_kn_col(int lane) { return (lane >> 4) * 8; }
