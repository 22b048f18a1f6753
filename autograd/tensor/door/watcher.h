#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "autograd/base/try.h"
#include "autograd/tensor/door/door.h"
#include "autograd/tensor/door/onnx.h"
#include "autograd/tensor/door/structure.h"
#include "autograd/tensor/door/tangent_rule.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/tensor.h"

// Internal: what visitors of the door see.

namespace tapegrad::detail {

/// A number, list or flag that an operator was called with.
struct Attribute {
  using Value = std::variant<bool, std::int64_t, double, DType, Shape, std::vector<std::int64_t>>;
  const char* name;
  Value value;
};
std::string to_string(const Attribute& attribute);
void add_attribute(std::vector<Attribute>& list, const char* name, Attribute::Value value);

/// What is known of an operator without a call of it.
struct OperatorType {
  const char* name;
  bool has_gradient;  ///< it can stand on the tape
  /// Those of the operator's struct; nullptr for one that cannot say them (`opaque`).
  std::vector<Attribute> (*attributes)(const void* op);
  /// Calls the operator with these attributes and inputs; nullptr likewise.
  std::vector<Tensor> (*call)(std::span<const Attribute> attributes,
                              std::span<const Tensor> inputs);
  OnnxForm onnx = {};
  /// It converts its inputs to one type, that of its output, before it computes.
  bool promotes = false;
  Sparsity sparsity = Sparsity::unknown;
  Leading leading = Leading::unknown;
  const TangentRule* tangent = nullptr;  ///< its forward-mode rule, if it has one
  /// Of an operator without attributes: calls a copy of `op`, where it can be copied.
  std::vector<Tensor> (*repeat)(const void* op, std::span<const Tensor> inputs) = nullptr;
  /// For `Leading::own`: the operator with these attributes on a batch.
  Tensor (*batched)(std::span<const Attribute> attributes, const Batch& batch) = nullptr;
};

/// One call of an operator, or of one of its rules. Of a rule `op` is the `Record` (tape/record.h);
/// its inputs are the cotangent, undefined where the operator has several outputs (the record has
/// them), and what had arrived before for the input that it is for, undefined if nothing; its
/// output is what has arrived then. The step of an optimizer has the parameter and its gradient as
/// inputs, and the parameter as output.
struct OperatorCall {
  const char* name;
  const OperatorType* type;  ///< nullptr for a rule, and for the step of an optimizer
  const void* op;            ///< the operator's struct, while the call runs; see below
  std::span<const Tensor* const> inputs;
  bool in_place = false;              ///< the output is input 0, with other elements
  int rule = -1;                      ///< of a rule: the number of the input that it is for
  Phase phase = {};                   ///< filled in by the door, like the next
  const char* path = {};              ///< the module path, or nullptr
  std::span<const Tensor> kept = {};  ///< at the end: what the forward kept for rules
};

/// What a kernel does with the elements of an argument. `update`: it reads and writes.
enum class Access : std::uint8_t { parameter, read, write, update };

/// One argument of a launch: the elements of a value, or a parameter.
struct LaunchArgument {
  const void* what;  ///< an `Impl`, nullptr for the undefined tensor, or a parameter
  std::size_t size;  ///< bytes of the parameter
  Access access;
  const Impl* value() const noexcept { return static_cast<const Impl*>(what); }
};

/// One launch of a kernel.
struct Launch {
  const char* kernel;
  std::span<const LaunchArgument> arguments;
  bool looks;  ///< the host learns something about the elements
};

/// Somebody who watches what a thread computes, from `start` to `stop`, on that thread; several
/// nest. Of a call the innermost is told first, of its end the outermost. What is called on the way
/// from its own functions it does not see, nor does anybody else, but for `Seen`.
class Watcher {
 public:
  Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// An operator is about to run. What this throws, the caller of the operator gets.
  virtual void call(const OperatorCall&) {}
  /// It has run. Of the call only the name, the type, the phase and the path are as they were:
  /// inputs may have lent their memory, and the operator's struct may stand on the tape by now.
  virtual void called(const OperatorCall&, std::span<const Tensor> /*outputs*/) {}
  /// It has thrown.
  virtual void failed(const OperatorCall&) noexcept {}
  /// A kernel is about to run; see `want_launches`.
  virtual void launch(const Launch&) {}
  virtual void event(Event, const Impl&) noexcept {}
  /// The tape shows `value`, which it saved, to a rule as `view`.
  virtual void shown(const Impl& /*view*/, const Impl& /*value*/) noexcept {}
  /// The host is about to launch a kernel whose parameters depend on a state of its own: the
  /// learning rate, the count of steps, the place of a generator.
  virtual void host_state(std::string_view /*name*/, double /*value*/) noexcept {}
  /// The host calls `value`, of which it is about to compute something, by this name.
  virtual void named(const Impl& /*value*/, std::string_view /*name*/) noexcept {}
  /// The walk has ended, and added the cotangent `sum` to the gradient that `leaf` had already. What
  /// this throws, the caller of the walk gets.
  virtual void collected(const Tensor& /*leaf*/, const Tensor& /*sum*/) {}
  /// Whether it alters what the rule `call` returns: `altered` then gets it, and the walk hands on
  /// what that returns.
  virtual bool alters(const OperatorCall& /*call*/) const noexcept { return false; }
  virtual Tensor altered(const Tensor& cotangent, bool /*recorded*/) const { return cotangent; }
  /// Of a value that it knows to stand for that of every entry of a batch: all of these, with a
  /// further first dimension. Else nullptr.
  virtual const Tensor* entries(const Impl& /*value*/) const noexcept { return nullptr; }
  /// The host is between two pieces of work, before `name`; what this throws, it gets.
  virtual void pause(std::string_view /*name*/) {}

 protected:
  ~Watcher() = default;
  void start() noexcept;
  void stop() noexcept;
  /// While it lives, within one of these functions, this thread is watched by `watcher` and those
  /// around it.
  class Seen {
   public:
    explicit Seen(Watcher* watcher) noexcept;
    Seen(const Seen&) = delete;
    Seen& operator=(const Seen&) = delete;
    ~Seen();

   private:
    Watcher* before_;
  };
  /// The next one around it, or nullptr.
  Watcher* outer() const noexcept { return outer_; }
  /// Whether it wants to be told of launches from now on.
  void want_launches(bool wanted) noexcept { wants_launches_ = wanted; }

 private:
  friend struct Door;
  Watcher* outer_ = nullptr;
  bool wants_launches_ = true;
};

/// Called once on every thread, before anybody else watches it: it may start somebody who does, for
/// as long as the thread lives. Set before there are tensors, and then by one; else nullptr.
extern constinit std::atomic<void (*)() noexcept> on_new_thread;

/// A call that somebody watches. It stands with the caller, and so does its list of inputs.
struct RunningCall {
  OperatorCall call;
  std::size_t told = 0;  ///< so many watchers, who are told of its end
};

/// Room for one with `n` inputs, which is only filled in where somebody watches.
template <std::size_t n>
struct RoomForCall {
  RoomForCall() noexcept {}  // NOLINT(modernize-use-equals-default): nothing is initialized
  RoomForCall(const RoomForCall&) = delete;
  RoomForCall& operator=(const RoomForCall&) = delete;

  template <class... Tensors>
  [[gnu::cold]] RunningCall& fill(const OperatorType& type, const void* op,
                                  const Tensors&... inputs) noexcept {
    std::size_t i = 0;
    ((all[i++] = &inputs), ...);
    return *new (&running) RunningCall{{type.name, &type, op, all}};
  }

  const Tensor* all[n];
  union {
    RunningCall running;
  };
};

/// Where announcements go in. To be called only while somebody watches.
struct Door {
  /// A call, which the caller runs: unless `begin` throws, it has to `end`, or to `fail` (which
  /// does nothing for nullptr).
  /// @{
  [[gnu::cold]] static RunningCall* begin(RunningCall& running);
  [[gnu::cold]] static void end(RunningCall* running, std::span<const Tensor> outputs,
                                std::span<const Tensor> kept = {});
  [[gnu::cold]] static void fail(RunningCall* running) noexcept;
  /// @}
  [[gnu::cold]] static void launch(const Launch& launch);
  [[gnu::cold]] static void pause(std::string_view name);
  /// Whether somebody alters what the rule `call` returns, and what they make of it.
  /// @{
  [[gnu::cold]] static bool alters(const OperatorCall& call);
  [[gnu::cold]] static Tensor altered(const OperatorCall& call, Tensor cotangent, bool recorded);
  /// @}
  [[gnu::cold]] static void collected(const Tensor& leaf, const Tensor& sum);
  /// `x`, or what watchers know it to stand for.
  [[gnu::cold]] static Tensor entries(const Tensor& x);

 private:
  template <class F>
  static void tell(const F& f);
  template <class F>
  static void tell_outermost_first(Watcher* watcher, const F& f);
  friend void announce_event(Event event, const Impl& value) noexcept;
  friend void announce_state(std::string_view name, double value) noexcept;
  friend void announce_name(const Impl& value, std::string_view name) noexcept;
  friend void announce_shown(const Impl& view, const Impl& value) noexcept;
};

/// `x`, or, where it stands for the values of all entries of a batch, these, with a further first
/// dimension. For checks and choices that elements decide: they must hold for every entry.
inline Tensor all_entries(const Tensor& x) {
  if (watched()) [[unlikely]]
    return Door::entries(x);
  return x;
}

/// `body()`, a call of the operator `call`, while somebody watches. It returns a tensor or a vector
/// of them, or nothing.
template <class F>
[[gnu::noinline, gnu::cold]] auto watched_call(const OperatorCall& call, const F& body) {
  RunningCall room{call};
  RunningCall* running = nullptr;
  TAPEGRAD_TRY {
    running = Door::begin(room);
    using Result = decltype(body());
    if constexpr (std::is_void_v<Result>) {
      body();
      Door::end(std::exchange(running, nullptr), {});
    } else {
      Result result = body();
      if constexpr (std::is_same_v<Result, Tensor>)
        Door::end(std::exchange(running, nullptr), {&result, 1});
      else
        Door::end(std::exchange(running, nullptr), result);
      return result;
    }
  }
  TAPEGRAD_CATCH_ALL {
    Door::fail(running);
    rethrow_for(call.name);
  }
}

}  // namespace tapegrad::detail
