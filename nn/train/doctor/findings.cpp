#include <algorithm>
#include <iterator>

#include "autograd/base/fail.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn {

std::string Finding::str() const { return fmt::format("{} {} {}", seen, why, remedy); }

std::string_view to_string(Finding::Kind kind) {
  constexpr std::string_view names[] = {"not_in_optimizer",
                                        "no_gradient",
                                        "gradients_not_zeroed",
                                        "activation_before_loss",
                                        "accidental_broadcast",
                                        "labels_not_from_zero",
                                        "dead_relu",
                                        "saturated",
                                        "large_updates",
                                        "small_updates",
                                        "vanishing_gradient",
                                        "exploding_gradient",
                                        "growing_graph",
                                        "training_mode",
                                        "evaluation_mode",
                                        "cannot_overfit",
                                        "unscaled_inputs",
                                        "unbalanced_classes",
                                        "negative_loss",
                                        "leaking_split"};
  static_assert(std::size(names) == static_cast<std::size_t>(Finding::Kind::leaking_split) + 1);
  return names[static_cast<std::size_t>(kind)];
}

namespace detail {

void Findings::add(Finding::Kind kind, std::string place, std::int64_t step, std::string seen,
                   std::string_view why, std::string_view remedy, bool quiet) {
  for (const Finding& each : all_)
    if (each.kind == kind && each.place == place) return;
  Finding found{
      kind, std::move(place), step, std::move(seen), std::string(why), std::string(remedy)};
  all_.reserve(all_.size() + 1);
  quiet_.push_back(quiet);
  all_.push_back(std::move(found));
}

std::optional<std::string> Findings::next_untold() {
  while (next_ < all_.size()) {
    const std::size_t at = next_++;
    if (!quiet_[at]) return all_[at].str();
  }
  return {};
}

bool Findings::has(Finding::Kind kind) const noexcept {
  return std::ranges::find(all_, kind, &Finding::kind) != all_.end();
}

}  // namespace detail

}  // namespace tapegrad::nn
