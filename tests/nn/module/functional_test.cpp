// A model with other parameters, and gradients of each sample.

#include "nn/module/functional.h"

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;
using Tensors = std::vector<Tensor>;

namespace {

const auto cross_entropy_of = [](const Tensor& y, const Tensor& t) {
  return tg::cross_entropy(y, t);
};

nn::Sequential network() {
  tg::manual_seed(1);
  return nn::Sequential{nn::Linear{5, 7, {.dtype = tg::float64}}, tg::tanh,
                        nn::LayerNorm{7, {.dtype = tg::float64}},
                        nn::Linear{7, 3, {.dtype = tg::float64}}};
}

Tensors values_of(const nn::Sequential& net) {
  Tensors values;
  for (const nn::Parameter& each : nn::parameters(net)) values.push_back(each.value.detach());
  return values;
}

/// Two layers with one weight.
struct Tied {
  Tensor w = tg::randn({4, 4}, tg::float64).requires_grad_();
  Tensor operator()(const Tensor& x) const { return tg::matmul(tg::tanh(tg::matmul(x, w)), w); }
  void visit(nn::Visitor& f) {
    f("first", w);
    f("second", w);
  }
};

}  // namespace

TEST_CASE("a model is called with other parameters and keeps its own", "[transforms]") {
  const nn::Sequential net = network();
  const Tensor x = tg::randn({4, 5}, tg::float64), before = net(x).detach();
  Tensors values = values_of(net);
  CHECK(tg::equal(nn::functional_call(net, values, x), before));
  for (Tensor& each : values) each = (each * 0.5).requires_grad_();
  const Tensor y = nn::functional_call(net, values, x);
  CHECK_FALSE(tg::equal(y, before));
  tg::sum(y).backward();
  for (const Tensor& each : values) CHECK(each.grad().defined());
  for (const nn::Parameter& each : nn::parameters(net)) CHECK_FALSE(each.value.grad().defined());
  CHECK(tg::equal(net(x), before));
  // By name, and some of them.
  const Tensor zero = tg::zeros({3, 7}, tg::float64);
  const std::vector<nn::Parameter> some{{"3.weight", zero}};
  CHECK(tg::equal(nn::functional_call(net, some, x)[0], nn::parameters(net).back().value));
  // One tensor in two places is one value.
  const Tied tied;
  CHECK(nn::functional_call(tied, Tensors{tg::eye(4, 4, tg::float64)},
                            tg::ones({1, 4}, tg::float64))[0][0]
            .item() == Approx(std::tanh(1.0)));
}

TEST_CASE("the Hessian of a loss by the parameters of a model", "[transforms]") {
  const nn::Sequential net = network();
  const Tensor x = tg::randn({6, 5}, tg::float64), t = tg::tensor({0, 1, 2, 2, 1, 0});
  const auto [flat, unflatten] = tg::flatten_parameters(values_of(net));
  const auto loss = [&, back = unflatten](const Tensor& w) {
    return tg::cross_entropy(nn::functional_call(net, back(w), x), t);
  };
  const Tensor H = tg::hessian(loss, flat);
  CHECK(H.shape() == tg::Shape{flat.numel(), flat.numel()});
  CHECK(tg::allclose(H, tg::transpose(H, 0, 1), 1e-10, 1e-12));
  // Along a direction, by differences of the gradient.
  const Tensor v = tg::randn(flat.shape(), tg::float64);
  const auto slope = tg::grad(loss);
  const Tensor difference = (slope(flat + 1e-5 * v) - slope(flat - 1e-5 * v)) / 2e-5;
  CHECK(tg::allclose(tg::matmul(H, v), difference, 1e-6, 1e-8));
}

TEST_CASE("gradients of each sample are those of batches of one", "[transforms]") {
  nn::Sequential net = network();
  const Tensor x = tg::randn({6, 5}, tg::float64), t = tg::tensor({0, 1, 2, 2, 1, 0});
  const auto check = [&](const nn::PerSampleOptions& options) {
    const Tensors all = nn::per_sample_grad(net, cross_entropy_of, x, t, options);
    const std::vector<nn::Parameter> parameters = nn::parameters(net);
    CHECK(all.size() == parameters.size());
    for (int k = 0; k < 6; ++k) {
      nn::zero_grad(net);
      tg::cross_entropy(net(tg::narrow(x, 0, k, 1)), tg::narrow(t, 0, k, 1)).backward();
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (parameters[i].value.requires_grad())
          CHECK(tg::allclose(all[i][k], parameters[i].value.grad(), 1e-12, 1e-14));
        else
          CHECK_FALSE(all[i].defined());
      }
    }
    nn::zero_grad(net);
  };
  check({});
  check({.chunk_size = 4});
  nn::freeze(*net[0].get<nn::Linear>());
  check({});
  nn::freeze(net);
  for (const Tensor& each : nn::per_sample_grad(net, cross_entropy_of, x, t))
    CHECK_FALSE(each.defined());
}

TEST_CASE("gradients of each sample of other layers", "[transforms]") {
  tg::manual_seed(2);
  nn::Sequential net{nn::Flatten{}, nn::Linear{12, 4, {.dtype = tg::float64}},
                     nn::PReLU{1, {.dtype = tg::float64}},
                     nn::Linear{4, 2, {.dtype = tg::float64}}};
  const Tensor words = tg::randn({5, 3, 4}, tg::float64), y = tg::randn({5, 2}, tg::float64);
  const auto loss = [](const Tensor& a, const Tensor& b) { return nn::huber_loss(a, b); };
  const Tensors all = nn::per_sample_grad(net, loss, words, y);
  nn::zero_grad(net);
  loss(net(words), y).backward();
  const std::vector<nn::Parameter> parameters = nn::parameters(net);
  for (std::size_t i = 0; i < all.size(); ++i)
    CHECK(tg::allclose(tg::mean(all[i], 0), parameters[i].value.grad(), 1e-12, 1e-14));
  // Dropout draws the same for all only where that is said.
  nn::Sequential noisy{nn::Linear{5, 7}, nn::Dropout{0.5}, nn::Linear{7, 3}};
  const Tensor x = tg::randn({4, 5}), t = tg::tensor({0, 1, 2, 0});
  CHECK_THROWS_AS(nn::per_sample_grad(noisy, cross_entropy_of, x, t), tg::ValueError);
  CHECK(nn::per_sample_grad(noisy, cross_entropy_of, x, t, {.randomness = tg::Randomness::same})[0]
            .shape() == tg::Shape{4, 7, 5});
  const nn::Sequential mixing{nn::Linear{5, 7}, nn::BatchNorm1d{7}, nn::Linear{7, 3}};
  CHECK_THROWS_AS(nn::per_sample_grad(mixing, cross_entropy_of, x, t), tg::Error);
}

TEST_CASE("parameters that do not fit are refused", "[transforms]") {
  const nn::Sequential net{nn::Linear{2, 3}};
  const Tensor x = tg::ones({1, 2}), w = tg::ones({3, 2}), b = tg::ones({3});
  const auto refused = [&](const auto& values) {
    return message_of<tg::Error>([&] { (void)nn::functional_call(net, values, x); });
  };
  CHECK(refused(Tensors{w}) ==
        "functional_call: the model has 2 parameters, but 1 values are given");
  CHECK(refused(Tensors{w, w}) ==
        "functional_call: parameter 0.bias has shape [3], but its value has shape [3, 2]");
  CHECK(refused(Tensors{w, b.to(tg::float64)}) ==
        "functional_call: parameter 0.bias is float32, but its value is float64; convert it with "
        "to()");
  CHECK(refused(Tensors{w, Tensor()}) ==
        "functional_call: the value of parameter 0.bias is undefined");
  CHECK(refused(std::vector<nn::Parameter>{{"weight", w}}) ==
        "functional_call: the model has no parameter or buffer \"weight\"");
  CHECK(message_of<tg::ShapeError>([&] {
          (void)nn::per_sample_grad(net, cross_entropy_of, tg::ones({3, 2}), tg::tensor({0, 1}));
        }) == "per_sample_grad: 3 inputs, but 2 targets");
}
