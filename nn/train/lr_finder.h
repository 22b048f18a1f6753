#pragma once

/// @file
/// A learning rate, from a few steps that are taken back.
///
///     nn::Sequential net{nn::Linear{2, 8}, tg::tanh, nn::Linear{8, 2}};
///     nn::Adam optimizer(nn::parameters(net));
///     nn::DataLoader loader(nn::TensorDataset(tg::randn({64, 2}), tg::randint(0, 2, {64})),
///                           {.batch_size = 16, .shuffle = true});
///     const nn::LrCurve curve = nn::find_lr(net, nn::cross_entropy, optimizer, loader);

#include <cstdint>
#include <string>
#include <vector>

#include "nn/train/trainer.h"

namespace tapegrad::nn {

/// @addtogroup training
/// @{

/// The settings of `find_lr`.
struct FindLrOptions {
  double min_lr = 1e-7;      ///< where the learning rate begins
  double max_lr = 10;        ///< where it ends, each step as many times the last
  std::int64_t steps = 100;  ///< between them
  double smoothing = 3;      ///< steps around each over which the losses are averaged; 0 for none
  double stop_ratio = 4;     ///< ends when a loss is so many times the first
};

/// What `find_lr` has seen.
struct LrCurve {
  std::vector<double> lr;    ///< of each step
  std::vector<double> loss;  ///< smoothed
  /// A tenth of the rate at which the smoothed loss was least, which is on the way down; NaN where
  /// it was least at the first step: then nothing was learned, or `min_lr` is too large.
  double suggestion = 0;

  /// Two columns with a head, "lr,loss".
  std::string csv() const;
};

/// Looks for a learning rate: makes steps with one that grows from `min_lr` to `max_lr`, and watches
/// the loss, which falls for a while and then explodes (Smith, "Cyclical learning rates for training
/// neural networks", WACV 2017, section 3.3). Takes the batches of as many epochs of `loader` as it
/// needs. Afterwards the model, the optimizer, the loader and the thread's random generator are as
/// they were, and the gradients are gone.
///
///     const nn::LrCurve curve = nn::find_lr(net, nn::cross_entropy, optimizer, loader);
///     optimizer.set_lr(curve.suggestion);
///
/// Errors: `ValueError` for options that make no sense; those of model and loss.
template <class Model, Dataset D>
requires Module<Model> && Callable<Model> LrCurve find_lr(Model& model, const BatchFunction& loss,
                                                          Optimizer& optimizer,
                                                          DataLoader<D>& loader,
                                                          const FindLrOptions& options = {});

/// @cond
namespace detail {
LrCurve find_lr(const std::function<Tensor(const Tensor&)>& forward, ModuleRef model,
                const BatchFunction& loss, Optimizer& optimizer, BatchSource& source,
                const FindLrOptions& options);
}  // namespace detail
/// @endcond

template <class Model, Dataset D>
requires Module<Model> && Callable<Model> LrCurve find_lr(Model& model, const BatchFunction& loss,
                                                          Optimizer& optimizer,
                                                          DataLoader<D>& loader,
                                                          const FindLrOptions& options) {
  detail::LoaderSource source(loader);
  return detail::find_lr([&model](const Tensor& x) { return std::as_const(model)(x); }, model, loss,
                         optimizer, source, options);
}

/// Refused with a sentence: what is no model, or cannot be called.
template <class Model, Dataset D>
requires(!(Module<Model> && Callable<Model>)) LrCurve
    find_lr(Model& model, const BatchFunction&, Optimizer&, DataLoader<D>&,
            const FindLrOptions& = {}) {
  detail::refused_model(model);
  return {};
}

/// @}

}  // namespace tapegrad::nn
