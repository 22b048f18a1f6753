#pragma once

/// @file
/// Everything of the engine: tensors, the tape, the operators, and the tools that check them.
///
///     tg::Tensor x = tg::tensor({1.0, 2.0, 3.0}).requires_grad_();
///     tg::sum(x * x).backward();
///     fmt::print("{}\n", x.grad());  // 2 x
///
/// It computes in the floating-point environment that the calling thread has, and leaves it as it
/// is. **Round to nearest** (`FE_TONEAREST`, what every thread begins with): in another mode
/// functions such as `tanh` are wrong by up to 1e-5. Debug builds throw `ValueError` then. Where a
/// processor is told to flush denormal numbers to zero, these count as 0 and all else stays right.

#include "autograd/base/dtype.h"
#include "autograd/base/error.h"
#include "autograd/base/format.h"
#include "autograd/base/shape.h"
#include "autograd/base/threads/parallel.h"
#include "autograd/base/version.h"
#include "autograd/base/warning.h"
#include "autograd/check/anomaly.h"
#include "autograd/check/broken_rule.h"
#include "autograd/check/catalogue.h"
#include "autograd/check/gradcheck.h"
#include "autograd/check/operators.h"
#include "autograd/check/verify.h"
#include "autograd/formula.h"
#include "autograd/graph/diff.h"
#include "autograd/graph/dot.h"
#include "autograd/graph/graph.h"
#include "autograd/graph/profile.h"
#include "autograd/memory/memory.h"
#include "autograd/ops/custom.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tape/trace.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/create/host_memory.h"
#include "autograd/tensor/create/random.h"
#include "autograd/tensor/door/cancel.h"
#include "autograd/tensor/print.h"
#include "autograd/tensor/tensor.h"
#include "autograd/transforms/backward.h"
#include "autograd/transforms/checkpoint.h"
#include "autograd/transforms/flatten.h"
#include "autograd/transforms/function_gradients.h"
#include "autograd/transforms/implicit.h"
#include "autograd/transforms/jacobian.h"
#include "autograd/transforms/jvp.h"
#include "autograd/transforms/sparse.h"
#include "autograd/transforms/vjp.h"
#include "autograd/transforms/vmap.h"
