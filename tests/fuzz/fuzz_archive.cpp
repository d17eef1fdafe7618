// SPDX-License-Identifier: Apache-2.0
// Any bytes as a .pt2 archive: the answer is a Program that verifies and whose constants can be
// read to the last byte, or an Error.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver.h"
#include "frontends/export/archive.h"
#include "frontends/export/export.h"
#include "ir/pass.h"

namespace {

using namespace tenon;

/// Reads every byte, so that a view beyond its file is seen by the sanitizer.
unsigned checksum(const ir::ConstantTable& table) {
  unsigned sum = 0;
  for (const auto& [name, constant] : table) {
    const auto data = constant->materialise();
    const auto* bytes = static_cast<const unsigned char*>(data.get());
    for (size_t i = 0; i < constant->bytes; ++i) sum += bytes[i];
  }
  return sum;
}

void import_all(const std::shared_ptr<const std::byte[]>& bytes, size_t size) {
  const frontends::Archive archive(ZipReader::from_memory({bytes.get(), size}, bytes, "input"));
  for (const auto& entry : archive.zip().entries()) {
    if (entry.method == 0) (void)crc32(archive.zip().read(entry.name));
  }
  for (const auto& model : archive.models()) {
    const ir::ConstantTable table = archive.constants(model);
    volatile unsigned sum = checksum(table);
    (void)sum;
    ir::verify(frontends::import_exported_program(archive.model_json(model), table).graph);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A buffer of exactly this size: reading one byte too far is an error of the sanitizer.
  std::shared_ptr<std::byte[]> copy(new std::byte[size]);
  if (size) std::memcpy(copy.get(), data, size);
  try {
    import_all(copy, size);
  } catch (const Error& e) {
    if (std::strstr(e.what(), "internal error")) {
      std::fprintf(stderr, "%s\n", e.what());
      std::abort();
    }
  }
  return 0;
}
