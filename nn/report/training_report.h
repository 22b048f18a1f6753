#pragma once

/// @file
/// A page about one training or several: curves, scores, layers, mistakes, answers.
///
///     const nn::Sequential net{nn::Flatten{}, nn::Linear{16, 3}};
///     const tg::Tensor images = tg::rand({8, 4, 4}), classes = tg::zeros({8}, tg::int64);
///     nn::write_report("report.html", {.title = "Digits",
///                                      .runs = {{.name = "linear", .history = nn::History()}},
///                                      .details = nn::examine(net, images, classes)});

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "nn/module/module.h"
#include "nn/report/answers.h"
#include "nn/report/page.h"

namespace tapegrad::nn {

/// @addtogroup report
/// @{

/// An example that a classifier takes for something else.
struct Mistake {
  Tensor image = {};         ///< `[height, width]`; undefined where it is no picture
  std::int64_t example = 0;  ///< which one it is
  std::int64_t truth = 0;    ///< its class
  std::int64_t thought = 0;  ///< the class that it was taken for
  double sureness = 0;       ///< the probability of that class
};

/// What `examine` saw of a classifier. Each part may be filled in by hand, or left out.
struct Examined {
  Tensor confusion = {};               ///< int64 `[C, C]`, as `confusion_matrix` gives it
  std::vector<Mistake> mistakes = {};  ///< the surest first
  std::int64_t mistakes_in_all = 0;    ///< how many there are
  Tensor first_weights = {};           ///< `[units, height, width]`
  std::int64_t first_units = 0;        ///< how many units there are in all; 0: those that are shown
  report::Graph graph = {};            ///< of the model and its loss
};

/// What is looked at.
struct ExamineOptions {
  std::int64_t mistakes = 24;     ///< how many are kept
  std::int64_t most_units = 64;   ///< of the first layer
  std::int64_t batch_size = 500;  ///< examples that are asked at once
};

/// @cond
namespace detail {
Examined examine(const std::function<Tensor(const Tensor&)>& model, std::optional<ModuleRef> module,
                 const Tensor& inputs, const Tensor& targets, const ExamineOptions& options);
}  // namespace detail
/// @endcond

/// Asks a classifier for examples that it has not learned from: `inputs` `[N, ...]`, `targets`
/// int64 `[N]`; the model gives scores `[N, C]`, such as logits, of which `softmax` makes
/// probabilities. Inputs `[N, height, width]` or `[N, 1, height, width]` are shown as pictures, and
/// so are the weights of a first layer that has as many columns as they have pixels, or that is a
/// convolution of one channel. The model is asked in evaluation mode; afterwards its parts are in the
/// modes that they were in.
/// Errors: `ShapeError`, `DTypeError`, `IndexError` as `confusion_matrix`; what the model throws.
template <class Model>
Examined examine(const Model& model, const Tensor& inputs, const Tensor& targets,
                 const ExamineOptions& options = {}) {
  std::optional<ModuleRef> module;
  if constexpr (Module<Model>) module = ModuleRef(model);
  return detail::examine([&](const Tensor& x) { return model(x); }, module, inputs, targets,
                         options);
}

/// What is reported of one training or of several. All parts but the runs may be left out.
struct Report {
  std::string title = "Training";             ///< of the page
  std::string data = {};                      ///< what was learned from, in a sentence or two
  std::vector<Run> runs;                      ///< in the order of tables and legends
  bool lab = true;                            ///< with `lab_answers`, where there are several runs
  std::string loss = "loss";                  ///< what the loss is, such as "cross-entropy"
  std::string loss_unit = {};                 ///< such as "nats"
  std::string examined = {};                  ///< the name of the run that `details` are of
  Examined details = {};                      ///< of one model
  std::vector<std::string> class_names = {};  ///< 0, 1, 2, ... where there are none
};

/// The report as a page, which may go on: answers in words, training and validation curves, test
/// scores with their 95 % intervals, largest weights and gradient norms by layer, mistakes, weights
/// and the graph of one model, and a table of all. What there are no data for is left out. Errors:
/// as `report::Page::add`.
report::Page report_page(const Report& report);

/// Writes `report_page` to a file, all of it or nothing.
///
///     nn::write_report("report.html", {.title = "Digits",
///                                      .data = "Optical digits: 1,319 to learn from.",
///                                      .runs = {{.name = "relu, 2 layers", .history = history}},
///                                      .details = nn::examine(net, images, labels)});
///
/// Errors: also `FileError`.
void write_report(const std::string& path, const Report& report);

/// @}

}  // namespace tapegrad::nn
