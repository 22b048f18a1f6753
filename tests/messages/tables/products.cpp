// Products and distances.

#include <cmath>

#include "autograd/autograd.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
using tg::Tensor;

messages::Sections messages::of_products() {
  return {
      {"Matrix products",
       "",
       {
           TAPEGRAD_MISTAKE(ShapeError,
                            "matmul: [2, 3] times [2, 3]: the inner sizes 3 and 2 differ",
                            x.matmul(y)),
           TAPEGRAD_MISTAKE(ShapeError, "matmul: [2, 3] times [2]: the inner sizes 3 and 2 differ",
                            x.matmul(tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "matmul: both need at least one dimension: shapes [] and [2, 3]; use mul",
               matmul(tg::tensor(1.0), y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "matmul: transposition needs at least two dimensions: shapes [3] and [2, 3]",
               matmul(tg::ones({3}), y, {.transpose_a = true})),
           TAPEGRAD_MISTAKE(ShapeError, "linear: the weight must be [out, in], not [3]",
                            linear(x, tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "linear: an input of shape [2, 3] does not fit a weight of shape [2, 4] ([out, "
               "in]): its last size must be 4",
               linear(x, tg::ones({2, 4}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "linear: a bias of shape [3] does not fit a weight of shape [2, 3] ([out, in])",
               linear(x, y, tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "mm: the second argument must be a matrix, not a tensor of shape [3]; matmul "
               "takes all of them",
               mm(x, tg::ones({3}))),
           TAPEGRAD_MISTAKE(ShapeError, "mm: [2, 3] times [2, 3]: the inner sizes 3 and 2 differ",
                            mm(x, y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "bmm: [2, 3, 4] times [3, 4, 5]: the numbers of matrices 2 and 3 differ; "
               "matmul broadcasts",
               bmm(tg::ones({2, 3, 4}), tg::ones({3, 4, 5}))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "addmm: beta is 0.5, but int64 tensors need a whole number; convert them with "
               "to()",
               addmm(ints, tg::ones({1, 2}, tg::int64), tg::ones({2, 3}, tg::int64), 0.5)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "addmm: the input is float64 but the first factor is float32; convert one of "
               "them with to()",
               addmm(wide, x, y.t())),
           TAPEGRAD_MISTAKE(DTypeError,
                            "addmm: the input is a decimal number but the first factor is int64",
                            addmm(0.5, tg::ones({1, 2}, tg::int64), tg::ones({2, 3}, tg::int64))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "addmm: an input of shape [4] does not broadcast to [2, 2], the shape of the "
               "product",
               addmm(tg::ones({4}), x, y.t())),
           TAPEGRAD_MISTAKE(ShapeError,
                            "inner: shapes [2, 3] and [2]: the last sizes 3 and 2 differ",
                            inner(x, tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "outer: the first argument must be a vector, not a tensor of shape [1, 1, 1, "
               "1, 1]; matmul takes all of them",
               outer(tg::ones({1, 1, 1, 1, 1}), tg::ones({1, 1, 1, 1}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "tensordot: the result would have 10 dimensions, [1, 1, 1, 1, 1] and [1, 1, 1, "
               "1, 1]; a tensor has at most 8",
               tensordot(tg::ones({1, 1, 1, 1, 1}), tg::ones({1, 1, 1, 1, 1}), 0)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "matrix_power: shape [2, 3] is no square matrix, nor a batch of them",
                            matrix_power(x, 2)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "matrix_power: the power -1 is negative; take that of the inverse matrix, "
               "inverse(x), with a positive one, or include autograd/linalg/linalg.h, whose "
               "matrix_power does",
               matrix_power(tg::ones({2, 2}), -1)),
           TAPEGRAD_MISTAKE(ValueError, "multi_dot: one tensor is no product; give two or more",
                            tg::multi_dot({x})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "multi_dot: tensor 0 of shape [2, 3] times tensor 1 of shape [2, 3]: the inner "
               "sizes 3 and 2 differ",
               tg::multi_dot({x, y})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "multi_dot: tensor 1 has shape []; it must be a matrix, or a vector",
                            tg::multi_dot({x, tg::tensor(1.0)})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "multi_dot: tensor 1 has shape [2, 3, 4]; it must be a matrix",
                            tg::multi_dot({x, tg::ones({2, 3, 4}), x})),
       }},
      {"Sums of products",
       "",
       {
           TAPEGRAD_MISTAKE(ValueError, "tensordot: the number of dimensions is -1; give 0 or more",
                            tensordot(x, y, -1)),
           TAPEGRAD_MISTAKE(IndexError,
                            "tensordot: 3 dimensions of a tensor of shape [2, 3], which has 2",
                            tensordot(x, y, 3)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "tensordot: dimensions [0, 1] and [0]; give each of the first its partner",
               tensordot(x, y, {0, 1}, {0})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "tensordot: shapes [2, 3] and [4, 2]: size 3 of dimension 1 and size 4 of "
               "dimension 0 differ",
               tensordot(x, tg::ones({4, 2}), 1)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "kron: size 1099511627776 times size 1099511627776 of dimension 1 is more than "
               "memory can hold",
               kron(tg::empty({0, std::int64_t{1} << 40}), tg::empty({0, std::int64_t{1} << 40}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross: shapes [2, 3] and [3] have 2 and 1 dimensions; give both as many",
               cross(x, tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross: dimension 0 of shape [2, 3] has size 2; vectors have three elements",
               cross(x, y, 0)),
           TAPEGRAD_MISTAKE(ValueError, "einsum: \"ij\" names 1 operands, but the tensors are 2",
                            tg::einsum("ij", {x, y})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "einsum: \"ij..,jk\": the dot at position 2 is no ellipsis, which has three",
               tg::einsum("ij..,jk", {x, y})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "einsum: \"i...j...\": at position 5 is a second ellipsis; one is for all "
               "dimensions without a letter",
               tg::einsum("i...j...", {x})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "einsum: \"i1\": '1' at position 1 is no subscript; subscripts are letters and "
               "\"...\", with ',' between operands and \"->\" before the result",
               tg::einsum("i1", {x})),
           TAPEGRAD_MISTAKE(ValueError,
                            "einsum: \"ij->ii\": the result has 'i' twice; name it once",
                            tg::einsum("ij->ii", {x})),
           TAPEGRAD_MISTAKE(ValueError,
                            "einsum: \"ij->k\": the result has 'k', which no operand has",
                            tg::einsum("ij->k", {x})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "einsum: \"ijk\": operand 0, \"ijk\", has 3 letters, but its shape is [2, 3]",
               tg::einsum("ijk", {x})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "einsum: \"ii\": operand 0, \"ii\", of shape [2, 3] has 'i' twice, of sizes 2 and "
               "3; a diagonal needs equal ones",
               tg::einsum("ii", {x})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "einsum: \"ij,jk\": operand 1, \"jk\", of shape [2, 3] has size 2 for 'j', but an "
               "operand before it has 3",
               tg::einsum("ij,jk", {x, y})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "einsum: \"abc,def,ghi->abcdefghi\": the result has 9 dimensions; a tensor has "
               "at most 8",
               tg::einsum("abc,def,ghi->abcdefghi",
                          {tg::ones({1, 1, 1}), tg::ones({1, 1, 1}), tg::ones({1, 1, 1})})),
       }},
      {"Distances",
       "",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cdist: shapes [3] and [2, 3]; both need rows, [..., n, m] and [..., k, m]",
               cdist(tg::ones({3}), x)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cdist: shapes [2, 3] and [2, 4]: rows of 3 and of 4 elements have no distance",
               cdist(x, tg::ones({2, 4}))),
           TAPEGRAD_MISTAKE(ValueError, "cdist: the order p is -1; it must be 0 or above",
                            cdist(x, y, -1)),
           TAPEGRAD_MISTAKE(ValueError, "pairwise_distance: the order p is NaN",
                            pairwise_distance(x, y, {.p = NAN})),
       }},
  };
}
