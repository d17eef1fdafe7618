// SPDX-License-Identifier: Apache-2.0
// What torchtrtc does with each kind of file.
#pragma once

#include <string>

#include "arguments.h"

namespace torchtrtc {

enum class FileKind { kProgram, kScript, kEngine };

/// By content; Error if it is none of the three or cannot be read.
FileKind kind_of(const std::string& path);

/// A program of torch.export.
void compile_program(const Arguments& arguments);
/// A TorchScript module.
void compile_script(const Arguments& arguments);
/// Puts a serialized engine into a TorchScript module.
void embed_engine(const Arguments& arguments);
/// Whether every op of the method can convert.
bool check_method_support(const Arguments& arguments);

/// Whole or not at all.
void write_output(const std::string& path, const std::string& content);

}  // namespace torchtrtc
