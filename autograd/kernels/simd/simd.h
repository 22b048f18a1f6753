#pragma once

// `Vec` and everything that formulas may call on one. What is not inlined, here and in the kernels,
// is static: every file has its own, for its instruction set, and the library carries no names for
// them.

#include "autograd/kernels/simd/basic.h"
#include "autograd/kernels/simd/erf.h"
#include "autograd/kernels/simd/exp.h"
#include "autograd/kernels/simd/log.h"
#include "autograd/kernels/simd/pow.h"
#include "autograd/kernels/simd/trig.h"
