#pragma once

/// @file
/// Memory for time: what a part of a computation keeps for its gradient is dropped, and computed
/// again when the walk back arrives.
///
///     tg::Tensor w = tg::randn({64, 64}).requires_grad_(), h = tg::randn({8, 64});
///     const auto part = [&](tg::Tensor x) {
///       for (int i = 0; i < 10; ++i) x = tg::tanh(tg::matmul(x, w));
///       return x;
///     };
///     for (int i = 0; i < 10; ++i) h = tg::checkpoint(part, h);
///     tg::sum(h).backward();  // the same bits; kept were 10 inputs, and 10 steps at a time

#include <concepts>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "autograd/transforms/on_lists.h"

namespace tapegrad {

/// @addtogroup tape
/// @{

/// @cond
namespace detail {
std::vector<Tensor> checkpoint_now(TensorsFunction f, const std::vector<Tensor>& inputs);
}  // namespace detail
/// @endcond

/// `f(inputs...)`, of which nothing stays on the tape but the inputs: what the rules of its
/// operators read is dropped, and when a walk arrives there, `f` is called once more and walked
/// then. So a computation of n parts that are checkpointed needs the memory of n inputs and of one
/// part, and takes one more forward pass: n steps are best cut into parts of about sqrt(n), and
/// nothing is saved by parts of one operator. Values and gradients are those of the plain call, bit for
/// bit; derivatives of higher orders are summed in another order.
///
///     Tensor y = checkpoint([&](const Tensor& x) { return block(x); }, x);
///
/// `f` takes tensors and returns a `Tensor` or a `std::vector<Tensor>`. A copy of it is kept until
/// the graph is walked; what it captures by reference has to live as long. Tensors that it captures
/// get their gradients, too: parameters, and others with a history. Nests; inside `NoGrad` it is
/// the plain call; in forward mode (`jvp`) tangents are computed in that.
///
/// `f` has to compute the same each time. The generator of the thread (for dropout), the default
/// element type and the module path are put back to what they were, and afterwards to what they
/// are. What `f` changes outside, such as running means of a batch normalisation, it changes twice.
/// It computes on the calling thread. A graph that is walked in another thread calls it there.
///
/// As `torch.utils.checkpoint` with `use_reentrant = False` (Chen et al., "Training deep nets with
/// sublinear memory cost", arXiv:1604.06174). Errors: what `f` throws; `GradError` where it changes
/// an input in place; from the walk `GradError` where an input or a leaf that `f` read has been
/// changed since, and where `f` returns something else than the first time: other shapes, types or
/// elements.
template <class F, std::same_as<Tensor>... Inputs>
requires detail::KeptFor<F, Inputs...>
auto checkpoint(F&& f, const Inputs&... inputs) {
  return detail::returned<detail::KeptResult<F, Inputs...>>(detail::checkpoint_now(
      detail::on_lists<false, sizeof...(Inputs)>(std::forward<F>(f)), {inputs...}));
}
/// The same for a function of a list.
template <detail::KeptFor<std::vector<Tensor>> F>
auto checkpoint(F&& f, const std::vector<Tensor>& inputs) {
  return detail::returned<detail::KeptResult<F, std::vector<Tensor>>>(
      detail::checkpoint_now(detail::on_lists<true, 0>(std::forward<F>(f)), inputs));
}

/// @}

}  // namespace tapegrad
