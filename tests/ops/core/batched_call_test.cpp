#include "autograd/autograd.h"
#include "autograd/ops/core/leading.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/seen_calls.h"

namespace tg = tapegrad;
using Catch::Matchers::ContainsSubstring;
using tg::Leading;
using Tensors = std::vector<tg::Tensor>;

namespace {

/// The call of the operator `name` that `run` makes.
template <class F>
SeenCall call_of(const std::string& name, F&& run) {
  SeenCalls seen;
  run();
  for (const SeenCall& each : seen.all)
    if (each.type->name == name) return each;
  FAIL("no call of " << name);
  return seen.all.front();
}

Tensors batched(const SeenCall& call, const Tensors& inputs, const std::vector<bool>& which) {
  return tg::detail::batched_call(*call.type, call.attributes, inputs, which);
}

tg::Tensor range(const tg::Shape& shape) {
  return tg::reshape(tg::arange(static_cast<double>(shape.numel()), tg::float64) + 1, shape);
}

/// How often operators of this name are called.
class Count : tg::detail::Watcher {
 public:
  explicit Count(const char* name) : name_(name) { start(); }
  ~Count() { stop(); }
  int calls = 0;

 private:
  void call(const tg::detail::OperatorCall& call) override { calls += call.name == name_; }
  std::string name_;
};

/// Says nothing about a further dimension.
struct Cube {
  static constexpr const char* name = "cube";
  static constexpr tg::Reads reads[] = {tg::kA};
  tg::Tensor forward(const tg::Tensor& x) const { return x * x * x; }
  tg::Tensor vjp(const tg::Tensor& g, const tg::Tensor& x, auto) const { return g * 3 * x * x; }
};

struct Opaque : Cube {
  static constexpr const char* name = "opaque";
  static constexpr bool opaque = true;
  const double* factor = nullptr;
};

/// Names a dimension, which may count from the end, and a shape.
struct Total {
  static constexpr const char* name = "total";
  static constexpr tg::Reads reads[] = {tg::kNone};
  static constexpr Leading leading = Leading::shift;
  int dim;
  tg::Shape from;
  static constexpr void visit(auto& op, auto f) {
    f("dim", op.dim);
    f("from", op.from);
  }
  tg::Tensor forward(const tg::Tensor& x) const { return tg::sum(x, dim); }
  tg::Tensor vjp(const tg::Tensor& g, auto, auto) const {
    return tg::expand(tg::unsqueeze(g, dim), from);
  }
};

/// All products of elements, which it says itself for a batch.
struct Outer {
  static constexpr const char* name = "outer";
  static constexpr tg::Reads reads[] = {tg::kB, tg::kA};
  tg::Tensor forward(const tg::Tensor& a, const tg::Tensor& b) const {
    return tg::unsqueeze(a, 1) * b;
  }
  tg::Tensor batched(const tg::Batch& in) const {
    const tg::Tensor b = in.has(1) ? tg::unsqueeze(in[1], 1) : in[1];
    return tg::unsqueeze(in[0], -1) * b;
  }
  tg::Tensor vjp_a(const tg::Tensor& g, auto, const tg::Tensor& b, auto) const {
    return tg::matmul(g, b);
  }
  tg::Tensor vjp_b(const tg::Tensor& g, const tg::Tensor& a, auto, auto) const {
    return tg::matmul(a, g);
  }
};

/// The sum of a, times that of b.
struct SumTimesSum {
  static constexpr const char* name = "sum_times_sum";
  static constexpr bool spreads_gradient = true;
  static constexpr tg::Reads reads[] = {tg::kB, tg::kA};
  static constexpr bool bilinear = true;
  static constexpr Leading leading = Leading::shift;
  tg::Tensor forward(const tg::Tensor& a, const tg::Tensor& b) const {
    return tg::sum(a) * tg::sum(b);
  }
  tg::Tensor vjp_a(const tg::Tensor& g, auto, const tg::Tensor& b, auto) const {
    return g * tg::sum(b);
  }
  tg::Tensor vjp_b(const tg::Tensor& g, const tg::Tensor& a, auto, auto) const {
    return g * tg::sum(a);
  }
};

}  // namespace

TEST_CASE("an operator that says nothing is looped over, and has its gradients") {
  const SeenCall call = call_of("cube", [] { tg::apply(Cube{}, range({2})); });
  CHECK(call.type->leading == Leading::unknown);
  const tg::Tensor x = range({3, 2}).requires_grad_();
  const Count count("cube");
  const tg::Tensor y = batched(call, {x}, {true})[0];
  CHECK(count.calls == 3);
  CHECK(tg::equal(y, x * x * x));
  CHECK(tg::equal(tg::grad(tg::sum(y), x), 3 * x * x));
}

TEST_CASE("an operator that cannot be called again cannot be batched, and says so") {
  const tg::detail::OperatorType& type = tg::detail::operator_type<Opaque>;
  CHECK(type.call == nullptr);
  CHECK_THAT(message_of<tg::ValueError>([&] {
               const tg::Tensor x = range({3, 2});
               tg::detail::batched_call(type, {}, {&x, 1}, {true});
             }),
             ContainsSubstring("opaque: it cannot be called for each entry") &&
                 ContainsSubstring("visit"));
}

TEST_CASE("dimensions count one further, but from the end, and shapes get the size in front") {
  for (const int dim : {0, 1, -1, -2}) {
    const SeenCall call = call_of("total", [&] { tg::apply(Total{dim, {2, 3}}, range({2, 3})); });
    const tg::Tensor x = range({4, 2, 3}).requires_grad_();
    const Count count("total");
    const tg::Tensor y = batched(call, {x}, {true})[0];
    INFO(dim);
    CHECK(count.calls == 1);
    CHECK(tg::equal(y, tg::sum(x, dim < 0 ? dim : dim + 1)));
    CHECK(tg::equal(tg::grad(tg::sum(y), x), tg::ones({4, 2, 3}, tg::float64)));
  }
}

TEST_CASE("an operator's own function takes any subset of the inputs") {
  const SeenCall call = call_of("outer", [] { tg::apply(Outer{}, range({2}), range({3})); });
  CHECK(call.type->leading == Leading::own);
  const tg::Tensor a = range({4, 2}), b = range({4, 3});
  const Tensors both = batched(call, {a, b}, {true, true});
  const Tensors left = batched(call, {a, b[1]}, {true, false});
  const Tensors right = batched(call, {a[1], b}, {false, true});
  for (int i = 0; i < 4; ++i) {
    CHECK(tg::equal(both[0][i], tg::apply(Outer{}, a[i], b[i])));
    CHECK(tg::equal(left[0][i], tg::apply(Outer{}, a[i], b[1])));
    CHECK(tg::equal(right[0][i], tg::apply(Outer{}, a[1], b[i])));
  }
}

TEST_CASE("an operator on rank 8 is looped over") {
  const tg::Shape eight{1, 2, 1, 1, 1, 1, 1, 2};
  // An operator that takes the dimension, but not this one, whose inputs have no room for it.
  const SeenCall call =
      call_of("sum_times_sum", [&] { tg::apply(SumTimesSum{}, range({2}), range(eight)); });
  const tg::Tensor a = range({3, 2}).requires_grad_(), b = range(eight).requires_grad_();
  const Count count("sum_times_sum");
  const tg::Tensor y = batched(call, {a, b}, {true, false})[0];
  CHECK(count.calls == 3);
  CHECK(tg::equal(y, tg::sum(a, 1) * tg::sum(b)));
  const Tensors gradients = tg::grad({tg::sum(y)}, {a, b});
  CHECK(tg::equal(gradients[0], tg::full({3, 2}, 10, tg::float64)));
  CHECK(tg::equal(gradients[1], tg::full(eight, 21, tg::float64)));
}

TEST_CASE("a result without room for the dimension is an error") {
  const tg::Shape eight{1, 2, 1, 1, 1, 1, 1, 2};
  const auto error = [&](const SeenCall& call, const Tensors& inputs,
                         const std::vector<bool>& which) {
    return message_of<tg::ShapeError>([&] { batched(call, inputs, which); });
  };
  const SeenCall product = call_of("mul", [&] { tg::mul(range(eight), range({2})); });
  CHECK_THAT(error(product, {range(eight), range({3, 2})}, {false, true}),
             ContainsSubstring("mul: shape [1, 2, 1, 1, 1, 1, 1, 2] has 8 dimensions already"));
  const SeenCall wider = call_of("expand", [&] { tg::expand(range({2}), eight); });
  CHECK_THAT(error(wider, {range({3, 2})}, {true}),
             ContainsSubstring("expand: shape [1, 2, 1, 1, 1, 1, 1, 2] has 8 dimensions already"));
  const tg::Tensor four = range({4});
  const SeenCall shaped = call_of("reshape", [&] { tg::reshape(four, eight); });
  CHECK_THAT(error(shaped, {range({3, 4})}, {true}),
             ContainsSubstring("reshape: shape [1, 2, 1, 1, 1, 1, 1, 2] has 8 dimensions already"));
}

TEST_CASE("inputs that are no batch are errors") {
  const SeenCall call = call_of("mul", [] { tg::mul(range({2}), range({2})); });
  const auto try_it = [&](const Tensors& inputs, const std::vector<bool>& which) {
    batched(call, inputs, which);
  };
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               try_it({range({3, 2}), range({4, 2})}, {true, true});
             }),
             ContainsSubstring("input 1 has shape [4, 2], and the further first dimension of those "
                               "before has size 3"));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               try_it({range({}), range({2})}, {true, false});
             }),
             ContainsSubstring("input 0 is a number (0-d), without a further first dimension"));
  CHECK_THAT(message_of<tg::ValueError>([&] {
               try_it({range({2}), range({2})}, {false, false});
             }),
             ContainsSubstring("none of its 2 inputs has a further first dimension"));
  CHECK_THAT(message_of<tg::ValueError>([&] {
               try_it({range({2}), range({2})}, {true});
             }),
             ContainsSubstring("it has 2 inputs, not the 1"));
}

TEST_CASE("integers that point elsewhere than those of the call that was are checked") {
  const tg::Tensor x = range({3, 2});
  const tg::Tensor good = tg::tensor({0, 2}), bad = tg::tensor({{0, 2}, {3, 1}});
  const tg::Tensor wide = tg::unsqueeze(good, 1), bad_wide = tg::unsqueeze(bad, 2);
  const auto error = [](const SeenCall& call, std::size_t index, const tg::Tensor& with) {
    Tensors inputs = call.inputs;
    std::vector<bool> which(inputs.size());
    inputs[index] = with;
    which[index] = true;
    return message_of<tg::IndexError>([&] { batched(call, inputs, which); });
  };
  CHECK_THAT(error(call_of("index_select", [&] { tg::index_select(x, 0, good); }), 1, bad),
             ContainsSubstring("index 3"));
  CHECK_THAT(
      error(call_of("index_add", [&] { tg::index_add(x, 0, good, x.narrow(0, 0, 2)); }), 1, bad),
      ContainsSubstring("index 3"));
  CHECK_THAT(error(call_of("gather", [&] { tg::gather(x, 0, wide); }), 1, bad_wide),
             ContainsSubstring("index 3"));
  CHECK_THAT(error(call_of("scatter_add", [&] { tg::scatter_add(x, 0, wide, x); }), 1, bad_wide),
             ContainsSubstring("index 3"));
  CHECK_THAT(error(call_of("one_hot", [&] { tg::one_hot(good, 3); }), 0, bad),
             ContainsSubstring("3"));
  CHECK_THAT(error(call_of("cross_entropy",
                           [&] {
                             tg::cross_entropy(range({2, 3}), good);
                           }),
                   1, bad),
             ContainsSubstring("3"));
}

TEST_CASE("numbers are entries of a dimension where an operator takes them for that") {
  const tg::Tensor number = tg::tensor(4.0, tg::float64), zero = tg::tensor({0});
  const tg::Tensor many = range({3}), zeros = tg::zeros({3, 1}, tg::int64);
  const SeenCall taken = call_of("index_select", [&] { tg::index_select(number, 0, zero); });
  CHECK(tg::equal(batched(taken, {many, zero}, {true, false})[0], many));
  CHECK(
      tg::equal(batched(taken, {number, zeros}, {false, true})[0], tg::full({3}, 4, tg::float64)));
  CHECK(tg::equal(batched(taken, {many, zeros}, {true, true})[0], many));
  const SeenCall added = call_of("index_add", [&] { tg::index_add(number, 0, zero, number); });
  CHECK(tg::equal(batched(added, {many, zero, number}, {true, false, false})[0], many + 4));
  CHECK(tg::equal(batched(added, {number, zeros, many}, {false, true, true})[0], many + 4));
}

TEST_CASE("a list may be of any length") {
  const int count = 70;
  Tensors parts, inputs;
  std::vector<bool> which;
  for (int i = 0; i < count; ++i) {
    parts.push_back(range({2}) * i);
    which.push_back(i % 3 == 1);
    inputs.push_back(which.back() ? tg::stack({parts.back(), parts.back() + 1}) : parts.back());
  }
  const SeenCall call = call_of("cat", [&] { tg::cat(parts); });
  const tg::Tensor y = batched(call, inputs, which)[0];
  for (int entry = 0; entry < 2; ++entry) {
    Tensors own;
    for (int i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      own.push_back(which[at] ? inputs[at][entry] : inputs[at]);
    }
    CHECK(tg::equal(y[entry], tg::cat(own)));
  }
}

TEST_CASE("a batch of batches is a batch") {
  const SeenCall call = call_of("linear", [] { tg::linear(range({2, 3}), range({4, 3})); });
  const tg::Tensor x = range({5, 2, 3}), weights = range({6, 4, 3});
  const SeenCall outer = call_of("matmul", [&] {
    batched(call, {x[0], weights, tg::Tensor()}, {false, true, false});
  });
  const tg::Tensor y = batched(outer, {x, weights}, {true, false})[0];
  CHECK(y.shape() == tg::Shape{5, 6, 2, 4});
  CHECK(tg::allclose(y[3][2], tg::linear(x[3], weights[2])));
}
