#pragma once

/// @file
/// Compares gradients with differences, of first and second order and forwards, and says which
/// operator is to blame where they are wrong. Inputs are `float64` and require gradients.
///
///     tg::Tensor x = tg::tensor({0.5, -1.0}, tg::float64).requires_grad_();
///     const auto result = tg::gradcheck(tg::tanh, x, {.second_order = true});
///     fmt::print("{}: {}\n", result.ok, result.message());

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// How `gradcheck` compares. An entry agrees when |analytic - numeric| <= atol + rtol |numeric|.
struct GradcheckOptions {
  double rtol = 1e-7;  ///< the error that is borne, relative to the numeric derivative
  double atol = 1e-9;  ///< the absolute error that is borne beside
  /// The largest step of the differences. It is divided by four up to seven times, until the
  /// extrapolated derivative settles; so a kink, or the end of the domain, may be as near as step /
  /// 2^14.
  double step = 1.0 / 64;
  bool second_order = false;  ///< `gradcheck` goes on with `gradgradcheck`
  bool forward_mode = false;  ///< `gradcheck` checks `jvp`, too
  std::uint64_t seed = 0;     ///< of the random cotangents and directions
  /// Inputs and outputs of at most so many elements are checked entry by entry; larger ones along
  /// random directions, which tell a wrong entry from right ones, and find its place, by far fewer
  /// calls.
  std::int64_t exhaustive = 400;
  int directions = 4;                   ///< how many random directions
  std::vector<std::string> names = {};  ///< what messages call the inputs; "input 0" and so on else
  bool culprits = true;  ///< when a gradient is wrong, look for the operators that make it so
};

/// An operator whose own gradient is wrong, for the values that it got in the checked function.
struct Culprit {
  std::string name;                 ///< of the operator, as records say
  std::string path;                 ///< of the module, such as "net.fc2"; may be empty
  std::vector<Shape> shapes;        ///< of its inputs
  int order = 1;                    ///< of the derivative: 1 or 2
  int argument = -1;                ///< which was varied; -1 for the cotangent (order 2)
  std::vector<std::int64_t> index;  ///< of the element that was varied
  double analytic = 0;              ///< the derivative by its rule
  double numeric = 0;               ///< the same from differences
  double error = 0;                 ///< as `GradcheckResult::worst_error`
  std::string problem;              ///< what is wrong beside the numbers; empty if nothing is
  std::int64_t calls = 1;           ///< how many calls of it, with this path, are wrong
};

/// What a check found: its worst entry, also when it passed.
struct [[nodiscard]] GradcheckResult {
  bool ok = true;       ///< the gradients are right
  std::string problem;  ///< what is wrong beside the numbers, such as a shape; empty if nothing is
  /// |analytic - numeric| / (|numeric| + atol / rtol) of the worst entry, which passes up to
  /// `rtol`; infinite where only one of both is finite.
  double worst_error = 0;
  double rtol = 0;         ///< that of the options
  int order = 1;           ///< of the derivative that the entry belongs to: 1 or 2
  std::string input_name;  ///< what was varied, for messages
  int input = -1;  ///< which was varied; -1 for the cotangent of the output (order 2), and for all
  std::vector<std::int64_t> index;  ///< of the element that was varied; empty for a direction
  std::int64_t output = 0;          ///< flat index of the output's element; 0 at order 2
  double analytic = 0;              ///< the derivative from the tape
  double numeric = 0;               ///< the same from differences
  double uncertainty = 0;           ///< estimated error of `numeric`
  std::int64_t entries = 0;         ///< how many derivatives of this order were compared
  /// How many more lie at a kink, where the slopes to both sides differ and central differences
  /// give neither. There any derivative from one slope to the other passes: it is a convention.
  std::int64_t kinks = 0;
  std::string first_kink;              ///< its place and the slopes
  std::vector<Culprit> culprits;       ///< the operators that are wrong, in the order of the calls
  std::int64_t operators_checked = 0;  ///< how many calls were looked at for that

  /// `ok`, so that a test may say `CHECK(gradcheck(f, x))`.
  explicit operator bool() const { return ok; }
  /// One line that says all of it, with the first culprit.
  std::string message() const;
  /// The culprits, one line each: operator, module path, argument, index, analytic, numeric, error.
  /// Empty if there is none.
  std::string table() const;
};

/// Compares the gradients that the tape gives for `f` with central differences, entry by entry.
///
/// `f` maps inputs to one float64 tensor of any shape. Inputs that require gradients are varied, in
/// copies; the others are constants; none is changed. The derivative of every output element for
/// every input element is compared, of large ones those along some random directions (see
/// `GradcheckOptions::exhaustive`). The differences are extrapolated to
/// step 0 (Ridders, 1982), which leaves about 1e-11 of error where `f` is smooth.
///
/// When something is wrong, the operators that `f` calls are checked one by one, each on the values
/// that it really got, so that the result names the one whose rule is wrong (`culprits`). If all
/// are right by themselves, it says so: then look at what `f` detaches, or changes beside the tape.
///
/// It also checks that `f` gives the same again and leaves its inputs alone, that every gradient
/// has its input's shape and type, and that the gradient is linear in the cotangent, also in one
/// that the engine holds as a smaller tensor that it broadcasts. For the parameters of a model, let
/// `f` put its inputs in their place.
///
/// Errors: `DTypeError` for float32 inputs or outputs, because differences need float64;
/// `GradError` when no input requires gradients; and what `f` throws. What a rule throws in the
/// walk back is a problem that the result tells.
GradcheckResult gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                          const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
/// The same for a function of one input: `gradcheck(tg::tanh, x)`.
GradcheckResult gradcheck(const std::function<Tensor(const Tensor&)>& f, const Tensor& input,
                          const GradcheckOptions& options = {});

/// As `gradcheck`, of the second derivative. A random combination of the gradients, for a random
/// cotangent, is differentiated once more by the tape, and compared with differences of the
/// gradients; for each input and for the cotangent. Also, the gradients recorded with
/// `create_graph` must equal the plain ones.
/// @{
GradcheckResult gradgradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                              const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});
GradcheckResult gradgradcheck(const std::function<Tensor(const Tensor&)>& f, const Tensor& input,
                              const GradcheckOptions& options = {});
/// @}

/// @}

}  // namespace tapegrad
