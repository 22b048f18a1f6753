#pragma once

/// Decompositions of matrices, and what is computed with them; a library of its own
/// (`tapegrad::linalg`).

#include "autograd/linalg/det.h"
#include "autograd/linalg/factors.h"
#include "autograd/linalg/least_squares.h"
#include "autograd/linalg/matrix_functions.h"
#include "autograd/linalg/operators.h"
#include "autograd/linalg/solve.h"
