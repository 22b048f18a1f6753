// Functions of each element: their types and numbers.

#include <cmath>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

messages::Sections messages::of_elements() {
  return {
      {"Element types that do not mix, or that a function does not take",
       "",
       {
           TAPEGRAD_MISTAKE(
               DTypeError,
               "matmul: the second argument is float64 but the first argument is float32; "
               "convert one of them with to()",
               x.matmul(wide.t())),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "linear: the weight is float64 but the input is float32; convert one of them "
               "with to()",
               linear(x, wide)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "linear: the bias is float64 but the input is float32; convert one of them "
               "with to()",
               linear(x, y, tg::ones({2}, tg::float64))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "layer_norm: the weight is float64 but the input is float32; convert one of "
               "them with to()",
               layer_norm(x, 3, tg::ones({3}, tg::float64))),
           TAPEGRAD_MISTAKE(DTypeError,
                            "mean: needs a float32 or float64 tensor, not int64; convert it with "
                            "to(float32)",
                            ints.mean()),
           TAPEGRAD_MISTAKE(
               DTypeError, "sub: bool tensors have no difference; use logical_xor, or convert them",
               bools - bools),
           TAPEGRAD_MISTAKE(DTypeError, "neg: a bool tensor has no negative; use logical_not",
                            -bools),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "positive: a bool tensor has no sign; convert it with to(int64) to have a "
               "number",
               positive(bools)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "bitwise_and: needs integers or truth values, not a float32 tensor; convert it "
               "with to(int64)",
               bitwise_and(y, y)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "bitwise_left_shift: truth values have no bits to shift; convert one of the "
               "two with to(int64)",
               bitwise_left_shift(bools, bools)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "lerp: start and end must be floating-point, not int64 and int64; convert one "
               "with to(float32)",
               lerp(ints, ints, 0.5)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "addcdiv: the quotient is of int64 and int64, but one must be floating-point; "
               "convert one with to(float32)",
               addcdiv(y, ints, ints)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "add: alpha is float64, but the operands are int64, which the result would "
               "leave; convert one of them to a floating-point type",
               add(ints, ints, 0.5)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "round: int64 has no decimals to round to 2 of them; convert the tensor with "
               "to(float32), or leave the number of decimals out",
               round(ints, 2)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "matmul: the second argument is bool but the first argument is float32; "
               "convert one of them with to()",
               x.matmul(bools)),
           TAPEGRAD_MISTAKE(DTypeError, "matmul: not defined for bool; convert with to(float32)",
                            bools.matmul(bools)),
           TAPEGRAD_MISTAKE(DTypeError,
                            "einsum: bool operands have no product; convert them with to(float32)",
                            tg::einsum("i,i", {bools, bools})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "to: nan at element 0 cannot be converted to int64; replace such values with "
               "where(), or limit them with clamp()",
               tg::tensor({NAN}).to(tg::int64)),
       }},
      {"Numbers outside their range",
       "",
       {
           TAPEGRAD_MISTAKE(ShapeError, "add: alpha must be a number, not a tensor of shape [2]",
                            add(y, y, tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "pow: integers to the negative power -1; convert the base with to(float32)",
               pow(ints, -1)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "floor_divide: element 0 of the second argument, of shape [3], is 0, by which "
               "integers cannot be divided; convert one of the arguments with to(float32)",
               floor_divide(ints, ints)),
           TAPEGRAD_MISTAKE(ValueError, "dropout: p must be a probability, in [0, 1], but is 1.5",
                            dropout(x, 1.5)),
           TAPEGRAD_MISTAKE(ValueError, "logit: eps must be from 0 to 0.5, not 0.7", logit(x, 0.7)),
           TAPEGRAD_MISTAKE(ValueError, "polygamma: the order n must be 0 or more, not -1",
                            polygamma(-1, x)),
           TAPEGRAD_MISTAKE(ValueError, "softplus: beta must be positive, not 0", softplus(x, 0)),
           TAPEGRAD_MISTAKE(ValueError, "celu: alpha must not be 0; relu is the limit", celu(x, 0)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "hardtanh: min_val must not be greater than max_val, but they are 1 and -1",
               hardtanh(x, 1, -1)),
           TAPEGRAD_MISTAKE(ValueError, "softshrink: lambd must not be negative, but is -1",
                            softshrink(x, -1)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "rrelu: lower must not be greater than upper, and both be finite, but they are "
               "1 and 0",
               rrelu(x, 1, 0)),
           TAPEGRAD_MISTAKE(ValueError, "clamp: neither a minimum nor a maximum was given",
                            clamp(x, Tensor())),
           TAPEGRAD_MISTAKE(
               ValueError,
               "isclose: tolerances must be 0 or more, but rtol is -1 and atol is 1e-08",
               isclose(x, y, -1)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "glu: dimension 1 of shape [2, 3] is cut into halves and must be even, but has "
               "3 entries",
               glu(x)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "prelu: the weight must be one number, or one for each of the 3 channels, "
               "which are dimension 1 of the input [2, 3, 4], but its shape is [2]",
               prelu(tg::ones({2, 3, 4}), tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "layer_norm: normalized_shape [2] must be the last sizes of the input's shape "
               "[2, 3]",
               layer_norm(x, 2)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "layer_norm: the bias has shape [2] but the normalized_shape has shape [3]; "
               "they must be the same",
               layer_norm(x, 3, {}, tg::ones({2}))),
       }},
  };
}
