#include "training.h"

#include <autograd/autograd.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "choices.h"
#include "export.h"
#include "report.h"

namespace digits {

namespace {

// Larger batches than in training, for speed.
constexpr std::int64_t kScoreBatch = 1000;
constexpr double kSecondsBetweenSaves = 5;

nn::Sequential make_network(const std::vector<std::int64_t>& widths,
                            const std::string& activation) {
  nn::Sequential network{nn::Flatten{}};
  for (std::size_t i = 1; i < widths.size(); ++i) {
    if (i > 1) network.push_back(make_activation(activation));
    network.push_back(nn::Linear{widths[i - 1], widths[i]});
  }
  return network;
}

/// Known before the training, not after it. Errors: `FileError`.
void check_folder_of(const char* flag, const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder))
    throw tg::FileError(fmt::format("{}: there is no folder '{}'", flag, folder.string()));
}

/// "2 layers, relu: 784-256-10, 203,530 parameters".
void announce(const Result& result) {
  std::string widths;
  for (const std::int64_t width : result.widths)
    widths += fmt::format("{}{}", widths.empty() ? "" : "-", width);
  fmt::print("\n{}: {}, {} parameters\n", title(result), widths, with_commas(result.parameters()));
  std::fflush(stdout);
}

}  // namespace

double Result::seconds_per_epoch() const {
  double sum = 0;
  for (const nn::EpochRecord& epoch : history.epochs) sum += epoch.seconds;
  return sum / static_cast<double>(history.epochs.size());
}

double accuracy(const nn::Score& score) { return score.metrics.at(0).value; }

Result train(const Options& options, const Images& images, int layers,
             const std::string& activation) {
  Result result{.activation = layers == 1 ? "-" : activation};
  result.widths.assign(static_cast<std::size_t>(layers) + 1, options.hidden);
  result.widths.front() = images.pixels();
  result.widths.back() = images.classes();

  tg::manual_seed(options.seed);
  nn::Sequential& network = result.network = make_network(result.widths, activation);
  check_folder_of("--save", options.save);
  check_folder_of("--onnx", options.onnx);
  if (!options.load.empty()) nn::load(options.load, network);

  nn::DataLoader training(images.training,
                          {.batch_size = options.batch, .shuffle = true, .seed = options.seed});
  nn::DataLoader validation(images.validation, {.batch_size = kScoreBatch});
  nn::DataLoader test(images.test, {.batch_size = kScoreBatch});
  const auto optimizer = make_optimizer(options.optimizer, nn::parameters(network), options.lr);
  const auto schedule =
      make_schedule(options.schedule, *optimizer, options.epochs * training.size(), options.lr);
  nn::Trainer trainer(network, nn::cross_entropy, *optimizer,
                      {.epochs = options.load.empty() ? options.epochs : 0,
                       .step_schedule = schedule.get(),
                       .metrics = {{"accuracy", nn::correct}},
                       .measure_training = true,
                       .checkpoint = options.resume,
                       .checkpoint_seconds = kSecondsBetweenSaves,
                       .handle_interrupt = true,
                       .progress = stdout});
  announce(result);
  result.history = trainer.fit(training, validation);
  if (result.interrupted()) return result;
  result.test = trainer.evaluate(test);
  if (!options.save.empty()) nn::save(options.save, network);
  if (!options.onnx.empty()) export_network(options.onnx, network, images);
  return result;
}

}  // namespace digits
