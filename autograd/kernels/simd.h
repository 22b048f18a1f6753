#pragma once

// `Vec` and everything that formulas may call on one. What is not inlined, here and in the kernels,
// is static: every file has its own, for its instruction set, and the library carries no names for
// them.

#include "autograd/kernels/simd_basic.h"
#include "autograd/kernels/simd_erf.h"
#include "autograd/kernels/simd_exp.h"
#include "autograd/kernels/simd_log.h"
#include "autograd/kernels/simd_pow.h"
#include "autograd/kernels/simd_trig.h"
