#pragma once

#include <xsimd/xsimd.hpp>

#include "autograd/kernels/simd/cpu.h"

// What a `*.kernels.cpp` is being compiled for: the build says which instruction set.

namespace tapegrad::kernels {

/// The xsimd architecture of an instruction set.
template <Isa isa>
struct ArchOf {
  using type = xsimd::default_arch;
};
template <>
struct ArchOf<Isa::avx2> {
  using type = xsimd::fma3<xsimd::avx2>;
};
template <>
struct ArchOf<Isa::avx512> {
  using type = xsimd::avx512bw;
};

// Another one in each file, hence without names for the linker.
namespace {

constexpr Isa kTargetIsa = Isa::TAPEGRAD_ISA;
using TargetArch = ArchOf<kTargetIsa>::type;

}  // namespace

}  // namespace tapegrad::kernels
