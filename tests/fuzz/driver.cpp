// SPDX-License-Identifier: Apache-2.0
#include "driver.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "seed.h"

namespace {

using tenon::test::Random;
using Bytes = std::string;

struct Arguments {
  uint64_t runs = 1000;
  uint64_t seed = tenon::test::first_seed();
  std::string keep;
  std::vector<Bytes> corpus;
};

Bytes read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag.substr(0, 2) != "--") {
      a.corpus.push_back(read(argv[i]));
    } else if (i + 1 < argc && flag == "--runs") {
      a.runs = std::strtoull(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && flag == "--seed") {
      a.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && flag == "--keep") {
      a.keep = argv[++i];
    } else {
      std::fprintf(stderr, "unknown argument %s\n", argv[i]);
      std::exit(2);
    }
  }
  if (a.corpus.empty()) {
    std::fprintf(stderr, "no corpus file given\n");
    std::exit(2);
  }
  return a;
}

size_t place(Random& random, const Bytes& b) {
  return static_cast<size_t>(random.in(0, static_cast<int64_t>(b.size())));
}

/// Numbers that bounds checks get wrong, as text and as little-endian bytes.
void overwrite_with_number(Random& random, Bytes& b) {
  static const int64_t kNumbers[] = {0,     1,          -1,         127,       255,
                                     65535, 2147483647, 4294967295, INT64_MAX, INT64_MIN};
  const int64_t n = kNumbers[random.in(0, 9)];
  const size_t at = place(random, b);
  if (random.one_in(2)) {
    const size_t end = std::min(b.find_first_not_of("0123456789", at), b.size());
    b.replace(at, end - at, std::to_string(n));
    return;
  }
  const size_t width = size_t{1} << random.in(0, 3);
  for (size_t i = 0; i < width && at + i < b.size(); ++i) {
    b[at + i] = static_cast<char>(static_cast<uint64_t>(n) >> (8 * i));
  }
}

void mutate_once(Random& random, Bytes& b) {
  const size_t at = place(random, b), count = static_cast<size_t>(random.in(1, 32));
  switch (random.in(0, 6)) {
    case 0:
      if (at < b.size()) b[at] ^= static_cast<char>(1 << random.in(0, 7));
      break;
    case 1:
      if (at < b.size()) b[at] = static_cast<char>(random.bits());
      break;
    case 2:
      b.erase(at, count);
      break;
    case 3:
      b.insert(at, b.substr(place(random, b), count));
      break;
    case 4:
      overwrite_with_number(random, b);
      break;
    case 5: {  // another part of the input in this place: keys and values change roles
      const Bytes part = b.substr(place(random, b), count);
      b.replace(at, std::min(count, b.size() - at), part);
      break;
    }
    default:
      if (random.one_in(8)) b.resize(at);  // rare: little of a truncated input is read
  }
}

void mutate(Random& random, Bytes& b) {
  if (LLVMFuzzerCustomMutator && !random.one_in(4)) {
    const size_t size = b.size(), room = size + 4096;
    b.resize(room);
    b.resize(LLVMFuzzerCustomMutator(reinterpret_cast<uint8_t*>(b.data()), size, room,
                                     static_cast<unsigned int>(random.bits())));
    return;
  }
  for (int64_t n = random.in(1, 4); n > 0; --n) mutate_once(random, b);
}

void keep_input(const std::string& path, const Bytes& b) {
  std::ofstream(path, std::ios::binary).write(b.data(), static_cast<std::streamsize>(b.size()));
}

void try_input(const Arguments& a, const Bytes& b) {
  if (!a.keep.empty()) keep_input(a.keep, b);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(b.data()), b.size());
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments a = parse(argc, argv);
  std::printf("seed %llu, %llu runs\n", static_cast<unsigned long long>(a.seed),
              static_cast<unsigned long long>(a.runs));
  std::fflush(stdout);
  for (const Bytes& b : a.corpus) try_input(a, b);
  Random random(a.seed);
  for (uint64_t run = 0; run < a.runs; ++run) {
    Bytes b = a.corpus[run % a.corpus.size()];
    mutate(random, b);
    try_input(a, b);
  }
}
