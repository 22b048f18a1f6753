#pragma once

/// @file
/// Decompositions of matrices, and what is computed with them; a library of its own
/// (`tapegrad::linalg`).
///
///     tg::Tensor A = tg::tensor({{4.0, 1.0}, {1.0, 3.0}}).requires_grad_();
///     tg::Tensor x = tg::solve(A, tg::tensor({1.0, 2.0}));
///     tg::sum(x).backward();

#include "autograd/linalg/det.h"
#include "autograd/linalg/factors.h"
#include "autograd/linalg/least_squares.h"
#include "autograd/linalg/matrix_functions.h"
#include "autograd/linalg/operators.h"
#include "autograd/linalg/solve.h"
