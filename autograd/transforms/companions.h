#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "autograd/base/threads/thread_kept.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/transforms/companion_table.h"

// Internal: values that are computed beside other values.

namespace tapegrad::detail {

/// True where one of `tensors`, which may be undefined, has a history or collects a gradient.
bool any_has_history(std::span<const Tensor> tensors) noexcept;

/// What a mode says of itself in errors.
struct ModeWords {
  const char* where;          ///< "in forward mode"
  const char* host_write;     ///< the elements of a value with a companion were written by the host
  const char* after_error;    ///< a companion could not be computed
  const char* out_of_memory;  ///< it has no room
};

/// While it lives, values of this thread may have a companion: a tangent, or what they are for all
/// entries of a batch. Every call of an operator on one of them gives its results companions, in
/// the way of the mode. What it computes for that is put on the tape where the calls around the
/// mode were to be, and only then.
///
/// Several nest, and each knows its own companions only: those of an inner one are values like any
/// other for the one around it.
class CompanionMode : protected Watcher {
 public:
  /// Gives `x` the companion `c`.
  void set(const Tensor& x, const Tensor& c);
  /// The companion of `y`, or nullptr. Valid until a value goes or is made. Errors: what could not
  /// be thrown before.
  const Tensor* find(const Tensor& y) const;

  /// True while this thread is in one. Rules of a walk are then those that are written with
  /// operators, which it sees.
  static bool any() noexcept { return innermost; }
  /// True where one of them was given a companion that has a history. What is computed in a walk
  /// then has one too, which only a recorded walk keeps.
  static bool any_recorded() noexcept;

 protected:
  explicit CompanionMode(const ModeWords& words);
  ~CompanionMode();

  /// A call that is looked at, with what it is to be carried on by. Its memory is kept for the next
  /// one.
  struct Frame {
    bool carried = false;   // an input has a companion
    bool open = false;      // the calls within it are looked at too
    bool constant = false;  // no input has a companion
    std::vector<Tensor> inputs = {}, companions = {};
    const TangentRule* rule = nullptr;
    std::vector<std::max_align_t> op = {};
    std::vector<Attribute> attributes = {};
    std::vector<Tensor> results = {};
    void clear() noexcept;
  };

  /// Notes in `frame` how the results of a call get companions, whose inputs in `varying` have some
  /// (bit i: input i; the last bit stands for all from there on). Returns the inputs whose values
  /// are needed for it, likewise; nothing where the results have none.
  virtual std::optional<unsigned> note(const OperatorCall& call, unsigned varying,
                                       Frame& frame) = 0;
  /// The companions of `outputs` into `results`, of the same number; undefined for none.
  virtual void carry(const OperatorCall& call, Frame& frame, std::span<const Tensor> outputs,
                     std::span<Tensor> results) = 0;

  /// True of a call within a `NoGrad` that the function has opened.
  bool cut(const OperatorCall& call) const noexcept {
    return records_ && !grad_enabled() && call.phase == Phase::forward;
  }
  /// An operator calls another one, on something that has a companion, though none of its own inputs
  /// has one.
  virtual void held() noexcept {}
  bool watched_by_others() const noexcept { return outer() != nullptr; }
  void event(Event event, const Impl& value) noexcept override;
  void launch(const Launch& launch) override;
  /// `f()`, seen by those around this mode alone.
  template <class F>
  auto beside(const F& f) {
    const Seen seen(outer());
    const Recording recording(records_ && grad_enabled());
    return f();
  }
  /// Has the next call fail, and `find`, for what could not be thrown.
  void set_fault(const char* fault) noexcept { fault_ = fault; }
  /// The companion of `value`, or nullptr, outside of a call that is looked at; within one the
  /// operator works on the value alone.
  const Tensor* known(const Impl& value) const noexcept {
    return looked_at_ == 0 ? companions_.find(&value) : nullptr;
  }

 private:
  /// While it lives, this thread records, or does not.
  class Recording {
   public:
    explicit Recording(bool on) noexcept : before_(set_grad_enabled(on)) {}
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;
    ~Recording() { set_grad_enabled(before_); }

   private:
    bool before_;
  };

  void call(const OperatorCall& call) override;
  void called(const OperatorCall& call, std::span<const Tensor> outputs) override;
  void failed(const OperatorCall& call) noexcept override;
  void shown(const Impl& view, const Impl& value) noexcept override;

  /// What it lists. Kept for the next one of the thread.
  struct Lists {
    CompanionTable companions;
    std::vector<Frame> frames;
    std::vector<Tensor> results;  // of a call that is carried on
    bool taken = false;
  };

  /// The innermost call that is looked at.
  Frame& top() noexcept { return lists_.frames[looked_at_ - 1]; }
  void begin(const OperatorCall& call);
  void keep(const OperatorCall& call, unsigned reads);
  void end(const OperatorCall& call, std::span<const Tensor> outputs);
  void bind(const OperatorCall& call, std::span<const Tensor> outputs);
  void drop_frame() noexcept;
  void forget(const Impl* value) noexcept;
  /// True when a value that shows the same memory has a companion.
  bool shares_memory(const Impl& value) const noexcept;

  static thread_local constinit CompanionMode* innermost;

  const ModeWords& words_;
  CompanionMode* around_ = nullptr;
  const kernels::Borrowed<Lists> borrowed_;
  Lists& lists_ = *borrowed_;
  CompanionTable& companions_ = lists_.companions;
  std::size_t looked_at_ = 0;    // so many of the frames are of calls that run
  int hidden_ = 0;               // calls within the innermost of them, where it is not open
  const bool records_;           // what is computed here may be put on the tape
  bool recorded_ = false;        // it was given a companion that has a history
  const char* fault_ = nullptr;  // what could not be thrown
};

}  // namespace tapegrad::detail
