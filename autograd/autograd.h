#pragma once

/// Everything of the engine: tensors, the tape, the operators, and the tools that check them.

#include "autograd/formula.h"
#include "autograd/kernels/parallel.h"
#include "autograd/ops/custom.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create.h"
#include "autograd/tensor/default_dtype.h"
#include "autograd/tensor/dtype.h"
#include "autograd/tensor/error.h"
#include "autograd/tensor/format.h"
#include "autograd/tensor/memory.h"
#include "autograd/tensor/random.h"
#include "autograd/tensor/shape.h"
#include "autograd/tensor/tensor.h"
#include "autograd/tensor/version.h"
#include "autograd/tensor/warning.h"
#include "autograd/tools/gradcheck.h"
#include "autograd/tools/graph.h"
#include "autograd/tools/operators.h"
#include "autograd/transforms/backward.h"
