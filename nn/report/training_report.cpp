#include "nn/report/training_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "autograd/ops/ops.h"
#include "nn/report/comparison.h"
#include "nn/report/drawn_history.h"

namespace tapegrad::nn {

using detail::best_epoch;
using detail::common_metrics;
using detail::is_share;
using detail::kNone;
using detail::OfEpoch;
using detail::percent;
using detail::series_of;
using detail::spans_a_decade;
using detail::training_loss;
using detail::training_metric;
using detail::validation_loss;
using detail::validation_metric;
using detail::weights_of;
using report::Axis;
using report::Page;
using report::Panel;
using report::Series;

namespace {

// ---- sections

class Writer {
 public:
  explicit Writer(const Report& report)
      : report_(report), runs_(report.runs), page_(report.title) {}

  Page page() && {
    page_.text(report_.data);
    answers();
    curves();
    scores();
    parameters("Largest absolute weight of each layer", "largest absolute weight",
               "Weights that grow without end make a network sure of itself and its training "
               "unsteady.",
               [](const ParameterRecord& record) { return record.largest; });
    parameters("Gradient norm of each layer", "norm of the gradient",
               "Where the lines of the first layers lie far below those of the last, the gradient "
               "vanishes on its way back; far above, it explodes.",
               [](const ParameterRecord& record) { return record.gradient; });
    details();
    table();
    return std::move(page_);
  }

 private:
  bool single() const { return runs_.size() == 1; }

  void heading(const char* text) {
    if (heading_ != text) page_.heading(text);
    heading_ = text;
  }

  void answers() {
    if (!report_.lab || runs_.empty()) return;
    heading("In short");
    for (const LabAnswer& answer : lab_answers(runs_))
      page_.add(report::Finding{.question = answer.question,
                                .verdict = answer.verdict,
                                .text = answer.text,
                                .tone = !answer.answered ? report::Tone::open
                                        : answer.trouble ? report::Tone::bad
                                                         : report::Tone::good,
                                .details = answer.details});
  }

  /// A ring at the best epoch.
  static void mark_best(std::vector<report::Mark>& marks, const Run& run, const OfEpoch& of_epoch,
                        const std::string& colour) {
    const EpochRecord* best = best_epoch(run.history);
    if (best && std::isfinite(of_epoch(*best)))
      marks.push_back({.x = static_cast<double>(best->epoch),
                       .y = of_epoch(*best),
                       .label = "best epoch",
                       .colour = colour});
  }

  /// One line for each run; nothing where none has any number.
  void compared(const std::string& title, const std::string& caption, const Axis& axis,
                const OfEpoch& of_epoch, bool marked) {
    Panel panel;
    for (const Run& run : runs_) {
      Series line = series_of(run.history, run.name, of_epoch);
      if (line.y.empty()) continue;
      if (marked) mark_best(panel.marks, run, of_epoch, run.name);
      panel.series.push_back(std::move(line));
    }
    if (panel.series.empty()) return;
    Axis y = axis;
    y.log = !y.percent && spans_a_decade(std::vector{panel});
    heading("Training and validation");
    page_.add(report::Lines{.title = title,
                            .caption = caption,
                            .x = {.label = "epoch"},
                            .y = y,
                            .series = panel.series,
                            .marks = panel.marks});
  }

  /// For each run training against validation.
  void against(const std::string& title, const std::string& caption, Axis y,
               const OfEpoch& training, const OfEpoch& validation) {
    std::vector<Panel> panels;
    for (const Run& run : runs_) {
      Panel panel{.title = single() ? "" : run.name};
      for (Series& line : std::vector{series_of(run.history, "training", training),
                                      series_of(run.history, "validation", validation)})
        if (!line.y.empty()) panel.series.push_back(std::move(line));
      mark_best(panel.marks, run, validation, "validation");
      if (!panel.series.empty()) panels.push_back(std::move(panel));
    }
    if (panels.empty()) return;
    y.log = !y.percent && spans_a_decade(panels);
    heading("Training and validation");
    page_.add(report::Panels{
        .title = title, .caption = caption, .x = {.label = "epoch"}, .y = y, .panels = panels});
  }

  void curves() {
    const Axis loss{.label = report_.loss, .unit = report_.loss_unit};
    const bool shorter = single();
    if (!shorter) {
      compared("Loss on the validation examples",
               "Examples that no network learns from: the lower a line, the better that network "
               "does with what is new to it. Its best epoch has a ring.",
               loss, validation_loss(), true);
      compared(
          "Loss on the training examples",
          "What is learned from: the lower a line, the better that network fits it, which need "
          "not help it with new examples.",
          loss, training_loss(), false);
    }
    against("Loss, training against validation",
            "Where the training loss goes on to fall and the validation loss rises, the network "
            "learns its examples by heart.",
            loss, training_loss(), validation_loss());
    for (const std::string& metric : common_metrics(runs_)) {
      const Axis axis{.label = metric, .percent = is_share(runs_, metric)};
      if (!shorter) {
        compared(fmt::format("{} on the validation examples", capital(metric)),
                 "After each epoch, of examples that are not learned from.", axis,
                 validation_metric(metric), true);
        compared(fmt::format("{} on the training examples", capital(metric)),
                 "Of examples that are learned from, which need not help with new ones.", axis,
                 training_metric(metric), false);
      } else {
        against(fmt::format("{}, training against validation", capital(metric)),
                "The distance between the lines is what does not carry over to new examples.", axis,
                training_metric(metric), validation_metric(metric));
      }
    }
  }

  static std::string capital(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
      text[0] = static_cast<char>(text[0] - 32);
    return text;
  }

  void scores() {
    std::vector<std::string> names;  // of metrics
    for (const Run& run : runs_) {
      if (!run.test) continue;
      for (const Measured& metric : run.test->metrics)
        if (std::ranges::find(names, metric.name) == names.end()) names.push_back(metric.name);
    }
    for (const std::string& name : names) {
      report::Bars bars{.title = fmt::format("{} on the test examples", capital(name)),
                        .axis = {.label = name},
                        .from_zero = false};
      bool shares = true, intervals = false;
      for (const Run& run : runs_) {
        const Measured* found = run.test ? run.test->find(name) : nullptr;
        if (!found) continue;
        report::Bar bar{.name = run.name, .value = found->value};
        if (found->interval) {
          bar.low = found->interval->low;
          bar.high = found->interval->high;
          intervals = true;
        }
        shares = shares && found->interval && found->value >= 0 && found->value <= 1;
        bars.bars.push_back(std::move(bar));
      }
      bars.axis.percent = shares;
      if (intervals) bars.caption = "Whiskers are 95 % intervals. The axis does not begin at 0.";
      heading("Models compared");
      page_.add(bars);
    }
  }

  /// A panel for each run and a line for each layer.
  void parameters(const char* title, const char* label, const char* caption,
                  const std::function<double(const ParameterRecord&)>& of_record) {
    std::size_t most = 0;
    for (const Run& run : runs_)
      for (const EpochRecord& epoch : run.history.epochs)
        most = std::max(most, weights_of(epoch).size());
    std::vector<Panel> panels;
    for (const Run& run : runs_) {
      Panel panel{.title = single() ? "" : run.name};
      for (std::size_t layer = 0; layer < most; ++layer) {
        Series line = series_of(
            run.history, fmt::format("layer {}", layer + 1), [&](const EpochRecord& epoch) {
              const auto weights = weights_of(epoch);
              return layer < weights.size() ? of_record(*weights[layer]) : kNone;
            });
        if (line.y.empty()) continue;
        line.shade = most > 1 ? static_cast<double>(layer) / static_cast<double>(most - 1) : 0;
        panel.series.push_back(std::move(line));
      }
      if (!panel.series.empty()) panels.push_back(std::move(panel));
    }
    if (panels.empty()) return;
    const bool log = spans_a_decade(panels);
    heading("Layer by layer");
    page_.add(report::Panels{.title = title,
                             .caption = caption,
                             .x = {.label = "epoch"},
                             .y = {.label = label, .log = log},
                             .panels = std::move(panels)});
  }

  std::string class_name(std::int64_t index) const {
    const auto at = static_cast<std::size_t>(index);
    return at < report_.class_names.size() ? report_.class_names[at] : std::to_string(index);
  }

  void details() {
    const Examined& seen = report_.details;
    const std::string of = report_.examined.empty() ? "" : fmt::format(" of {}", report_.examined);
    if (seen.confusion.defined()) {
      heading("What it gets wrong");
      page_.add(report::Matrix{
          .title = "Confusion matrix" + of,
          .caption =
              "A row for each class as it is, a column for each as it was taken for: off the "
              "diagonal are the mistakes.",
          .values = seen.confusion,
          .rows = "true class",
          .columns = "taken for",
          .row_names = report_.class_names,
          .column_names = report_.class_names,
          .confusion = true});
    }
    mistakes(of);
    if (seen.first_weights.defined()) {
      heading("What it has learned");
      const std::int64_t shown = seen.first_weights.size(0);
      report::Images images{
          .title = "Weights of the first layer" + of,
          .caption =
              fmt::format("A picture for each {}: a bright pixel speaks for the unit where it is "
                          "orange here, and against it where it is blue.",
                          seen.first_units > shown
                              ? fmt::format("of the first {} of {} units", shown, seen.first_units)
                              : "unit"),
          .images = {},
          .diverging = true,
          .size = 72};
      for (std::int64_t unit = 0; unit < shown; ++unit)
        images.images.push_back(
            {.pixels = seen.first_weights[unit].clone(), .caption = fmt::format("unit {}", unit)});
      page_.add(images);
    }
    if (!seen.graph.nodes.empty()) {
      heading("What it has learned");
      report::Graph graph = seen.graph;
      if (graph.title.empty()) graph.title = "The graph" + of;
      if (graph.caption.empty())
        graph.caption =
            "From the inputs to the loss, as the tape records it: round boxes are operators, "
            "thick ones what is trained." +
            layers_text();
      page_.add(graph);
    }
  }

  /// Which weights the layers of the other pictures are: " Layer 1 is 1.weight, layer 2 3.weight."
  std::string layers_text() const {
    const auto run = std::ranges::find(runs_, report_.examined, &Run::name);
    if (run == runs_.end() || run->history.epochs.empty()) return "";
    std::string text;
    std::size_t layer = 0;
    for (const ParameterRecord* weight : weights_of(run->history.epochs.back()))
      text += fmt::format("{} {} has {}", layer++ == 0 ? " Layer" : ", layer", layer, weight->name);
    return text.empty() ? text : text + ".";
  }

  void mistakes(const std::string& of) {
    const Examined& seen = report_.details;
    report::Images images{
        .title = "Worst mistakes" + of,
        .caption =
            fmt::format("The surest first, of {} in all.",
                        std::max<std::int64_t>(seen.mistakes_in_all, std::ssize(seen.mistakes)))};
    for (const Mistake& mistake : seen.mistakes) {
      if (!mistake.image.defined()) continue;
      images.images.push_back(
          {.pixels = mistake.image,
           .caption = fmt::format("{} taken for {}\n{:.1f} % sure", class_name(mistake.truth),
                                  class_name(mistake.thought), 100 * mistake.sureness)});
    }
    if (images.images.empty()) return;
    heading("What it gets wrong");
    page_.add(images);
  }

  // ---- the table

  /// A column, which is left out where no run has anything to say.
  struct Column {
    std::string head;
    std::function<std::string(const Run&)> text;
  };

  static std::string number(double value) { return fmt::format("{:.4g}", value); }

  static std::string measured(const Measured& metric) {
    const bool share = metric.interval && metric.value >= 0 && metric.value <= 1;
    if (!metric.interval) return number(metric.value);
    const auto shown = [&](double value) { return share ? percent(value) : number(value); };
    return fmt::format("{} ({} to {})", shown(metric.value), shown(metric.interval->low),
                       shown(metric.interval->high));
  }

  std::vector<Column> columns() const {
    const auto count = [](std::int64_t value) { return value > 0 ? std::to_string(value) : ""; };
    std::vector<Column> list{{"model", [](const Run& run) { return run.name; }}};
    std::vector<std::string> names;
    for (const Run& run : runs_)
      if (run.test)
        for (const Measured& metric : run.test->metrics)
          if (std::ranges::find(names, metric.name) == names.end()) names.push_back(metric.name);
    for (const std::string& name : names)
      list.push_back({fmt::format("test {} (95 % interval)", name), [name](const Run& run) {
                        const Measured* found = run.test ? run.test->find(name) : nullptr;
                        return found ? measured(*found) : "";
                      }});
    const auto of_best = [](const std::function<std::string(const EpochRecord&)>& text) {
      return [text](const Run& run) {
        const EpochRecord* best = best_epoch(run.history);
        return best ? text(*best) : "";
      };
    };
    const std::vector<Column> more{
        {"test loss", [](const Run& run) { return run.test ? number(run.test->loss) : ""; }},
        {"best epoch", of_best([](const EpochRecord& best) { return std::to_string(best.epoch); })},
        {"its validation loss", of_best([](const EpochRecord& best) {
           return best.validation ? number(best.validation->loss) : "";
         })},
        {"its training loss",
         of_best([](const EpochRecord& best) { return number(best.training.loss); })},
        {"epochs", [count](const Run& run) { return count(std::ssize(run.history.epochs)); }},
        {"ended by",
         [](const Run& run) {
           const Ended ended = run.history.ended;
           return ended == Ended::all_epochs || ended == Ended::not_yet
                      ? ""
                      : std::string(to_string(ended));
         }},
        {"seconds per epoch",
         [](const Run& run) {
           double seconds = 0;
           for (const EpochRecord& epoch : run.history.epochs) seconds += epoch.seconds;
           const auto epochs = static_cast<double>(run.history.epochs.size());
           return seconds > 0 ? fmt::format("{:.3g}", seconds / epochs) : "";
         }},
        {"parameters", [count](const Run& run) { return count(run.parameters); }},
        {"layers", [count](const Run& run) { return count(run.layers); }},
        {"activation", [](const Run& run) { return run.activation; }},
        {"seed", [](const Run& run) { return run.seed ? std::to_string(*run.seed) : ""; }}};
    list.insert(list.end(), more.begin(), more.end());
    return list;
  }

  void table() {
    if (runs_.empty()) return;
    report::Table table{.rows = std::vector<std::vector<std::string>>(runs_.size())};
    for (const Column& column : columns()) {
      std::vector<std::string> fields;
      for (const Run& run : runs_) fields.push_back(column.text(run));
      if (std::ranges::all_of(fields, &std::string::empty)) continue;
      table.columns.push_back(column.head);
      for (std::size_t i = 0; i < fields.size(); ++i) table.rows[i].push_back(fields[i]);
    }
    heading("All numbers");
    page_.add(table);
  }

  const Report& report_;
  const std::vector<Run>& runs_;
  Page page_;
  std::string heading_;
};

}  // namespace

report::Page report_page(const Report& report) { return Writer(report).page(); }

void write_report(const std::string& path, const Report& report) {
  report_page(report).write(path);
}

}  // namespace tapegrad::nn
