// Reductions, statistics and order.

#include <cmath>

#include "autograd/autograd.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
using tg::Tensor;

messages::Sections messages::of_reductions() {
  return {
      {"Reductions",
       "",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "amax: a tensor of shape [2, 0] has no element to choose from over dimensions "
               "[1]",
               tg::zeros({2, 0}).amax(1)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "argmax: a tensor of shape [2, 0] has no element to choose from over "
                            "dimensions [1]",
                            tg::zeros({2, 0}).argmax(1)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "amax: a tensor of shape [0] has no element to choose from over dimensions [0]",
               tg::zeros({0}).max()),
           TAPEGRAD_MISTAKE(ShapeError,
                            "quantile: q must be a number or a vector, not of shape [1, 1]",
                            quantile(y, tg::ones({1, 1}))),
           TAPEGRAD_MISTAKE(ValueError,
                            "quantile: q must be in [0, 1], but is tensor(1.5000, dtype=float64)",
                            quantile(y, 1.5)),
           TAPEGRAD_MISTAKE(ValueError, "diff: n is -1, but differences are taken 0 times or more",
                            diff(x, {.n = -1})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "trapezoid: places of shape [2] do not fit values of shape [2, 3]: along "
               "dimension 1 there must be one for each value",
               trapezoid(x, tg::ones({2}))),
           TAPEGRAD_MISTAKE(ShapeError, "cov: fweights have shape [2], but 3 observations need [3]",
                            cov(y, {.fweights = tg::tensor({1, 2})})),
           TAPEGRAD_MISTAKE(ValueError, "cov: aweights must not be negative",
                            cov(y, {.aweights = tg::tensor({-1.0, 1.0, 1.0})})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "cov: needs variables by observations, not a tensor of shape [2, 2, 2]",
                            cov(tg::ones({2, 2, 2}))),
           TAPEGRAD_MISTAKE(ValueError, "vector_norm: the order is NaN; it must be a number",
                            vector_norm(x, NAN)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "matrix_norm: needs at least two dimensions, not a tensor of shape [3]",
                            matrix_norm(ints.to(tg::float32))),
           TAPEGRAD_MISTAKE(IndexError,
                            "matrix_norm: a matrix has two dimensions, but dims are [0]",
                            matrix_norm(x, 1, 0)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "matrix_norm: order 3 is none of 1, -1, inf and -inf; MatrixNorm::fro is the "
               "root of all squares, and 2, -2 and nuc are those of SpectralNorm "
               "(autograd/linalg/linalg.h)",
               matrix_norm(x, 3)),
       }},
      {"Order and counting",
       "",
       {
           TAPEGRAD_MISTAKE(
               IndexError,
               "topk: k is 4, but dimension 1 of shape [2, 3] has 3 elements; k must be 0 to 3",
               topk(x, 4)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "kthvalue: k is 0, but dimension 1 of shape [2, 3] has 3 elements; k must be 1 "
               "to 3",
               kthvalue(x, 0)),
           TAPEGRAD_MISTAKE(IndexError,
                            "kthvalue: dimension 1 of shape [2, 0] has no elements to choose from",
                            kthvalue(tg::zeros({2, 0}), 1)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "median: a tensor of shape [2, 0] has no element to choose from over "
                            "dimensions [1]",
                            median(tg::zeros({2, 0}), 1)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "searchsorted: a sorted sequence of shape [2, 3] does not fit values of shape "
               "[3, 3]: it must be a vector, or differ in the last dimension alone",
               searchsorted(x, tg::ones({3, 3}))),
           TAPEGRAD_MISTAKE(ShapeError,
                            "bucketize: the boundaries must be a vector, not of shape [2, 3]",
                            bucketize(x, y)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "bincount: needs a vector, not a tensor of shape [2, 2]; flatten it",
                            bincount(tg::zeros({2, 2}, tg::int64))),
           TAPEGRAD_MISTAKE(ValueError, "bincount: minlength is -1; it must not be negative",
                            bincount(ints, {}, -1)),
           TAPEGRAD_MISTAKE(ValueError, "bincount: -1 is negative; only 0, 1, ... are counted",
                            bincount(tg::tensor({-1}))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "bincount: 9223372036854775807 has no bin: there would be one more than int64 "
               "counts",
               bincount(tg::tensor({INT64_MAX}))),
           TAPEGRAD_MISTAKE(ValueError, "histc: bins is 0; there must be at least one",
                            histc(y, {.bins = 0})),
           TAPEGRAD_MISTAKE(ValueError,
                            "histc: the range from 1 to 0 is no range of finite numbers",
                            histc(y, {.min = 1, .max = 0})),
       }},
  };
}
