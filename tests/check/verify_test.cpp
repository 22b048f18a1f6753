// The battery: every operator of the library passes it, and each of its parts finds what it is for.

#include "autograd/check/verify.h"

#include <cmath>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/kernels/simd/cpu.h"
#include "nn/nn.h"
#include "tests/all_operators.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;
using Tensors = std::vector<Tensor>;

TEST_CASE("every operator of the library passes the whole battery") {
  for (const tg::OperatorInfo& op : all_operators()) {
    const tg::VerifyResult result = tg::verify(op);
    INFO(result.message());
    CHECK(result.ok());
    CHECK(result.forward_error.has_value());
    CHECK(result.cases == static_cast<int>(op.cases.size()));
    CHECK(result.worst_error[0] < 1e-7);
    CHECK(result.worst_error[1] < 1e-7);
  }
}

namespace {

/// x^3, right in all; what follows is wrong in one way each.
struct Cube {
  static constexpr const char* name = "cube";
  static constexpr tg::Reads reads[] = {tg::kA};
  static constexpr bool symmetric = true;
  static constexpr tg::Sparsity sparsity = tg::Sparsity::elementwise;
  static constexpr tg::Leading leading = tg::Leading::broadcast;
  static Tensor forward(const Tensor& x) { return x * x * x; }
  static Tensor vjp(const Tensor& g, const Tensor& x, auto) { return g * 3 * x * x; }
};
struct WrongForwardMode : Cube {
  static constexpr bool symmetric = false;
  static Tensor jvp(const Tensor& t, const Tensor& x, const Tensor&) { return t * 2 * x * x; }
};
struct WrongRule : Cube {
  static Tensor vjp(const Tensor& g, const Tensor& x, auto) { return g * 3.01 * x * x; }
};
struct WrongInFloat32 : Cube {
  static Tensor forward(const Tensor& x) {
    return x * x * x + (x.dtype() == tg::float32 ? 1e-3 : 0.0);
  }
};
struct WrongInLargeInputs : Cube {
  static Tensor forward(const Tensor& x) {
    if (x.numel() < 1000 || x.dim() < 2) return x * x * x;
    const std::int64_t half = x.shape()[0] / 2;
    return tg::cat(
        {tg::narrow(x, 0, 0, half) * tg::narrow(x, 0, 0, half) * tg::narrow(x, 0, 0, half),
         tg::narrow(x, 0, half, x.shape()[0] - half)});
  }
};
struct ByThreads : Cube {
  static Tensor forward(const Tensor& x) { return x * x * x * (1 + 1e-15 * tg::num_threads()); }
};
struct Careless : Cube {
  static Tensor forward(const Tensor& x) {
    try {
      return x * x * x;
    } catch (const tg::OutOfMemoryError&) {
      return x.detach();
    }
  }
};
struct Keeps : Cube {
  static Tensor forward(const Tensor& x) {
    kept.push_back(x * 1);
    return x * x * x;
  }
  static inline std::vector<Tensor> kept;
};

struct WrongSecondOrder : Cube {
  static Tensor vjp(const Tensor& g, const Tensor& x, auto) { return g * 3 * (x * x).detach(); }
};
struct ByInstructionSet : Cube {
  static Tensor forward(const Tensor& x) {
    return x * x * x * (1 + 1e-10 * tg::kernels::isa_index());
  }
};
/// Its second input is a constant, into which it writes behind the library's back.
struct Scribbles {
  static constexpr const char* name = "scribbles";
  static constexpr tg::Reads reads[] = {tg::kNone, tg::kNone}, constant = tg::kB;
  static constexpr bool linear = true;
  static Tensor forward(const Tensor& a, const Tensor& b) {
    const_cast<std::int64_t*>(b.data<std::int64_t>().data())[0] = 7;
    return a * 2;
  }
  static Tensor vjp_a(const Tensor& g, auto, auto, auto) { return g * 2; }
};

/// log(sum(exp(x))) as it stands in a book.
struct BookLogSum {
  static constexpr const char* name = "book_log_sum";
  static constexpr tg::Reads reads[] = {tg::kA | tg::kY};
  static Tensor forward(const Tensor& x) { return tg::log(tg::sum(tg::exp(x))); }
  static Tensor vjp(const Tensor& g, const Tensor& x, const Tensor& y) {
    return g * tg::exp(x - y);
  }
};

/// The same with a member that is no number.
template <class Op>
struct Opaque : Op {
  static constexpr bool opaque = true;
  std::string note = "cubed";
};
struct OpaqueAlone : Opaque<ByThreads> {
  static constexpr tg::Leading leading = tg::Leading::unknown;
};

/// The product, which forgets one way when both are the same.
struct Forgetful {
  static constexpr const char* name = "forgetful";
  static constexpr tg::Reads reads[] = {tg::kA | tg::kB, tg::kA};
  static constexpr bool bilinear = true;
  static Tensor forward(const Tensor& a, const Tensor& b) { return a * b; }
  static Tensor vjp_a(const Tensor& g, const Tensor& a, const Tensor& b, auto) {
    return tg::allclose(a, b, 0, 0) ? g * 0 : g * b;
  }
  static Tensor vjp_b(const Tensor& g, const Tensor& a, auto, auto) { return g * a; }
};

template <class Op>
tg::VerifyResult verdict(tg::Invariance offset = tg::Invariance::unsaid,
                         tg::Invariance scale = tg::Invariance::unsaid) {
  const Tensor x = tg::tensor({{0.5, -1.25, 2.0}, {0.75, -0.3, 1.0}}, tg::float64);
  const auto f = [](const Tensors& in) { return tg::apply(Op(), in[0]); };
  return tg::verify({Op::name, {{"a matrix", {Tensor(x).requires_grad_()}, f}}, scale, offset});
}

/// The parts that found something.
std::string parts(const tg::VerifyResult& result) {
  std::string all;
  for (const tg::VerifyFinding& each : result.findings)
    if (all.find(each.check) == all.npos) all += (all.empty() ? "" : ", ") + each.check;
  return all;
}

}  // namespace

TEST_CASE("each part of the battery finds what it is for") {
  const tg::VerifyResult right = verdict<Cube>();
  INFO(right.message());
  CHECK(right.ok());
  CHECK(right.not_covered == std::vector<std::string>{"an empty input", "a number (0-d)"});
  CHECK_THAT(right.message(), ContainsSubstring("cube: 1 case, 60 derivatives, worst errors "));

  CHECK(parts(verdict<WrongRule>()) == "gradients");
  REQUIRE(verdict<WrongRule>().culprits.size() == 1);
  CHECK(std::isnan(verdict<WrongRule>().worst_error[1]));  // nobody looked
  CHECK(parts(verdict<WrongSecondOrder>()) == "second order");
  CHECK(parts(verdict<WrongForwardMode>()) == "forward mode");
  CHECK(parts(verdict<Cube>({}, tg::Invariance::follows)) == "scale");
  if (tg::kernels::isa_index() > 0) CHECK(parts(verdict<ByInstructionSet>()) == "instruction sets");
  CHECK(parts(verdict<WrongInFloat32>()) == "float32");
  CHECK(parts(verdict<WrongInLargeInputs>()) == "large");
  CHECK(parts(verdict<ByThreads>()) == "large");
  CHECK(parts(verdict<Careless>()) == "memory");
  CHECK_THAT(parts(verdict<Keeps>()), ContainsSubstring("leftovers"));
  Keeps::kept.clear();
  const tg::VerifyResult book = verdict<BookLogSum>(tg::Invariance::follows);
  CHECK(parts(book) == "offset");
  CHECK_FALSE(book.forward_error.has_value());

  const auto scribbles = [](const Tensors& in) { return tg::apply(Scribbles(), in[0], in[1]); };
  const tg::VerifyResult scribbled = tg::verify(
      {"scribbles",
       {{"a row", {tg::ones({2}, tg::float64).requires_grad_(), tg::arange(2)}, scribbles}}});
  CHECK(parts(scribbled) == "arguments");
  CHECK_THAT(scribbled.message(), ContainsSubstring("input 1 has other elements afterwards"));
  const auto keeps_what_is_moved = [](Tensors&& in) { return in[0] * 3; };
  const auto doubles = [](const Tensors& in) { return in[0] * 2; };
  const Tensor row = tg::ones({2}, tg::float64).requires_grad_();
  const tg::VerifyResult moved =
      tg::verify({"mul", {{"a row", {row}, doubles, keeps_what_is_moved}}});
  CHECK(parts(moved) == "arguments");
  // Of what is no call of an operator nobody knows what large inputs do.
  CHECK(tg::verify({"double", {{"a row", {row}, doubles}}}).not_covered.back() == "large inputs");

  const Tensor a = tg::tensor({1.0, 2.0}, tg::float64), b = tg::tensor({3.0, 5.0}, tg::float64);
  const auto product = [](const Tensors& in) { return tg::apply(Forgetful(), in[0], in[1]); };
  const tg::VerifyResult forgetful = tg::verify(
      {"forgetful",
       {{"two rows", {Tensor(a).requires_grad_(), Tensor(b).requires_grad_()}, product}}});
  CHECK(parts(forgetful) == "aliases");
}

TEST_CASE("operators that are opaque are checked on large inputs, too") {
  const tg::VerifyResult right = verdict<Opaque<Cube>>();
  INFO(right.message());
  CHECK(right.ok());
  CHECK(right.not_covered == std::vector<std::string>{"an empty input", "a number (0-d)"});
  CHECK(parts(verdict<Opaque<WrongInLargeInputs>>()) == "large");
  CHECK(parts(verdict<Opaque<ByThreads>>()) == "large");

  // One that takes no further dimension is, if a case has them.
  const tg::VerifyResult alone = verdict<OpaqueAlone>();
  CHECK(alone.ok());
  CHECK(alone.not_covered.back() == "large inputs");
  const auto f = [](const Tensors& in) { return tg::apply(OpaqueAlone(), in[0]); };
  const Tensor x = tg::linspace(-1, 2, 600'000, tg::float64);
  const tg::VerifyOptions quick{{.directions = 1}, false, false, false, true, false};
  const tg::VerifyResult large =
      tg::verify({"cube", {{"many", {Tensor(x).requires_grad_()}, f}}}, quick);
  CHECK(parts(large) == "large");
  CHECK_THAT(large.message(), ContainsSubstring("with 2 threads the bits are others"));
  CHECK(large.not_covered.back() == "an input of two dimensions or more");
}

TEST_CASE("what an operator throws is a finding, and the rest goes on") {
  const Tensor x = tg::ones({2}, tg::float64).requires_grad_();
  const auto throws = [](const Tensors& in) { return tg::reshape(in[0], {3}); };
  const auto right = [](const Tensors& in) { return in[0] * 2; };
  const auto result = tg::verify({"mul", {{"wrong", {x}, throws}, {"right", {x}, right}}});
  CHECK(result.cases == 2);
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].example == "wrong");
  CHECK_THAT(result.message(), ContainsSubstring("mul, wrong: gradients: throws: reshape"));
  CHECK_THROWS_AS(tg::verify({"nothing", {}}), tg::ValueError);
  CHECK_THROWS_AS(tg::verify({"nothing", {{"no function", {x}, {}}}}), tg::ValueError);
}

TEST_CASE("graph_check proves a model, and names the layer whose rule is wrong") {
  tg::manual_seed(5);
  nn::Sequential net{nn::Linear{3, 4}, tg::tanh, nn::Linear{4, 2}};
  const Tensor x = tg::randn({5, 3});
  const auto right = tg::graph_check(net, x);
  INFO(right.message());
  CHECK(right);
  CHECK(right.entries > 100);
  CHECK(right.forward_error.has_value());
  const auto loss = [](const Tensor& y) {
    return tg::cross_entropy(y, tg::tensor({0, 1, 1, 0, 0}));
  };
  CHECK(tg::graph_check(net, x, loss));
  {
    const tg::BrokenRule broken("tanh", tg::RuleBreak::factor);
    const auto wrong = tg::graph_check(net, x);
    CHECK_FALSE(wrong);
    REQUIRE(wrong.culprits.size() == 1);
    CHECK(wrong.culprits[0].name == "tanh");
    CHECK(wrong.culprits[0].path == "net.1");
    CHECK_THAT(wrong.message(), ContainsSubstring("the culprit: tanh in net.1, argument 0"));
  }
  CHECK(tg::graph_check(net, x));
  // Names of parameters, in messages.
  {
    const tg::BrokenRule broken("linear", tg::RuleBreak::sign);
    CHECK_THAT(tg::graph_check(net, x).message(), ContainsSubstring("/ d 2.bias [0] is"));
  }
  // The model and the input are as they were.
  CHECK(net(x).dtype() == tg::float32);
  for (const nn::Parameter& p : nn::parameters(net)) CHECK_FALSE(p.value.grad().defined());
  nn::Sequential random{nn::Linear{3, 4}, nn::Dropout{0.5}};
  CHECK_THAT(tg::graph_check(random, x).message(), ContainsSubstring("is it random?"));
  nn::eval(random);
  CHECK(tg::graph_check(random, x));
}

TEST_CASE("a broken rule is noticed, whatever its kind, and blamed on its operator") {
  const Tensor x = tg::tensor({0.3, -0.7, 1.1}, tg::float64).requires_grad_();
  const auto f = [](const Tensor& in) { return tg::mean(tg::square(tg::tanh(in) + in * 0.5)); };
  for (const tg::RuleBreak kind : {tg::RuleBreak::sign, tg::RuleBreak::factor,
                                   tg::RuleBreak::missing, tg::RuleBreak::throws}) {
    const tg::BrokenRule broken("tanh", kind);
    const auto result = tg::gradcheck(f, x);
    CHECK_FALSE(result);
    REQUIRE(result.culprits.size() == 1);
    CHECK(result.culprits[0].name == "tanh");
  }
  const tg::BrokenRule second("tanh", tg::RuleBreak::recorded);
  CHECK(tg::gradcheck(f, x));
  const auto result = tg::gradgradcheck(f, x);
  CHECK_FALSE(result);
  REQUIRE(result.culprits.size() == 1);
  CHECK(result.culprits[0].name == "tanh");
  CHECK(result.culprits[0].order == 2);
}
