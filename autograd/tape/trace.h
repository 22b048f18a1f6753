#pragma once

/// @file
/// Errors that say where in the program the operator was recorded that they are about.
///
///     const tg::TraceScope trace;
///     tg::Tensor x = tg::randn({3}).requires_grad_();
///     tg::sum(tg::tanh(x)).backward();  // an error here would name this function

#include "autograd/tensor/door/watcher.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// While it lives, errors that this thread throws say where in the program: that of a rule, in
/// `backward()` or `grad()`, where the operator was recorded, and every other where the function
/// was called.
///
///     tg::TraceScope trace;
///     train_step(net, x, y);
///
/// An error then has lines more, the innermost function first:
///
///     backward: a value of shape [2, 3] that 'tanh' (output [2, 3]) saved for its gradient was
///     changed in place afterwards by 'add_': [...]
///       recorded in
///         hidden_layer(Net const&, tapegrad::Tensor const&)
///         train_step(Net&, tapegrad::Tensor const&)
///         main
///         file and line: addr2line -Cfpie /home/me/train 0x51a2 0x5313 0x5460
///
/// Listed are the five innermost functions of the program; what the compiler has put into others is
/// not among them. The command at the end, which belongs to binutils and can be copied as it is,
/// tells the lines, if the program was compiled with `-g`, and those functions, too. The program
/// has to be linked in no special way, only not stripped of its symbols: then there is the command
/// alone. Only on systems with ELF files, such as Linux; elsewhere errors say no more than without.
///
/// With `TAPEGRAD_TRACE=1` in the environment all threads are traced from the first operator on,
/// in a program as it is. A graph that another traced thread recorded has its places, too.
///
/// Every operator that is recorded takes some 3 microseconds longer; nothing is slower while no
/// scope is open. Kept are the places of the last 130,000 operators, in at most 8 MB; they are
/// dropped when the last scope closes.
class [[nodiscard]] TraceScope final : detail::Watcher {
 public:
  /// Begins to note places.
  [[nodiscard]] TraceScope() noexcept;
  /// Errors of this thread say no more than before.
  ~TraceScope();

 private:
  void called(const detail::OperatorCall& call, std::span<const Tensor> outputs) override;
};

/// @}

namespace detail {

struct Record;

/// While it lives, errors of this thread are about what is recorded in `record`.
class Blamed {
 public:
  explicit Blamed(const Record& record) noexcept;
  Blamed(const Blamed&) = delete;
  Blamed& operator=(const Blamed&) = delete;
  ~Blamed();

 private:
  const Record* const before_;
};

}  // namespace detail

}  // namespace tapegrad
