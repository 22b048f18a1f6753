#pragma once

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

}  // namespace tapegrad::kernels
