#include "autograd/transforms/implicit.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <tuple>

#include "autograd/base/fail.h"
#include "autograd/base/warning.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/backward.h"
#include "autograd/transforms/companions.h"
#include "autograd/transforms/cotangent.h"
#include "autograd/transforms/gmres.h"
#include "autograd/transforms/jvp.h"
#include "autograd/transforms/region.h"

namespace tapegrad::detail {

namespace {

using Tensors = std::vector<Tensor>;

/// What is solved, and how.
struct Problem {
  const char* name;
  ProblemFunction g;
  ImplicitOptions options;
};
using ProblemRef = std::shared_ptr<const Problem>;

Tensors implicit_at(const ProblemRef& problem, const Tensors& x, const Tensors& p);

/// Lists behind one another, as operators have their inputs.
Tensors joined(std::initializer_list<const Tensors*> lists) {
  Tensors all;
  for (const Tensors* list : lists) all.insert(all.end(), list->begin(), list->end());
  return all;
}
/// The next `count` of `all`, from `at` on.
Tensors next_of(std::span<const Tensor> all, std::size_t& at, std::size_t count) {
  const std::span<const Tensor> part = all.subspan(at, count);
  at += count;
  return Tensors(part.begin(), part.end());
}

/// A computation without derivatives.
struct Hidden {
  const char* name;
  std::function<Tensors(const Tensors&)> f;
};
Tensors call_hidden(const Hidden& op, const Tensors& inputs);

constexpr OperatorType kHidden{.name = "implicit",
                               .has_gradient = false,
                               .attributes = nullptr,
                               .call = nullptr,
                               .repeat = [](const void* op, std::span<const Tensor> inputs) {
                                 return call_hidden(*static_cast<const Hidden*>(op),
                                                    Tensors(inputs.begin(), inputs.end()));
                               }};

/// Its results for `inputs`, as one call, into which nobody looks.
Tensors call_hidden(const Hidden& op, const Tensors& inputs) {
  const NoGrad no_grad;
  if (!watched()) return op.f(inputs);
  std::vector<const Tensor*> all;
  for (const Tensor& input : inputs) all.push_back(&input);
  return watched_call({op.name, &kHidden, &op, all}, [&] { return op.f(inputs); });
}

Tensors detached(const Tensors& list) {
  Tensors result;
  for (const Tensor& each : list) result.push_back(each.defined() ? each.detach() : each);
  return result;
}

// ---- Vectors of all elements --------------------------------------------------------------------

Vector flat(const Tensors& list) {
  Vector all;
  for (const Tensor& each : list) {
    const Tensor wide = each.to(float64);
    const auto elements = wide.data<double>();
    all.insert(all.end(), elements.begin(), elements.end());
  }
  return all;
}

/// The elements in tensors such as those in `like`.
Tensors unflat(const Vector& all, const Tensors& like) {
  Tensors list;
  auto at = all.begin();
  for (const Tensor& each : like) {
    const auto end = at + each.numel();
    list.push_back(tensor(std::vector<double>(at, end), each.shape(), float64).to(each.dtype()));
    at = end;
  }
  return list;
}

bool all_double(const Tensors& list) {
  return std::all_of(list.begin(), list.end(),
                     [](const Tensor& each) { return each.dtype() == float64; });
}

/// Throws where `r`, which the function returned, has not the shapes and types of `x`.
void check_fit(const Problem& problem, const Tensors& x, const Tensors& r) {
  if (r.size() != x.size())
    fail<ShapeError>("{}: {} unknowns, but the function returned {} tensors; each needs one",
                     problem.name, x.size(), r.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    require_defined(r[i], "what the function returned", problem.name);
    require_same_shape("result of the function", r[i].shape(), "unknown", x[i].shape(),
                       problem.name);
    require_same_type("result of the function", r[i].dtype(), "unknown", x[i].dtype(),
                      problem.name);
  }
}

// ---- Linear systems -----------------------------------------------------------------------------

/// The gradients of `g(x, p)` for x, weighted by `u`, recorded.
Tensors pulled_back(const Problem& problem, const Tensors& x, const Tensors& p, const Tensors& u) {
  const EnableGrad enable;
  Tensors at;
  for (const Tensor& each : x) {
    at.push_back(each.clone());  // an own one, which has the tangent and the history
    if (!at.back().requires_grad()) at.back().requires_grad_();
  }
  return grad(problem.g(at, p), at,
              {.grad_outputs = u, .create_graph = true, .allow_unused = true});
}

/// The derivatives of `g(x, p)` for x along `u`.
Tensors pushed_forward(const Problem& problem, const Tensors& x, const Tensors& p,
                       const Tensors& u) {
  const auto g = [&](const Tensors& at) {
    Tensors r = problem.g(at, p);
    check_fit(problem, x, r);
    return r;
  };
  return jvp(g, x, u).second;
}

/// Solves A y = b, all constants; A is the Jacobian of `g` for x, or its transpose.
Tensors solve_now(const Problem& problem, const Tensors& x, const Tensors& p, const Tensors& b,
                  bool transposed) {
  Tensors leaves = detached(x), r;
  const Tensors constants = detached(p);
  if (transposed) {  // recorded once, and walked for each product
    const EnableGrad enable;
    for (Tensor& leaf : leaves) leaf.requires_grad_();
    r = problem.g(leaves, constants);
  }
  const auto product = [&](const Vector& v) {
    const Tensors u = unflat(v, b);
    return flat(transposed ? grad(r, leaves,
                                  {.grad_outputs = u, .retain_graph = true, .allow_unused = true})
                           : pushed_forward(problem, leaves, constants, u));
  };
  const Vector right = flat(b);
  const bool wide = all_double(b);
  LinearResult result;
  if (const LinearSolver& own = problem.options.linear_solve) {
    const auto vector = [](const Vector& v) {
      return tensor(v, Shape(static_cast<std::int64_t>(v.size())), float64);
    };
    const Tensor y =
        own([&](const Tensor& v) { return vector(product(flat({v}))); }, vector(right));
    require_defined(y, "what linear_solve returned", problem.name);
    require_same_shape("result of linear_solve", y.shape(), "right-hand side",
                       Shape(static_cast<std::int64_t>(right.size())), problem.name);
    result.x = flat({y});
    double left = 0, norm = 0;
    const Vector made = product(result.x);
    for (std::size_t i = 0; i < right.size(); ++i) {
      left = std::hypot(left, right[i] - made[i]);
      norm = std::hypot(norm, right[i]);
    }
    result.residual = left == 0 ? 0 : left / norm;
  } else {
    result = gmres(product, right, wide ? 1e-14 : 1e-7, problem.options.max_iterations);
  }
  if (!(result.residual <= (wide ? 1e-8 : 1e-4)))
    fail<GradError>(
        "{}: the linear system for its derivative, with {} unknowns, was not solved: {:.2g} of the "
        "right-hand side is left; the Jacobian is singular at the solution, or needs a "
        "linear_solve, or more than {} iterations",
        problem.name, right.size(), result.residual, problem.options.max_iterations);
  return unflat(result.x, b);
}

/// The same with derivatives for x, p, `b` and what `g` captures: as the root of A y - b.
Tensors solve(const ProblemRef& problem, const Tensors& x, const Tensors& p, const Tensors& b,
              bool transposed) {
  const Tensors known = joined({&x, &p, &b});
  const auto parts = [n = x.size(), m = p.size()](const Tensors& all) {
    std::size_t at = 0;
    Tensors first = next_of(all, at, n), second = next_of(all, at, m);
    return std::tuple(std::move(first), std::move(second), next_of(all, at, n));
  };
  const Hidden solver{problem->name, [=](const Tensors& all) {
                        const auto [at, constants, right] = parts(all);
                        return solve_now(*problem, at, constants, right, transposed);
                      }};
  const Tensors y = call_hidden(solver, known);
  if (!watched() && !grad_enabled()) return y;
  const auto residual = [=](const Tensors& unknown, const Tensors& all) {
    const auto [at, constants, right] = parts(all);
    Tensors r = transposed ? pulled_back(*problem, at, constants, unknown)
                           : pushed_forward(*problem, at, constants, unknown);
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = r[i] - right[i];
    return r;
  };
  ImplicitOptions options = problem->options;
  options.tolerance = std::numeric_limits<double>::infinity();  // that is checked by now
  return implicit_at(std::make_shared<Problem>(Problem{problem->name, residual, options}), y,
                     known);
}

// ---- The operator -------------------------------------------------------------------------------

/// The record of a root: in a walk it stands for `g(x, p)`, which gets the cotangent -u.
struct ImplicitRecord final : Region {
  ImplicitRecord(const ListSizes& sizes, DType type, std::size_t arguments,
                 const ProblemRef& solved, const RegionState& at) noexcept
      : Region(sizes, type, arguments), problem(solved), state(at), operator_name(solved->name) {}

  const char* name() const noexcept override { return operator_name; }
  std::vector<Root> again(bool create_graph) override {
    const Tensors p = arguments();
    Tensors v = take_cotangents(), x;
    const NextRun run(*this, state);
    set_grad_enabled(create_graph);
    for (std::size_t i = 0; i < v.size(); ++i) {
      x.push_back(part(i, create_graph));
      v[i] = v[i].defined() ? dense_cotangent(v[i], x[i].shape())
                            : zero_cotangent(x[i].shape(), x[i].dtype());
    }
    const Tensors u = solve(problem, x, p, v, true);
    std::vector<Root> roots;
    for (const Tensor& each : u) roots.push_back({{}, -each});
    set_grad_enabled(true);
    const Tensors r = problem->g(x, p);
    check_fit(*problem, x, r);
    for (std::size_t i = 0; i < r.size(); ++i) roots[i].output = r[i];
    std::erase_if(roots, [](const Root& root) { return !requires_record(root.output); });
    return roots;
  }
  void forget() noexcept override { problem = nullptr; }

  ProblemRef problem;
  RegionState state;
  const char* operator_name;
};

/// The root as others see it: an operator on the residual r, whose tangent dr gives J dx = -dr. Its
/// inputs are r, x and p.
struct ImplicitCall {
  ProblemRef problem;
  std::size_t unknowns, parameters;

  Tensors x(std::span<const Tensor> inputs) const {
    std::size_t at = unknowns;
    return next_of(inputs, at, unknowns);
  }
  Tensors p(std::span<const Tensor> inputs) const {
    std::size_t at = 2 * unknowns;
    return next_of(inputs, at, parameters);
  }
};

/// The derivative of `g(x, p)` along the tangents of p, at `x`, which has the history and the
/// tangents of the root by now, as it had not where the residual was computed.
Tensors tangent_of_residual(const ImplicitCall& self, const Tensors& x, const TangentCall& call) {
  const Tensors p = self.p(call.inputs), along = self.p(call.tangents);
  const auto residual = [&](const Tensors& at) { return self.problem->g(x, at); };
  Tensors made = jvp_of_list(residual, p, along).second;
  for (std::size_t i = 0; i < made.size(); ++i) {
    const Tensor& seen = call.tangents[i];
    const Tensor before = seen.defined() ? seen.detach() : zeros(x[i].shape(), x[i].dtype());
    if (equal(made[i].detach(), before)) continue;
    if (watched() || (grad_enabled() && (any_has_history(x) || any_has_history(made))))
      fail<GradError>(
          "{}: in forward mode a tensor that the function captures has a tangent, and higher "
          "derivatives of that are not there; make it one of the parameters p",
          self.problem->name);
    made[i] = before;
  }
  return made;
}

void run_implicit_tangent(const void* op, const TangentCall& call) {
  const auto& self = *static_cast<const ImplicitCall*>(op);
  const Tensors x(call.outputs.begin(), call.outputs.end());
  Tensors b = tangent_of_residual(self, x, call);
  for (Tensor& each : b) each = -each;
  const Tensors tangents = solve(self.problem, x, self.p(call.inputs), b, false);
  for (std::size_t i = 0; i < x.size(); ++i) call.add(i, tangents[i]);
}

/// For one entry of a batch, which has been solved.
Tensors call_again(const void* op, std::span<const Tensor> inputs) {
  const auto& self = *static_cast<const ImplicitCall*>(op);
  Tensors x = self.x(inputs);
  for (Tensor& each : x) each = each.clone();  // values of their own, which get a history
  return implicit_at(self.problem, x, self.p(inputs));
}

constexpr TangentRule kImplicitTangent{.bytes = sizeof(ImplicitCall),
                                       .copy = copy_operator<ImplicitCall>,
                                       .destroy = destroy_operator<ImplicitCall>,
                                       .run = run_implicit_tangent,
                                       .linear = false,
                                       .values = ~0u,
                                       .reads = nullptr};
constexpr OperatorType kImplicit{.name = "implicit",
                                 .has_gradient = true,
                                 .attributes = nullptr,
                                 .call = nullptr,
                                 .tangent = &kImplicitTangent,
                                 .repeat = call_again};

/// Throws, or warns, where the residual `r` is too large.
void check_residual(const Problem& problem, const Tensors& x, const Tensors& r) {
  const double tolerance = problem.options.tolerance.value_or(all_double(x) ? 1e-6 : 1e-3);
  if (tolerance == std::numeric_limits<double>::infinity()) return;
  double largest = 0;
  Tensors all;
  for (const Tensor& each : detached(r)) all.push_back(all_entries(each));
  for (const double each : flat(all))
    largest = std::abs(each) <= largest ? largest : std::abs(each);
  if (largest <= tolerance) return;
  const std::string text = fmt::format(
      "{}: the solver did not arrive: at what it returned the {} has an element of {:.3g}, above "
      "the tolerance of {:.3g}; let it go on, or allow more by options.tolerance",
      problem.name, std::string_view(problem.name) == "implicit_minimum" ? "gradient" : "function",
      largest, tolerance);
  if (problem.options.unsolved == Unsolved::error) fail<ValueError>("{}", text);
  warn(text);
}

/// The root `x`, which a solver has found.
Tensors implicit_at(const ProblemRef& problem, const Tensors& x, const Tensors& p) {
  const RegionState state;
  Tensors r, made;
  Region::Outside outside;
  std::uint64_t before;
  {
    const FirstRun run(p);
    before = run.before();
    r = problem->g(x, p);
    check_fit(*problem, x, r);
    check_residual(*problem, x, r);
    if (grad_enabled()) {
      for (Tensor& each : r) {
        if (requires_record(each) && !run.made(each)) each = each + 0;
        if (run.made(each)) made.push_back(each);
      }
      outside = run.outside(made, p);
    }
  }
  const auto record = [&] {
    if (made.empty() || !outside.any()) return;
    const ListSizes sizes{outside.inputs.size(), 0, x.size()};
    auto* region =
        new_record<ImplicitRecord>(sizes.room(), sizes, x[0].dtype(), p.size(), problem, state);
    region->before = before;
    region->connect_region(outside);
    region->take_over(x, kY);
  };
  if (watched()) {
    const ImplicitCall op{problem, x.size(), p.size()};
    const Tensors inputs = joined({&r, &x, &p});
    std::vector<const Tensor*> all;
    for (const Tensor& each : inputs) all.push_back(&each);
    return watched_call({problem->name, &kImplicit, &op, all}, [&] {
      record();
      return x;
    });
  }
  record();
  return x;
}

Tensors implicit_now(const ProblemRef& problem, const TensorsFunction& solver, const Tensors& p) {
  for (const Tensor& each : p) require_defined(each, "a parameter", problem->name);
  const Hidden op{problem->name, [&](const Tensors& at) {
                    Tensors found = solver(detached(at));
                    for (Tensor& each : found) {
                      require_defined(each, "what the solver returned", problem->name);
                      require_floating(each, problem->name);
                      each = each.clone();  // the solver may go on with its own
                    }
                    return found;
                  }};
  return implicit_at(problem, call_hidden(op, p), p);
}

}  // namespace

std::vector<Tensor> implicit_root_now(const TensorsFunction& solver, ProblemFunction g,
                                      const std::vector<Tensor>& p,
                                      const ImplicitOptions& options) {
  return allocating_for("implicit_root", [&] {
    return implicit_now(std::make_shared<Problem>(Problem{"implicit_root", std::move(g), options}),
                        solver, p);
  });
}

std::vector<Tensor> implicit_minimum_now(const TensorsFunction& solver, ProblemFunction f,
                                         const std::vector<Tensor>& p,
                                         const ImplicitOptions& options) {
  return allocating_for("implicit_minimum", [&] {
    const Problem objective{"implicit_minimum", std::move(f), options};
    const auto gradient = [objective](const Tensors& x, const Tensors& at) {
      return pulled_back(objective, x, at, {});
    };
    return implicit_now(std::make_shared<Problem>(Problem{objective.name, gradient, options}),
                        solver, p);
  });
}

}  // namespace tapegrad::detail
