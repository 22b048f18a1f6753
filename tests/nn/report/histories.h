#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "nn/report/answers.h"

// Histories that were made up, to ask for answers.

namespace made_up {

namespace nn = tapegrad::nn;

/// `right` of `examples`.
inline nn::Score score_of(std::int64_t right, std::int64_t examples, double loss = 1) {
  const double share = static_cast<double>(right) / static_cast<double>(examples);
  return {
      .examples = examples,
      .loss = loss,
      .metrics = {
          {.name = "accuracy", .value = share, .interval = nn::wilson_interval(right, examples)}}};
}

/// An epoch for each validation loss; the training loss falls by a tenth of itself in each.
inline nn::History history_of(const std::vector<double>& validation_losses) {
  nn::History history{.epochs = {}, .ended = nn::Ended::all_epochs};
  double training = 1;
  for (const double loss : validation_losses) {
    training *= 0.9;
    history.epochs.push_back({.epoch = std::ssize(history.epochs) + 1,
                              .training = {.examples = 100, .loss = training, .metrics = {}},
                              .validation = nn::Score{.examples = 100, .loss = loss, .metrics = {}},
                              .parameters = {}});
  }
  return history;
}

/// Sets what was seen of the weights of each layer, alike in all epochs.
inline nn::History with_gradients(nn::History history, const std::vector<double>& gradients) {
  for (nn::EpochRecord& epoch : history.epochs) {
    for (const double gradient : gradients) {
      const std::string layer = std::to_string(epoch.parameters.size() / 2);
      epoch.parameters.push_back({.name = layer + ".weight", .largest = 1, .gradient = gradient});
      epoch.parameters.push_back({.name = layer + ".bias", .largest = 99, .gradient = 1e-9});
    }
  }
  return history;
}

/// Sets the largest weight of each epoch.
inline nn::History with_largest(nn::History history, const std::vector<double>& largest) {
  for (std::size_t i = 0; i < history.epochs.size(); ++i)
    history.epochs[i].parameters = {{.name = "0.weight", .largest = largest[i]},
                                    {.name = "0.bias", .largest = 99}};
  return history;
}

/// A model of which `right` in 10,000 test examples are right.
inline nn::Run run_of(std::int64_t layers, const std::string& activation, std::int64_t right,
                      std::int64_t examples = 10'000) {
  return {.name = activation.empty() ? "1 layer" : activation + " " + std::to_string(layers),
          .history = history_of({0.5, 0.4, 0.3}),
          .test = score_of(right, examples),
          .layers = layers,
          .activation = activation};
}

}  // namespace made_up
