#pragma once

#include <cstddef>
#include <vector>

#include "autograd/base/threads/thread_kept.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/transforms/tangent_table.h"

// Internal: derivatives along a direction, computed beside the values.

namespace tapegrad::detail {

/// While it lives, every value that this thread computes from one that has a tangent gets one, by
/// the forward-mode rule of its operator. Nothing is put on the tape for that.
///
/// Several nest, and each knows its own tangents only: those of an inner one are values like any
/// other for the one around it.
class ForwardMode : Watcher {
 public:
  ForwardMode();
  ~ForwardMode();

  /// Gives `x` the tangent `t`, of its shape and type.
  void set(const Tensor& x, const Tensor& t);
  /// The tangent of `y`; zeros where that depends on nothing that has one. Errors: what could not
  /// be thrown before.
  Tensor tangent(const Tensor& y) const;

  /// That of this thread, or nullptr. Rules of a walk are then those that are written with
  /// operators, which it sees.
  static thread_local constinit ForwardMode* innermost;

 private:
  void call(const OperatorCall& call) override;
  void called(const OperatorCall& call, std::span<const Tensor> outputs) override;
  void failed(const OperatorCall& call) noexcept override;
  void launch(const Launch& launch) override;
  void event(Event event, const Impl& value) noexcept override;
  void shown(const Impl& view, const Impl& value) noexcept override;

  /// A call that is looked at, with what its rule reads. Its memory is kept for the next one.
  struct Frame {
    const TangentRule* rule = nullptr;  // where an input has a tangent
    bool open = false;                  // the calls within it are looked at too
    std::vector<std::max_align_t> op = {};
    std::vector<Tensor> inputs = {}, tangents = {};
    void clear() noexcept;
  };

  /// What it lists. Kept for the next one of the thread.
  struct Lists {
    TangentTable tangents;
    std::vector<Frame> frames;
    std::vector<Tensor> results;  // of a rule that runs
    bool taken = false;
  };

  /// The innermost call that is looked at.
  Frame& top() noexcept { return lists_.frames[looked_at_ - 1]; }
  void begin(const OperatorCall& call);
  void keep(const OperatorCall& call, const TangentRule& rule, unsigned varying);
  void end(const OperatorCall& call, std::span<const Tensor> outputs);
  void bind(const OperatorCall& call, std::span<const Tensor> outputs);
  void drop_frame() noexcept;
  void forget(const Impl* value) noexcept;
  /// True when a value that shows the same memory has a tangent.
  bool shares_memory(const Impl& value) const noexcept;

  ForwardMode* around_ = nullptr;
  const kernels::Borrowed<Lists> borrowed_;
  Lists& lists_ = *borrowed_;
  TangentTable& tangents_ = lists_.tangents;
  std::size_t looked_at_ = 0;    // so many of the frames are of calls that run
  int hidden_ = 0;               // calls within the innermost of them, where it is not open
  const char* fault_ = nullptr;  // what could not be thrown
};

}  // namespace tapegrad::detail
