#include "nn/module/summary.h"

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "autograd/graph/graph.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/layers/activation/activations.h"
#include "nn/layers/activation/further_activations.h"
#include "nn/layers/dropout.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/sequential.h"
#include "nn/module/module.h"
#include "tests/catch.h"
#include "tests/operator_headers.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

TEST_CASE("the summary shows the tree of modules with their parameters") {
  nn::Sequential net{nn::Linear{784, 128}, tg::relu, nn::Dropout(0.25), nn::Linear{128, 10}};
  nn::freeze(*net[3].get<nn::Linear>());
  CHECK("\n" + nn::summary(net) == R"(
module                                                       parameters
Sequential
  0: Linear(in_features=784, out_features=128, bias=true)       100,480
  1: relu
  2: Dropout(p=0.25)
  3: Linear(in_features=128, out_features=10, bias=true)          1,290
total                                                           101,770
100,480 trained, 1,290 frozen, 407,080 bytes
)");
}

TEST_CASE("every activation prints its name and settings") {
  const nn::Sequential further{nn::GELU(nn::Approximate::tanh),
                               nn::ReLU6(),
                               nn::Hardswish(),
                               nn::Hardsigmoid(),
                               nn::SELU(),
                               nn::Mish(),
                               nn::Softsign(),
                               nn::Tanhshrink(),
                               nn::Hardtanh(-2, 2),
                               nn::CELU(0.5),
                               nn::Softshrink(),
                               nn::Hardshrink(1),
                               nn::Threshold(0.5, 0),
                               nn::GLU(),
                               nn::Softmin(1),
                               nn::RReLU(0.25, 0.5),
                               nn::PReLU(3),
                               tg::relu6,
                               tg::tanhshrink,
                               tg::gelu_tanh};
  std::string shown;
  for (const nn::Layer& layer : further) shown += layer.describe() + " ";
  CHECK(shown ==
        "GELU(approximate=tanh) ReLU6() Hardswish() Hardsigmoid() SELU() Mish() Softsign() "
        "Tanhshrink() Hardtanh(min_val=-2, max_val=2) CELU(alpha=0.5) Softshrink(lambd=0.5) "
        "Hardshrink(lambd=1) Threshold(threshold=0.5, value=0) GLU(dim=-1) Softmin(dim=1) "
        "RReLU(lower=0.25, upper=0.5) PReLU(num_parameters=3) relu6 tanhshrink gelu_tanh ");

  const nn::Sequential net{nn::ReLU(),
                           nn::GELU(),
                           nn::SiLU(),
                           nn::Tanh(),
                           nn::Sigmoid(),
                           nn::LogSigmoid(),
                           nn::Identity(),
                           nn::LeakyReLU(0.2),
                           nn::ELU(2),
                           nn::Softplus(),
                           nn::Softmax(1),
                           nn::LogSoftmax(-1),
                           [](const Tensor& x) { return x; }};
  std::string text;
  for (const nn::Layer& layer : net) text += layer.describe() + " ";
  CHECK(text ==
        "ReLU() GELU() SiLU() Tanh() Sigmoid() LogSigmoid() Identity() "
        "LeakyReLU(negative_slope=0.2) ELU(alpha=2) Softplus(beta=1, threshold=20) "
        "Softmax(dim=1) LogSoftmax(dim=-1) lambda ");
}

namespace {

struct Described {
  std::string description() const { return "of its own business"; }
  Tensor operator()(const Tensor& x) const { return x; }
  void visit(nn::Visitor&) {}
};

Tensor twice(const Tensor& x) { return 2 * x; }

}  // namespace

TEST_CASE("a layer may have a member that is called description, or be a function of the program") {
  CHECK(nn::Layer(Described()).describe() == "Described");
  CHECK(nn::Layer(twice).describe() == "function");
  CHECK_THAT(nn::summary(Described()), Catch::Matchers::ContainsSubstring("Described"));
}

TEST_CASE("the summary names every function of each element that is used as a layer") {
  // Others, such as the median, and those that are seldom used, would be linked into every program that has layers.
  const auto functions_of = [](const std::string& text) {
    const std::regex unary(R"(\nTensor (\w+)\((const Tensor&|Tensor) x\);)");
    std::set<std::string> names;
    for (std::sregex_iterator it(text.begin(), text.end(), unary), end; it != end; ++it)
      names.insert((*it)[1]);
    return names;
  };
  const std::set<std::string> declared = functions_of(text_of_operator_headers());
  std::set<std::string> named;
  REQUIRE(declared.size() > 20);

  for (const auto& [name, by_value, by_reference] : nn::detail::named_functions()) {
    INFO(name);
    named.insert(name);
    const nn::Layer layer = by_value ? nn::Layer(by_value) : nn::Layer(by_reference);
    CHECK(layer.describe() == name);
    // The name is the one that the tape has, for what is recorded under its own.
    if (!by_value) continue;
    const auto tape = tg::records(layer(tg::full({2}, 0.5).requires_grad_()));
    REQUIRE(tape.size() == 1);
    CHECK(tape[0].name == name);
  }
  CHECK(std::ranges::includes(declared, named));
  std::set<std::string> of_each_element = functions_of(text_of_operator_headers("elementwise"));
  [&]<class... Op>(tg::formula::List<Op...>) {
    (of_each_element.erase(Op::name), ...);
  }(tg::formula::Seldom());
  for (const char* composed : {"frac", "positive", "deg2rad", "rad2deg"})
    CHECK(of_each_element.erase(composed) == 1);
  CHECK(of_each_element.size() > 25);
  CHECK(std::ranges::includes(named, of_each_element));
}
