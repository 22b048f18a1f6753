#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "autograd/check/anomaly.h"
#include "autograd/check/anomaly_text.h"
#include "autograd/check/value_notes.h"

// Internal: what a `DetectAnomaly` knows, and how it judges.

namespace tapegrad {

struct DetectAnomaly::State {
  /// An input of a call, as it was before; `id` is 0 for what is no floating-point tensor.
  struct Before {
    detail::NoteId id = 0;
    std::int64_t numel = 0, nan = 0, infinite = 0;
    bool finite() const noexcept { return nan == 0 && infinite == 0; }
  };
  /// What the step of an optimizer changes.
  struct Changed {
    const detail::Impl* value;
    bool finite;  // before
  };

  detail::Notes notes;
  detail::ValueNames names;
  int depth = 0;  // calls within, and with, the one that is looked at
  // Of that one:
  bool updates = false;        // it is the step of an optimizer
  std::vector<Before> inputs;  // of a rule the gradients that came in
  Before arrived;              // for the input of a rule, before
  std::vector<Tensor> kept;    // inputs as they were before, where one is infinite
  std::vector<Changed> changed;

  /// A call begins. What `look` notes, unless it knows it: `value` as it is.
  /// @{
  void begin(const detail::OperatorCall& call);
  Before look(const detail::Impl& value, detail::Made made = detail::Made::given);
  /// @}
  /// A call has ended: throws where what it gave is an anomaly.
  /// @{
  void end(const detail::OperatorCall& call, std::span<const Tensor> outputs);
  void collected(const Tensor& leaf, const Tensor& sum);
  /// @}

 private:
  void begin_rule(const detail::OperatorCall& call);
  void keep(const detail::OperatorCall& call);
  void end_operator(const detail::OperatorCall& call, std::span<const Tensor> outputs,
                    std::span<const Tensor> before);
  void end_rule(const detail::OperatorCall& call, const detail::Impl& value);
  void end_update(const detail::OperatorCall& call, const detail::Impl& parameter);
  void add_note(const detail::OperatorCall& call, const detail::Impl& value, detail::Made made,
                const detail::ValueRange& range);
  bool all_finite() const noexcept;
  bool legitimate(const detail::OperatorCall& call, const Tensor& output,
                  std::span<const Tensor> before) const;
  std::string name_of(const detail::Impl& value) const;
  [[noreturn]] void fail_result(const detail::OperatorCall& call, const detail::Impl& output,
                                std::size_t index, std::size_t count,
                                const detail::ValueRange& range) const;
  [[noreturn]] void fail_rule(const detail::OperatorCall& call, const detail::Impl& value,
                              const detail::ValueRange& range) const;
  void add_forward(detail::AnomalyText& text, const detail::Record& record) const;
};

}  // namespace tapegrad
