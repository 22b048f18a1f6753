#pragma once

#include <autograd/autograd.h>

#include <IpIpoptApplication.hpp>
#include <IpSolveStatistics.hpp>
#include <IpTNLP.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

// Two functions of a vector as a nonlinear programme of Ipopt: all that Ipopt asks for is computed
// from them. Nothing in it is of this example.

namespace programme {

namespace tg = tapegrad;
using Function = std::function<tg::Tensor(const tg::Tensor&)>;
using Pattern = std::shared_ptr<const tg::SparsityPattern>;

/// The least `objective` over vectors `x`, float64, with `lowest <= constraints(x) <= highest`.
class Programme final : public Ipopt::TNLP {
 public:
  Programme(Function objective, Function constraints, tg::Tensor lowest, tg::Tensor highest,
            tg::Tensor start)
      : objective_(std::move(objective)),
        constraints_(std::move(constraints)),
        lowest_(std::move(lowest)),
        highest_(std::move(highest)),
        x_(std::move(start)) {
    // Once; all later derivatives use the patterns again.
    jacobian_ = tg::sparse_jacobian(constraints_, x_).pattern;
    hessian_ = tg::sparse_hessian(lagrangian(1, tg::ones_like(lowest_)), x_).pattern;
    // Both triangles are there, and Ipopt takes one.
    for (std::size_t k = 0; k < hessian_->row_indices.size(); ++k)
      if (hessian_->row_indices[k] >= hessian_->column_indices[k])
        lower_.push_back(static_cast<std::int64_t>(k));
  }

  /// Where the search begins, and after it what it found.
  const tg::Tensor& x() const { return x_; }
  /// What a constraint costs at the end: by how much the objective grows with its bound.
  const tg::Tensor& multipliers() const { return multipliers_; }
  const Pattern& jacobian_pattern() const { return jacobian_; }
  const Pattern& hessian_pattern() const { return hessian_; }

 private:
  using Index = Ipopt::Index;
  using Number = Ipopt::Number;

  Function lagrangian(double factor, const tg::Tensor& multipliers) const {
    return [this, factor, multipliers](const tg::Tensor& x) {
      return factor * objective_(x) + tg::dot(multipliers, constraints_(x));
    };
  }
  static tg::Tensor vector(Index n, const Number* x) {
    return tg::tensor(std::span(x, static_cast<std::size_t>(n)));
  }
  static void copy(const tg::Tensor& from, Number* to) {
    std::ranges::copy(from.data<double>(), to);
  }

  bool get_nlp_info(Index& n, Index& m, Index& nnz_jac_g, Index& nnz_h_lag,
                    IndexStyleEnum& index_style) override {
    n = static_cast<Index>(x_.numel());
    m = static_cast<Index>(lowest_.numel());
    nnz_jac_g = static_cast<Index>(jacobian_->row_indices.size());
    nnz_h_lag = static_cast<Index>(lower_.size());
    index_style = C_STYLE;
    return true;
  }
  bool get_bounds_info(Index n, Number* x_l, Number* x_u, Index, Number* g_l,
                       Number* g_u) override {
    std::fill_n(x_l, n, -2e19);  // none
    std::fill_n(x_u, n, 2e19);
    copy(lowest_, g_l);
    copy(highest_, g_u);
    return true;
  }
  bool get_starting_point(Index, bool, Number* x, bool, Number*, Number*, Index, bool,
                          Number*) override {
    copy(x_, x);
    return true;
  }
  bool eval_f(Index n, const Number* x, bool, Number& value) override {
    value = objective_(vector(n, x)).item();
    return true;
  }
  bool eval_grad_f(Index n, const Number* x, bool, Number* gradient) override {
    copy(tg::grad(objective_)(vector(n, x)), gradient);
    return true;
  }
  bool eval_g(Index n, const Number* x, bool, Index, Number* g) override {
    copy(constraints_(vector(n, x)), g);
    return true;
  }
  bool eval_jac_g(Index n, const Number* x, bool, Index, Index, Index* rows, Index* columns,
                  Number* values) override {
    if (values == nullptr) {  // asked for the pattern
      std::ranges::copy(jacobian_->row_indices, rows);
      std::ranges::copy(jacobian_->column_indices, columns);
    } else {
      copy(tg::sparse_jacobian(constraints_, vector(n, x), {.pattern = jacobian_}).values, values);
    }
    return true;
  }
  bool eval_h(Index n, const Number* x, bool, Number factor, Index m, const Number* multipliers,
              bool, Index, Index* rows, Index* columns, Number* values) override {
    if (values == nullptr) {
      for (const std::int64_t k : lower_) {
        *rows++ = static_cast<Index>(hessian_->row_indices[static_cast<std::size_t>(k)]);
        *columns++ = static_cast<Index>(hessian_->column_indices[static_cast<std::size_t>(k)]);
      }
    } else {
      const tg::SparseMatrix H = tg::sparse_hessian(lagrangian(factor, vector(m, multipliers)),
                                                    vector(n, x), {.pattern = hessian_});
      copy(H.values[tg::tensor(lower_)], values);
    }
    return true;
  }
  void finalize_solution(Ipopt::SolverReturn, Index n, const Number* x, const Number*,
                         const Number*, Index m, const Number*, const Number* multipliers, Number,
                         const Ipopt::IpoptData*, Ipopt::IpoptCalculatedQuantities*) override {
    x_ = vector(n, x);
    multipliers_ = vector(m, multipliers);
  }

  Function objective_, constraints_;
  tg::Tensor lowest_, highest_, x_, multipliers_;
  Pattern jacobian_, hessian_;
  std::vector<std::int64_t> lower_;
};

}  // namespace programme
