#include "autograd/ops/optim_steps.h"

#include <algorithm>
#include <array>

#include "autograd/kernels/optim_table.h"
#include "autograd/kernels/parallel.h"
#include "autograd/ops/promote.h"
#include "autograd/tensor/create.h"
#include "autograd/tensor/fail.h"

namespace tapegrad {

namespace {

/// Makes those buffers that are undefined, and converts those that the parameter's type has left
/// behind: all of them, or, where memory ends, none.
template <std::size_t N>
[[gnu::noinline]] void renew_buffers(const Tensor& parameter,
                                     const std::array<Tensor*, N>& buffers) {
  std::array<Tensor, N> made;
  for (std::size_t i = 0; i < N; ++i) {
    if (!buffers[i]) continue;
    if (!buffers[i]->defined())
      made[i] = zeros_like(parameter);
    else if (buffers[i]->dtype() != parameter.dtype())
      made[i] = detail::converted(*buffers[i], parameter.dtype());
  }
  for (std::size_t i = 0; i < N; ++i) {
    if (made[i].defined()) *buffers[i] = std::move(made[i]);
  }
}

/// Checks the gradient, then makes or checks each buffer, and raises the versions of what will
/// change.
template <std::size_t N>
void prepare(detail::Change change, Tensor& parameter, const Tensor& gradient,
             const std::array<Tensor*, N>& buffers) {
  const char* name = change.name();
  detail::require_defined(parameter, "the parameter", name);
  detail::require_defined(gradient, "the gradient", name);
  detail::require_floating(parameter, name);
  const auto check = [&](const Tensor& other, const char* what, bool converts) {
    detail::require_same_shape(what, other.shape(), "parameter", parameter.shape(), name);
    if (!(converts && is_floating_point(other.dtype())))
      detail::require_same_type(what, other.dtype(), "parameter", parameter.dtype(), name);
  };
  check(gradient, "gradient", false);
  bool renew = false;
  for (const Tensor* buffer : buffers) {
    if (!buffer) continue;
    if (buffer->defined()) check(*buffer, "buffer", true);
    renew |= !buffer->defined() || buffer->dtype() != parameter.dtype();
  }
  if (renew) renew_buffers(parameter, buffers);
  for (Tensor* buffer : buffers) {
    if (buffer) buffer->impl()->changed(change);
  }
  parameter.impl()->changed(change);
}

constexpr std::int64_t kTile = 1 << 15;

/// Calls `step(loops, first, count)` for tiles of the parameter's elements.
template <class F>
void for_tiles(const Tensor& parameter, F&& step) {
  const std::int64_t n = parameter.numel();
  visit_floating(parameter.dtype(), [&]<class T>(T) {
    const auto& loops = kernels::chosen<kernels::OptimKernels<T>>();
    if (!kernels::worth_threads(n)) return step(loops, std::int64_t{0}, n);
    kernels::parallel_for((n + kTile - 1) / kTile, [&](std::int64_t t) {
      step(loops, t * kTile, std::min(kTile, n - t * kTile));
    });
  });
}

/// The elements of a buffer from `first` on; null for one that is not used.
template <class T>
T* from(Tensor& buffer, bool used, std::int64_t first) {
  return used ? static_cast<T*>(buffer.impl()->data) + first : nullptr;
}

template <class T>
using LoopsOf = kernels::OptimKernels<T>;

}  // namespace

void sgd_step(Tensor& parameter, const Tensor& gradient, Tensor& momentum, const SgdStep& step) {
  static const detail::Change change("sgd_step");
  const bool buffered = step.momentum != 0;
  prepare<1>(change, parameter, gradient, {buffered ? &momentum : nullptr});
  for_tiles(parameter, [&]<class T>(const LoopsOf<T>& loops, std::int64_t first, std::int64_t n) {
    loops.sgd(from<T>(parameter, true, first), detail::data_of<T>(gradient) + first,
              from<T>(momentum, buffered, first), step, n);
  });
}

void adam_step(Tensor& parameter, const Tensor& gradient, Tensor& mean, Tensor& square,
               Tensor& largest, const AdamStep& step) {
  static const detail::Change change("adam_step");
  prepare<3>(change, parameter, gradient, {&mean, &square, step.amsgrad ? &largest : nullptr});
  for_tiles(parameter, [&]<class T>(const LoopsOf<T>& loops, std::int64_t first, std::int64_t n) {
    loops.adam(from<T>(parameter, true, first), detail::data_of<T>(gradient) + first,
               from<T>(mean, true, first), from<T>(square, true, first),
               from<T>(largest, step.amsgrad, first), step, n);
  });
}

void rmsprop_step(Tensor& parameter, const Tensor& gradient, Tensor& square, Tensor& momentum,
                  Tensor& mean, const RmspropStep& step) {
  static const detail::Change change("rmsprop_step");
  const bool buffered = step.momentum != 0;
  prepare<3>(change, parameter, gradient,
             {&square, buffered ? &momentum : nullptr, step.centered ? &mean : nullptr});
  for_tiles(parameter, [&]<class T>(const LoopsOf<T>& loops, std::int64_t first, std::int64_t n) {
    loops.rmsprop(from<T>(parameter, true, first), detail::data_of<T>(gradient) + first,
                  from<T>(square, true, first), from<T>(mean, step.centered, first),
                  from<T>(momentum, buffered, first), step, n);
  });
}

void adagrad_step(Tensor& parameter, const Tensor& gradient, Tensor& squares,
                  const AdagradStep& step) {
  static const detail::Change change("adagrad_step");
  prepare<1>(change, parameter, gradient, {&squares});
  for_tiles(parameter, [&]<class T>(const LoopsOf<T>& loops, std::int64_t first, std::int64_t n) {
    loops.adagrad(from<T>(parameter, true, first), detail::data_of<T>(gradient) + first,
                  from<T>(squares, true, first), step, n);
  });
}

}  // namespace tapegrad
