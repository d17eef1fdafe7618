// SPDX-License-Identifier: Apache-2.0
// A pointwise layer (or a single elementwise one) compiled for the block interpreter of
// pointwise.cpp: block functions, register numbers, and how each input reaches a block. Made once
// by prepare(); immutable afterwards.
#pragma once

#include <optional>
#include <vector>

#include "kernels/cpu/nd.h"
#include "kernels/cpu/pointwise_ops.h"
#include "net/pointwise.h"

namespace tenon::kernels::cpu {

struct PwOperand {
  bool is_input = false;
  int index = -1;  // input number or register number; -1: absent
};

struct PwStep {
  PwFn fn = nullptr;
  PwOperand operands[3];
  int dst = -1;  // register, or -1: the output
  float params[2] = {0, 0};
};

/// A register that holds one value in all its elements during the whole call.
struct PwConstant {
  int reg;
  PwType type;
  double value;
};

/// How an input is read, beside pointing into it directly.
enum class PwAccess : uint8_t {
  kDirect,  // innermost stride 1: a pointer into the input
  kOnce,    // the same for every block: its register is filled once per thread
  kPerRow,  // one value per row: its register is filled when the row changes
  kGather,  // copied into its register block by block
};
struct PwInput {
  PwType type;
  PwAccess access = PwAccess::kDirect;
  int reg = -1;
};

struct PwProgram {
  std::vector<PwStep> steps;
  std::vector<PwConstant> constants;
  std::vector<PwInput> inputs;
  PwType out_type = PwType::kF32;
  int registers = 0;
  Space space;          // operand 0 is the output, operand k + 1 input k
  int64_t rows = 1;     // rows of the space
  bool tiled = false;   // a block is several whole rows; else a part of one row
  int64_t block = 0;    // elements of a block at most
  int64_t per_row = 1;  // blocks of a row (not tiled)
  int64_t rows_per_block = 1;
  int64_t blocks = 0;
  int64_t grain = 1;  // blocks worth a thread
  int64_t register_bytes = 0;

  static constexpr int64_t kRegisterSpace = 65536;
};

/// The block function of an op by its name in layers.def, or null.
PwFn pointwise_function(const std::string& op, PwType type);

/// Compiles, or says why not.
Support compile_pointwise(const Problem& problem, PwProgram* program);

}  // namespace tenon::kernels::cpu
