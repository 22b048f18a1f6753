// Shapes, dimensions and pieces.

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

messages::Sections messages::of_shapes() {
  return {
      {"Shapes that do not broadcast",
       "",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "add: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension 1 "
               "from the end differ and neither is 1",
               x + tg::ones({2})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "mul: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension 1 "
               "from the end differ and neither is 1",
               (y + 1) * tg::ones({2})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "lt: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension 1 from "
               "the end differ and neither is 1",
               lt(x, tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "ge: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension 1 from "
               "the end differ and neither is 1",
               ge(x, tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "add_: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension 1 "
               "from the end differ and neither is 1",
               y.add_(tg::ones({2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "mse_loss: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension "
               "1 from the end differ and neither is 1",
               nn::mse_loss(x, tg::ones({2}), {.broadcast = true})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "add: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension 1 "
               "from the end differ and neither is 1 [in net.fc]",
               const tg::Scope net("net"), fc("fc");
               x + tg::ones({2})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "sum_to: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension 1 "
               "from the end differ and neither is 1",
               sum_to(x, {2})),
           TAPEGRAD_MISTAKE(ShapeError, "sum_to: shape [1, 3] cannot be summed down to [2, 3]",
                            sum_to(tg::ones({1, 3}), {2, 3})),
       }},
      {"Dimensions that are not there",
       "",
       {
           TAPEGRAD_MISTAKE(
               IndexError,
               "size: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               x.size(2)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "sum: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)", x.sum(2)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "argmax: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               x.argmax(2)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "max: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)", x.max(2)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "softmax: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               x.softmax(2)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "permute: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               x.permute({0, 2})),
           TAPEGRAD_MISTAKE(
               IndexError,
               "transpose: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               x.transpose(0, 2)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "select: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               x.select(2, 0)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "narrow: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               x.narrow(2, 0, 1)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "cat: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               tg::cat({x, y}, 2)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "gather: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               x.gather(2, ints)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "flip: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               flip(x, 2)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "roll: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               roll(x, 1, 2)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "cumsum: dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)",
               cumsum(x, 2)),
           TAPEGRAD_MISTAKE(IndexError, "sum: dimension -2 is named twice in [0, -2]",
                            x.sum({0, -2})),
           TAPEGRAD_MISTAKE(IndexError, "permute: dimension -2 is named twice in [0, -2]",
                            x.permute({0, -2})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "unsqueeze: shape [1, 1, 1, 1, 1, 1, 1, 1] has 8 dimensions already, and no "
               "tensor has more",
               unsqueeze(tg::ones({1, 1, 1, 1, 1, 1, 1, 1}), 0)),
       }},
      {"Other shapes of the same elements",
       "",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "reshape: shape [2, 3] has 6 elements, which do not fit into [4, 2] with 8",
               x.reshape({4, 2})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "reshape: shape [-1, -1] has more than one -1; only one size can be inferred",
               x.reshape({-1, -1})),
           TAPEGRAD_MISTAKE(
               ShapeError, "reshape: shape [-2, 3] has the negative size -2; only -1 has a meaning",
               x.reshape({-2, 3})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "reshape: shape [2, 3] has 6 elements, which is no multiple of the 4 that [4, "
               "-1] has without its -1",
               x.reshape({4, -1})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "reshape: the -1 in [0, -1] could be any size, because another size is 0; "
               "write the size",
               tg::zeros({0, 3}).reshape({0, -1})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "reshape: shape [1099511627776, 1099511627776] has more elements than memory "
               "can hold, and [2, 3] has 6",
               x.reshape({std::int64_t{1} << 40, std::int64_t{1} << 40})),
           TAPEGRAD_MISTAKE(
               ShapeError, "unflatten: no sizes for dimension 1 of shape [2, 3]; give one at least",
               unflatten(x, 1, {})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "unflatten: shape [3] has 3 elements, which do not fit into [2, 2] with 4",
               unflatten(x, 1, {2, 2})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "flatten: start_dim 1 comes after end_dim 0 in shape [2, 3]",
                            x.flatten(1, 0)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "permute: 1 dimensions [0] for a tensor of shape [2, 3]; name each of its 2 "
               "once",
               x.permute({0})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "t: shape [2, 2, 2] is no matrix; use transpose(x, dim0, dim1)",
                            tg::ones({2, 2, 2}).t()),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "movedim: 2 dimensions [0, 1] and 1 destinations [0]; give each its destination",
               movedim(x, {0, 1}, {0})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "expand: shape [3] has fewer dimensions than the tensor, whose shape is [2, 3]",
               x.expand({3})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "expand: shape [2, 3] does not expand to [2, 4]: dimension 1 has size 3, and "
               "only size 1 can become 4",
               x.expand({2, 4})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "expand: size -2 of dimension 1 in [-1, -2] is negative; -1 keeps a size that "
               "the tensor has, and its shape is [2, 3]",
               x.expand({-1, -2})),
       }},
      {"Tensors put together",
       "",
       {
           TAPEGRAD_MISTAKE(ValueError, "cat: the list of tensors is empty", tg::cat({})),
           TAPEGRAD_MISTAKE(ValueError, "stack: the list of tensors is empty", tg::stack({})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cat: tensor 1 is a number (0-d), which has no dimension to join along; use "
               "stack, or reshape it to [1]",
               tg::cat({x, tg::tensor(1.0)})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "cat: tensor 1 has shape [2, 4], which does not fit shape [2, 3] of tensor 0: "
               "they may differ in dimension 0 only",
               tg::cat({x, tg::ones({2, 4})})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "stack: tensor 1 has shape [3], which is not shape [2, 3] of tensor 0",
                            tg::stack({x, tg::ones({3})})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "block_diag: tensor 0 has shape [2, 2, 2], which is no matrix",
                            tg::block_diag({tg::ones({2, 2, 2})})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "meshgrid: tensor 0 has shape [2, 3]; only vectors and numbers make a grid: "
               "flatten it",
               tg::meshgrid({y})),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "meshgrid: tensor 1 is int64 but tensor 0 is float32; convert one of them with "
               "to()",
               tg::meshgrid({tg::ones({2}), ints})),
           TAPEGRAD_MISTAKE(ValueError, "meshgrid: the list of tensors is empty", tg::meshgrid({})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "meshgrid: 9 tensors, but no tensor has more than 8 dimensions",
                            tg::meshgrid(std::vector<Tensor>(9, tg::ones({1})))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "cartesian_prod: tensor 1 is int64 but tensor 0 is float32; convert one of "
               "them with to()",
               tg::cartesian_prod({tg::tensor(1.0), ints})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "cartesian_prod: tensor 0 is a number (0-d); reshape it to [1]",
                            tg::cartesian_prod({tg::tensor(1.0), tg::ones({2})})),
       }},
      {"Pieces",
       "",
       {
           TAPEGRAD_MISTAKE(IndexError, "narrow: length -1 is negative", x.narrow(1, 0, -1)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "narrow: start 7 is out of range for dimension 1 of shape [2, 3] (-3 to 3)",
               x.narrow(1, 7, 1)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "narrow: 3 entries from 1 go beyond the end of dimension 1 of shape [2, 3]",
               x.narrow(1, 1, 3)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "select: a number (0-d tensor) has no dimensions; item() gives its value",
               tg::tensor(1.0)[0]),
           TAPEGRAD_MISTAKE(ValueError,
                            "split: pieces of size 0 do not make up dimension 0 of shape [2, 3]",
                            split(x, 0)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "split: the 2 pieces have 2 entries together, but dimension 1 of shape [2, 3] "
               "has 3",
               split(x, {1, 1}, 1)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "split: piece 0 of size 4 goes beyond dimension 1 of shape [2, 3]: 3 entries "
               "are left for it",
               split(x, {4, -1}, 1)),
           TAPEGRAD_MISTAKE(ValueError, "split: size -1 of piece 0 is negative",
                            split(x, {-1, 4}, 1)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "split: piece 1 of size 2 goes beyond dimension 1 of shape [2, 3]: 1 entries "
               "are left for it",
               split(x, {2, 2}, 1)),
           TAPEGRAD_MISTAKE(ValueError, "chunk: 0 chunks make no pieces; ask for one at least",
                            chunk(x, 0)),
           TAPEGRAD_MISTAKE(ValueError,
                            "tensor_split: 0 sections make no pieces; ask for one at least",
                            tensor_split(x, 0)),
           TAPEGRAD_MISTAKE(ValueError,
                            "tensor_split: 1125899906842624 sections are more than memory can hold",
                            tensor_split(x, std::int64_t{1} << 50)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "tensor_split: indices of shape [2, 2]; give a number of sections or a vector",
               tensor_split(x, tg::zeros({2, 2}, tg::int64))),
       }},
      {"Repeated and moved entries",
       "",
       {
           TAPEGRAD_MISTAKE(
               IndexError,
               "select: index 7 is out of range for dimension 1 of shape [2, 3] (-3 to 2)",
               x.select(1, 7)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "repeat: 1 sizes [2] for a tensor of shape [2, 3]; give one for each "
                            "dimension, or use tile, which takes fewer",
                            repeat(x, 2)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "repeat: -1 times along dimension 1 in [2, -1] is negative; 0 leaves nothing",
               repeat(x, {2, -1})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "tile: 4611686018427387904 times size 3 of dimension 1 is more than memory can "
               "hold",
               tile(x, {1, std::int64_t{1} << 62})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "repeat_interleave: -1 repeats, at 0, are negative; 0 leaves the entry out",
               repeat_interleave(x, -1, 0)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "repeat_interleave: repeats of shape [2, 2] for dimension 0 of shape [2, 3]; "
               "give 2, or one for all",
               repeat_interleave(x, tg::zeros({2, 2}, tg::int64), 0)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "repeat_interleave: the repeats must be a vector, not of shape [2, 2]",
                            repeat_interleave(tg::zeros({2, 2}, tg::int64))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "repeat_interleave: repeats of shape [4] for dimension 1 of shape [2, 3]; give "
               "3, or one for all",
               repeat_interleave(x, tg::tensor({1, 2, 3, 4}), 1)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "repeat_interleave: 4611686018427387904 times size 2 of dimension 0 is more "
               "than memory can hold",
               repeat_interleave(x, std::int64_t{1} << 62, 0)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "repeat_interleave: the repeats add up to more entries than memory can hold",
               repeat_interleave(tg::full({2}, std::int64_t{1} << 62))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "roll: 2 shifts [1, 2] and 1 dimensions [0]; give each dimension its shift, or "
               "one shift alone for all elements in a row",
               roll(x, {1, 2}, {0})),
           TAPEGRAD_MISTAKE(ShapeError,
                            "rot90: 1 dimensions [0] of a tensor of shape [2, 3]; a plane has two",
                            rot90(x, 1, {0})),
           TAPEGRAD_MISTAKE(IndexError, "rot90: dimension 0 is named twice in [0, 0]",
                            rot90(x, 1, {0, 0})),
       }},
      {"Combinations, diagonals, padding",
       "",
       {
           TAPEGRAD_MISTAKE(ShapeError, "combinations: shape [2, 3] is no vector; flatten it",
                            combinations(x)),
           TAPEGRAD_MISTAKE(ValueError, "combinations: r is -1; nothing has fewer than 0 elements",
                            combinations(ints, -1)),
           TAPEGRAD_MISTAKE(
               ShapeError, "combinations: 50 of 100 elements are more choices than memory can hold",
               combinations(tg::arange(100), 50)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "diag: shape [2, 2, 2] is neither a vector nor a matrix; see diag_embed and "
               "diagonal",
               diag(tg::ones({2, 2, 2}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "trace: shape [3] is no matrix; sum(diagonal(x, 0, dim1, dim2), -1) is that of "
               "many",
               trace(tg::ones({3}))),
           TAPEGRAD_MISTAKE(ShapeError, "tril: shape [3] is no matrix", tril(tg::ones({3}))),
           TAPEGRAD_MISTAKE(ShapeError,
                            "pad: 1 numbers; each dimension needs two, before and after it",
                            pad(x, {1})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "pad: 6 numbers are those of 3 dimensions, but the tensor has shape [2, 3]",
               pad(x, {1, 1, 1, 1, 1, 1})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "pad: -2 before and -2 after take more away than the 3 entries that dimension "
               "1 of shape [2, 3] has",
               pad(x, {-2, -2})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "pad: 3 entries reflected at an end of dimension 1 of shape [2, 3]; there are "
               "2 beside it",
               pad(x, {3, 0}, tg::Padding::reflect)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "pad: dimension 1 of shape [2, 0] has no entry to replicate",
                            pad(tg::zeros({2, 0}), {1, 0}, tg::Padding::replicate)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "pad: 4 entries at an end of dimension 1 of shape [2, 3] go around more than "
               "once; 3 are left to go around",
               pad(x, {4, 0}, tg::Padding::circular)),
           TAPEGRAD_MISTAKE(ValueError,
                            "pad: value 1 has no meaning in this mode; Padding::constant takes one",
                            pad(x, {1, 0}, tg::Padding::reflect, 1)),
           TAPEGRAD_MISTAKE(ValueError, "pad: value 1e+300 cannot be converted to int64",
                            pad(ints, {1, 0}, tg::Padding::constant, 1e300)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "pixel_shuffle: 3 channels of shape [3, 2, 2] do not make up squares: they are "
               "no multiple of 4",
               pixel_shuffle(tg::ones({3, 2, 2}), 2)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "pixel_shuffle: shape [2, 3] has no channels, height and width",
                            pixel_shuffle(x, 2)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "pixel_shuffle: upscale_factor is 0; it must be at least 1, and at most 2^24",
               pixel_shuffle(tg::ones({4, 2, 2}), 0)),
       }},
  };
}
