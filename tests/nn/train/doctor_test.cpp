#include <stdexcept>

#include "tests/nn/train/doctor_common.h"

// What a doctor finds in steps, planted one by one. Faults of layers, losses and data have files of
// their own.

using namespace doctor_test;

namespace {

/// Its second layer is not always used.
struct Net {
  nn::Linear a{2, 16}, b{16, 4}, spare{16, 4};
  Tensor operator()(const Tensor& x) const { return b(tg::tanh(a(x))); }
  void visit(nn::Visitor& f) { f("a", a), f("b", b), f("spare", spare); }
};

Tensor loss_of(const Net& net, const Tensor& x, const Tensor& y) {
  return nn::cross_entropy(net(x), y);
}

nn::Sequential mlp() {
  tg::manual_seed(3);
  return nn::Sequential{nn::Linear{2, 16}, tg::tanh, nn::Linear{16, 4}};
}

}  // namespace

TEST_CASE("the doctor finds parameters that no optimizer holds", "[doctor]") {
  Net net;
  const Corners data;
  std::vector<nn::Parameter> some = nn::parameters(net.a, "a");
  nn::Adam optimizer(some);
  nn::Doctor doctor(net, optimizer, {.warn = false});
  train(doctor, net, optimizer, data.x, data.y, 1, loss_of);
  check_found(doctor.findings(), Kind::not_in_optimizer,
              "b.weight, b.bias, spare.weight and 1 more", "No optimizer holds b.weight");
  CHECK(doctor.findings()[0].step == 1);
  CHECK(doctor.findings()[0].str() == doctor.findings()[0].seen + " " + doctor.findings()[0].why +
                                          " " + doctor.findings()[0].remedy);

  nn::freeze(net.spare);
  nn::SGD second(nn::parameters(net.b, "b"), {.lr = 0.1});
  nn::Doctor both(net, optimizer, {.warn = false});
  both.add(second);
  train(both, net, optimizer, data.x, data.y, 3, loss_of);
  CHECK(kinds(both.findings()) == Names{});
}

namespace {

/// Names one of its layers only, or both.
struct Forgetful {
  nn::Linear a{2, 8}, b{8, 4};
  Tensor scale = tg::ones({8}).requires_grad_();
  bool names_a = true, names_b = true, names_scale = true;
  Tensor operator()(const Tensor& x) const { return b(tg::tanh(a(x)) * scale); }
  void visit(nn::Visitor& f) {
    if (names_a) f("a", a);
    if (names_b) f("b", b);
    if (names_scale) f("scale", scale);
  }
};

std::vector<nn::Finding> found_in_forgetful(const Forgetful& net) {
  const Corners data;
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  train(doctor, net, optimizer, data.x, data.y, 20,
        [](const auto& model, auto& x, auto& y) { return nn::cross_entropy(model(x), y); });
  return doctor.findings();
}

}  // namespace

TEST_CASE("the doctor finds members that visit forgets", "[doctor]") {
  CHECK(kinds(found_in_forgetful({})) == Names{});
  const auto first = found_in_forgetful({.names_a = false});
  check_found(first, Kind::not_in_optimizer, "linear",
              "The loss depends on a tensor of shape [8, 2] that requires gradients and that no "
              "optimizer holds, used by linear (and 1 more).");
  CHECK(first[0].step == 2);
  CHECK(first[0].remedy.starts_with("Look for a member that is missing in visit"));
  check_found(found_in_forgetful({.names_b = false}), Kind::not_in_optimizer, "linear after scale",
              "a tensor of shape [4, 8] that requires gradients and that no optimizer holds, used "
              "by linear after scale (and 1 more).");
  check_found(found_in_forgetful({.names_scale = false}), Kind::not_in_optimizer, "mul after a",
              "a tensor of shape [8] that requires gradients and that no optimizer holds, used by "
              "mul after a.");
  Forgetful frozen{.names_a = false};
  nn::freeze(frozen.a);
  CHECK(kinds(found_in_forgetful(frozen)) == Names{});
}

TEST_CASE("tensors that require gradients for something else are not forgotten", "[doctor]") {
  const Corners data;
  enum Way { of_another_optimizer, by_hand, told_input, input, points, a_teacher, no_record };
  for (const Way way :
       {of_another_optimizer, by_hand, told_input, input, points, a_teacher, no_record}) {
    nn::Sequential net = mlp();
    nn::Linear other(4, 4);
    Tensor x = data.x.clone(), ones = tg::ones({x.size(0), 1}).requires_grad_();
    if (way == told_input || way == input) x.requires_grad_();
    nn::SGD optimizer(nn::parameters(net), {.lr = 0.05}),
        second(nn::parameters(other), {.lr = 0.1});
    if (way != of_another_optimizer) other = nn::Linear(4, 4);  // nobody holds this one
    nn::Doctor doctor(net, optimizer, {.warn = false});
    for (int step = 0; step < 20; ++step) {
      const auto look = way == input ? doctor.step() : doctor.step(x, data.y);
      optimizer.zero_grad();
      Tensor outputs = net(x);
      if (way == of_another_optimizer || way == by_hand) outputs = other(outputs);
      if (way == points) outputs = net(tg::cat({x.select(1, 0).unsqueeze(1), ones}, 1)) * ones;
      if (way == told_input) outputs = outputs + tg::matmul(tg::ones({1, x.size(0)}), x).mean();
      Tensor targets = tg::softmax(outputs, 1).detach();
      if (way == a_teacher) targets = tg::softmax(other(outputs).detach(), 1);
      if (way == no_record) {
        const tg::NoGrad no_grad;
        targets = tg::softmax(other(outputs), 1);
      }
      (nn::cross_entropy(outputs, data.y) + nn::mse_loss(tg::softmax(outputs, 1), targets))
          .backward();
      optimizer.step();
      if (way != by_hand) continue;
      const tg::NoGrad no_grad;
      other.weight -= 0.01 * other.weight.grad();
      other.bias -= 0.01 * other.bias.grad();
    }
    CAPTURE(way);
    CHECK(kinds(doctor.findings()) == Names{});
  }
}

TEST_CASE("the doctor finds parameters without a gradient, and lets the optimizer warn of them",
          "[doctor]") {
  Net net;
  const Corners data;
  nn::Adam optimizer(nn::parameters(net));
  nn::Doctor doctor(net, optimizer);
  const Warnings warnings;
  train(doctor, net, optimizer, data.x, data.y, 19, loss_of);
  CHECK(kinds(doctor.findings()) == Names{});
  train(doctor, net, optimizer, data.x, data.y, 20, loss_of);
  check_found(doctor.findings(), Kind::no_gradient, "spare.weight, spare.bias",
              "In 20 steps there was no gradient for spare.weight, spare.bias.");
  REQUIRE(warnings.texts.size() == 1);
  CHECK(warnings.texts[0].starts_with("Adam: no gradient in 20 steps for spare.weight"));
}

TEST_CASE(
    "a parameter that has a gradient now and then is none without, nor where loops drop it early",
    "[doctor]") {
  Net net;
  const Corners data;
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.1, .warn_unused = false});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  for (int step = 1; step <= 40; ++step) {
    const auto look = doctor.step(data.x, data.y);
    const Tensor h = tg::tanh(net.a(data.x));
    const Tensor outputs = step == 15 ? net.b(h) + net.spare(h) : net.b(h);
    nn::cross_entropy(outputs, data.y).backward();
    optimizer.step();
    if (step != 15) optimizer.zero_grad();
    if (step == 16) optimizer.zero_grad();
  }
  CHECK(kinds(doctor.findings()) == Names{});
}

TEST_CASE("the doctor finds gradients that are never zeroed", "[doctor]") {
  nn::Sequential net = mlp();
  const Corners data;
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.05});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  for (int step = 0; step < 4; ++step) {
    const auto look = doctor.step(data.x, data.y);
    nn::cross_entropy(net(data.x), data.y).backward();
    optimizer.step();
  }
  check_found(doctor.findings(), Kind::gradients_not_zeroed, "0.weight",
              "and 3 more) was still there after the step of the optimizer, and that of step 3");
}

TEST_CASE("gradients that are added up on purpose, or zeroed in any way, are no finding",
          "[doctor]") {
  const Corners data;
  enum Way { accumulated, at_the_end, in_place, by_closure, decayed };
  for (const Way way : {accumulated, at_the_end, in_place, by_closure, decayed}) {
    nn::Sequential net = mlp();
    nn::SGD optimizer(nn::parameters(net), {.lr = 0.05});
    nn::Doctor doctor(net, optimizer, {.warn = false});
    for (int step = 0; step < 40; ++step) {
      const auto look = doctor.step(data.x, data.y);
      if (way == in_place)
        for (auto& [name, value] : nn::parameters(net))
          if (value.grad().defined()) value.mutable_grad().zero_();
      if (way == decayed)
        for (auto& [name, value] : nn::parameters(net))
          if (value.grad().defined()) value.mutable_grad().mul_(0.9);
      const auto backward = [&] {
        Tensor loss = nn::cross_entropy(net(data.x), data.y);
        loss.backward();
        return loss;
      };
      if (way == by_closure) {
        optimizer.step([&] {
          optimizer.zero_grad();
          return backward();
        });
        continue;
      }
      backward();
      if (way == accumulated && step % 4 < 3) continue;
      optimizer.step();
      if (way == accumulated || way == at_the_end) optimizer.zero_grad();
    }
    INFO("way " << way);
    CHECK(kinds(doctor.findings()) == Names{});
  }
}

TEST_CASE("the doctor finds steps that are too large for the weights, and too small ones",
          "[doctor]") {
  tg::manual_seed(1);
  const auto large =
      found_in(nn::Sequential{nn::Linear{2, 16}, tg::gelu, nn::Linear{16, 4}}, 16, 3.0);
  check_found(large, Kind::large_updates, "2.weight", "Within 16 steps 2.weight grew to");
  const auto small =
      found_in(nn::Sequential{nn::Linear{2, 16}, tg::gelu, nn::Linear{16, 4}}, 16, 1e-7);
  check_found(small, Kind::small_updates, "2.weight", "No step up to step 16 changed 2.weight");
  CHECK(find(small, Kind::large_updates) == nullptr);
  CHECK(find(small, Kind::small_updates)->why.find("at this rate") != std::string::npos);
  nn::Sequential clamped{nn::Linear{2, 16}, [](const Tensor& x) { return tg::clamp(x, 0, 9); },
                         nn::Linear{16, 4}};
  nn::init::constant_(clamped[0].get<nn::Linear>()->bias, -10);
  const auto still = found_in(clamped, 16);  // no rate helps
  check_found(still, Kind::small_updates, "0.weight", "No step up to step 16 changed 0.weight");
  CHECK(find(still, Kind::small_updates)->why.find("gradients are 0") != std::string::npos);
}

TEST_CASE("a rate that becomes too large later on is found, too", "[doctor]") {
  nn::Sequential net = mlp();
  const Corners data;
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  train(doctor, net, optimizer, data.x, data.y, 31, cross_entropy_of);
  CHECK(kinds(doctor.findings()) == Names{});
  optimizer.set_lr(10);
  train(doctor, net, optimizer, data.x, data.y, 2, cross_entropy_of);
  check_found(doctor.findings(), Kind::large_updates, "0.weight",
              "the last such one being step 33");
}

TEST_CASE("weights that begin at 0 may grow", "[doctor]") {
  nn::Sequential net = mlp();
  auto* last = net[2].get<nn::Linear>();
  nn::init::zeros_(last->weight);
  CHECK(kinds(found_in(net, 40)) == Names{});
}

TEST_CASE("the doctor finds a graph that grows", "[doctor]") {
  const Corners data;
  SECTION("by a sum of losses with their history") {
    nn::Sequential net = mlp();
    nn::SGD optimizer(nn::parameters(net), {.lr = 0.05});
    nn::Doctor doctor(net, optimizer, {.warn = false});
    Tensor total = 0.0;
    train(doctor, net, optimizer, data.x, data.y, 10, [&](const auto& model, auto& x, auto& y) {
      const Tensor loss = nn::cross_entropy(model(x), y);
      total += loss;
      return loss;
    });
    check_found(doctor.findings(), Kind::growing_graph, "add_ after 2",
                "add_ after 2 takes a value of an earlier step");
  }
  SECTION("by a list of them") {
    nn::Sequential net = mlp();
    nn::SGD optimizer(nn::parameters(net), {.lr = 0.05});
    nn::Doctor doctor(net, optimizer, {.warn = false});
    std::vector<Tensor> losses;
    train(doctor, net, optimizer, data.x, data.y, 10, [&](const auto& model, auto& x, auto& y) {
      losses.push_back(nn::cross_entropy(model(x), y));
      return losses.back();
    });
    check_found(doctor.findings(), Kind::growing_graph, "the tape", "records on the tape");
  }
  SECTION("by a state that goes on with its history") {
    nn::Linear cell(4, 2);
    // Not changed in place, which a walk through older steps would refuse.
    nn::SGD optimizer(nn::parameters(cell), {.lr = 0});
    nn::Doctor doctor(cell, optimizer, {.warn = false});
    Tensor state = tg::zeros({64, 2});
    for (int step = 0; step < 10; ++step) {
      const auto look = doctor.step(data.x, data.y);
      optimizer.zero_grad();
      state = tg::tanh(cell(tg::cat({data.x, state}, 1)));
      state.sum().backward({.retain_graph = true});
    }
    check_found(doctor.findings(), Kind::growing_graph, "cat",
                "cat takes a value of an earlier step");
  }
  SECTION("but not where the state is detached") {
    nn::Linear cell(4, 2);
    nn::SGD optimizer(nn::parameters(cell), {.lr = 0.01});
    nn::Doctor doctor(cell, optimizer, {.warn = false});
    Tensor state = tg::zeros({64, 2});
    double total = 0;
    for (int step = 0; step < 40; ++step) {
      const auto look = doctor.step(data.x, data.y);
      optimizer.zero_grad();
      state = tg::tanh(cell(tg::cat({data.x, state.detach()}, 1)));
      const Tensor loss = tg::square(state).mean();
      loss.backward();
      total += loss.item();
      optimizer.step();
    }
    CHECK(total > 0);
    CHECK(kinds(doctor.findings()) == Names{});
  }
}
