// SPDX-License-Identifier: Apache-2.0
// Inputs of a model and the outputs they should give, as example_case.py wrote them: a folder with
// one file of raw bytes per tensor, and case.txt with a line per tensor:
//   input float32 input0.raw 1 3 224 224
// Owns its bytes. Throws std::runtime_error that names the file.
#pragma once

#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace example {

struct Tensor {
  std::string dtype;
  std::vector<int64_t> shape;
  std::vector<char> bytes;
};

struct Case {
  std::vector<Tensor> inputs, outputs;
};

inline std::vector<char> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline Case read_case(const std::string& folder) {
  std::ifstream list(folder + "/case.txt");
  if (!list) throw std::runtime_error("cannot read " + folder + "/case.txt");
  Case result;
  for (std::string line; std::getline(list, line);) {
    std::istringstream words(line);
    std::string kind, name;
    Tensor tensor;
    words >> kind >> tensor.dtype >> name;
    for (int64_t size; words >> size;) tensor.shape.push_back(size);
    tensor.bytes = read_bytes(folder + "/" + name);
    (kind == "input" ? result.inputs : result.outputs).push_back(std::move(tensor));
  }
  return result;
}

/// |seen - wanted| / |wanted| in the 2-norm, for float32 tensors; infinite where sizes differ.
inline double relative_error(const float* seen, size_t count, const Tensor& wanted) {
  if (wanted.dtype != "float32") throw std::runtime_error("cannot compare " + wanted.dtype);
  if (count * sizeof(float) != wanted.bytes.size()) return INFINITY;
  const float* right = reinterpret_cast<const float*>(wanted.bytes.data());
  double difference = 0, norm = 0;
  for (size_t i = 0; i < count; ++i) {
    const double d = double{seen[i]} - right[i];
    difference += d * d;
    norm += double{right[i]} * right[i];
  }
  return std::sqrt(difference / norm);
}

}  // namespace example
