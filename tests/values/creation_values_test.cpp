// Tensors from numbers alone against PyTorch's, and the distributions that weights start with
// against their formulas.

#include <algorithm>
#include <cmath>

#include "nn/nn.h"
#include "tests/values/values.h"

using namespace values;
namespace init = tapegrad::nn::init;

namespace {

Tensor indices_of(const Case& c, Tensor (*f)(tg::Integer, tg::Integer, tg::Integer)) {
  const auto row = c.get<std::int64_t>("row"), column = c.get<std::int64_t>("col");
  return f(row, column, c.has("offset") ? c.get<std::int64_t>("offset") : 0);
}

Functions creation() {
  Functions table;
  // A range of integers is int64; others are of the type of the case.
  table["arange"] = [](const Case& c) {
    const Tensor end = c.tensor("end");
    if (!c.has("start")) {
      if (end.dtype() == tg::int64) return Tensors{tg::arange(end)};
      return Tensors{tg::arange(end, c.floating)};
    }
    const Tensor start = c.tensor("start");
    if (!c.has("step")) return Tensors{tg::arange(start, end)};
    const Tensor step = c.tensor("step");
    if (start.dtype() == tg::int64 && end.dtype() == tg::int64 && step.dtype() == tg::int64)
      return Tensors{tg::arange(start, end, step)};
    return Tensors{tg::arange(start, end, step, c.floating)};
  };
  table["linspace"] = [](const Case& c) {
    return Tensors{tg::linspace(c.get<double>("start"), c.get<double>("end"),
                                c.get<std::int64_t>("steps"), c.floating)};
  };
  table["logspace"] = [](const Case& c) {
    const tg::DefaultDType scope(c.floating);
    const double start = c.get<double>("start"), end = c.get<double>("end");
    const auto steps = c.get<std::int64_t>("steps");
    return Tensors{c.has("base")
                       ? tg::logspace(start, end, steps, c.get<double>("base"), c.floating)
                       : tg::logspace(start, end, steps)};
  };
  table["eye"] = [](const Case& c) {
    const auto n = c.get<std::int64_t>("n");
    return Tensors{c.has("m") ? tg::eye(n, c.get<std::int64_t>("m")) : tg::eye(n)};
  };
  table["full"] = [](const Case& c) {
    const Tensor like = tg::full(c.list("shape"), c.tensor("value"));
    const Tensor same = tg::full_like(like, c.tensor("value"));
    CHECK(tg::equal(same, like));
    CHECK(tg::equal(tg::zeros_like(like), tg::zeros(like.shape(), like.dtype())));
    CHECK(tg::equal(tg::ones_like(like, tg::int64), tg::ones(like.shape(), tg::int64)));
    return Tensors{like};
  };
  table["tril_indices"] = [](const Case& c) { return Tensors{indices_of(c, tg::tril_indices)}; };
  table["triu_indices"] = [](const Case& c) { return Tensors{indices_of(c, tg::triu_indices)}; };
  return table;
}

init::KaimingOptions kaiming(const Case& c) {
  init::KaimingOptions options;
  c.set("a", options.a);
  if (c.has("mode"))
    options.mode =
        c.get<std::string>("mode") == "fan_in" ? init::FanMode::fan_in : init::FanMode::fan_out;
  if (!c.has("nonlinearity")) return options;
  using init::Nonlinearity;
  const std::map<std::string, Nonlinearity> kinds{
      {"linear", Nonlinearity::linear}, {"sigmoid", Nonlinearity::sigmoid},
      {"tanh", Nonlinearity::tanh},     {"relu", Nonlinearity::relu},
      {"selu", Nonlinearity::selu},     {"leaky_relu", Nonlinearity::leaky_relu}};
  options.nonlinearity = kinds.at(c.get<std::string>("nonlinearity"));
  return options;
}

using Fill = std::function<void(Tensor&, const Case&, tg::Generator&)>;

/// With a gain, where the case has one.
Fill with_gain(Tensor& (*f)(Tensor&, double, tg::Generator&)) {
  return [f](Tensor& x, const Case& c, tg::Generator& generator) {
    f(x, c.has("gain") ? c.get<double>("gain") : 1, generator);
  };
}

const std::map<std::string, Fill> fills{
    {"xavier_uniform_", with_gain(init::xavier_uniform_)},
    {"xavier_normal_", with_gain(init::xavier_normal_)},
    {"kaiming_uniform_",
     [](Tensor& x, const Case& c, tg::Generator& generator) {
       init::kaiming_uniform_(x, kaiming(c), generator);
     }},
    {"kaiming_normal_",
     [](Tensor& x, const Case& c, tg::Generator& generator) {
       init::kaiming_normal_(x, kaiming(c), generator);
     }},
    {"trunc_normal_",
     [](Tensor& x, const Case& c, tg::Generator& generator) {
       init::trunc_normal_(x, c.get<double>("mean"), c.get<double>("std"), c.get<double>("a"),
                           c.get<double>("b"), generator);
       CHECK(tg::amin(x).item() >= c.get<double>("a"));
       CHECK(tg::amax(x).item() <= c.get<double>("b"));
     }},
};

}  // namespace

TEST_CASE("tensors from numbers alone are those of PyTorch") {
  check_section("creation", creation());
}

TEST_CASE("weights start with the distributions that the papers give") {
  std::set<std::string> called;
  for (const json& line : section("init")) {
    const Case c(line, tg::float32);
    called.insert(c.op());
    tg::Generator generator(7);
    Tensor x = tg::empty(c.list("shape"));
    fills.at(c.op())(x, c, generator);
    INFO(c.text());
    CHECK(c.unread() == std::set<std::string>{});
    const double n = static_cast<double>(x.numel());
    const double std = tg::std(x).item(), mean = tg::mean(x).item();
    // Of n numbers, mean and deviation are off by about 1 / sqrt(n) of the deviation.
    const double near = 5 / std::sqrt(n);
    if (line.contains("bound")) {
      const double bound = line.at("bound"), most = tg::amax(tg::abs(x)).item();
      CHECK(most <= bound * (1 + 1e-6));
      CHECK(most >= bound * (1 - 10 / n));
      CHECK(std::abs(std - bound / std::sqrt(3)) <= near * bound);
      CHECK(std::abs(mean) <= near * bound);
    } else {
      const double expected = line.at("std"),
                   center = line.contains("mean") ? double(line.at("mean")) : 0;
      CHECK(std::abs(std - expected) <= near * expected);
      CHECK(std::abs(mean - center) <= near * expected);
    }
  }
  CHECK(called.size() == fills.size());
}
