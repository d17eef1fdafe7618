// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cstdlib>

#include "kernels/kernel.h"

namespace tenon::kernels {

namespace {

Isa machine_isa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
  return avx512 ? Isa::kAvx512 : avx2 ? Isa::kAvx2 : Isa::kGeneric;
#else
  return Isa::kGeneric;
#endif
}

// What TENON_ISA says; null if nothing.
const char* wanted_isa() {
  const char* text = std::getenv("TENON_ISA");
  return text && *text ? text : nullptr;
}

Isa chosen_isa() {
  const Isa machine = machine_isa();
  const char* text = wanted_isa();
  if (!text) return machine;
  for (Isa wanted : {Isa::kGeneric, Isa::kAvx2, Isa::kAvx512}) {
    if (std::string(text) == name_of(wanted)) return std::min(wanted, machine);
  }
  throw Error(detail::concat("TENON_ISA is \"", text, "\"; wanted generic, avx2 or avx512"));
}

// Linux lets a process use the tile registers only after it has asked for them.
bool may_use_amx() {
#if defined(__linux__) && defined(__x86_64__) && defined(TENON_AMX)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // arch_prctl(2)
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace

bool amx() {
  static const bool value = isa() == Isa::kAvx512 && !wanted_isa() && may_use_amx();
  return value;
}

std::string instruction_set() { return detail::concat(name_of(isa()), amx() ? "+amx" : ""); }

Isa isa() {
  static const Isa value = chosen_isa();
  return value;
}

const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::kGeneric:
      return "generic";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "?";
}

}  // namespace tenon::kernels
