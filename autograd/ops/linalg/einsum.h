#pragma once

/// @file
/// Sums of products in Einstein's notation.
///
///     tg::Tensor q = tg::randn({2, 5, 8}), k = tg::randn({2, 6, 8});
///     tg::Tensor scores = tg::einsum("bid,bjd->bij", {q, k});  // [2, 5, 6]

#include <string>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup products
/// @{

/// The sum of products that an equation in Einstein's notation names, as `torch.einsum` has it:
/// `einsum("ij,jk->ik", {a, b})` is a matrix product.
///
/// Before the arrow stand the operands, with a comma between them, each with a letter (`a` to `z`,
/// `A` to `Z`) for every dimension; after it, the letters of the result. Over a letter that the
/// result does not have is summed. A letter that an operand has twice takes the diagonal: `"ii->i"`
/// that of a matrix, `"ii"` its trace. An ellipsis, `...`, once in an operand, stands for all its
/// dimensions without a letter, and these broadcast from the last one; where the result has none,
/// over them is summed, too. Sizes of 1 broadcast for letters also. Without an arrow the result has
/// the dimensions of ellipses, and then the letters that are there once, in the order of the
/// alphabet, capitals first. Spaces do not count.
///
/// Two operands at a time become one matrix product, batched where it must be, with copies only
/// where an order of dimensions needs them. With three and more, those of the cheapest product are
/// first, or those on the left where that takes fewer multiplications altogether. The result is
/// memory of its own, unless there is one operand, whose data it then may share.
///
/// Errors: `ValueError` for an equation that cannot be read, and for another number of operands;
/// `ShapeError` for sizes that do not fit, and for a result, or a product on the way to it, of
/// more dimensions than a tensor has; `DTypeError` unless all are of one type, which is not `bool`
/// where there are two or more.
Tensor einsum(const std::string& equation, const std::vector<Tensor>& operands);

/// @}

}  // namespace tapegrad
