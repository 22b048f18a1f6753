#include "training.h"

#include <autograd/autograd.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <utility>

#include "choices.h"
#include "export.h"
#include "progress.h"
#include "saved_run.h"

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

/// Known before the training, not after it. Errors: `FileError`.
void check_folder_of(const char* flag, const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder))
    throw tg::FileError(fmt::format("{}: there is no folder '{}'", flag, folder.string()));
}

/// What is seen of a network between two epochs.
Epoch seen(const nn::Sequential& network, const Images& images, double lr, double seconds) {
  return {.lr = lr,
          .training = score(network, images.training),
          .validation = score(network, images.validation),
          .largest_weight = largest_weights(network),
          .seconds = seconds};
}

/// The seconds since it was made, or last asked.
class Stopwatch {
 public:
  double lap() {
    const Clock::time_point before = std::exchange(last_, Clock::now());
    return std::chrono::duration<double>(last_ - before).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

/// Trains until all epochs are there, or the loss is not finite.
void train(nn::Sequential& network, const Options& options, const Images& images, Result& result) {
  nn::DataLoader loader(images.training,
                        {.batch_size = options.batch, .shuffle = true, .seed = options.seed});
  const auto optimizer = make_optimizer(options.optimizer, nn::parameters(network), options.lr);
  const auto schedule =
      make_schedule(options.schedule, *optimizer, options.epochs * loader.size(), options.lr);

  Score running;
  double lr = 0, seconds = 0;
  SavedRun saved(options.resume);
  saved.checkpoint.add("net", network).add("optimizer", *optimizer).add("loader", loader);
  if (schedule) saved.checkpoint.add("schedule", *schedule);
  saved.checkpoint.add("loss", running.loss).add("correct", running.correct);
  saved.checkpoint.add("images", running.images).add("lr", lr).add("seconds", seconds);
  saved.load(result);

  Progress progress(result, options.epochs, images.training.size());
  while (static_cast<int>(result.epochs.size()) < options.epochs && !result.diverged) {
    Stopwatch watch;
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
      seconds += watch.lap();
      if (saved.save_sometimes()) watch.lap();  // which is no training
    }
    result.epochs.push_back(seen(network, images, lr, std::exchange(seconds, 0)));
    result.diverged =
        !std::isfinite(running.loss) || !std::isfinite(result.epochs.back().training.loss);
    progress.epoch(result.epochs.back());
    running = {};
    saved.save(result);
  }
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
  check_folder_of("--save", options.save);
  check_folder_of("--onnx", options.onnx);
  if (!options.load.empty()) {
    nn::load(options.load, network);
    result.epochs.push_back(seen(network, images, 0, 0));
  } else {
    train(network, options, images, result);
  }
  result.test = score(network, images.test);
  if (!options.save.empty()) nn::save(options.save, network);
  if (!options.onnx.empty()) export_network(options.onnx, network, images);
  return result;
}

}  // namespace digits
