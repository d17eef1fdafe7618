// SPDX-License-Identifier: Apache-2.0
#include "base/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstring>

namespace tenon {

namespace {

size_t padded(size_t bytes) { return (bytes + 3) / 4 * 4; }

// Of a note segment in memory: (name size, size, type), name, description, each padded to 4 bytes
// (elf(5)).
std::string id_in_notes(const char* at, size_t left) {
  constexpr char kHex[] = "0123456789abcdef";
  ElfW(Nhdr) note;
  while (left >= sizeof note) {
    std::memcpy(&note, at, sizeof note);
    const size_t name = padded(note.n_namesz), size = note.n_descsz;
    if (left - sizeof note < name || left - sizeof note - name < size) break;
    const char* content = at + sizeof note + name;
    if (note.n_type == NT_GNU_BUILD_ID && std::memcmp(at + sizeof note, "GNU", 4) == 0) {
      std::string id;
      for (size_t i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(content[i]);
        id += kHex[byte >> 4], id += kHex[byte & 15];
      }
      return id;
    }
    const size_t step = sizeof note + name + padded(size);
    if (step > left) break;
    at += step, left -= step;
  }
  return "";
}

}  // namespace

std::string build_id() {
  std::string ids;
  dl_iterate_phdr(
      [](dl_phdr_info* library, size_t, void* found) {
        const char* file = std::strrchr(library->dlpi_name, '/');
        if (!file || std::strncmp(file, "/libtenon", 9) != 0) return 0;
        for (int i = 0; i < library->dlpi_phnum; ++i) {
          const ElfW(Phdr) & segment = library->dlpi_phdr[i];
          if (segment.p_type != PT_NOTE) continue;
          // NOLINTNEXTLINE(performance-no-int-to-ptr): an address is what the loader gives
          const auto* notes = reinterpret_cast<const char*>(library->dlpi_addr + segment.p_vaddr);
          const std::string id = id_in_notes(notes, segment.p_memsz);
          if (id.empty()) continue;
          auto& all = *static_cast<std::string*>(found);
          if (!all.empty()) all += '+';
          all += id;
        }
        return 0;
      },
      &ids);
  return ids;
}

}  // namespace tenon
