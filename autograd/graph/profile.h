#pragma once

/// @file
/// Tells where the time goes, by operator, module and phase.
///
///     tg::ProfileScope profile;
///     tg::matmul(tg::ones({64, 64}), tg::ones({64, 64}));
///     fmt::print("{}", profile.table());

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "autograd/tensor/door/watcher.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// What a `ProfileScope` has seen of one operator in one module.
struct ProfileRow {
  std::string name;    ///< of the operator, or of the function in place, such as "add_"
  std::string module;  ///< the module path, such as "net.fc1"; empty outside of modules
  std::string phase;   ///< "forward"; "backward" for its rule, and for what rules call; "update"
  std::int64_t calls;  ///< how often it was called
  double seconds;      ///< in it, without the operators that it called
};

/// While it lives, counts and times what this thread calls: operators, their rules in walks back
/// and the steps of optimizers.
///
///     tg::ProfileScope profile;
///     train_step(net, x, y);
///     std::cout << profile.table();
///
/// Watching costs some 100 ns a call, which are not counted. Work that an operator shares with
/// other threads is in its time; what other threads call by themselves is not seen. Scopes nest:
/// each counts for itself.
class [[nodiscard]] ProfileScope : detail::Watcher {
 public:
  /// Begins to count.
  [[nodiscard]] ProfileScope();
  /// Counts no longer.
  ~ProfileScope();

  /// What was seen so far, the longest time first.
  std::vector<ProfileRow> rows() const;
  /// The same as text: a line for each, and what they are together.
  std::string table() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Key {
    std::string name, module;
    detail::Phase phase;
    auto operator<=>(const Key&) const = default;
  };
  struct Count {
    std::int64_t calls = 0;
    Clock::duration time{};
  };
  /// A call that runs.
  struct Running {
    Clock::time_point start;
    Clock::duration within{};  // calls that it made, and their announcements
  };

  void call(const detail::OperatorCall& call) override;
  void called(const detail::OperatorCall& call, std::span<const Tensor> outputs) override;
  void failed(const detail::OperatorCall& call) noexcept override;
  void finish(const detail::OperatorCall& call, Clock::time_point end);

  std::map<Key, Count> counts_;
  std::vector<Running> running_;
};

/// @}

}  // namespace tapegrad
