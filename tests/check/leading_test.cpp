#include "autograd/ops/core/leading.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/seen_calls.h"

// Every operator, called for several entries of a further first dimension, against a call for each.

namespace tg = tapegrad;
using tg::Leading;
using tg::detail::OperatorType;

namespace {

using Tensors = std::vector<tg::Tensor>;

bool has_gradients(const tg::Tensor& x) { return x.defined() && tg::is_floating_point(x.dtype()); }

/// The elements as numbers, without history.
std::vector<double> numbers_in(const tg::Tensor& x) {
  const tg::Tensor all = x.detach().to(tg::float64);
  const auto data = all.data<double>();
  return {data.begin(), data.end()};
}

tg::Tensor tensor_of(const std::vector<double>& numbers, const tg::Shape& shape, tg::DType dtype) {
  return tg::reshape(tg::tensor(numbers, tg::float64), shape).to(dtype);
}

/// `x` with its elements moved by `by` places when `turned`, so that indices stay within their
/// bounds, and fractions somewhat smaller.
tg::Tensor variant(const tg::Tensor& x, int by, bool turned) {
  std::vector<double> numbers = numbers_in(x);
  if (turned && !numbers.empty())
    std::rotate(numbers.begin(), numbers.begin() + by % static_cast<std::ptrdiff_t>(numbers.size()),
                numbers.end());
  if (tg::is_floating_point(x.dtype()))
    for (double& each : numbers) each *= 1 - 0.03 * by;
  return tensor_of(numbers, x.shape(), x.dtype());
}

/// Numbers that have nothing to do with each other.
tg::Tensor direction(const tg::Shape& shape, tg::DType dtype, int seed) {
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < shape.numel(); ++i)
    numbers.push_back(std::sin(1.0 + 12.9898 * static_cast<double>(i) + 7.77 * seed));
  return tensor_of(numbers, shape, dtype);
}

/// Equal but for rounding, relative to the largest; NaN and infinities in the same places.
bool near(const tg::Tensor& a, const tg::Tensor& b, double tolerance = 1e-13) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  if (a.dtype() == tg::float32) tolerance = 1e-5;
  const std::vector<double> x = numbers_in(a), y = numbers_in(b);
  double largest = 1;
  for (const double each : y)
    if (std::isfinite(each)) largest = std::max(largest, std::abs(each));
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    if (!(std::abs(x[i] - y[i]) <= tolerance * largest)) return false;
  }
  return true;
}

/// The same bits.
bool same(const tg::Tensor& a, const tg::Tensor& b) { return near(a, b, 0); }

/// A call on `size` entries, and the calls on each.
struct Entries {
  const SeenCall& call;
  std::vector<bool> which;
  int size;
  Tensors whole;               // inputs with the dimension where `which` says
  std::vector<Tensors> parts;  // for each entry the inputs

  Entries(const SeenCall& seen, const std::vector<bool>& with, int count)
      : call(seen), which(with), size(count), whole(seen.inputs) {
    fill(true);
    try {
      for (const Tensors& part : parts) one(part);
    } catch (const tg::ValueError&) {
      fill(false);  // what is about whole matrices does not take any elements
    }
  }
  void fill(bool turned) {
    parts.assign(static_cast<std::size_t>(size), call.inputs);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      if (!which[i]) continue;
      Tensors all;
      for (int entry = 0; entry < size; ++entry) {
        all.push_back(variant(call.inputs[i], entry, turned));
        parts[static_cast<std::size_t>(entry)][i] = all.back();
      }
      tg::Shape empty = call.inputs[i].shape();
      empty.insert(0, 0);
      whole[i] = size > 0 ? tg::stack(all) : tg::zeros(empty, call.inputs[i].dtype());
    }
  }

  std::string text() const {
    std::string text = call.text() + ", on";
    for (std::size_t i = 0; i < which.size(); ++i)
      if (which[i]) text += " " + std::to_string(i);
    return text + ", of " + std::to_string(size);
  }

  Tensors at_once(const Tensors& inputs) const {
    return tg::detail::batched_call(*call.type, call.attributes, inputs, which);
  }
  Tensors one(const Tensors& inputs) const { return call.type->call(call.attributes, inputs); }
};

/// For each subset of the inputs, but the empty one, those that it holds.
std::vector<std::vector<bool>> subsets(const SeenCall& call) {
  std::vector<std::vector<bool>> all;
  const std::size_t count = call.inputs.size();
  for (unsigned mask = 1; mask < 1u << count; ++mask) {
    std::vector<bool> which;
    bool defined = true;
    for (std::size_t i = 0; i < count; ++i) {
      which.push_back(mask >> i & 1);
      defined &= !which[i] || call.inputs[i].defined();
    }
    if (defined) all.push_back(which);
  }
  return all;
}

/// What a function of the floating-point inputs gives, for the whole and for an entry, and its
/// derivatives: by all of them along `seed`ed cotangents, twice, and along tangents.
struct Derivatives {
  Tensors results, gradients, second, tangents;
};

template <class F>
Derivatives derivatives(const F& run, const Tensors& inputs, const Tensors& cotangents,
                        const Tensors& directions) {
  Derivatives made;
  Tensors leaves, all = inputs;
  for (tg::Tensor& each : all) {
    if (!has_gradients(each)) continue;
    each = each.detach().clone().requires_grad_();
    leaves.push_back(each);
  }
  made.results = run(all);
  Tensors outputs, weights;
  for (std::size_t k = 0; k < made.results.size(); ++k) {
    if (!made.results[k].requires_grad()) continue;
    outputs.push_back(made.results[k]);
    weights.push_back(cotangents[k]);
  }
  if (outputs.empty()) return made;
  made.gradients = tg::grad(outputs, leaves,
                            {.grad_outputs = weights, .create_graph = true, .allow_unused = true});
  tg::Tensor along;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const tg::Tensor part = tg::sum(made.gradients[i] * directions[i]).to(tg::float64);
    along = along.defined() ? along + part : part;
  }
  if (along.requires_grad()) made.second = tg::grad({along}, leaves, {.allow_unused = true});

  Tensors points;
  for (const tg::Tensor& leaf : leaves) points.push_back(leaf.detach());
  made.tangents = tg::jvp(
                      [&](const Tensors& x) {
                        Tensors moved = inputs;
                        std::size_t next = 0;
                        for (tg::Tensor& each : moved)
                          if (has_gradients(each)) each = x[next++];
                        return run(moved);
                      },
                      points, directions)
                      .second;
  return made;
}

/// Whether the gradients of the whole are those of the entries: for inputs with the dimension one
/// by one, and added up for the others.
bool gradients_agree(const Entries& entries, const Tensors& whole,
                     const std::vector<Tensors>& parts) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < entries.whole.size(); ++i) {
    if (!has_gradients(entries.whole[i])) continue;
    tg::Tensor sum;
    for (std::size_t entry = 0; entry < parts.size(); ++entry) {
      const tg::Tensor part = parts[entry][next];
      if (entries.which[i] && !near(tg::select(whole[next], 0, entry), part, 1e-12)) return false;
      sum = sum.defined() ? sum + part : part;
    }
    if (!entries.which[i] && !near(whole[next], sum, 1e-12)) return false;
    ++next;
  }
  return true;
}

/// What does not agree, or nothing.
std::string difference(const Entries& entries) {
  const Tensors shapes = entries.at_once(entries.whole);
  Tensors cotangents, directions;
  for (const tg::Tensor& y : shapes) cotangents.push_back(direction(y.shape(), y.dtype(), 1));
  for (const tg::Tensor& x : entries.whole)
    if (has_gradients(x)) directions.push_back(direction(x.shape(), x.dtype(), 2));
  const Derivatives whole = derivatives([&](const Tensors& x) { return entries.at_once(x); },
                                        entries.whole, cotangents, directions);
  std::vector<Tensors> gradients, second;
  for (int entry = 0; entry < entries.size; ++entry) {
    Tensors own_cotangents, own_directions;
    for (const tg::Tensor& each : cotangents) own_cotangents.push_back(tg::select(each, 0, entry));
    std::size_t next = 0;
    for (std::size_t i = 0; i < entries.whole.size(); ++i) {
      if (!has_gradients(entries.whole[i])) continue;
      const tg::Tensor& each = directions[next++];
      own_directions.push_back(entries.which[i] ? tg::select(each, 0, entry) : each);
    }
    const Derivatives part =
        derivatives([&](const Tensors& x) { return entries.one(x); },
                    entries.parts[static_cast<std::size_t>(entry)], own_cotangents, own_directions);
    if (part.results.size() != whole.results.size()) return "the number of results";
    for (std::size_t k = 0; k < part.results.size(); ++k)
      if (!near(tg::select(whole.results[k], 0, entry), part.results[k])) return "a result";
    if (part.gradients.size() != whole.gradients.size()) return "whether there are gradients";
    if (part.second.size() != whole.second.size()) return "whether there are second derivatives";
    for (std::size_t k = 0; k < part.tangents.size(); ++k)
      if (!near(tg::select(whole.tangents[k], 0, entry), part.tangents[k], 1e-12))
        return "a tangent";
    gradients.push_back(part.gradients);
    second.push_back(part.second);
  }
  if (!whole.gradients.empty() && !gradients_agree(entries, whole.gradients, gradients))
    return "a gradient";
  if (!whole.second.empty() && !gradients_agree(entries, whole.second, second))
    return "a second derivative";
  return "";
}

/// How often a thread calls an operator.
class Count : tg::detail::Watcher {
 public:
  explicit Count(const OperatorType& type) : type_(type) { start(); }
  ~Count() { stop(); }
  int calls = 0;

 private:
  void call(const tg::detail::OperatorCall& call) override { calls += call.type == &type_; }
  const OperatorType& type_;
};

int calls_for(const SeenCall& call, const std::vector<bool>& which, int size) {
  const Entries entries(call, which, size);
  const Count count(*call.type);
  entries.at_once(entries.whole);
  return count.calls;
}

}  // namespace

TEST_CASE("every operator says how it takes a further first dimension") {
  std::set<const OperatorType*> types;
  for (const SeenCall& call : calls_of_cases()) types.insert(call.type);
  CHECK(types.size() >= 75);
  for (const auto* type : types) {
    INFO(type->name << ": its struct has no leading, and no function batched; see apply.h");
    CHECK(type->leading != Leading::unknown);
  }
}

TEST_CASE("an operator on a batch computes what it computes for each entry, and its derivatives") {
  for (const SeenCall& call : calls_of_cases()) {
    for (const std::vector<bool>& which : subsets(call)) {
      const Entries entries(call, which, 3);
      INFO(entries.text());
      CHECK(difference(entries) == "");
    }
  }
}

TEST_CASE("a batch may have one entry, or none") {
  for (const SeenCall& call : calls_of_cases()) {
    for (const std::vector<bool>& which : subsets(call)) {
      const Entries one(call, which, 1), none(call, which, 0);
      INFO(one.text());
      CHECK(difference(one) == "");
      const Tensors nothing = none.at_once(none.whole), single = one.at_once(one.whole);
      REQUIRE(nothing.size() == single.size());
      for (std::size_t k = 0; k < single.size(); ++k) {
        CHECK(nothing[k].shape() == single[k].shape().with_size(0, 0));
        CHECK(nothing[k].dtype() == single[k].dtype());
      }
    }
  }
}

TEST_CASE("a loop over a batch has the bits of its entries") {
  for (const SeenCall& call : calls_of_cases()) {
    OperatorType looped = *call.type;
    looped.leading = Leading::loop;
    for (const std::vector<bool>& which : subsets(call)) {
      const Entries entries(call, which, 2);
      INFO(entries.text());
      const Tensors all =
          tg::detail::batched_call(looped, call.attributes, entries.whole, entries.which);
      for (int entry = 0; entry < 2; ++entry) {
        const Tensors part = entries.one(entries.parts[static_cast<std::size_t>(entry)]);
        for (std::size_t k = 0; k < part.size(); ++k)
          CHECK(same(tg::select(all[k], 0, entry), part[k]));
      }
      const Entries none(call, which, 0);
      const Tensors nothing =
          tg::detail::batched_call(looped, call.attributes, none.whole, none.which);
      for (std::size_t k = 0; k < all.size(); ++k)
        CHECK(nothing[k].shape() == all[k].shape().with_size(0, 0));
    }
  }
}

TEST_CASE("no operator is called for each entry, but where it names a dimension of a number") {
  std::set<std::string> looped;
  for (const SeenCall& call : calls_of_cases())
    for (const std::vector<bool>& which : subsets(call))
      if (calls_for(call, which, 3) > calls_for(call, which, 2)) looped.insert(call.text());
  CHECK(looped == std::set<std::string>{"argmax<dim = 0 keepdim = false >([] )"});
}

namespace {

/// The sum over the rows, which the further first dimension takes the place of.
struct SumOfRows {
  static constexpr const char* name = "sum_of_rows";
  static constexpr bool spreads_gradient = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  static constexpr bool linear = true;
  tg::Tensor forward(const tg::Tensor& x) const { return tg::sum(x, 0); }
  tg::Tensor vjp(const tg::Tensor& g, auto, auto) const { return tg::expand(g, {3, 3}); }
};
struct ClaimsShift : SumOfRows {
  static constexpr Leading leading = Leading::shift;
};

/// Right, but that its rule does not know the dimension.
struct RuleOfRows : SumOfRows {
  static constexpr Leading leading = Leading::shift;
  tg::Tensor forward(const tg::Tensor& x) const { return tg::sum(x, -2); }
  tg::Tensor vjp(const tg::Tensor& g, auto, auto) const { return tg::unsqueeze(tg::mean(g, 0), 0); }
};

template <class Op>
std::string difference_of() {
  SeenCalls seen;
  tg::apply(Op{}, direction({3, 3}, tg::float64, 3));
  SeenCall call = seen.all.front();
  for (const SeenCall& each : seen.all)
    if (each.type->name == std::string(Op::name)) call = each;
  REQUIRE(call.type->name == std::string(Op::name));
  return difference(Entries(call, {true}, 3));
}

}  // namespace

TEST_CASE("a wrong claim about the further first dimension is found") {
  CHECK(difference_of<SumOfRows>() == "");
  CHECK(difference_of<ClaimsShift>() == "a result");
  CHECK(difference_of<RuleOfRows>() == "a gradient");
}
