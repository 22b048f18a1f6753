#include "autograd/base/fail.h"
#include "autograd/memory/memory.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn::detail {

namespace {

/// So many steps one after the other leave records behind, one at least for each step that has
/// passed, before it is said.
constexpr int kGrowing = 6;

/// What steps leave on the tape.
class GraphCheck final : public Check {
 public:
  explicit GraphCheck(Findings& findings) : findings_(findings) {}

  void before(const Operation& now) override {
    for (std::size_t i = 0; i < now.inputs.size() && old_.empty(); ++i) {
      const Tensor& input = *now.inputs[i];
      if (input.defined() && input.requires_grad() && !now.origins[i].fresh && !input.is_leaf())
        old_ = now.origin.text();
    }
  }

  void end(const WatchedStep& step) override {
    const std::int64_t records = live_records();
    const bool grown = step_ > 0 && records - records_ >= step.number - step_;
    if (!grown) {
      growing_ = 0;
      first_step_ = step.number;
      first_records_ = records;
    } else if (++growing_ >= kGrowing) {
      add(step.number, records);
    }
    step_ = step.number;
    records_ = records;
    old_.clear();
  }

 private:
  void add(std::int64_t step, std::int64_t records) {
    findings_.add(
        Finding::Kind::growing_graph, old_.empty() ? "the tape" : old_, step,
        fmt::format("Each step leaves records on the tape: {} were there after step {}, and {} "
                    "after step {}{}.",
                    first_records_, first_step_, records, step,
                    old_.empty() ? std::string()
                                 : fmt::format("; {} takes a value of an earlier step", old_)),
        "Something keeps values with their history, so that memory grows, and with it the time "
        "of steps that walk back through it.",
        "Add up loss.item() and not loss, and detach() what the next step goes on with, such "
        "as a hidden state.");
  }

  Findings& findings_;
  std::int64_t step_ = 0, records_ = 0, first_step_ = 0, first_records_ = 0;
  int growing_ = 0;
  std::string old_;  ///< where a value of an earlier step is used
};

}  // namespace

std::unique_ptr<Check> make_graph_check(Findings& findings) {
  return std::make_unique<GraphCheck>(findings);
}

}  // namespace tapegrad::nn::detail
