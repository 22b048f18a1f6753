#include "tests/nn/layers/layers.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "autograd/check/gradcheck.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "autograd/transforms/backward.h"
#include "nn/layers/activation/activations.h"
#include "nn/layers/activation/further_activations.h"
#include "nn/layers/dropout.h"
#include "nn/layers/flatten.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/norm/batch_norm.h"
#include "nn/layers/norm/layer_norm.h"
#include "nn/layers/sequential.h"
#include "nn/module/hooks.h"
#include "nn/module/module.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using namespace nn_layers;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

// ---- Linear ------------------------------------------------------------------------------------

TEST_CASE("Linear computes x W^T + b for any leading dimensions") {
  nn::Linear fc{2, 3, {.dtype = tg::float64}};
  fc.weight = f64({{1., 2.}, {3., 4.}, {5., 6.}});
  fc.bias = f64({0.5, 0., -1.});
  CHECK(tg::equal(fc(f64({1., 1.})), f64({3.5, 7., 10.})));
  CHECK(tg::equal(fc(f64({{{1., 0.}}, {{0., 1.}}})), f64({{{1.5, 3., 4.}}, {{2.5, 4., 5.}}})));
  fc.bias = Tensor();
  CHECK(tg::equal(fc(f64({1., 1.})), f64({3., 7., 11.})));
}

TEST_CASE("Linear starts uniform on +-1/sqrt(in), weight and bias, as PyTorch's does") {
  tg::manual_seed(1);
  const nn::Linear fc{100, 400};
  for (const Tensor& values : {fc.weight, fc.bias}) {
    CHECK(tg::max(tg::abs(values)).item() <= 0.1);
    CHECK(tg::max(tg::abs(values)).item() > 0.097);
    CHECK(values.mean().item() == Approx(0).margin(0.01));
    CHECK(values.std().item() == Approx(0.1 / std::sqrt(3.0)).epsilon(0.1));
    CHECK(values.requires_grad());
  }
}

TEST_CASE("the same seed gives the same weights, another one others") {
  const auto weight = [](std::uint64_t seed) {
    tg::manual_seed(seed);
    return nn::Linear(5, 5).weight;
  };
  CHECK(tg::equal(weight(3), weight(3)));
  CHECK_FALSE(tg::equal(weight(3), weight(4)));
}

TEST_CASE("Linear says both shapes when the number of features is wrong") {
  const nn::Linear fc{784, 128};
  CHECK_THROWS_AS(fc(tg::ones({32, 700})), tg::ShapeError);
  CHECK_THROWS_WITH(fc(tg::ones({32, 700})), ContainsSubstring("[32, 700]") &&
                                                 ContainsSubstring("[128, 784]") &&
                                                 ContainsSubstring("784 features"));
  CHECK_THROWS_AS(fc(tg::tensor(1.0)), tg::ShapeError);
}

TEST_CASE("Linear refuses negative sizes and integer weights, but may be empty") {
  CHECK_THROWS_AS(nn::Linear(-1, 2), tg::ShapeError);
  CHECK_THROWS_WITH(nn::Linear(3, -2),
                    ContainsSubstring("out_features must not be negative, but is -2"));
  CHECK_THROWS_AS(nn::Linear(1, 1, {.dtype = tg::int64}), tg::DTypeError);
  const nn::Linear empty{0, 2};
  CHECK(tg::equal(empty.bias, tg::zeros(2)));
  CHECK(empty(tg::zeros({3, 0})).shape() == tg::Shape{3, 2});
}

TEST_CASE("an empty batch goes through Linear and back") {
  nn::Linear fc{3, 2};
  fc(tg::zeros({0, 3})).sum().backward();
  CHECK(tg::equal(fc.weight.grad(), tg::zeros({2, 3})));
  CHECK(tg::equal(fc.bias.grad(), tg::zeros(2)));
}

// ---- Sequential and Layer ----------------------------------------------------------------------

TEST_CASE("Sequential applies layers, operators and lambdas in order") {
  nn::Linear fc{1, 1, {.dtype = tg::float64}};
  fc.weight = f64({{-2.}});
  fc.bias = f64({1.});
  const nn::Sequential net{fc, tg::relu, [](const Tensor& x) { return x + 10; }};
  CHECK(tg::equal(net(f64({{0.}, {3.}})), f64({{11.}, {10.}})));
  CHECK(net.size() == 3);
}

TEST_CASE("an empty Sequential gives its input") {
  const nn::Sequential net;
  const Tensor x = tg::ones(2);
  CHECK(net(x).is_same(x));
  CHECK(net.empty());
}

TEST_CASE("Sequential can be built at run time and holds other models") {
  nn::Sequential net;
  for (int i = 0; i < 3; ++i) {
    net.push_back(nn::Linear{4, 4});
    net.push_back(nn::Tanh());
  }
  net.push_back(nn::Sequential{nn::Linear{4, 1}});
  CHECK(net(tg::ones({2, 4})).shape() == tg::Shape{2, 1});
  const auto parameters = nn::parameters(net);
  REQUIRE(parameters.size() == 8);
  CHECK(parameters[2].name == "2.weight");
  CHECK(parameters[7].name == "6.0.bias");
}

TEST_CASE("layers are found by index, also from the end, and by type") {
  nn::Sequential net{nn::Linear{1, 2}, tg::relu, nn::Linear{2, 3}};
  REQUIRE(net[-1].get<nn::Linear>() != nullptr);
  CHECK(net[-1].get<nn::Linear>()->out_features() == 3);
  CHECK(net[1].get<nn::Linear>() == nullptr);
  CHECK_THROWS_AS(net[3], tg::IndexError);
  CHECK_THROWS_WITH(net[-4], ContainsSubstring("no layer -4; it has 3"));
}

TEST_CASE("a copied Sequential has its own structure and the same tensors") {
  nn::Sequential net{nn::Linear{1, 2}, nn::Dropout(1.0)};
  nn::Sequential copy = net;
  copy.push_back(tg::relu);
  nn::eval(copy);
  CHECK(net.size() == 2);
  CHECK(copy[0].get<nn::Linear>()->weight.is_same(net[0].get<nn::Linear>()->weight));
  CHECK(tg::equal(net[1](tg::ones(2)), tg::zeros(2)));
  CHECK(tg::equal(copy[1](tg::ones(2)), tg::ones(2)));
}

TEST_CASE("a layer that was moved from says so") {
  nn::Layer layer = nn::ReLU();
  const nn::Layer other = std::move(layer);
  CHECK_THROWS_AS(layer(tg::ones(1)), tg::ValueError);
  CHECK(tg::equal(other(tg::ones(1)), tg::ones(1)));
}

// ---- Activations, Flatten ----------------------------------------------------------------------

TEST_CASE("activation layers compute their formulas") {
  const std::vector<double> xs{-30, -1.5, -0.25, 0.5, 2, 30};
  const auto check = [&xs](const nn::Layer& layer, auto formula) {
    std::vector<double> expected;
    for (double x : xs) expected.push_back(formula(x));
    INFO(layer.describe());
    CHECK(close(layer(row(xs)), row(expected)));
  };
  check(nn::ReLU(), [](double x) { return std::max(x, 0.0); });
  check(nn::LeakyReLU(0.2), [](double x) { return x > 0 ? x : 0.2 * x; });
  check(nn::ELU(2), [](double x) { return x > 0 ? x : 2 * std::expm1(x); });
  check(nn::GELU(), [](double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); });
  check(nn::SiLU(), [](double x) { return x / (1 + std::exp(-x)); });
  check(nn::Tanh(), [](double x) { return std::tanh(x); });
  check(nn::Sigmoid(), [](double x) { return 1 / (1 + std::exp(-x)); });
  check(nn::LogSigmoid(), [](double x) { return -std::log1p(std::exp(-x)); });
  check(nn::Softplus({.beta = 2, .threshold = 8}),
        [](double x) { return 2 * x > 8 ? x : std::log1p(std::exp(2 * x)) / 2; });
  check(nn::Identity(), [](double x) { return x; });
}

TEST_CASE("activation layers give their operators' gradients at the kink") {
  const auto at_zero = [](const nn::Layer& layer) { return gradient(layer, f64({0.}))[0].item(); };
  CHECK(at_zero(nn::ReLU()) == 0);
  CHECK(at_zero(nn::LeakyReLU(0.2)) == 0.2);
  CHECK(at_zero(nn::ELU(2)) == 2);
  CHECK(at_zero(nn::GELU()) == 0.5);
}

TEST_CASE("Softmax and LogSoftmax work along their dimension") {
  const Tensor x = f64({{0., std::log(3.)}, {1000., 0.}});
  CHECK(close(nn::Softmax(1)(x), f64({{0.25, 0.75}, {1., 0.}})));
  CHECK(close(nn::LogSoftmax(-1)(x), f64({{std::log(0.25), std::log(0.75)}, {0., -1000.}})));
  CHECK(close(nn::Softmax(0)(f64({{1.}, {1.}})), f64({{0.5}, {0.5}})));
  CHECK_THROWS_AS(nn::Softmax(2)(x), tg::IndexError);
}

TEST_CASE("Flatten keeps the batch and joins the rest unless told otherwise") {
  const Tensor x = tg::zeros({2, 3, 4, 5});
  CHECK(nn::Flatten()(x).shape() == tg::Shape{2, 60});
  CHECK(nn::Flatten(0, 1)(x).shape() == tg::Shape{6, 4, 5});
  CHECK(nn::Flatten(1, 2)(x).shape() == tg::Shape{2, 12, 5});
  CHECK_THROWS_AS(nn::Flatten(1)(tg::zeros(3)), tg::IndexError);
}

TEST_CASE("PReLU starts at 0.25, and is trained, saved and converted") {
  nn::PReLU one, many{3, {.init = -0.5, .dtype = tg::float64}};
  CHECK(tg::equal(one.weight, tg::tensor({0.25})));
  CHECK(tg::equal(many.weight, tg::full(3, -0.5, tg::float64)));
  CHECK(nn::parameters(many).at(0).name == "weight");
  CHECK(many.weight.requires_grad());
  many(f64({{-2., 1., -3.}, {-1., -1., 4.}})).sum().backward();
  CHECK(tg::equal(many.weight.grad(), f64({-3., -1., -3.})));
  CHECK_THROWS_AS(nn::PReLU(-1), tg::ShapeError);
  CHECK_THROWS_AS(nn::PReLU(1, {.dtype = tg::int64}), tg::DTypeError);
  CHECK_THROWS_AS(many(f64({{1., 2.}})), tg::ShapeError);
}

TEST_CASE("RReLU draws while training alone, and each copy has its mode") {
  const Tensor x = tg::full({64}, -1.0, tg::float64);
  nn::RReLU layer(0.25, 0.75), other = layer;
  nn::eval(layer);
  CHECK(tg::equal(layer(x), x * 0.5));
  const Tensor y = other(x);
  CHECK(tg::max(y).item() <= -0.25);
  CHECK(tg::min(y).item() > -0.75);
  CHECK(y.std().item() > 0.05);
}

// ---- Dropout -----------------------------------------------------------------------------------

TEST_CASE("Dropout zeroes about a share p and keeps the expected value") {
  tg::manual_seed(2);
  const nn::Dropout dropout(0.25);
  const Tensor y = dropout(tg::ones(40000, tg::float64));
  CHECK(tg::sum(y == 0).item() / 40000 == Approx(0.25).margin(0.01));
  CHECK(y.mean().item() == Approx(1).margin(0.02));
  CHECK(tg::max(y).item() == Approx(1 / 0.75));
}

TEST_CASE("the gradient of Dropout is its mask") {
  const nn::Dropout dropout(0.5);
  Tensor x = tg::ones(100).requires_grad_();
  const Tensor y = dropout(x);
  CHECK(tg::equal(tg::grad(y.sum(), x), y.detach()));
}

TEST_CASE("Dropout with p = 0 is the identity and with p = 1 gives 0, gradients too") {
  const Tensor x = f64({1., -2.});
  CHECK(tg::equal(nn::Dropout(0)(x), x));
  CHECK(tg::equal(gradient(nn::Dropout(0), x), f64({1., 1.})));
  CHECK(tg::equal(nn::Dropout(1)(x), f64({0., 0.})));
  CHECK(tg::equal(gradient(nn::Dropout(1), x), f64({0., 0.})));
}

TEST_CASE("Dropout refuses what is no probability") {
  for (const double p : {-0.1, 1.5, std::nan("")}) CHECK_THROWS_AS(nn::Dropout(p), tg::ValueError);
  CHECK_THROWS_WITH(nn::Dropout(1.5),
                    ContainsSubstring("p must be a probability, in [0, 1], but is 1.5"));
}

TEST_CASE("whole models pass the gradient check") {
  tg::manual_seed(5);
  nn::Sequential net{nn::Linear{3, 4, {.dtype = tg::float64}},
                     nn::LayerNorm{4, {.dtype = tg::float64}},
                     tg::tanh,
                     nn::Linear{4, 3, {.dtype = tg::float64}},
                     nn::BatchNorm1d{3, {.dtype = tg::float64}},
                     nn::GELU(),
                     nn::LogSoftmax(1)};
  const Tensor x = tg::randn({4, 3}, tg::float64).requires_grad_();
  const auto result = tg::gradcheck(net, x, {.second_order = true});
  INFO(result.message());
  CHECK(result.ok);
}

// ---- All layers --------------------------------------------------------------------------------

namespace {

/// The layers of the library's headers: classes that are a NamedLayer, and their aliases.
std::set<std::string> layers_in_the_headers() {
  std::set<std::string> names;
  const std::regex layer(R"(class (\w+) : public NamedLayer|using (\w+) = Activation<)");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(TAPEGRAD_SOURCE_DIR) / "nn")) {
    if (entry.path().extension() != ".h") continue;
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (std::sregex_iterator it(text.begin(), text.end(), layer), end; it != end; ++it)
      names.insert((*it)[1].matched ? (*it)[1].str() : (*it)[2].str());
  }
  names.erase("Activation");  // only by its aliases
  return names;
}

}  // namespace

TEST_CASE("every layer is made with braces and with parentheses, and stands in a Sequential") {
  std::set<std::string> made;
  const auto check = [&made](const nn::Sequential& net) {
    REQUIRE(net.size() == 2);
    CHECK(net[0].describe() == net[1].describe());
    const std::string text = net[0].describe();
    made.insert(text.substr(0, text.find('(')));
    INFO(text);
    // A layer calls its hooks by itself.
    nn::Sequential hooked = net;
    tg::HookHandle refuses = nn::register_forward_pre_hook(
        hooked, "0", [](const Tensor&) { throw std::runtime_error("hooked"); });
    CHECK_THROWS_WITH(hooked[0](Tensor()), "hooked");
    refuses.remove();
    // A layer knows its place if it shows that (NamedLayer::visit) and computes in it (LayerScope).
    if (net[0].get<nn::Identity>()) return;
    nn::Sequential named = net;
    nn::name_modules(named, "net");
    CHECK_THROWS_WITH(named[0](Tensor()), ContainsSubstring("[in net.0]"));
  };
  check(nn::Sequential{nn::ReLU{}, nn::ReLU()});
  check(nn::Sequential{nn::GELU{}, nn::GELU()});
  check(nn::Sequential{nn::SiLU{}, nn::SiLU()});
  check(nn::Sequential{nn::Tanh{}, nn::Tanh()});
  check(nn::Sequential{nn::Sigmoid{}, nn::Sigmoid()});
  check(nn::Sequential{nn::LogSigmoid{}, nn::LogSigmoid()});
  check(nn::Sequential{nn::Identity{}, nn::Identity()});
  check(nn::Sequential{nn::LeakyReLU{}, nn::LeakyReLU()});
  check(nn::Sequential{nn::ELU{}, nn::ELU()});
  check(nn::Sequential{nn::Softplus{}, nn::Softplus()});
  check(nn::Sequential{nn::ReLU6{}, nn::ReLU6()});
  check(nn::Sequential{nn::Hardswish{}, nn::Hardswish()});
  check(nn::Sequential{nn::Hardsigmoid{}, nn::Hardsigmoid()});
  check(nn::Sequential{nn::SELU{}, nn::SELU()});
  check(nn::Sequential{nn::Mish{}, nn::Mish()});
  check(nn::Sequential{nn::Softsign{}, nn::Softsign()});
  check(nn::Sequential{nn::Tanhshrink{}, nn::Tanhshrink()});
  check(nn::Sequential{nn::Hardtanh{}, nn::Hardtanh()});
  check(nn::Sequential{nn::CELU{}, nn::CELU()});
  check(nn::Sequential{nn::Softshrink{}, nn::Softshrink()});
  check(nn::Sequential{nn::Hardshrink{}, nn::Hardshrink()});
  check(nn::Sequential{nn::Threshold{0, 1}, nn::Threshold(0, 1)});
  check(nn::Sequential{nn::GLU{}, nn::GLU()});
  check(nn::Sequential{nn::Softmin{1}, nn::Softmin(1)});
  check(nn::Sequential{nn::RReLU{}, nn::RReLU()});
  check(nn::Sequential{nn::PReLU{}, nn::PReLU()});
  check(nn::Sequential{nn::Softmax{1}, nn::Softmax(1)});
  check(nn::Sequential{nn::LogSoftmax{1}, nn::LogSoftmax(1)});
  check(nn::Sequential{nn::Flatten{}, nn::Flatten()});
  check(nn::Sequential{nn::Dropout{}, nn::Dropout()});
  check(nn::Sequential{nn::Linear{2, 3}, nn::Linear(2, 3)});
  check(nn::Sequential{nn::LayerNorm{3}, nn::LayerNorm(3)});
  check(nn::Sequential{nn::BatchNorm1d{3}, nn::BatchNorm1d(3)});
  for (const std::string& name : layers_in_the_headers()) {
    INFO(name << ": make it above, with braces and with parentheses");
    CHECK(made.contains(name));
  }
}

TEST_CASE("a copy of a layer shares its statistics, but has a mode of its own") {
  nn::BatchNorm1d norm{1};
  nn::BatchNorm1d copy = norm;
  nn::eval(norm);
  const Tensor x = tg::tensor({{1.}, {3.}});
  norm(x);
  CHECK(norm.num_batches_tracked.item<int>() == 0);
  copy(x);  // still in training
  CHECK(norm.num_batches_tracked.item<int>() == 1);
  nn::eval(copy);
  copy(x);
  CHECK(norm.num_batches_tracked.item<int>() == 1);

  nn::Dropout dropout(1), other = dropout;
  nn::eval(dropout);
  CHECK(tg::equal(dropout(x), x));
  CHECK(tg::equal(other(x), tg::zeros({2, 1})));
}

TEST_CASE("what a function keeps may be marked as no state") {
  const double slope = 0.5;
  std::function<Tensor(const Tensor&)> twice = [](const Tensor& x) { return x * 2; };
  nn::Sequential net{nn::stateless([slope](const Tensor& x) { return tg::leaky_relu(x, slope); }),
                     nn::stateless(twice)};
  CHECK(tg::equal(net(tg::tensor({-2., 2.})), tg::tensor({-2., 4.})));
  CHECK(net[0].describe() == "lambda");
  CHECK(nn::parameters(net).empty());
  nn::name_modules(net, "net");
  struct Local {
    nn::Stateless<std::function<Tensor(const Tensor&)>> activation;
    nn::Linear fc{1, 1};
    void visit(nn::Visitor& f) {
      f("activation", activation);
      f("fc", fc);
    }
  };
  CHECK(nn::parameters(Local{nn::stateless(twice)}).size() == 2);
}
