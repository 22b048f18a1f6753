#pragma once

// `Vec` and everything that formulas may call on one.

#include "autograd/kernels/simd_basic.h"
#include "autograd/kernels/simd_erf.h"
#include "autograd/kernels/simd_exp.h"
#include "autograd/kernels/simd_log.h"
#include "autograd/kernels/simd_pow.h"
#include "autograd/kernels/simd_trig.h"
