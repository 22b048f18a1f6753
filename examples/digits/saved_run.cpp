#include "saved_run.h"

#include <fmt/format.h>

#include <filesystem>

namespace digits {

namespace {

constexpr auto kBetweenSaves = std::chrono::seconds(5);

/// An epoch as a tensor: what `Epoch` has, in order.
tg::Tensor to_tensor(const Epoch& epoch) {
  std::vector<double> list{epoch.lr, epoch.seconds};
  for (const Score& score : {epoch.training, epoch.validation}) {
    list.push_back(score.loss);
    list.push_back(static_cast<double>(score.correct));
    list.push_back(static_cast<double>(score.images));
  }
  list.insert(list.end(), epoch.largest_weight.begin(), epoch.largest_weight.end());
  return tg::tensor(list, tg::float64);
}

Epoch to_epoch(const tg::Tensor& tensor) {
  const auto list = tensor.data<double>();
  if (list.size() < 8) throw tg::ValueError("--resume: the file's epochs are not of this program");
  const auto score = [&](std::size_t i) {
    return Score{.loss = list[i],
                 .correct = static_cast<std::int64_t>(list[i + 1]),
                 .images = static_cast<std::int64_t>(list[i + 2])};
  };
  return {.lr = list[0],
          .training = score(2),
          .validation = score(5),
          .largest_weight = {list.begin() + 8, list.end()},
          .seconds = list[1]};
}

}  // namespace

void SavedRun::load(Result& result) {
  if (file_.empty()) return;
  // An error of writing is known before the training, not after it.
  if (!std::filesystem::exists(file_)) return checkpoint.save(file_);
  checkpoint.load(file_);
  for (const auto& [name, epoch] : epochs_) result.epochs.push_back(to_epoch(epoch));
}

void SavedRun::save(const Result& result) {
  if (file_.empty()) return;
  epochs_.clear();
  for (const Epoch& epoch : result.epochs)
    epochs_.push_back({fmt::format("{}", epochs_.size() + 1), to_tensor(epoch)});
  checkpoint.save(file_);
  saved_ = Clock::now();
}

bool SavedRun::save_sometimes() {
  if (file_.empty() || Clock::now() - saved_ < kBetweenSaves) return false;
  checkpoint.save(file_);
  saved_ = Clock::now();
  return true;
}

}  // namespace digits
