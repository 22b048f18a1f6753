#include <cmath>

#include "tests/nn/train/doctor_common.h"

// What a doctor finds in losses and their targets.

using namespace doctor_test;

namespace {

nn::Sequential mlp(std::int64_t outputs = 4) {
  tg::manual_seed(3);
  return nn::Sequential{nn::Linear{2, 16}, tg::tanh, nn::Linear{16, outputs}};
}

/// What is found while `loss(model(x), y)` is trained.
template <class Loss>
std::vector<nn::Finding> found_with(const nn::Sequential& net, const Tensor& x, const Tensor& y,
                                    const Loss& loss, int steps = 2) {
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  train(doctor, net, optimizer, x, y, steps,
        [&](const auto& model, auto& in, auto& out) { return loss(model(in), out); });
  return doctor.findings();
}

const auto cross_entropy = [](const Tensor& outputs, const Tensor& y) {
  return nn::cross_entropy(outputs, y);
};

}  // namespace

TEST_CASE("the doctor finds what a loss has in itself already", "[doctor]") {
  const Corners data;
  nn::Sequential softmax = mlp(), log_softmax = mlp(), sigmoid = mlp();
  softmax.push_back(nn::Softmax{1});
  log_softmax.push_back(nn::LogSoftmax{1});
  sigmoid.push_back(tg::sigmoid);
  const auto first = found_with(softmax, data.x, data.y, cross_entropy);
  check_found(first, Kind::activation_before_loss, "softmax after 2",
              "cross_entropy gets the result of softmax after 2 for logits; it lies between 0.");
  CHECK(first[0].why.find("cannot fall below 0.74") != std::string::npos);  // log(1 + 3 / e)
  check_found(found_with(log_softmax, data.x, data.y, cross_entropy), Kind::activation_before_loss,
              "log_softmax after 2", "gets the result of log_softmax");
  check_found(found_with(sigmoid, data.x, data.y, cross_entropy), Kind::activation_before_loss,
              "sigmoid after 2", "gets the result of sigmoid");

  nn::Sequential yes = mlp(1);
  nn::name_modules(yes, "net");
  const Tensor target = (data.y > 1).to(tg::float32);
  check_found(found_with(yes, data.x, target,
                         [](const Tensor& outputs, const Tensor& y) {
                           return nn::binary_cross_entropy_with_logits(
                               tg::sigmoid(outputs).squeeze(1), y);
                         }),
              Kind::activation_before_loss, "sigmoid after 2",
              "binary_cross_entropy_with_logits gets the result of sigmoid");
}

TEST_CASE("the doctor finds probabilities before a loss of logits, however they were made",
          "[doctor]") {
  const Corners data;
  const auto by_hand = [](const Tensor& outputs, const Tensor& y) {
    const Tensor powers = tg::exp(outputs);
    return nn::cross_entropy(powers / powers.sum(1, true), y);
  };
  const auto found = found_with(mlp(), data.x, data.y, by_hand);
  check_found(
      found, Kind::activation_before_loss, "div after 2",
      "cross_entropy gets the result of div after 2 for logits; the numbers of each example "
      "add up to 1.");
  CHECK(found[0].why.find("cannot fall below 0.74") != std::string::npos);
  const auto clamped = [](const Tensor& outputs, const Tensor& y) {
    return nn::cross_entropy(tg::clamp(tg::softmax(outputs, 1), 1e-6, 1), y);
  };
  check_found(found_with(mlp(), data.x, data.y, clamped), Kind::activation_before_loss,
              "clamp after 2", "add up to 1");
  // Logits that begin as logarithms of the shares, as some models do on purpose, are logits.
  nn::Sequential net = mlp();
  nn::init::zeros_(net[2].get<nn::Linear>()->weight);
  nn::init::constant_(net[2].get<nn::Linear>()->bias, std::log(0.25));
  CHECK(kinds(found_with(net, data.x, data.y, cross_entropy, 20)) == Names{});
}

TEST_CASE("losses of probabilities, and logits that are scaled, are as they should be",
          "[doctor]") {
  const Corners data;
  const Tensor target = (data.y > 1).to(tg::float32);
  CHECK(kinds(found_with(mlp(1), data.x, target, [](const Tensor& outputs, const Tensor& y) {
          return nn::binary_cross_entropy(tg::sigmoid(outputs).squeeze(1), y);
        })) == Names{});
  CHECK(kinds(found_with(mlp(), data.x, data.y, [](const Tensor& outputs, const Tensor& y) {
          return nn::nll_loss(tg::log_softmax(outputs, 1), y);
        })) == Names{});
  CHECK(kinds(found_with(mlp(), data.x, data.y, [](const Tensor& outputs, const Tensor& y) {
          return nn::cross_entropy(5 * tg::tanh(outputs), y);
        })) == Names{});
}

TEST_CASE("the doctor finds losses of probabilities that are given something else", "[doctor]") {
  const Corners data;
  const auto nll = [](const Tensor& outputs, const Tensor& y) { return nn::nll_loss(outputs, y); };
  check_found(found_with(mlp(), data.x, data.y, nll), Kind::negative_loss, "nll_loss",
              "from linear after 2; it is made for logarithms of probabilities");
  nn::Sequential softmax = mlp();
  softmax.push_back(nn::Softmax{1});
  check_found(found_with(softmax, data.x, data.y, nll), Kind::negative_loss, "nll_loss",
              "from softmax after 2; it is made");

  const auto logits = [](const Tensor& outputs, const Tensor& y) {
    return nn::binary_cross_entropy_with_logits(outputs.squeeze(1), y,
                                                {.pos_weight = tg::tensor(3.0)});
  };
  const auto probabilities = [](const Tensor& outputs, const Tensor& y) {
    return nn::binary_cross_entropy(tg::sigmoid(outputs).squeeze(1), y);
  };
  const Tensor zero_or_one = (data.y > 1).to(tg::float32);
  check_found(found_with(mlp(1), data.x, zero_or_one + 1, logits), Kind::negative_loss,
              "binary_cross_entropy_with_logits",
              "binary_cross_entropy_with_logits gets targets from 1 to 2; it is made for 0, 1 and");
  check_found(found_with(mlp(1), data.x, 2 * zero_or_one - 1, logits), Kind::negative_loss,
              "binary_cross_entropy_with_logits", "gets targets from -1 to 1;");
  check_found(found_with(mlp(1), data.x, 255 * zero_or_one, probabilities), Kind::negative_loss,
              "binary_cross_entropy", "binary_cross_entropy gets targets from 0 to 255;");
}

TEST_CASE(
    "soft targets, those that do not count, and losses below 0 on purpose are as they "
    "should be",
    "[doctor]") {
  const Corners data;
  const Tensor zero_or_one = (data.y > 1).to(tg::float32);
  const Tensor counts = (data.y != 0).to(tg::float32);
  const Tensor some = tg::where(counts == 0, -1, zero_or_one);
  const auto check_healthy = [&](std::int64_t outputs, const Tensor& y, const auto& loss) {
    CHECK(kinds(found_with(mlp(outputs), data.x, y, loss, 4)) == Names{});
  };
  check_healthy(1, 0.1 + 0.8 * zero_or_one, [](const Tensor& outputs, const Tensor& y) {
    return nn::binary_cross_entropy_with_logits(outputs.squeeze(1), y);
  });
  check_healthy(1, some, [&](const Tensor& outputs, const Tensor& y) {
    return nn::binary_cross_entropy_with_logits(outputs.squeeze(1), y, {.weight = counts});
  });
  check_healthy(1, some, [&](const Tensor& outputs, const Tensor& y) {
    const Tensor each = nn::binary_cross_entropy(tg::sigmoid(outputs).squeeze(1), y,
                                                 {.reduction = nn::Reduction::none});
    return (each * counts).sum() / counts.sum();
  });
  check_healthy(4, data.y, [](const Tensor& outputs, const Tensor& y) {
    return -tg::gather(outputs, 1, y.unsqueeze(1)).mean() + outputs.square().mean();
  });
}

TEST_CASE("the doctor finds outputs and targets that broadcast by accident", "[doctor]") {
  const Corners data;
  const auto squares = [](const Tensor& outputs, const Tensor& y) {
    return tg::square(outputs - y.to(tg::float32)).mean();
  };
  const auto found = found_with(mlp(1), data.x, data.y, squares);
  check_found(found, Kind::accidental_broadcast, "sub after 2",
              "sub after 2 makes [64, 64] of outputs of shape [64, 1] and targets of shape [64].");
  CHECK(kinds(found) == Names{"accidental_broadcast"});
  const auto absolute = [](const Tensor& outputs, const Tensor& y) {
    return nn::l1_loss(y.unsqueeze(1), outputs.squeeze(1), {.broadcast = true});
  };
  check_found(found_with(mlp(1), data.x, data.y.to(tg::float32), absolute),
              Kind::accidental_broadcast, "sub after 2",
              "outputs of shape [64] and targets of shape [64, 1]");
}

TEST_CASE("targets that were scaled on the way are targets", "[doctor]") {
  const Corners data;
  const auto scaled = [](const Tensor& outputs, const Tensor& y) {
    return tg::square(outputs - (y - 1.5) / tg::std(y)).mean();
  };
  check_found(found_with(mlp(1), data.x, data.y.to(tg::float32), scaled),
              Kind::accidental_broadcast, "sub after 2", "targets of shape [64]");
}

TEST_CASE("broadcasting that is meant is no finding", "[doctor]") {
  const Corners data;
  const Tensor y = data.y.to(tg::float32);
  using Loss = Tensor (*)(const Tensor&, const Tensor&);
  const Loss losses[] = {
      // One output for each example, some levels of a target; a distance of all pairs; weights.
      [](const Tensor& outputs, const Tensor& t) {
        return tg::abs(outputs - tg::stack({t, t + 1, t + 2}, 1)).mean();
      },
      [](const Tensor& outputs, const Tensor& t) {
        return tg::square((outputs - outputs.t()) - (t.unsqueeze(1) - t.unsqueeze(0))).mean();
      },
      [](const Tensor& outputs, const Tensor& t) {
        return (tg::square(outputs.squeeze(1) - t) * tg::exp(-t)).mean();
      },
      [](const Tensor& outputs, const Tensor& t) {
        const Tensor s = outputs.squeeze(1), order = tg::sign(t.unsqueeze(1) - t);
        return tg::softplus((s - s.unsqueeze(1)) * order).mean();
      },
  };
  for (const Loss loss : losses) CHECK(kinds(found_with(mlp(1), data.x, y, loss, 4)) == Names{});
}

TEST_CASE("the doctor finds classes that count from 1", "[doctor]") {
  const Corners data;
  SECTION("up to the number of outputs, which the loss refuses") {
    nn::Sequential net = mlp();
    nn::Adam optimizer(nn::parameters(net));
    nn::Doctor doctor(net, optimizer, {.warn = false});
    CHECK_THROWS_AS(train(doctor, net, optimizer, data.x, data.y + 1, 1, cross_entropy_of),
                    tg::IndexError);
    check_found(doctor.findings(), Kind::labels_not_from_zero, "targets",
                "The classes of 64 targets go from 1 to 4; the model gives scores of 4");
    CHECK(kinds(doctor.findings()) == Names{"labels_not_from_zero"});
  }
  SECTION("with an output more, at the end of an epoch") {
    nn::Sequential net = mlp(5);
    nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
    nn::Doctor doctor(net, optimizer, {.warn = false});
    train(doctor, net, optimizer, data.x, data.y + 1, 3, cross_entropy_of);
    CHECK(kinds(doctor.findings()) == Names{});
    doctor.epoch(1);
    check_found(doctor.findings(), Kind::labels_not_from_zero, "targets",
                "The classes of 192 targets go from 1 to 4; the model gives scores of 5");
  }
  SECTION("at once where the data were looked at") {
    nn::Sequential net = mlp(5);
    nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
    nn::Doctor doctor(net, optimizer, {.warn = false});
    doctor.data(nn::TensorDataset(data.x, data.y + 1));
    train(doctor, net, optimizer, data.x, data.y + 1, 1, cross_entropy_of);
    CHECK(kinds(doctor.findings()) == Names{"labels_not_from_zero"});
  }
}

TEST_CASE("classes that count from 0, and rare ones, are no finding", "[doctor]") {
  const Corners data;
  for (const int outputs : {4, 7}) {
    nn::Sequential net = mlp(outputs);
    nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
    nn::Doctor doctor(net, optimizer, {.warn = false});
    doctor.data(nn::TensorDataset(data.x, data.y));
    train(doctor, net, optimizer, data.x, data.y, 3, cross_entropy_of);
    // A batch without class 0 says nothing.
    const Tensor others = tg::nonzero(data.y).squeeze(1);
    train(doctor, net, optimizer, data.x[others], data.y[others], 2, cross_entropy_of);
    doctor.epoch(1);
    CHECK(kinds(doctor.findings()) == Names{});
  }
}

TEST_CASE("the doctor tries whether a copy of the model can learn a few examples by heart",
          "[doctor]") {
  const Corners data;
  nn::Sequential net = mlp();
  // Nothing of the inputs gets through.
  net.push_back([](Tensor outputs) { return outputs - outputs.detach(); });
  nn::SGD optimizer(nn::parameters(net), {.lr = 1e-3});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  doctor.set_loss(net, [](const auto& model, const Tensor& x, const Tensor& y) {
    tg::rand({3});  // a loss that draws at random
    return nn::cross_entropy(model(x), y);
  });
  train(doctor, net, optimizer, data.x, data.y, 60, cross_entropy_of);
  const nn::StateDict before = nn::state_dict(net), rates = optimizer.state();
  std::vector<Tensor> gradients;
  for (const auto& [name, value] : nn::parameters(net)) gradients.push_back(value.grad().clone());
  const auto position = tg::default_generator().position();
  doctor.epoch(1.39);
  check_found(
      doctor.findings(), Kind::cannot_overfit, "the loss",
      "A copy of the model was trained on 8 examples alone: in 200 steps their loss went from");
  CHECK(tg::default_generator().position() == position);
  const nn::StateDict after = nn::state_dict(net), rates_after = optimizer.state();
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(tg::equal(after[i].value, before[i].value));
    CHECK(tg::equal(nn::parameters(net)[i].value.grad(), gradients[i]));
  }
  for (std::size_t i = 0; i < rates.size(); ++i)
    CHECK(tg::equal(rates_after[i].value, rates[i].value));
}

TEST_CASE("a loss that falls to what the shares of the classes give is tried", "[doctor]") {
  const Corners data;
  nn::Sequential net = mlp();
  nn::init::constant_(net[2].get<nn::Linear>()->bias, 0);
  Tensor some = net[2].get<nn::Linear>()->bias.detach().narrow(0, 0, 2);
  some.fill_(2);
  const auto blind = [](const auto& model, const Tensor& x, const Tensor& y) {
    return nn::cross_entropy(model(x * 0), y);
  };
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  doctor.set_loss(net, blind);
  const double first = blind(net, data.x, data.y).item();
  train(doctor, net, optimizer, data.x, data.y, 120, blind);
  const double last = blind(net, data.x, data.y).item();
  CHECK(last < 0.9 * first);
  doctor.epoch(last);
  check_found(doctor.findings(), Kind::cannot_overfit, "the loss", "on 8 examples alone");
}

TEST_CASE(
    "a loss that falls is not tried, and one that stands still for other reasons is found sound",
    "[doctor]") {
  const Corners data;
  for (const double lr : {0.1, 1e-9}) {
    nn::Sequential net = mlp();
    nn::SGD optimizer(nn::parameters(net), {.lr = lr});
    nn::Doctor doctor(net, optimizer, {.warn = false});
    int tried = 0;
    doctor.set_loss(net, [&](const auto& model, const Tensor& x, const Tensor& y) {
      ++tried;
      return nn::cross_entropy(model(x), y);
    });
    train(doctor, net, optimizer, data.x, data.y, 60, cross_entropy_of);
    doctor.epoch(cross_entropy_of(net, data.x, data.y).item());
    CHECK((tried > 0) == (lr < 0.01));
    CHECK(find(doctor.findings(), Kind::cannot_overfit) == nullptr);
  }
}

TEST_CASE("a loss that calls the model and not the copy leaves no gradient there", "[doctor]") {
  const Corners data;
  nn::Sequential net = mlp();
  nn::SGD optimizer(nn::parameters(net), {.lr = 1e-9});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  doctor.set_loss(net, [&](const auto&, const Tensor& x, const Tensor& y) {
    return nn::cross_entropy(net(x), y);
  });
  train(doctor, net, optimizer, data.x, data.y, 60, cross_entropy_of);
  optimizer.zero_grad();
  doctor.epoch(1.39);
  for (const auto& [name, value] : nn::parameters(net)) CHECK_FALSE(value.grad().defined());
}
