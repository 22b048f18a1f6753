#include "report.h"

#include <fmt/core.h>
#include <nn/nn.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "page.h"

namespace digits {

using Json = nlohmann::ordered_json;

namespace {

Json to_json(const nn::Score& score) {
  const double share = accuracy(score);
  return {{"loss", score.loss},
          {"accuracy", share},
          {"correct", std::llround(share * static_cast<double>(score.examples))},
          {"images", score.examples}};
}

/// Of the weights, not of the biases.
Json of_layers(const nn::EpochRecord& epoch, double nn::ParameterRecord::*number) {
  Json list = Json::array();
  for (const nn::ParameterRecord& parameter : epoch.parameters)
    if (parameter.name.ends_with("weight")) list.push_back(parameter.*number);
  return list;
}

Json to_json(const nn::EpochRecord& epoch) {
  const nn::Score validation = epoch.validation.value_or(epoch.training);
  return {{"epoch", epoch.epoch},
          {"lr", epoch.lr},
          {"training_loss", epoch.training.loss},
          {"training_accuracy", accuracy(epoch.training)},
          {"validation_loss", validation.loss},
          {"validation_accuracy", accuracy(validation)},
          {"largest_weight", of_layers(epoch, &nn::ParameterRecord::largest)},
          {"gradient_norm", of_layers(epoch, &nn::ParameterRecord::gradient)},
          {"seconds", epoch.seconds}};
}

Json to_json(const Result& result) {
  const nn::Interval interval = *result.test.metrics.at(0).interval;
  Json test = to_json(result.test);
  test["interval_95"] = {interval.low, interval.high};
  Json epochs = Json::array();
  for (const nn::EpochRecord& epoch : result.history.epochs) epochs.push_back(to_json(epoch));
  Json json{{"layers", result.layers()},
            {"activation", result.layers() == 1 ? Json() : Json(result.activation)},
            {"widths", result.widths},
            {"parameters", result.parameters()},
            {"test", test},
            {"seconds_per_epoch", result.seconds_per_epoch()},
            {"diverged", result.diverged()},
            {"epochs", epochs}};
  return json;
}

Json settings(const Options& options) {
  return {{"hidden", options.hidden}, {"epochs", options.epochs},
          {"batch", options.batch},   {"optimizer", options.optimizer},
          {"lr", options.lr},         {"schedule", options.schedule},
          {"seed", options.seed},     {"threads", options.threads}};
}

std::filesystem::path results_file(const std::string& folder) {
  return std::filesystem::path(folder) / "results.json";
}

std::filesystem::path temporary_file(const std::string& folder) {
  return std::filesystem::path(folder) / "results.json.new";
}

[[noreturn]] void cannot_write(const std::filesystem::path& path, const std::string& reason) {
  throw tapegrad::FileError(fmt::format("--report: cannot write '{}': {}", path.string(), reason));
}

// Leaves nothing behind when it fails.
void write(const std::filesystem::path& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  const bool opened = file.is_open();
  file << text;
  file.close();
  if (file) return;
  const std::string reason = errno ? std::strerror(errno) : "the write failed";
  std::error_code ignored;
  if (opened) std::filesystem::remove(path, ignored);
  cannot_write(path, reason);
}

}  // namespace

std::string with_commas(std::int64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string title(const Result& result) {
  if (result.layers() == 1) return "1 layer";
  return fmt::format("{} layers, {}", result.layers(), result.activation);
}

std::string table(const std::vector<Result>& results) {
  std::string text =
      "layers  activation  parameters  training      test    95 % interval  ms/epoch\n";
  for (const Result& result : results) {
    const nn::Interval interval = *result.test.metrics.at(0).interval;
    // Weights of a file were not trained here.
    const auto& epochs = result.history.epochs;
    text += fmt::format(
        "{:>6}  {:<10}  {:>10}  {:>8}  {:>6.2f} %  {:>6.2f} - {:.2f} %  {:>8}{}\n", result.layers(),
        result.activation, with_commas(result.parameters()),
        epochs.empty() ? "-" : fmt::format("{:.2f} %", 100 * accuracy(epochs.back().training)),
        100 * accuracy(result.test), 100 * interval.low, 100 * interval.high,
        epochs.empty() ? "-" : fmt::format("{:.1f}", 1000 * result.seconds_per_epoch()),
        result.diverged() ? "  diverged" : "");
  }
  return text;
}

void prepare_report(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  // Nothing is made before all is known to be well.
  const fs::file_status results = fs::status(results_file(folder), error);
  if (fs::exists(results) && !fs::is_regular_file(results))
    cannot_write(results_file(folder), "it is there and is not a file");
  std::vector<fs::path> made;  // from the inside out
  for (fs::path path = folder; !path.empty() && !fs::exists(path, error); path = path.parent_path())
    made.push_back(path);
  try {
    fs::create_directories(folder, error);
    if (error)
      throw tapegrad::FileError(
          fmt::format("--report: cannot create the folder '{}': {}", folder, error.message()));
    write(temporary_file(folder), "");
  } catch (const tapegrad::FileError&) {
    for (const fs::path& path : made) fs::remove(path, error);
    throw;
  }
  fs::remove(temporary_file(folder), error);
}

void write_report(const std::string& folder, const Options& options, const Images& images,
                  const std::vector<Result>& results) {
  Json runs = Json::array();
  for (const Result& result : results) runs.push_back(to_json(result));
  const Json json{{"data",
                   {{"source", images.source},
                    {"height", images.training.dataset().height()},
                    {"width", images.training.dataset().width()},
                    {"classes", images.classes()},
                    {"training_images", images.training.size()},
                    {"validation_images", images.validation.size()},
                    {"test_images", images.test.size()}}},
                  {"settings", settings(options)},
                  {"runs", runs}};
  // Bytes of the path that are not UTF-8 are replaced.
  write(temporary_file(folder), json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  std::error_code error;
  std::filesystem::rename(temporary_file(folder), results_file(folder), error);
  if (!error) {
    if (can_write_page()) write_page(folder + "/report.html", options, images, results);
    return;
  }
  std::error_code ignored;
  std::filesystem::remove(temporary_file(folder), ignored);
  cannot_write(results_file(folder), error.message());
}

}  // namespace digits
