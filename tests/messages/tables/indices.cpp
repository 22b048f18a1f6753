// Indices, masks and classes.

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

messages::Sections messages::of_indices() {
  return {
      {"Indices of entries",
       "",
       {
           TAPEGRAD_MISTAKE(
               IndexError,
               "index_select: index 2 at position [2] is out of range for dimension 0 of "
               "shape [2, 3] (0 to 1)",
               x.index_select(0, ints)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "index_select: the index must be a vector, not of shape [2, 3]; flatten it",
               x.index_select(0, y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "index_select: the index must be a vector, not of shape [1, 1]; flatten it",
               x.index_select(0, tg::zeros({1, 1}, tg::int64))),
           TAPEGRAD_MISTAKE(
               IndexError,
               "index_select: index 1 at position [1] is out of range for dimension 0 of "
               "shape [] (0 to 0)",
               tg::tensor(1.0).index_select(0, ints)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "index_select: a number (0-d tensor) has one entry, but the index has shape [2]",
               tg::tensor(1.0).index_select(0, tg::tensor({0, 0}))),
           TAPEGRAD_MISTAKE(DTypeError,
                            "gather: the index must be int64, not float32; convert with to(int64)",
                            x.gather(0, y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "gather: the index has shape [3] and the tensor has shape [2, 3]; they must "
               "have the same number of dimensions",
               x.gather(0, ints)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "gather: the index of shape [2, 4] is larger than the tensor of shape [2, 3] "
               "in dimension 1; it may be larger in dimension 0 only",
               x.gather(0, tg::zeros({2, 4}, tg::int64))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "scatter_add: the source is float64 but the tensor is float32; convert one of "
               "them with to()",
               scatter_add(x, 0, tg::zeros({2, 3}, tg::int64), wide)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "scatter_add: the index of shape [2, 3] does not lie within the source of "
               "shape [1, 3]",
               scatter_add(x, 0, tg::zeros({2, 3}, tg::int64), tg::ones({1, 3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "index_add: the source has shape [1, 3], but 2 indices of dimension 0 of shape "
               "[2, 3] need [2, 3]",
               index_add(x, 0, tg::tensor({0, 1}), tg::ones({1, 3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "index_copy: the index must be a vector, not of shape [1, 1]; flatten it",
               index_copy(x, 0, tg::zeros({1, 1}, tg::int64), y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "index_copy: the source has shape [2, 3], but 1 indices of dimension 0 of "
               "shape [2, 3] need [1, 3]",
               index_copy(x, 0, tg::tensor({0}), y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "index_fill: the value must be a number or a 0-d tensor, not of shape [2, 3]",
               index_fill(x, 0, tg::tensor({0}), y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "scatter: the tensor of shape [2, 3], the index of shape [3] and the source of "
               "shape [2, 3] must have as many dimensions",
               scatter(x, 0, ints, y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "scatter: the index of shape [2, 4] is larger than the tensor of shape [2, 3] "
               "in dimension 1",
               scatter(x, 0, tg::zeros({2, 4}, tg::int64), tg::ones({2, 4}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "scatter: the index of shape [2, 3] is larger than the source of shape [1, 3]",
               scatter(x, 0, tg::zeros({2, 3}, tg::int64), tg::ones({1, 3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "take_along_dim: the indices of shape [3] and the tensor of shape [2, 3] must "
               "have as many dimensions",
               take_along_dim(x, ints, 0)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "take: index 6 at position [0] is out of range for dimension 0 of shape [6] "
               "(-6 to 5)",
               take(x, tg::tensor({6}))),
       }},
      {"Indices in brackets, as in NumPy",
       "",
       {
           TAPEGRAD_MISTAKE(IndexError,
                            "index: the indices are for 3 dimensions, but shape [2, 3] has 2",
                            x.index({0, 0, 0})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "index: Ellipsis stands 2 times among the indices, but only one has a meaning; "
               "write Slice() for a dimension",
               x.index({tg::Ellipsis, tg::Ellipsis})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "index: a slice of dimension 0 has step -1; only steps from 1 on are there, "
               "flip(x, {0}) turns the order round",
               x.index({tg::Slice(tg::None, tg::None, -1)})),
           TAPEGRAD_MISTAKE(
               IndexError,
               "index: index 5 is out of range for dimension 1 of shape [2, 3] (-3 to 2)",
               x.index({bools & bools, 5})),
           TAPEGRAD_MISTAKE(IndexError,
                            "index: a mask of shape [3] does not fit dimension 0 of shape [2, 3]",
                            x.index({tg::tensor({true, false, true})})),
           TAPEGRAD_MISTAKE(
               IndexError,
               "index: index 5 at position [0] is out of range for dimension 0 of shape [2, "
               "3] (-2 to 1)",
               x.index({tg::tensor({5})})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "index_put_: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dimension 1 "
               "from the end differ and neither is 1",
               y.index_put_({0}, tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "index_put_: a value of shape [2, 3] does not broadcast to [3], the shape of "
               "these entries",
               y.index_put_({0}, tg::ones({2, 3}))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "index_put_: a number of type float64 does not go into a tensor of type int64",
               ints.index_put_({0}, 0.5)),
       }},
      {"Masks",
       "",
       {
           TAPEGRAD_MISTAKE(DTypeError,
                            "masked_fill: the mask must be bool, not float32; write mask != 0",
                            masked_fill(x, y, 0)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "masked_fill: the value must be a number or a 0-d tensor, not of shape [2]; "
               "where(mask, value, x) takes others",
               masked_fill(x, y > 0, tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "masked_scatter: the mask is true in 6 places, but the source of shape [2] has "
               "2 elements",
               masked_scatter(x, y > 0, tg::ones({2}))),
           TAPEGRAD_MISTAKE(DTypeError,
                            "masked_softmax: the mask must be bool, not float32; write mask != 0",
                            masked_softmax(x, y, 1)),
           TAPEGRAD_MISTAKE(DTypeError,
                            "where: the condition must be bool, not float32; write x != 0",
                            where(y, x, x)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "where: the second function got 6 entries as tensors of shape [6] and returned "
               "one of shape []; return one value for each entry",
               where(
                   y > 1, [](const Tensor& t) { return t; },
                   [](const Tensor& t) { return t.sum(); }, y)),
       }},
      {"Classes",
       "",
       {
           TAPEGRAD_MISTAKE(
               DTypeError,
               "cross_entropy: the first argument is int64 [3] and the second float32 [3, 4]; "
               "the logits come first, then the target: cross_entropy(logits, target)",
               cross_entropy(ints, tg::ones({3, 4}))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "nll_loss: the first argument is int64 [3] and the second float32 [3, 4]; the "
               "log-probabilities come first, then the target: nll_loss(log-probabilities, "
               "target)",
               nn::nll_loss(ints, tg::ones({3, 4}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross_entropy: the logits must be [N, C], [C] or [N, C, ...], not a number",
               cross_entropy(tg::tensor(1.0), tg::tensor(0))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross_entropy: classes for logits of shape [2, 3] must have shape [2], not "
               "[2, 1]; use squeeze(1)",
               cross_entropy(x, tg::tensor({{0}, {2}}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "nll_loss: classes for log-probabilities of shape [2, 3] must have shape [2], "
               "not [2, 1]; use squeeze(1)",
               nn::nll_loss(x, tg::tensor({{0}, {2}}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross_entropy: a target of int64 is classes, of shape [2] for logits of shape "
               "[2, 3], not one-hot rows; take the classes with argmax(target, 1), or make "
               "them probabilities with to(float32)",
               cross_entropy(x, one_hot(tg::tensor({0, 2}), 3))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "nll_loss: a target of int64 is classes, of shape [2] for log-probabilities of "
               "shape [2, 3], not one-hot rows; take the classes with argmax(target, 1)",
               nn::nll_loss(x, one_hot(tg::tensor({0, 2}), 3))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "nll_loss: the target must be int64 classes, not float32; convert classes with "
               "to(int64), and take those of one-hot rows with argmax(target, 1)",
               nn::nll_loss(x, y)),
           TAPEGRAD_MISTAKE(DTypeError,
                            "cross_entropy: the target must be int64 classes or floating-point "
                            "probabilities, not bool; convert classes with to(int64)",
                            cross_entropy(x, bools)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross_entropy: classes for logits of shape [2, 3] must have shape [2], not [3]",
               cross_entropy(x, ints)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross_entropy: probabilities of shape [3] for logits of shape [2, 3]; give "
               "the same shape, or int64 classes of shape [2]",
               cross_entropy(x, tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross_entropy: probabilities of shape [2] for logits of shape [2, 3]; give "
               "the same shape, or int64 classes of shape [2]: convert classes with to(int64)",
               cross_entropy(x, tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross_entropy: classes for logits of shape [2, 3, 4] must have shape [2, 4], "
               "not [2, 1, 4]; use squeeze(1)",
               cross_entropy(tg::ones({2, 3, 4}), tg::zeros({2, 1, 4}, tg::int64))),
           TAPEGRAD_MISTAKE(IndexError,
                            "cross_entropy: target 1 is class 3, but there are 3 classes (0 to 2)",
                            cross_entropy(x, tg::tensor({0, 3}))),
           TAPEGRAD_MISTAKE(IndexError,
                            "nll_loss: target 1 is class 3, but there are 3 classes (0 to 2)",
                            nn::nll_loss(x, tg::tensor({0, 3}))),
           TAPEGRAD_MISTAKE(IndexError, "nll_loss: target 0 is class 1, but there are none",
                            nn::nll_loss(tg::ones({1, 0}), tg::tensor({1}))),
           TAPEGRAD_MISTAKE(
               IndexError, "one_hot: the entry at [0] is class -1, but classes are numbered from 0",
               one_hot(tg::tensor({-1, -2}))),
           TAPEGRAD_MISTAKE(
               IndexError, "one_hot: the entry at [1] is class 3, but there are 3 classes (0 to 2)",
               one_hot(tg::tensor({0, 3}), 3)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "one_hot: the classes must be int64, not float32; convert with to(int64)",
               one_hot(y)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "one_hot: no class to infer num_classes from in shape [0]; pass num_classes",
               one_hot(tg::zeros({0}, tg::int64))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "one_hot: num_classes is 0; it must be at least 1, or -1 to take the largest "
               "class + 1",
               one_hot(ints, 0)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cross_entropy: the weight has shape [2], but there are 3 classes: it must be "
               "[3]",
               cross_entropy(x, tg::tensor({0, 1}), {.weight = tg::ones({2})})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "nll_loss: the weight has shape [2], but there are 3 classes: it must be [3]",
               nn::nll_loss(x, tg::tensor({0, 1}), {.weight = tg::ones({2})})),
           TAPEGRAD_MISTAKE(ValueError, "cross_entropy: label_smoothing must be in [0, 1], not 2",
                            cross_entropy(x, tg::tensor({0, 1}), {.label_smoothing = 2})),
       }},
  };
}
