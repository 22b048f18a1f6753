#include "page.h"

#if defined(TAPEGRAD_WITH_REPORT)
#include <fmt/format.h>
#include <nn/report/report.h>

#include <algorithm>
#include <numeric>
#endif

#include "report.h"

namespace digits {

#if defined(TAPEGRAD_WITH_REPORT)

namespace {

nn::Run to_run(const Options& options, const Result& result) {
  return {.name = title(result),
          .history = result.history,
          .test = result.test,
          .parameters = result.parameters(),
          .layers = result.layers(),
          .activation = result.layers() == 1 ? "" : result.activation,
          .seed = options.seed};
}

/// The network that reads the validation images best: the test images are not asked which one to
/// choose.
const Result& best_of(const std::vector<Result>& results) {
  const auto right = [](const Result& result) {
    const auto& epochs = result.history.epochs;
    return epochs.empty() || !epochs.back().validation ? 0.0 : accuracy(*epochs.back().validation);
  };
  return *std::ranges::max_element(results, {}, right);
}

nn::Batch all_of(const Part& part) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(part.size()));
  std::iota(indices.begin(), indices.end(), 0);
  return part.batch(indices);
}

std::string about(const Options& options, const Images& images) {
  const auto& pictures = images.test.dataset();
  return fmt::format(
      "{}: {} images of {}x{} pixels to learn from, {} to validate and {} to test, {} classes. {}, "
      "learning rate {}, {}; {} epochs, {} images a step, {} hidden units, seed {}.",
      images.source, with_commas(images.training.size()), pictures.width(), pictures.height(),
      with_commas(images.validation.size()), with_commas(images.test.size()), images.classes(),
      options.optimizer, options.lr, options.schedule, options.epochs, options.batch,
      options.hidden, options.seed);
}

}  // namespace

bool can_write_page() { return true; }

void write_page(const std::string& file, const Options& options, const Images& images,
                const std::vector<Result>& results) {
  nn::Report report{.title = "Digits",
                    .data = about(options, images),
                    .runs = {},
                    .loss = "cross-entropy",
                    .loss_unit = "nats"};
  for (const Result& result : results) report.runs.push_back(to_run(options, result));
  const Result& best = best_of(results);
  const nn::Batch test = all_of(images.test);
  report.examined = title(best);
  report.details = nn::examine(best.network, test.inputs, test.targets);
  nn::write_report(file, report);
}

#else

bool can_write_page() { return false; }
void write_page(const std::string&, const Options&, const Images&, const std::vector<Result>&) {}

#endif

}  // namespace digits
