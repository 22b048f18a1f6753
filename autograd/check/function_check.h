#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "autograd/check/gradcheck.h"
#include "autograd/tensor/create/random.h"

// Internal: what `gradcheck` does with one function.

namespace tapegrad::detail {

using CheckedFunction = std::function<Tensor(const std::vector<Tensor>&)>;

/// True if shape, type and all bits are the same.
bool same_bits(const Tensor& a, const Tensor& b);

/// Away from zero, so that every entry counts in a sum weighted by them.
Tensor random_weights(const Shape& shape, Generator& generator);

/// Tensors that are varied, and what to call each: the number of the input.
struct Leaves {
  std::vector<Tensor> tensors;
  std::vector<int> inputs;

  std::size_t size() const { return tensors.size(); }
  void add(const Tensor& tensor, int input) {
    tensors.push_back(tensor);
    inputs.push_back(input);
  }
};

/// One check of one function: its own copies of the inputs, and what was found so far.
class FunctionCheck {
 public:
  FunctionCheck(const char* name, const CheckedFunction& f, const std::vector<Tensor>& inputs,
                const GradcheckOptions& options);

  /// Each of these once, or not at all.
  /// @{
  GradcheckResult first_order();
  GradcheckResult second_order();
  GradcheckResult forward_mode();
  /// @}

 private:
  /// Rows of derivatives: of the output's elements, or of combinations of them.
  struct Rows {
    std::vector<Tensor> cotangents;
    bool elements;  ///< they are the elements, one by one
  };
  /// For each leaf d row / d element, row by row.
  using Jacobian = std::vector<std::vector<double>>;
  using Evaluate = std::function<std::vector<double>()>;
  /// What is varied: an element of an input, or, without an index, a direction.
  struct Place {
    int input;
    std::string name;
    std::vector<std::int64_t> index;
  };
  /// The rows at a place.
  using Function = std::function<std::vector<double>(double)>;
  /// Thrown where a walk has thrown, which is told by then.
  struct Stopped {};

  void check_first_order();
  void check_second_order();
  void check_forward_mode();

  Tensor call() const;
  Tensor combination(const Tensor& cotangent, const std::vector<Tensor>& weights,
                     bool create_graph);
  std::vector<Tensor> gradients(const Tensor& y, const Tensor& cotangent, const Leaves& leaves,
                                bool create_graph = false);
  Rows rows_of(const Tensor& y);
  std::vector<double> values_of_rows(const Tensor& y, const Rows& rows) const;
  Jacobian jacobian_of(const Tensor& y, const Rows& rows);

  void check_repeatable(const Tensor& y);
  void check_linear(const Tensor& y, const Jacobian& jacobian);
  void check_large_linear(const Tensor& y, const Rows& rows, const Jacobian& jacobian);
  /// A cotangent that the engine holds in fewer elements than it stands for.
  struct Few {
    Tensor sums, cotangent;  ///< which has a sum of the output
    Tensor full;             ///< and what it is for the output
  };
  std::vector<Few> few_of(const Tensor& y);
  void expect_combination(const std::vector<Tensor>& found, const Jacobian& jacobian,
                          const Tensor& weights, const char* kind);
  void check_recorded(const Tensor& cotangent);

  void vary(Tensor leaf, int input, const Evaluate& evaluate, std::size_t rows,
            const std::vector<double>& analytic);
  void vary_element(Tensor& leaf, int input, std::size_t element, const Evaluate& evaluate,
                    std::size_t rows, const std::vector<double>& analytic, std::size_t elements);
  bool small(std::int64_t elements) const { return elements <= options_.exhaustive; }
  double error_of(double analytic, double numeric, double size) const;
  void judge(const Place& place, const Function& at, double x, std::span<const double> analytic);
  void compare(const Place& place, std::size_t row, double analytic, double numeric,
               double uncertainty, double error);
  std::string input_text(int input) const;
  void problem(std::string text);

  const char* name_;
  const CheckedFunction& f_;
  const GradcheckOptions& options_;
  Generator generator_;
  std::vector<Tensor> arguments_;  // what `f` is called with
  std::vector<std::uint32_t> versions_;
  Leaves leaves_;  // those arguments that require gradients
  GradcheckResult result_;
};

}  // namespace tapegrad::detail
