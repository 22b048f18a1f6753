#include "autograd/kernels/simd/cpu.h"

#include <algorithm>
#include <cfenv>
#include <cstdlib>
#include <string_view>

#if defined(TAPEGRAD_X86)
#include <xmmintrin.h>
#endif

#include "autograd/base/fail.h"

namespace tapegrad::kernels {

namespace {

Isa best_of_machine() noexcept {
#if defined(TAPEGRAD_X86)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!avx2) return Isa::baseline;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl");
  return avx512 ? Isa::avx512 : Isa::avx2;
#else
  return Isa::baseline;
#endif
}

Isa limit_from_environment() noexcept {
  const char* text = std::getenv("TAPEGRAD_SIMD");
  const std::string_view wanted = text ? text : "";
  if (wanted == "baseline") return Isa::baseline;
  if (wanted == "avx2") return Isa::avx2;
  return Isa::avx512;
}

}  // namespace

Isa detect_isa() noexcept { return std::min(best_of_machine(), limit_from_environment()); }

void detail::require_nearest_rounding() {
#if defined(TAPEGRAD_X86)
  // The mode of the vector units, which a program may set past the standard library.
  const bool nearest = _MM_GET_ROUNDING_MODE() == _MM_ROUND_NEAREST;
#else
  const bool nearest = std::fegetround() == FE_TONEAREST;
#endif
  if (!nearest)
    fail<ValueError>(
        "this thread does not round to nearest, which the functions of each element need (tanh "
        "would be wrong by 1e-5); call std::fesetround(FE_TONEAREST) before the library, and set "
        "your own mode again after it");
}

int detail::choose_isa() noexcept {
  const int isa = static_cast<int>(detect_isa());
  chosen_isa.store(isa, std::memory_order_relaxed);
  return isa;
}

}  // namespace tapegrad::kernels
