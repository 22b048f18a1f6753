#include <set>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/seen_calls.h"

namespace tg = tapegrad;
using tg::Sparsity;

namespace {

/// The derivative of a result by an input: [elements of the result, elements of the input].
struct Jacobian {
  tg::Shape result, input;
  std::vector<double> at;

  std::int64_t rows() const { return result.numel(); }
  std::int64_t columns() const { return input.numel(); }
  double operator()(std::int64_t row, std::int64_t column) const {
    return at[static_cast<std::size_t>(row * columns() + column)];
  }
};

/// The Jacobians of every result by every floating-point input, at the inputs times `factor`.
std::vector<Jacobian> jacobians(const SeenCall& call, double factor = 1) {
  std::vector<tg::Tensor> inputs = call.inputs, leaves;
  for (tg::Tensor& input : inputs) {
    if (!input.defined() || !tg::is_floating_point(input.dtype())) continue;
    input = (input * factor).to(input.dtype()).detach().clone().requires_grad_();
    leaves.push_back(input);
  }
  std::vector<Jacobian> all;
  for (const tg::Tensor& y : call.type->call(call.attributes, inputs)) {
    if (!y.requires_grad()) continue;
    std::vector<Jacobian> by_leaf;
    for (const tg::Tensor& leaf : leaves) by_leaf.push_back({y.shape(), leaf.shape(), {}});
    for (std::int64_t row = 0; row < y.numel(); ++row) {
      std::vector<double> one(static_cast<std::size_t>(y.numel()));
      one[static_cast<std::size_t>(row)] = 1;
      const tg::Tensor cotangent = tg::reshape(tg::tensor(one, tg::float64), y.shape());
      const auto gradients = tg::grad(
          {y}, leaves,
          {.grad_outputs = {cotangent.to(y.dtype())}, .retain_graph = true, .allow_unused = true});
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        const tg::Tensor flat = tg::reshape(gradients[i].to(tg::float64), -1);
        for (std::int64_t k = 0; k < flat.numel(); ++k)
          by_leaf[i].at.push_back(flat.data<double>()[k]);
      }
    }
    for (Jacobian& each : by_leaf) all.push_back(std::move(each));
  }
  return all;
}

/// For each element of the result the one of the input that broadcasting brings to its place; none
/// where the input does not broadcast to the result.
std::vector<std::int64_t> places(const Jacobian& j) {
  if (j.columns() == 0) return {};
  try {
    const tg::Tensor own = tg::reshape(tg::arange(j.columns(), tg::int64), j.input);
    const tg::Tensor all = tg::expand(own, j.result);
    const auto data = all.data<std::int64_t>();
    return {data.begin(), data.end()};
  } catch (const tg::ShapeError&) {
    return {};
  }
}

/// Whether each element of the result depends on the inputs at its place, and those of its row,
/// alone.
bool within_places(const Jacobian& j, bool rows) {
  const std::vector<std::int64_t> place = places(j);
  if (place.size() != static_cast<std::size_t>(j.rows())) return j.at.empty();
  const std::int64_t length = rows && !j.result.empty() ? j.result.back() : 1;
  for (std::int64_t row = 0; row < j.rows(); ++row) {
    std::set<std::int64_t> allowed;
    for (std::int64_t k = row / length * length; k < (row / length + 1) * length; ++k)
      allowed.insert(place[static_cast<std::size_t>(k)]);
    for (std::int64_t column = 0; column < j.columns(); ++column)
      if (j(row, column) != 0 && !allowed.contains(column)) return false;
  }
  return true;
}

bool each_enters_one(const Jacobian& j) {
  for (std::int64_t column = 0; column < j.columns(); ++column) {
    int entered = 0;
    for (std::int64_t row = 0; row < j.rows(); ++row) entered += j(row, column) != 0;
    if (entered > 1) return false;
  }
  return true;
}

/// Whether the Jacobians of `call` are as `sparsity` says.
bool fits(Sparsity sparsity, const SeenCall& call) {
  const std::vector<Jacobian> all = jacobians(call);
  std::vector<Jacobian> elsewhere;
  if (sparsity == Sparsity::index) elsewhere = jacobians(call, 1.25);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Jacobian& j = all[i];
    if (sparsity == Sparsity::elementwise && !within_places(j, false)) return false;
    if (sparsity == Sparsity::rows && !within_places(j, true)) return false;
    if (sparsity == Sparsity::reduction && !each_enters_one(j)) return false;
    if (sparsity != Sparsity::index) continue;
    for (const double entry : j.at)
      if (entry != 0 && entry != 1) return false;
    if (j.at != elsewhere[i].at) return false;
  }
  return true;
}

constexpr Sparsity kSparse[] = {Sparsity::elementwise, Sparsity::rows, Sparsity::reduction,
                                Sparsity::index};

/// Whether all of `calls` that are of operators called `name` fit.
bool all_fit(Sparsity sparsity, const std::string& name, const std::vector<SeenCall>& calls) {
  int found = 0;
  for (const SeenCall& call : calls) {
    if (call.type->name != name) continue;
    ++found;
    if (!fits(sparsity, call)) return false;
  }
  REQUIRE(found > 0);
  return true;
}

}  // namespace

TEST_CASE("every operator with a gradient says which elements its result depends on") {
  std::set<const tg::detail::OperatorType*> types;
  for (const SeenCall& call : calls_of_cases())
    if (call.type->has_gradient) types.insert(call.type);
  CHECK(types.size() >= 65);
  for (const auto* type : types) {
    INFO(type->name << ": its struct has no sparsity; see apply.h");
    CHECK(type->sparsity != Sparsity::unknown);
  }
}

TEST_CASE("the Jacobian of every operator is as sparse as it says") {
  for (const SeenCall& call : calls_of_cases()) {
    if (!call.type->has_gradient) continue;
    INFO(call.text());
    CHECK(fits(call.type->sparsity, call));
  }
}

TEST_CASE("an operator that says dense is nothing else") {
  std::map<std::string, std::set<Sparsity>> possible;
  for (const SeenCall& call : calls_of_cases()) {
    if (call.type->sparsity != Sparsity::dense) continue;
    const bool first = !possible.contains(call.type->name);
    std::set<Sparsity>& left = possible[call.type->name];
    for (const Sparsity sparsity : kSparse) {
      if (first) left.insert(sparsity);
      if (left.contains(sparsity) && !fits(sparsity, call)) left.erase(sparsity);
    }
  }
  std::set<std::string> dense;
  for (const auto& [name, left] : possible) {
    INFO(name);
    CHECK(left.empty());
    dense.insert(name);
  }
  for (const tg::OperatorInfo& info : further_operators()) dense.erase(info.name);
  CHECK(dense == std::set<std::string>{"cdist", "cumprod", "linear", "linear_scan", "logcumsumexp",
                                       "matmul"});
}

TEST_CASE("a wrong sparsity is found") {
  const std::vector<SeenCall> calls = calls_of_cases();
  CHECK(all_fit(Sparsity::elementwise, "mul", calls));
  CHECK_FALSE(all_fit(Sparsity::index, "mul", calls));      // its Jacobian is the other factor
  CHECK_FALSE(all_fit(Sparsity::reduction, "mul", calls));  // a row enters many results
  CHECK(all_fit(Sparsity::rows, "softmax", calls));
  CHECK_FALSE(all_fit(Sparsity::elementwise, "softmax", calls));
  CHECK_FALSE(all_fit(Sparsity::reduction, "softmax", calls));
  CHECK_FALSE(all_fit(Sparsity::rows, "sum", calls));
  CHECK_FALSE(all_fit(Sparsity::reduction, "expand", calls));
  CHECK_FALSE(all_fit(Sparsity::elementwise, "permute", calls));
  CHECK_FALSE(all_fit(Sparsity::index, "mean", calls));
  CHECK_FALSE(
      all_fit(Sparsity::index, "amax", calls));  // which elements it takes, they say themselves
}

namespace {

/// y = x times its first element.
struct Scaled {
  static constexpr const char* name = "scaled";
  static constexpr tg::Reads reads[] = {tg::kA};
  tg::Tensor forward(const tg::Tensor& x) const { return x * x[0]; }
  tg::Tensor vjp(const tg::Tensor& g, const tg::Tensor& x, auto) const {
    const tg::Tensor first = tg::one_hot(tg::tensor(0), x.numel()).to(g.dtype());
    return g * x[0] + first * tg::sum(g * x);
  }
};

/// The same with a claim.
struct ClaimsPlaces : Scaled {
  static constexpr const char* name = "claims_places";
  static constexpr Sparsity sparsity = Sparsity::elementwise;
};

}  // namespace

TEST_CASE("an operator that says nothing is of unknown sparsity, and a false claim is found") {
  const tg::Tensor x = tg::tensor({1.5, 2.0, -1.0}, tg::float64);
  SeenCalls seen;
  tg::apply(Scaled{}, x);
  tg::apply(ClaimsPlaces{}, x);
  std::vector<SeenCall> own;
  for (const SeenCall& call : seen.all)
    if (call.type->name == std::string(Scaled::name) ||
        call.type->name == std::string(ClaimsPlaces::name))
      own.push_back(call);
  REQUIRE(own.size() == 2);
  CHECK(own[0].type->sparsity == Sparsity::unknown);
  CHECK(own[1].type->sparsity == Sparsity::elementwise);
  CHECK_FALSE(fits(own[1].type->sparsity, own[1]));
}
