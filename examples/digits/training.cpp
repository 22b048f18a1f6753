#include "training.h"

#include <autograd/autograd.h>

#include <chrono>
#include <cmath>

#include "choices.h"
#include "progress.h"

namespace digits {

namespace {

// Larger batches than in training, for speed.
constexpr std::int64_t kScoreBatch = 1000;

nn::Sequential make_network(const std::vector<std::int64_t>& widths,
                            const std::string& activation) {
  nn::Sequential network{nn::Flatten{}};
  for (std::size_t i = 1; i < widths.size(); ++i) {
    if (i > 1) network.push_back(make_activation(activation));
    network.push_back(nn::Linear{widths[i - 1], widths[i]});
  }
  return network;
}

std::int64_t count_correct(const tg::Tensor& scores, const tg::Tensor& target) {
  return tg::eq(nn::predicted_classes(scores), target).sum().item<std::int64_t>();
}

Score score(const nn::Sequential& network, const Part& part) {
  const tg::NoGrad no_grad;
  Score total{.images = part.size()};
  for (const auto& [x, y] : nn::DataLoader(part, {.batch_size = kScoreBatch})) {
    const tg::Tensor scores = network(x);
    total.loss += tg::cross_entropy(scores, y, {.reduction = tg::Reduction::sum}).item();
    total.correct += count_correct(scores, y);
  }
  total.loss /= static_cast<double>(total.images);
  return total;
}

std::vector<double> largest_weights(const nn::Sequential& network) {
  const tg::NoGrad no_grad;
  std::vector<double> list;
  for (const nn::Layer& layer : network)
    if (const auto* linear = layer.get<nn::Linear>())
      list.push_back(tg::amax(tg::abs(linear->weight)).item());
  return list;
}

}  // namespace

double Result::seconds_per_epoch() const {
  double sum = 0;
  for (const Epoch& epoch : epochs) sum += epoch.seconds;
  return sum / static_cast<double>(epochs.size());
}

Result train(const Options& options, const Images& images, int layers,
             const std::string& activation) {
  Result result{.activation = layers == 1 ? "-" : activation};
  result.widths.assign(static_cast<std::size_t>(layers) + 1, options.hidden);
  result.widths.front() = images.pixels();
  result.widths.back() = images.classes();

  tg::manual_seed(options.seed);
  nn::Sequential network = make_network(result.widths, activation);
  result.parameters = nn::parameter_count(network);
  nn::DataLoader loader(images.training,
                        {.batch_size = options.batch, .shuffle = true, .seed = options.seed});
  const auto optimizer = make_optimizer(options.optimizer, nn::parameters(network), options.lr);
  const auto schedule =
      make_schedule(options.schedule, *optimizer, options.epochs * loader.size(), options.lr);

  Progress progress(result, options.epochs, images.training.size());
  while (static_cast<int>(result.epochs.size()) < options.epochs && !result.diverged) {
    Score running;
    const auto start = std::chrono::steady_clock::now();
    double lr = 0;
    for (const auto& [x, y] : loader) {
      optimizer->zero_grad();
      const tg::Tensor scores = network(x);
      const tg::Tensor loss = tg::cross_entropy(scores, y);
      loss.backward();
      lr = optimizer->lr();
      optimizer->step();
      if (schedule) schedule->step();

      running.loss += loss.item() * static_cast<double>(y.numel());
      running.correct += count_correct(scores, y);
      running.images += y.numel();
      progress.batch(running);
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    result.epochs.push_back({.lr = lr,
                             .training = score(network, images.training),
                             .validation = score(network, images.validation),
                             .largest_weight = largest_weights(network),
                             .seconds = time.count()});
    result.diverged =
        !std::isfinite(running.loss) || !std::isfinite(result.epochs.back().training.loss);
    progress.epoch(result.epochs.back());
  }
  result.test = score(network, images.test);
  return result;
}

}  // namespace digits
