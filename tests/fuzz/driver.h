// SPDX-License-Identifier: Apache-2.0
// Shared main of the fuzz targets (driver.cpp). A target defines LLVMFuzzerTestOneInput, so with
// TENON_LIBFUZZER it links with libFuzzer's own main instead. This one needs no libFuzzer: it
// mutates the files of a seed corpus a bounded number of times and prints the seed, so a failure
// can be repeated.
//   fuzz_x [--runs N] [--seed S] [--keep FILE] CORPUS_FILE...
// --keep writes each input to FILE before it is tried: after a crash FILE holds the culprit.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

/// Optional, as in libFuzzer: changes the input in place to one of at most `max_size` bytes and
/// returns its size. A target whose format is mostly rejected by its outer syntax needs one. The
/// driver uses it for three inputs of four.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) __attribute__((weak));
