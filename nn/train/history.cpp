#include "nn/train/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/base/fail.h"
#include "autograd/tensor/require.h"
#include "nn/train/csv_field.h"

namespace tapegrad::nn {

namespace {

using HistoryJson = nlohmann::ordered_json;

// ---- numbers that JSON does not have

HistoryJson number_or_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double to_double(const HistoryJson& json) {
  if (!json.is_string()) return json.get<double>();
  const auto& text = json.get_ref<const std::string&>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  fail<ValueError>("History::from_json: '{}' is no number", text);
}

// ---- the parts of a history, there and back

HistoryJson to_json(const Score& score) {
  HistoryJson metrics = HistoryJson::array();
  for (const Measured& metric : score.metrics) {
    HistoryJson json{
        {"name", metric.name}, {"value", number_or_text(metric.value)}, {"share", metric.share}};
    if (metric.interval)
      json["interval_95"] = {number_or_text(metric.interval->low),
                             number_or_text(metric.interval->high)};
    metrics.push_back(std::move(json));
  }
  return {{"examples", score.examples},
          {"loss", number_or_text(score.loss)},
          {"metrics", std::move(metrics)}};
}

Score to_score(const HistoryJson& json) {
  Score score{.examples = json.at("examples").get<std::int64_t>(),
              .loss = to_double(json.at("loss")),
              .metrics = {}};
  for (const HistoryJson& each : json.at("metrics")) {
    Measured metric{.name = each.at("name").get<std::string>(),
                    .value = to_double(each.at("value")),
                    .share = each.at("share").get<bool>()};
    if (const auto found = each.find("interval_95"); found != each.end())
      metric.interval = {.low = to_double(found->at(0)), .high = to_double(found->at(1))};
    score.metrics.push_back(std::move(metric));
  }
  return score;
}

HistoryJson to_json(const EpochRecord& epoch) {
  HistoryJson parameters = HistoryJson::array();
  for (const ParameterRecord& parameter : epoch.parameters)
    parameters.push_back({{"name", parameter.name},
                          {"largest", number_or_text(parameter.largest)},
                          {"norm", number_or_text(parameter.norm)},
                          {"gradient", number_or_text(parameter.gradient)},
                          {"update", number_or_text(parameter.update)}});
  HistoryJson json{{"epoch", epoch.epoch},
                   {"steps", epoch.steps},
                   {"lr", number_or_text(epoch.lr)},
                   {"seconds", number_or_text(epoch.seconds)},
                   {"training", to_json(epoch.training)}};
  if (epoch.validation) json["validation"] = to_json(*epoch.validation);
  json["parameters"] = std::move(parameters);
  json["best"] = epoch.best;
  return json;
}

EpochRecord to_epoch(const HistoryJson& json) {
  EpochRecord epoch{.epoch = json.at("epoch").get<std::int64_t>(),
                    .steps = json.at("steps").get<std::int64_t>(),
                    .lr = to_double(json.at("lr")),
                    .seconds = to_double(json.at("seconds")),
                    .training = to_score(json.at("training")),
                    .parameters = {},
                    .best = json.at("best").get<bool>()};
  if (const auto found = json.find("validation"); found != json.end())
    epoch.validation = to_score(*found);
  for (const HistoryJson& each : json.at("parameters"))
    epoch.parameters.push_back({.name = each.at("name").get<std::string>(),
                                .largest = to_double(each.at("largest")),
                                .norm = to_double(each.at("norm")),
                                .gradient = to_double(each.at("gradient")),
                                .update = to_double(each.at("update"))});
  return epoch;
}

constexpr std::string_view kEnds[] = {"not yet", "all epochs",  "early stopping",
                                      "stopped", "interrupted", "diverged"};

// ---- a table

/// Columns in the order in which they first come.
class CsvColumns {
 public:
  std::size_t operator[](const std::string& name) {
    const auto found = std::ranges::find(names_, name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    names_.push_back(name);
    return names_.size() - 1;
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

/// f(column, number) for all numbers of an epoch.
template <class F>
void each_number(const EpochRecord& epoch, const F& f) {
  f("epoch", static_cast<double>(epoch.epoch));
  f("steps", static_cast<double>(epoch.steps));
  f("lr", epoch.lr);
  f("seconds", epoch.seconds);
  const auto score = [&](const std::string& part, const Score& seen) {
    f(part + "_loss", seen.loss);
    for (const Measured& metric : seen.metrics) f(part + "_" + metric.name, metric.value);
  };
  score("training", epoch.training);
  if (epoch.validation) score("validation", *epoch.validation);
  for (const ParameterRecord& parameter : epoch.parameters) {
    f("largest." + parameter.name, parameter.largest);
    f("norm." + parameter.name, parameter.norm);
    f("gradient." + parameter.name, parameter.gradient);
    f("update." + parameter.name, parameter.update);
  }
  f("best", epoch.best);
}

}  // namespace

const Measured* Score::find(std::string_view name) const {
  const auto found = std::ranges::find(metrics, name, &Measured::name);
  return found == metrics.end() ? nullptr : &*found;
}

std::string_view to_string(Ended ended) { return kEnds[static_cast<std::size_t>(ended)]; }

const EpochRecord* History::best() const {
  const auto found = std::ranges::find_if(epochs.rbegin(), epochs.rend(), &EpochRecord::best);
  return found == epochs.rend() ? nullptr : &*found;
}

std::string History::csv() const {
  CsvColumns columns;
  std::vector<std::vector<std::string>> rows;
  for (const EpochRecord& epoch : epochs) {
    std::vector<std::string>& row = rows.emplace_back();
    each_number(epoch, [&](const std::string& name, double value) {
      const std::size_t column = columns[name];
      if (row.size() <= column) row.resize(column + 1);
      row[column] = std::isnan(value) ? "nan" : fmt::format("{}", value);
    });
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& fields) {
    for (std::size_t i = 0; i < columns.names().size(); ++i)
      text +=
          (i > 0 ? "," : "") + (i < fields.size() ? detail::csv_field(fields[i]) : std::string());
    text += '\n';
  };
  if (epochs.empty()) return text;
  line(columns.names());
  for (const auto& row : rows) line(row);
  return text;
}

std::string History::json() const {
  HistoryJson list = HistoryJson::array();
  for (const EpochRecord& epoch : epochs) list.push_back(to_json(epoch));
  const HistoryJson json{{"ended", to_string(ended)}, {"epochs", std::move(list)}};
  // Bytes of names that are not UTF-8 are replaced.
  return json.dump(1, ' ', false, HistoryJson::error_handler_t::replace) + "\n";
}

History History::from_json(std::string_view text) {
  return tapegrad::detail::allocating_for("History::from_json", [&] {
    try {
      const HistoryJson json = HistoryJson::parse(text);
      History history;
      const auto& reason = json.at("ended").get_ref<const std::string&>();
      const auto found = std::ranges::find(kEnds, reason);
      if (found == std::end(kEnds))
        fail<ValueError>("History::from_json: '{}' is no reason for which a training ends", reason);
      history.ended = static_cast<Ended>(found - std::begin(kEnds));
      for (const HistoryJson& each : json.at("epochs")) history.epochs.push_back(to_epoch(each));
      return history;
    } catch (const HistoryJson::exception& error) {
      fail<ValueError>("History::from_json: not the JSON of a history: {}", error.what());
    }
  });
}

}  // namespace tapegrad::nn
