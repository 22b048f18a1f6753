#pragma once

/// @file
/// The battery that every operator of the library goes through, for one of yours: gradients,
/// aliased arguments, float32, instruction sets, threads, memory that is refused.
///
///     tg::Tensor x = tg::tensor({0.5, 2.0}, tg::float64).requires_grad_();
///     const auto cube = [](const std::vector<tg::Tensor>& in) { return in[0] * in[0] * in[0]; };
///     fmt::print("{}\n", tg::verify({"mul", {{"a cube", {x}, cube}}}).message());

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "autograd/check/gradcheck.h"
#include "autograd/ops/cases.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// What `verify` checks of an operator, beside its gradients. Each part is described there.
struct VerifyOptions {
  GradcheckOptions gradcheck = {};  ///< how derivatives are compared, and the seed
  bool second_order = true;         ///< "second order"
  bool arguments = true;            ///< "aliases" and "arguments"
  bool float32 = true;              ///< "float32", "instruction sets", "scale" and "offset"
  bool large = true;                ///< "large"
  bool memory = true;               ///< "memory"
};

/// Something that `verify` found.
struct VerifyFinding {
  std::string check;    ///< which part of the battery: "gradients", "large", ...
  std::string example;  ///< the case's label
  std::string text;     ///< what is wrong
};

/// What `verify` says of one operator.
struct [[nodiscard]] VerifyResult {
  std::string name;          ///< of the operator
  int cases = 0;             ///< how many there are
  std::int64_t entries = 0;  ///< derivatives compared, in forward mode, too
  /// Of first and second order, as `GradcheckResult::worst_error`; NaN where none was compared, as
  /// the second after a wrong first is not.
  double worst_error[2] = {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::quiet_NaN()};
  /// The same of forward mode; none where a rule for that is missing.
  std::optional<double> forward_error = std::numeric_limits<double>::quiet_NaN();
  std::vector<VerifyFinding> findings;  ///< nothing if all is right
  std::vector<Culprit> culprits;        ///< of the gradients that are wrong
  /// What was not looked at, and so nobody knows: "an empty input", "a number (0-d)", "large
  /// inputs". No fault.
  std::vector<std::string> not_covered;

  bool ok() const { return findings.empty(); }     ///< nothing was found
  explicit operator bool() const { return ok(); }  ///< `ok`
  /// One line, or one for each finding.
  std::string message() const;
};

/// The battery that every operator of the library goes through, for one of yours, too:
///
///     const auto cube = [](const std::vector<Tensor>& in) { return tg::apply(Cube(), in[0]); };
///     const auto result = tg::verify({"cube", {{"a matrix", {x}, cube}}});
///     CHECK(result.ok());  // result.message() says what is wrong
///
/// For every case:
///  - "gradients", "second order": `gradcheck` and `gradgradcheck`;
///  - "forward mode": `jvp` against differences and the walk back, by fused loops and by operators;
///  - "aliases": the same tensor for each two inputs of one shape, `f(x, x)`;
///  - "arguments": they are as before, also where they are handed over (`OperatorCase::moved`);
///  - "leftovers": no tensor and no record more is alive than before;
///  - "float32": values and gradients are those of float64 arithmetic on the same numbers;
///  - "instruction sets": and those of every set of instructions that this machine has;
///  - "scale", "offset": what a common factor, or a common summand, of the first input does
///    (`OperatorInfo::scale`, `offset`), from 1e-30 to 1e30 and to 1e6 in float32;
///  - "large": with so many entries of a further first dimension (`leading` in custom.h) that the
///    largest input has over 600,000 elements, in several tiles, it gives what it gives for an
///    entry by itself; with 2, 3 and 5 threads the same bits as with one; with no entries nothing;
///  - "memory": each block of memory that it asks for is refused once: that throws
///    `OutOfMemoryError`, leaves nothing behind, and the next call gives the same as before.
///
/// "large" needs a call of an operator of that name, whose members are attributes (`visit` in
/// custom.h). Of one that is `opaque` a copy of its struct is called, so it has to be one that can
/// be copied and says `Leading::broadcast` or `Leading::shift`, which then holds for the struct as
/// it is. For any other give a case whose inputs are that large themselves: of such a case the bits
/// are compared for all these numbers of threads, beside all else that is said above. The number of
/// threads and the instruction set of the program change for a while, and what is alive is counted
/// in all threads: let no other thread compute meanwhile.
///
/// Errors: `ValueError` without a case, or for one without a function. What else is thrown, by the
/// operator or because an input does not suit `gradcheck`, is a finding.
VerifyResult verify(const OperatorInfo& op, const VerifyOptions& options = {});

/// @}

}  // namespace tapegrad
