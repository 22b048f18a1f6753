#include <algorithm>

#include "autograd/base/fail.h"
#include "nn/optim/core/held_tensors.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn::detail {

namespace {

/// A tensor that requires gradients, is no parameter of the model and stands where weights do: all
/// examples share it. (Inputs may require gradients, too, as those of adversarial examples and of
/// differential equations; they stand where data do.)
struct Leaf {
  const void* id;
  std::uint32_t version;
  Shape shape;
  std::string place;       ///< of its first use
  bool used = true;        ///< in this step
  bool unmoved = true;     ///< nobody has written to it
  bool collected = false;  ///< the walk added to a gradient that was there
};

/// Tensors that the loss depends on, that nobody trains, and that the model does not name. The sign
/// is a gradient which nobody drops: the walks of two steps one after the other add to it.
class LeafCheck final : public Check {
 public:
  explicit LeafCheck(Findings& findings) : findings_(findings) {}

  void begin(const WatchedStep& step) override {
    if (!step.follows) leaves_.clear();
    inputs_ = step.inputs;
    for (Leaf& leaf : leaves_) leaf.used = leaf.collected = false;
  }

  void before(const Operation& now) override {
    for (std::size_t i = 0; i < now.inputs.size(); ++i) {
      const Tensor& input = *now.inputs[i];
      const Origin& origin = now.origins[i];
      if (!input.defined() || !origin.op.empty() || origin.after || !input.requires_grad() ||
          !input.is_leaf() || input.id() == inputs_ || !is_shared(now, i))
        continue;
      const auto known = std::ranges::find(leaves_, input.id(), &Leaf::id);
      if (known == leaves_.end()) {
        leaves_.push_back({input.id(), input.version(), input.shape(), now.origin.text()});
      } else {
        known->used = true;
        known->unmoved = known->unmoved && known->version == input.version();
      }
    }
  }

  void collected_other(const Tensor& leaf) override {
    const auto known = std::ranges::find(leaves_, leaf.id(), &Leaf::id);
    if (known != leaves_.end()) known->collected = true;
  }

  void end(const WatchedStep& step) override {
    std::erase_if(leaves_, [](const Leaf& leaf) { return !leaf.used; });
    if (!step.follows) return;
    const Leaf* first = nullptr;
    std::int64_t others = -1;
    for (const Leaf& leaf : leaves_) {
      if (!leaf.collected || !leaf.unmoved || optimizer_holds(leaf.id)) continue;
      if (!first) first = &leaf;
      ++others;
    }
    if (!first) return;
    findings_.add(
        Finding::Kind::not_in_optimizer, first->place, step.number,
        fmt::format("The loss depends on a tensor of shape {} that requires gradients and that no "
                    "optimizer holds, used by {}{}.",
                    first->shape, first->place,
                    others > 0 ? fmt::format(" (and {} more)", others) : std::string()),
        "No step will ever change it, and its gradient grows from step to step.",
        "Look for a member that is missing in visit: what it does not name is neither trained nor "
        "saved. What is not to be trained gets requires_grad_(false).");
  }

 private:
  /// Whether input `i` is used as weights are.
  static bool is_shared(const Operation& now, std::size_t i) {
    const Tensor& input = *now.inputs[i];
    if (now.name() == "linear" || now.name() == "layer_norm") return i > 0;
    if (now.name() == "matmul") return i == 1 && !now.weight;
    if (!now.elementwise || now.weight) return false;
    // One for all rows of what parameters made.
    for (std::size_t j = 0; j < now.inputs.size(); ++j) {
      const Tensor& other = *now.inputs[j];
      if (j == i || !other.defined() || !now.origins[j].after) continue;
      if (input.dim() < other.dim()) return true;
      if (input.dim() == other.dim() && input.dim() > 0 && input.size(0) == 1 && other.size(0) > 1)
        return true;
    }
    return false;
  }

  Findings& findings_;
  const void* inputs_ = nullptr;  ///< of the batch
  std::vector<Leaf> leaves_;
};

}  // namespace

std::unique_ptr<Check> make_leaf_check(Findings& findings) {
  return std::make_unique<LeafCheck>(findings);
}

}  // namespace tapegrad::nn::detail
