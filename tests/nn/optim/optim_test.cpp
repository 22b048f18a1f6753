#include <limits>
#include <type_traits>

#include "nn/layers/linear/linear.h"
#include "tests/nn/optim/common.h"

using namespace optim_test;

TEST_CASE("a parameter without a gradient is skipped, with its state", "[optim]") {
  auto parameters = some_parameters();
  nn::Adam optimizer(parameters, {.lr = 0.1});
  parameters[0].value.set_grad(tg::ones(3));
  optimizer.step();
  CHECK(values_of(parameters[1].value) == std::vector<double>{4});
  CHECK(values_of(parameters[0].value)[0] == Approx(0.9));
  // The first step of Adam is lr * sign(g): it must still be the first for `b`.
  parameters[0].value.zero_grad();
  parameters[1].value.set_grad(tg::full(1, 0.01));
  optimizer.step();
  CHECK(values_of(parameters[1].value)[0] == Approx(3.9));
  CHECK(values_of(parameters[0].value)[0] == Approx(0.9));

  optimizer.zero_grad();
  CHECK_FALSE(parameters[1].value.grad().defined());
}

TEST_CASE("a step raises the version and is not recorded", "[optim]") {
  auto parameters = some_parameters();
  nn::SGD optimizer(parameters, {.lr = 0.1});
  Tensor& a = parameters[0].value;
  const Tensor loss = (a * a).sum();
  loss.backward({.retain_graph = true});
  const auto before = a.version();
  optimizer.step();
  CHECK(a.version() > before);
  CHECK(a.is_leaf());
  CHECK(a.requires_grad());
  CHECK_THROWS_AS(loss.backward(), tg::GradError);
}

TEST_CASE("groups have options of their own", "[optim]") {
  auto parameters = some_parameters();
  auto [first, second] =
      nn::split_parameters(parameters, [](const Parameter& p) { return p.name == "b"; });
  REQUIRE(first.size() == 1);
  CHECK(second[0].name == "a");
  nn::SGD optimizer(first, {.lr = 0.5});
  optimizer.add_group(second, {.lr = 0.1, .weight_decay = 0.2});
  CHECK(optimizer.group_count() == 2);
  CHECK(optimizer.parameters(1)[0].name == "a");
  CHECK(optimizer.options(1).weight_decay == 0.2);
  for (auto& p : parameters) p.value.set_grad(tg::ones_like(p.value));
  optimizer.step();
  CHECK(values_of(parameters[1].value)[0] == Approx(3.5));
  CHECK(values_of(parameters[0].value)[2] == Approx(3 - 0.1 * (1 + 0.2 * 3)));

  optimizer.set_lr(0.25, 1);
  CHECK(optimizer.lr(0) == 0.5);
  CHECK(optimizer.lr(1) == 0.25);
  optimizer.set_setting("momentum", 0.9, 1);
  CHECK(optimizer.setting("momentum", 1) == 0.9);
  CHECK(optimizer.setting("momentum", 0) == 0);
  CHECK(optimizer.has_setting("nesterov"));
  CHECK_FALSE(optimizer.has_setting("beta1"));
}

TEST_CASE("a run resumed from the state has the same bits", "[optim]") {
  const MakeOptimizer kinds[] = {
      make<nn::SGD>(nn::SGDOptions{.lr = 0.05, .momentum = 0.9, .nesterov = true}),
      make<nn::SGD>(nn::SGDOptions{.lr = 0.05}),
      make<nn::Adam>(nn::AdamOptions{.lr = 0.02, .amsgrad = true}),
      make<nn::AdamW>(nn::AdamWOptions{.lr = 0.02}),
      make<nn::RMSprop>(
          nn::RMSpropOptions{.lr = 0.01, .eps = 1e-2, .momentum = 0.5, .centered = true}),
      make<nn::Adagrad>(nn::AdagradOptions{.lr = 0.1, .lr_decay = 0.1}),
  };
  for (const auto& kind : kinds) {
    Tensor one = leaf({1, 2, 3, 4, 5}, tg::float32);
    const auto optimizer = kind({{"w", one}});
    for (int step = 0; step < 7; ++step) {
      set_gradient(one, step);
      optimizer->step();
    }
    optimizer->set_lr(0.03);
    const nn::StateDict state = optimizer->state();

    Tensor two = leaf(values_of(one), tg::float32);
    const auto resumed = kind({{"w", two}});
    resumed->load_state(state);
    CHECK(resumed->lr() == 0.03);
    for (int step = 7; step < 15; ++step) {
      for (auto* w : {&one, &two}) set_gradient(*w, step);
      optimizer->step();
      resumed->step();
    }
    CHECK(tg::equal(one.detach(), two.detach()));
  }
}

TEST_CASE("the state is an ordered list of names", "[optim]") {
  auto parameters = some_parameters();
  nn::Adam optimizer(parameters);
  parameters[1].value.set_grad(tg::ones(1));
  optimizer.step();
  std::vector<std::string> names;
  const nn::StateDict state = optimizer.state();
  for (const auto& entry : state) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"optimizer.Adam", "group.0.lr", "group.0.beta1",
                                          "group.0.beta2", "group.0.eps", "group.0.weight_decay",
                                          "group.0.amsgrad", "group.0.maximize", "state.a.group",
                                          "state.b.group", "state.b.step", "state.b.exp_avg",
                                          "state.b.exp_avg_sq"});
  CHECK(state[9].value.item<int>() == 0);
  CHECK(state[10].value.item<int>() == 1);
  CHECK(state[11].value.item() == Approx(0.1));

  // It is a copy: the next step does not change it.
  optimizer.step();
  CHECK(state[11].value.item() == Approx(0.1));
}

TEST_CASE("a state that does not fit is refused and changes nothing", "[optim]") {
  auto parameters = some_parameters();
  nn::Adam optimizer(parameters, {.lr = 0.5});
  for (auto& p : parameters) p.value.set_grad(tg::ones_like(p.value));
  optimizer.step();
  const nn::StateDict good = optimizer.state();
  const auto refused = [&](auto error, auto change) {
    using E = decltype(error);
    nn::StateDict state = good;
    state[1].value = tg::tensor(0.125, tg::float64);  // would show if it were taken over
    change(state);
    const std::string text = message_of<E>([&] { optimizer.load_state(state); });
    CHECK(optimizer.lr() == 0.5);
    return text;
  };
  using S = nn::StateDict;
  CHECK_THAT(refused(tg::ValueError(""), [](S& s) { s.erase(s.begin() + 2); }),
             ContainsSubstring("has no 'group.0.beta1'"));
  CHECK_THAT(refused(tg::ValueError(""),
                     [](S& s) {
                       s.push_back({"state.c.step", tg::tensor(1)});
                     }),
             ContainsSubstring("'state.c.step' belongs to no parameter"));
  CHECK_THAT(refused(tg::ValueError(""), [](S& s) { s.push_back(s[4]); }),
             ContainsSubstring("'group.0.eps' twice"));
  CHECK_THAT(refused(tg::ValueError(""), [](S& s) { s[2].value = tg::tensor(1.5); }),
             ContainsSubstring("beta1 must be in [0, 1)"));
  CHECK_THAT(
      refused(tg::ValueError(""),
              [](S& s) { std::erase_if(s, [](auto& e) { return e.name == "state.a.exp_avg"; }); }),
      ContainsSubstring("has no 'state.a.exp_avg'"));
  const auto set = [](const char* name, const Tensor& value) {
    return [=](S& s) {
      for (auto& e : s)
        if (e.name == name) e.value = value;
    };
  };
  CHECK_THAT(refused(tg::ShapeError(""), set("state.a.exp_avg", tg::ones(4))),
             ContainsSubstring("[4]") && ContainsSubstring("[3]"));
  CHECK_THAT(refused(tg::DTypeError(""), set("state.a.exp_avg", tg::ones(3, tg::float64))),
             ContainsSubstring("float64"));
  CHECK_THAT(refused(tg::ShapeError(""), set("group.0.eps", tg::ones(2))),
             ContainsSubstring("one number"));
  CHECK_THAT(refused(tg::ValueError(""), set("state.a.step", tg::tensor(-1))),
             ContainsSubstring("is -1"));
}

TEST_CASE("optimizers refuse options that make no sense", "[optim]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto text = [](auto make_one) {
    return message_of<tg::ValueError>([&] { make_one(some_parameters()); });
  };
  CHECK_THAT(text([](auto p) { nn::SGD(p, {.lr = -0.1}); }),
             ContainsSubstring("SGD: lr must be finite and at least 0, but is -0.1"));
  CHECK_THAT(text([&](auto p) { nn::SGD(p, {.lr = nan}); }), ContainsSubstring("but is nan"));
  CHECK_THAT(text([](auto p) { nn::SGD(p, {.momentum = -1}); }), ContainsSubstring("momentum"));
  CHECK_THAT(text([](auto p) { nn::SGD(p, {.nesterov = true}); }),
             ContainsSubstring("nesterov needs momentum above 0 and dampening 0"));
  CHECK_THAT(
      text([](auto p) { nn::SGD(p, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}); }),
      ContainsSubstring("0.9 and 0.1"));
  CHECK_THAT(text([](auto p) {
               nn::Adam(p, {.betas = {1.0, 0.9}});
             }),
             ContainsSubstring("Adam: beta1 must be in [0, 1), but is 1"));
  CHECK_THAT(text([](auto p) {
               nn::AdamW(p, {.betas = {0.9, -0.1}});
             }),
             ContainsSubstring("AdamW: beta2"));
  CHECK_THAT(text([](auto p) { nn::Adam(p, {.eps = -1}); }), ContainsSubstring("Adam: eps"));
  CHECK_THAT(text([](auto p) { nn::RMSprop(p, {.alpha = 1}); }),
             ContainsSubstring("RMSprop: alpha"));
  CHECK_THAT(text([](auto p) { nn::Adagrad(p, {.weight_decay = -1}); }),
             ContainsSubstring("Adagrad: weight_decay"));
  CHECK_THAT(text([](auto p) { nn::SGD(p).set_lr(-1); }), ContainsSubstring("lr"));
  CHECK_THAT(text([](auto p) { nn::SGD(p).set_setting("beta1", 0.9); }),
             ContainsSubstring("no setting 'beta1'; there are: lr momentum"));
  CHECK_THAT(message_of<tg::IndexError>([] { nn::SGD(some_parameters()).set_lr(1, 1); }),
             ContainsSubstring("no parameter group 1"));
}

TEST_CASE("one optimizer trains two models whose names have prefixes", "[optim]") {
  nn::Linear encoder{1, 1}, decoder{1, 1};
  nn::SGD optimizer({nn::parameters(encoder, "encoder"), nn::parameters(decoder, "decoder")},
                    {.lr = 0.1, .momentum = 0.9});
  for (auto& p : optimizer.parameters()) p.value.set_grad(tg::ones_like(p.value));
  optimizer.step();
  std::vector<std::string> names;
  for (const Parameter& p : optimizer.parameters()) names.push_back(p.name);
  CHECK(names == std::vector<std::string>{"encoder.weight", "encoder.bias", "decoder.weight",
                                          "decoder.bias"});
  bool found = false;
  for (const auto& entry : optimizer.state())
    found = found || entry.name == "state.decoder.bias.momentum_buffer";
  CHECK(found);

  // As a second group, too.
  nn::SGD groups(nn::parameters(encoder, "encoder"));
  groups.add_group(nn::parameters(decoder, "decoder"), {.lr = 0.5});
  CHECK(groups.group_count() == 2);
}

TEST_CASE("every optimizer takes the parameters of one model, of several, or single ones",
          "[optim]") {
  const auto check = [](auto* kind) {
    using Kind = std::remove_pointer_t<decltype(kind)>;
    nn::Linear a{1, 2}, b{2, 1};
    const Parameter weight{"w", a.weight}, bias{"b", a.bias};
    Kind one(nn::parameters(a));
    CHECK(one.parameters().size() == 2);
    CHECK(Kind({nn::parameters(a)}).parameters().size() == 2);
    CHECK(Kind{nn::parameters(a), {.lr = 0.5}}.lr() == 0.5);
    Kind two({nn::parameters(a, "a"), nn::parameters(b, "b")}, {.lr = 0.5});
    CHECK(two.parameters().size() == 4);
    CHECK(two.group_count() == 1);
    CHECK(two.lr() == 0.5);
    CHECK(Kind({weight, bias}).parameters().size() == 2);
    CHECK(Kind({{"w", a.weight}}, {.lr = 0.5}).parameters()[0].name == "w");
    one.add_group({nn::parameters(b, "b"), {{"single", tg::ones(1)}}}, {.lr = 0.25});
    CHECK(one.parameters(1).size() == 3);
    CHECK(one.lr(1) == 0.25);
    CHECK_THROWS_AS(Kind({}), tg::ValueError);
  };
  check(static_cast<nn::SGD*>(nullptr));
  check(static_cast<nn::Adam*>(nullptr));
  check(static_cast<nn::AdamW*>(nullptr));
  check(static_cast<nn::RMSprop*>(nullptr));
  check(static_cast<nn::Adagrad*>(nullptr));
}

TEST_CASE("optimizers refuse parameters that they cannot update", "[optim]") {
  const auto text = [](std::vector<Parameter> p) {
    return message_of<tg::Error>([&] { nn::SGD optimizer(p); });
  };
  const Tensor w = leaf({1}, tg::float32);
  CHECK_THAT(text({}), ContainsSubstring("there are no parameters; pass nn::parameters(model)"));
  CHECK_THAT(text({{"w", Tensor()}}), ContainsSubstring("parameter 'w' is undefined"));
  CHECK_THAT(text({{"w", tg::tensor({1, 2})}}),
             ContainsSubstring("'w' must be floating-point, but is int64"));
  CHECK_THAT(text({{"w", w * 2}}), ContainsSubstring("'w' was made by an operator"));
  CHECK_THAT(text({{"w", w}, {"w", leaf({1}, tg::float32)}}),
             ContainsSubstring("two parameters named 'w'"));
  CHECK_THAT(text({{"w", w}, {"v", w}}),
             ContainsSubstring("'v' is there already under another name"));

  nn::SGD optimizer({{"w", w}});
  CHECK_THAT(message_of<tg::ValueError>([&] {
               optimizer.add_group({{"w", leaf({1}, tg::float32)}});
             }),
             ContainsSubstring("two parameters named 'w'"));
  CHECK(optimizer.group_count() == 1);
  CHECK_THAT(text({{"w", w}, {"w", leaf({1}, tg::float32)}}),
             ContainsSubstring("{nn::parameters(a, \"a\"), nn::parameters(b, \"b\")}"));
  CHECK_THROWS_AS(optimizer.options(1), tg::IndexError);
}
