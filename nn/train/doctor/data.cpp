#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <tuple>

#include "autograd/base/fail.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/visit_dtype.h"
#include "nn/train/doctor/examples.h"

namespace tapegrad::nn::detail {

namespace {

/// Of a batch that is asked for.
constexpr std::int64_t kBatchBytes = 4 << 20, kBatchExamples = 256;

/// Always answering the largest class would be right so often that accuracy says nothing.
constexpr double kDominating = 0.9;
/// Half of the sum of the differences of shares, above what a random split gives.
constexpr double kOtherShares = 0.1;
/// Above a share of 1 in 100 of the validation; fewer do not change what it says. Where examples
/// repeat by nature, as those of few yes-or-no questions do, they also repeat within the training
/// set: so that it counts only where they are in both parts clearly more often.
constexpr double kLeaking = 0.01, kMoreOften = 3;
constexpr std::int64_t kFewLeaks = 3;

/// Examples are told by 64 bits of their inputs and targets. A step of Fibonacci hashing for each
/// word.
std::uint64_t add_word(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15;
  return hash ^ (hash >> 29);
}

std::uint64_t hash_of(std::uint64_t hash, const char* from, std::size_t bytes) {
  std::uint64_t word = 0;
  for (; bytes >= sizeof(word); from += sizeof(word), bytes -= sizeof(word)) {
    std::memcpy(&word, from, sizeof(word));
    hash = add_word(hash, word);
  }
  if (bytes == 0) return hash;
  word = 0;
  std::memcpy(&word, from, bytes);
  return add_word(hash, word);
}

/// What was seen of a dataset.
struct Part {
  std::int64_t size = 0;
  std::vector<std::uint64_t> hashes;
  ClassCounts classes;

  double looked() const { return static_cast<double>(hashes.size()); }
  double share(std::size_t label) const {
    return static_cast<double>(classes[label]) / static_cast<double>(classes.total());
  }
};

/// Adds each of `rows` to the hash of its example.
void add_to_hashes(const Tensor& rows, std::span<std::uint64_t> hashes) {
  if (!rows.defined() || rows.dim() == 0 || rows.size(0) != std::ssize(hashes)) return;
  visit_dtype(rows.dtype(), [&]<class T>(T) {
    const auto data = rows.data<T>();
    const std::size_t bytes = data.size_bytes() / hashes.size();
    const char* at = reinterpret_cast<const char*>(data.data());
    for (std::uint64_t& hash : hashes) {
      hash = hash_of(hash, at, bytes);
      at += bytes;
    }
  });
}

Part part_of(const Examples& examples, std::int64_t most) {
  Part part{examples.size, {}, {}};
  const std::int64_t looked = std::min(examples.size, most);
  std::int64_t batch = 1;
  for (std::int64_t done = 0; done < looked;) {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = done; i < std::min(done + batch, looked); ++i)
      indices.push_back(i * examples.size / looked);
    const auto [inputs, targets] = examples.batch(indices);
    const auto count = std::ssize(indices);
    part.hashes.resize(part.hashes.size() + indices.size());
    const std::span<std::uint64_t> hashes(part.hashes.end() - count, part.hashes.end());
    add_to_hashes(inputs, hashes);
    add_to_hashes(targets, hashes);
    const bool one_each = targets.defined() && targets.numel() == count;
    part.classes.add(one_each ? targets : Tensor());
    done += count;
    if (batch > 1) continue;
    const std::int64_t bytes = inputs.defined() ? inputs.numel() * 8 : 1;
    batch =
        std::clamp<std::int64_t>(kBatchBytes / std::max<std::int64_t>(bytes, 1), 2, kBatchExamples);
  }
  std::ranges::sort(part.hashes);
  return part;
}

void look_at_shares(const Part& training, Findings& findings) {
  for (std::size_t label = 0; label < training.classes.size(); ++label) {
    const double share = training.share(label);
    if (!(share > kDominating)) continue;
    findings.add(
        Finding::Kind::unbalanced_classes, "training data", 0,
        fmt::format("Of {} training examples that were looked at, {} are of class {}: {:.1f} %.",
                    training.classes.total(), training.classes[label], label, 100 * share),
        "A model that always answers this class is right as often, so that accuracy says little, "
        "and the other classes hardly count in the loss.",
        "Weigh the classes in the loss (CrossEntropyOptions::weight), or draw the rare ones "
        "more often, and look at nn::confusion_matrix.");
  }
}

void look_at_differences(const Part& training, const Part& validation, Findings& findings) {
  const std::size_t classes = std::max(training.classes.size(), validation.classes.size());
  double distance = 0, chance = 0, largest = -1;
  std::size_t at = 0;
  const auto trained = static_cast<double>(training.classes.total());
  const auto held_out = static_cast<double>(validation.classes.total());
  for (std::size_t label = 0; label < classes; ++label) {
    const double p = training.share(label), q = validation.share(label);
    const double both = (p * trained + q * held_out) / (trained + held_out);
    distance += std::abs(p - q) / 2;
    // Half of a standard deviation of p - q, where both are drawn at random.
    chance += std::sqrt(both * (1 - both) * (1 / trained + 1 / held_out)) / 2;
    if (std::abs(p - q) > largest) std::tie(largest, at) = std::pair(std::abs(p - q), label);
  }
  if (!(distance > kOtherShares + 2 * chance)) return;
  findings.add(
      Finding::Kind::unbalanced_classes, "validation data", 0,
      fmt::format("Class {} has {:.1f} % of the training examples, but {:.1f} % of the "
                  "validation's.",
                  at, 100 * training.share(at), 100 * validation.share(at)),
      "The two parts ask for different things, so that the validation does not say how well the "
      "model does on more of the same.",
      "Split at random (nn::random_split, nn::train_test_split): files are often sorted by "
      "class.");
}

void look_at_leaks(const Part& training, const Part& validation, Findings& findings) {
  const std::vector<std::uint64_t>& known = training.hashes;
  const auto leaked = std::ranges::count_if(validation.hashes, [&](std::uint64_t hash) {
    return std::ranges::binary_search(known, hash);
  });
  std::int64_t repeated = 0;
  for (std::size_t i = 0; i < known.size(); ++i)
    repeated +=
        (i > 0 && known[i] == known[i - 1]) || (i + 1 < known.size() && known[i] == known[i + 1]);
  if (leaked < kFewLeaks) return;
  const double share = static_cast<double>(leaked) / validation.looked();
  // Of a part of the training set only as large a part of the leaks is found.
  const double all = std::min(1.0, share * static_cast<double>(training.size) / training.looked());
  if (!(all > kLeaking && share > kMoreOften * static_cast<double>(repeated) / training.looked()))
    return;
  findings.add(
      Finding::Kind::leaking_split, "validation data", 0,
      fmt::format("{} of {} validation examples are among the {} training examples that were "
                  "looked at{}.",
                  leaked, validation.hashes.size(), training.hashes.size(),
                  training.size > std::ssize(known)
                      ? fmt::format(", which makes {:.0f} % in all {}", 100 * all, training.size)
                      : std::string()),
      "What was learned by heart passes for skill there, so that the validation looks better than "
      "the model is.",
      "Take repeated examples out before the split, and split once (nn::random_split).");
}

}  // namespace

void look_at_data(const Examples& training, const Examples& validation, std::int64_t examples,
                  ClassCounts& labels, Findings& findings) {
  const NoGrad no_grad;
  const SameRandomNumbers same;
  const Part first = part_of(training, examples);
  if (first.classes.known()) {
    labels = first.classes;
    look_at_shares(first, findings);
  }
  if (!validation.batch) return;
  const Part second = part_of(validation, examples);
  if (first.classes.known() && second.classes.known()) look_at_differences(first, second, findings);
  look_at_leaks(first, second, findings);
}

}  // namespace tapegrad::nn::detail
