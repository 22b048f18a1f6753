// Decompositions.

#include "tests/messages/tables.h"

#if defined(TAPEGRAD_TEST_LINALG)
#include "autograd/linalg/linalg.h"
#endif

namespace tg = tapegrad;
using tg::Tensor;

messages::Sections messages::of_decompositions() {
#if defined(TAPEGRAD_TEST_LINALG)
  return {
      {"Decompositions",
       "",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "inverse: the argument has shape [3]; it must have two dimensions at least",
               inverse(tg::ones({3}))),
           TAPEGRAD_MISTAKE(ShapeError,
                            "inverse: the argument has shape [2, 3]; its matrices, the last two "
                            "dimensions, must be square",
                            inverse(y)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "inverse: the matrix of shape [2, 2] is singular: pivot 0 is 0; pinv and lstsq "
               "take such matrices, and a small multiple of eye that is added makes it regular",
               inverse(tg::zeros({2, 2}))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "cholesky: the matrix of shape [2, 2] is not positive definite: pivot 0 is not "
               "above 0",
               cholesky(-tg::eye(2))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "solve: 2 equations in 2 unknowns, by a matrix of shape [2, 2], have a right "
               "side of shape [..., 2, k], not [3, 1]",
               solve(tg::eye(2), tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "solve: a right side of shape [2] are vectors for a matrix of shape [2, 2], "
               "which stand on the right: left must be true",
               solve(tg::eye(2), tg::ones({2}), false)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "lstsq: 2 equations, by a matrix of shape [2, 3], have a right side of shape "
               "[..., 2, k], not [3, 1]",
               lstsq(y, tg::ones({3, 1}))),
           TAPEGRAD_MISTAKE(ValueError, "pinv: atol and rtol must be numbers, but are 0 and nan",
                            pinv(y, {}, NAN)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "qr: a matrix, of R of shape [2, 2], has columns that depend on those before "
               "them: R has a 0 on its diagonal, and there is no gradient",
               sum(tg::qr(tg::zeros({2, 2}).requires_grad_()).R).backward()),
           TAPEGRAD_MISTAKE(
               ValueError,
               "qr: of a matrix with more rows than columns the mode complete has no "
               "gradient: the last columns of Q could be any; use the mode reduced",
               sum(tg::qr(tg::ones({3, 2}).requires_grad_(), tg::QrMode::complete).Q).backward()),
           TAPEGRAD_MISTAKE(
               ValueError,
               "svd: a gradient came to the rows of Vh that full_matrices adds to the first 2 "
               "of a matrix of shape [2, 3]; any others would do as well, so that they have "
               "none",
               sum(tg::svd(x).Vh).backward()),
           TAPEGRAD_MISTAKE(IndexError,
                            "matrix_norm: a matrix has two dimensions, but dims are [0]",
                            matrix_norm(y, tg::SpectralNorm::nuc, 0)),
       }},
  };
#else
  return {};
#endif
}
