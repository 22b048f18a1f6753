// Trains 1-, 2- and 3-layer perceptrons on images of digits, with the activation between the layers
// as a choice, and reports what they learn. `digits --help` lists the flags.

#include <autograd/autograd.h>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "digits/images.h"
#include "digits/options.h"
#include "digits/page.h"
#include "digits/report.h"
#include "digits/training.h"

namespace {

// What --quick asks of every network; guessing gets 10 %.
constexpr double kQuickAccuracy = 0.5;
constexpr int kInterrupted = 130;  // as shells have it: 128 + SIGINT

struct Series {
  std::vector<digits::Result> results;
  bool interrupted = false;  ///< by Ctrl-C: the network that was being trained is not among them
};

Series train_all(const digits::Options& options, const digits::Images& images) {
  Series series;
  for (const int layers : options.layers) {
    for (const auto& activation : options.activations) {
      digits::Result result = digits::train(options, images, layers, activation);
      series.interrupted = result.interrupted();
      if (series.interrupted) return series;
      series.results.push_back(std::move(result));
      // After each network, so that a long series that is broken off leaves what it has.
      if (!options.report.empty())
        digits::write_report(options.report, options, images, series.results);
      if (layers == 1) break;  // no activation to choose
    }
  }
  return series;
}

/// What there is to say of the results on stderr, and the exit status.
int judge(const digits::Options& options, const Series& series) {
  if (series.interrupted) {
    if (options.resume.empty())
      fmt::print(stderr, "digits: stopped; with --resume FILE it would have been kept\n");
    else
      fmt::print(stderr, "digits: stopped and kept; the same command goes on from {}\n",
                 options.resume);
    return kInterrupted;
  }
  bool reads = true;
  for (const auto& result : series.results) {
    if (result.diverged()) {
      fmt::print(stderr,
                 "digits: a training diverged, its loss is not finite; try a lower --lr than {}\n",
                 options.lr);
      return 1;
    }
    reads = reads && digits::accuracy(result.test) >= kQuickAccuracy;
  }
  if (reads || !options.quick) return 0;
  fmt::print(stderr, "digits: a network reads less than {:.0f} % of the digits\n",
             100 * kQuickAccuracy);
  return 1;
}

int run(const digits::Options& options) {
  tapegrad::set_num_threads(options.threads);
  const digits::Images images = digits::load_images(options);
  if (!options.report.empty()) digits::prepare_report(options.report);
  fmt::print("{}: {} training, {} validation and {} test images of {}x{} pixels, {} classes\n",
             images.source, digits::with_commas(images.training.size()),
             digits::with_commas(images.validation.size()), digits::with_commas(images.test.size()),
             images.training.dataset().width(), images.training.dataset().height(),
             images.classes());
  const Series series = train_all(options, images);
  if (!series.results.empty()) {
    fmt::print("\n{}", digits::table(series.results));
    if (!options.report.empty())
      fmt::print("\nWritten: {}/results.json{}\n", options.report,
                 digits::can_write_page()
                     ? fmt::format(" and {}/report.html", options.report)
                     : "; no report.html, since this was built without tapegrad::report");
  }
  return judge(options, series);
}

}  // namespace

// Exit status: 2 for wrong flags, 130 for Ctrl-C, 1 for whatever else fails later.
int main(int argc, char** argv) {
  try {
    digits::Options options;
    const auto stopped = digits::read_options(argc, argv, options);
    const int status = stopped ? *stopped : run(options);
    // What was printed may have gone nowhere: a full disk, a closed pipe.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) || !std::cout.flush())
      throw std::runtime_error("cannot write to the standard output");
    return status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "digits: {}\n", error.what());
    return 1;
  }
}
