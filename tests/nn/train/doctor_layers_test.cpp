#include "tests/nn/train/doctor_common.h"

// What a doctor finds in layers: units that do not learn, gradients that do not arrive, inputs that do
// not fit, modes that are wrong.

using namespace doctor_test;

namespace {

/// `layers` hidden layers of 16 units.
nn::Sequential deep(int layers, tg::Tensor (*activation)(tg::Tensor), double factor = 1) {
  tg::manual_seed(2);
  nn::Sequential net;
  for (int i = 0; i < layers; ++i) {
    net.push_back(nn::Linear{i == 0 ? 2 : 16, 16});
    const tg::NoGrad no_grad;
    net[-1].get<nn::Linear>()->weight.mul_(factor);
    net.push_back(activation);
  }
  net.push_back(nn::Linear{16, 4});
  return net;
}

nn::Sequential with_modes() {
  tg::manual_seed(2);
  return nn::Sequential{nn::Linear{2, 16}, nn::BatchNorm1d{16}, tg::relu, nn::Dropout{0.2},
                        nn::Linear{16, 4}};
}

}  // namespace

TEST_CASE("the doctor finds dead relus", "[doctor]") {
  nn::Sequential net = deep(1, tg::relu);
  {
    const tg::NoGrad no_grad;
    net[0].get<nn::Linear>()->bias.fill_(-10);
  }
  const std::string seen = "16 of the 16 units of ";
  check_found(found_in(net, 16), Kind::dead_relu, "relu after 0",
              seen + "relu after 0 gave 0 for each");
  nn::name_modules(net, "net");
  check_found(found_in(net, 16), Kind::dead_relu, "relu in net.1", seen + "relu in net.1");
}

TEST_CASE("a few dead relus are no finding, nor are quiet ones that wake up", "[doctor]") {
  nn::Sequential net = deep(1, tg::relu);
  const tg::NoGrad no_grad;
  Tensor some = net[0].get<nn::Linear>()->bias.narrow(0, 0, 8);
  some.fill_(-10);
  const tg::EnableGrad enable_grad;
  CHECK(kinds(found_in(net, 40)) == Names{});
}

TEST_CASE("a relu in a loss may be 0 for every example", "[doctor]") {
  tg::manual_seed(1);
  nn::Sequential net{nn::Linear{2, 16}, tg::relu, nn::Linear{16, 4}};
  const Corners data;
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  train(doctor, net, optimizer, data.x, data.y, 40, [](const auto& model, auto& x, auto& y) {
    const Tensor outputs = model(x), right = tg::one_hot(y, 4).to(tg::float32);
    const Tensor never = tg::relu(-1e4 - outputs * right);
    return nn::cross_entropy(outputs, y) + never.sum() +
           1e-3 * tg::square(model[0].template get<nn::Linear>()->weight).sum();
  });
  CHECK(kinds(doctor.findings()) == Names{});
}

TEST_CASE("dead relus are found behind what has no parameters, too", "[doctor]") {
  tg::manual_seed(1);
  nn::Sequential net{nn::Linear{2, 16}, nn::Linear{16, 4}};
  {
    const tg::NoGrad no_grad;
    net[0].get<nn::Linear>()->bias.fill_(-10);
  }
  const Corners data;
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  train(doctor, net, optimizer, data.x, data.y, 16, [](const auto& model, auto& x, auto& y) {
    const Tensor h = tg::relu(model[0](x));
    return nn::cross_entropy(model[1](2 * h.reshape({64, 16}) + 1), y);
  });
  check_found(doctor.findings(), Kind::dead_relu, "relu after 0", "16 of the 16 units");
}

TEST_CASE("the doctor finds sigmoids and tanhs at their ends", "[doctor]") {
  check_found(found_in(deep(1, tg::tanh, 200), 16), Kind::saturated, "tanh after 0",
              "of the results of tanh after 0 are at its ends, up to step 16");
  check_found(found_in(deep(1, tg::sigmoid, 400), 16), Kind::saturated, "sigmoid after 0",
              "of the results of sigmoid after 0");
}

TEST_CASE("gates and outputs may be at their ends", "[doctor]") {
  tg::manual_seed(1);
  nn::Sequential net{nn::Linear{2, 1}};
  {
    const tg::NoGrad no_grad;
    net[0].get<nn::Linear>()->weight.mul_(1000);
  }
  const Corners data;
  const Tensor right = (data.x.narrow(1, 0, 1) > 0).to(tg::float32);
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  train(doctor, net, optimizer, data.x, right, 20, [](const auto& model, auto& x, auto& y) {
    const Tensor gate = tg::sigmoid(model(x));
    return nn::binary_cross_entropy(gate * gate, y);
  });
  CHECK(find(doctor.findings(), Kind::saturated) == nullptr);
}

TEST_CASE("the doctor finds gradients that vanish or explode from layer to layer", "[doctor]") {
  const auto vanishing = found_in(deep(10, tg::sigmoid), 16);
  check_found(vanishing, Kind::vanishing_gradient, "0.weight",
              "The largest gradient of 0.weight was at");
  CHECK(kinds(vanishing) == Names{"vanishing_gradient"});
  const auto exploding = found_in(deep(30, tg::tanh, 12), 16, 1e-5);
  const nn::Finding* found = find(exploding, Kind::exploding_gradient);
  REQUIRE(found);  // which of the first layers has most depends on rounding
  CHECK(found->seen.find("times that of the last layer") != std::string::npos);
}

TEST_CASE("the doctor finds values that explode where gradients of weights hide it", "[doctor]") {
  // In a chain of relus the gradient of each weight is a product of both, which is the same for all.
  check_found(found_in(deep(25, tg::relu, 6), 2, 1e-5), Kind::exploding_gradient, "16",
              "Values grow from layer to layer: the inputs of 16 have a root mean square of");
  CHECK(kinds(found_in(deep(25, tg::relu), 2, 1e-5)) == Names{});
}

TEST_CASE("the doctor finds inputs that are not scaled", "[doctor]") {
  Corners data;
  data.x = 127.5 + 100 * data.x;
  check_found(found_in(deep(1, tg::gelu), 2, 1e-4, data), Kind::unscaled_inputs, "0",
              "The inputs of 0 go from");
  data.x = Corners().x / 1000;
  check_found(found_in(deep(1, tg::gelu), 2, 1e-4, data), Kind::unscaled_inputs, "0",
              "have a root mean square of 0.00");
}

TEST_CASE("inputs that the model scales by itself, or that are sparse, fit", "[doctor]") {
  Corners data;
  const Tensor normal = data.x;
  data.x = 127.5 + 100 * normal;
  tg::manual_seed(4);
  CHECK(kinds(found_in(nn::Sequential{[](Tensor x) { return (x - 127.5) / 100; }, nn::Linear{2, 16},
                                      tg::gelu, nn::Linear{16, 4}},
                       20, 0.01, data)) == Names{});
  CHECK(kinds(found_in(
            nn::Sequential{nn::BatchNorm1d{2}, nn::Linear{2, 16}, tg::gelu, nn::Linear{16, 4}}, 20,
            0.01, data)) == Names{});
  data.x = tg::one_hot(data.y * 250, 1000).to(tg::float32);
  CHECK(kinds(found_in(nn::Sequential{nn::Linear{1000, 4}}, 20, 0.01, data)) == Names{});
}

TEST_CASE("the doctor finds validation in training mode, and training in evaluation mode",
          "[doctor]") {
  nn::Sequential net = with_modes();
  const Corners data;
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  const auto validate = [&] {
    const auto look = doctor.validation();
    const tg::NoGrad no_grad;
    return net(data.x);
  };
  train(doctor, net, optimizer, data.x, data.y, 3, cross_entropy_of);
  {
    const auto look = doctor.validation();  // may be switched within it
    const tg::NoGrad no_grad;
    const Tensor x = data.x * 1;
    nn::eval(net);
    net(x);
    nn::train(net);
  }
  train(doctor, net, optimizer, data.x, data.y, 2, cross_entropy_of);
  CHECK(kinds(doctor.findings()) == Names{});
  validate();
  check_found(doctor.findings(), Kind::training_mode,
              "1 (BatchNorm1d(16, eps=1e-05, momentum=0.1, "
              "affine=true, track_running_stats=true))",
              "The validation after step 5 ran with 1 (BatchNorm1d");
  nn::eval(net);
  validate();
  train(doctor, net, optimizer, data.x, data.y, 4, cross_entropy_of);
  check_found(doctor.findings(), Kind::evaluation_mode, "the model",
              "Step 8 trains in evaluation mode");
}

TEST_CASE("the doctor finds a validation that drops values without a layer", "[doctor]") {
  tg::manual_seed(2);
  bool training = true;
  nn::Sequential net{nn::Linear{2, 16},
                     nn::stateless([&](const Tensor& x) { return tg::dropout(x, 0.2, training); }),
                     nn::Linear{16, 4}};
  const Corners data;
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  for (const bool dropped : {false, true}) {
    training = true;
    train(doctor, net, optimizer, data.x, data.y, 3, cross_entropy_of);
    training = dropped;
    {
      const auto look = doctor.validation();
      const tg::NoGrad no_grad;
      net(data.x);
    }
    if (!dropped) CHECK(kinds(doctor.findings()) == Names{});
  }
  check_found(doctor.findings(), Kind::training_mode, "dropout",
              "The validation after step 6 called dropout, which dropped values.");
}

TEST_CASE("layers that are in evaluation mode from the beginning are frozen on purpose",
          "[doctor]") {
  nn::Sequential net = with_modes();
  nn::eval(net);
  const Corners data;
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  for (int epoch = 0; epoch < 3; ++epoch) {
    train(doctor, net, optimizer, data.x, data.y, 5, cross_entropy_of);
    const auto look = doctor.validation();
    net(data.x);
  }
  CHECK(kinds(doctor.findings()) == Names{});
}
