#pragma once

#include <atomic>

// Which kernels run on this machine.
//
// A family of kernels is a struct of pointers (its table, such as `RowKernels`), and one or several
// `*.kernels.cpp`, which the build compiles once for each instruction set. Each time such a file
// defines `KernelsFor<Table, TAPEGRAD_ISA>::table`; `chosen<Table>()` is the one for this machine.

namespace tapegrad::kernels {

/// The instruction sets that kernels are compiled for, weakest first. `baseline` is what every
/// machine of the platform has: SSE2 on x86-64, NEON on 64-bit ARM. `avx2` includes FMA; `avx512`
/// is F, CD, DQ, BW, VL.
enum class Isa { baseline, avx2, avx512 };

/// The best instruction set of this machine that kernels exist for.
///
/// The environment variable `TAPEGRAD_SIMD` (`baseline`, `avx2` or `avx512`) asks for a weaker one,
/// for tests and measurements; a stronger one than the machine has, or another text, is ignored.
Isa detect_isa() noexcept;

namespace detail {

/// Below 0 until somebody asked.
inline constinit std::atomic<int> chosen_isa{-1};
int choose_isa() noexcept;

/// Throws `ValueError` unless this thread rounds to nearest, as the kernels need it.
void require_nearest_rounding();

/// False in debug builds, which look at the rounding mode at each launch of a kernel: that takes as
/// long as a small one.
#if defined(TAPEGRAD_CHECK_ROUNDING)
inline constexpr bool kRoundingIsTrusted = false;
#else
inline constexpr bool kRoundingIsTrusted = true;
#endif

}  // namespace detail

/// `detect_isa()` when this was first asked for, as an index into the tables of a family.
[[gnu::always_inline]] inline int isa_index() noexcept(detail::kRoundingIsTrusted) {
  if constexpr (!detail::kRoundingIsTrusted) detail::require_nearest_rounding();
  const int chosen = detail::chosen_isa.load(std::memory_order_relaxed);
  return chosen >= 0 ? chosen : detail::choose_isa();
}

/// The kernels of a family for one instruction set.
template <class Table, Isa isa>
struct KernelsFor {
  static const Table table;
};

#if defined(__clang__)
#pragma clang diagnostic push
// Each table is defined in a file of its instruction set, where nothing else is.
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif

/// The tables of a family, by instruction set.
template <class Table>
inline constexpr const Table* kernel_tables[] = {
    &KernelsFor<Table, Isa::baseline>::table,
#if defined(TAPEGRAD_X86)
    &KernelsFor<Table, Isa::avx2>::table,
    &KernelsFor<Table, Isa::avx512>::table,
#endif
};

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/// The kernels of a family for this machine.
template <class Table>
const Table& chosen() noexcept(detail::kRoundingIsTrusted) {
  return *kernel_tables<Table>[isa_index()];
}

}  // namespace tapegrad::kernels
