#pragma once

#include <cstdint>
#include <vector>

#include "autograd/tensor/create/random.h"
#include "nn/train/doctor/check.h"

// Internal: examples, looked at outside of the steps of the training.

namespace tapegrad::nn::detail {

/// Counts examples of each class.
class ClassCounts {
 public:
  /// Adds targets: int64, or the 0 and 1 of a yes-or-no question. Anything else ends the counting.
  void add(const Tensor& targets);
  /// Whether all that was added were classes, and there was something.
  bool known() const noexcept { return known_ && total_ > 0; }
  std::int64_t total() const noexcept { return total_; }
  std::int64_t operator[](std::size_t label) const noexcept {
    return label < counts_.size() ? counts_[label] : 0;
  }
  /// Largest class + 1.
  std::size_t size() const noexcept { return counts_.size(); }
  /// The smallest class.
  std::size_t lowest() const noexcept;
  /// Cross-entropy of one who knows these counts, and nothing of the example.
  double entropy() const noexcept;
  /// Whether every class from `lowest()` on has examples.
  bool without_gaps() const noexcept;

 private:
  std::vector<std::int64_t> counts_;
  std::int64_t total_ = 0;
  bool known_ = true;
};

/// While it lives, what is drawn at random does not count: datasets may change what they show.
class SameRandomNumbers {
 public:
  SameRandomNumbers() = default;
  SameRandomNumbers(const SameRandomNumbers&) = delete;
  SameRandomNumbers& operator=(const SameRandomNumbers&) = delete;
  ~SameRandomNumbers() { default_generator() = before_; }

 private:
  const Generator before_ = default_generator();
};

/// Whether the classes of all examples count from 1, for a model that gives scores of so many.
void look_at_labels(const ClassCounts& labels, std::int64_t scores, std::int64_t step,
                    Findings& findings);
/// The same of a step that an error ended: whether that may be the reason.
void look_at_refused(const ClassCounts& labels, std::int64_t scores, std::int64_t step,
                     Findings& findings);

/// Looks at `examples` of each part, evenly spread; the second may have none. Counts the classes of
/// the first. Errors: those of the datasets.
void look_at_data(const Examples& training, const Examples& validation, std::int64_t examples,
                  ClassCounts& labels, Findings& findings);

/// Whether a copy of the model can learn a few examples by heart; says so if not.
void try_few_examples(const std::function<Trial()>& make, const Batch& batch, std::int64_t step,
                      Findings& findings);

}  // namespace tapegrad::nn::detail
