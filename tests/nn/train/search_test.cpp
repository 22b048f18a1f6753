// find_lr and sweep.

#include <cmath>
#include <limits>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "nn/layers/dropout.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/norm/batch_norm.h"
#include "nn/layers/sequential.h"
#include "nn/losses/losses.h"
#include "nn/optim.h"
#include "nn/train/lr_finder.h"
#include "nn/train/sweep.h"
#include "tests/catch.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Regression {
  Regression() {
    tg::Generator generator(4);
    const tg::Tensor x = tg::randn({60, 3}, tg::float32, generator);
    loader.emplace(nn::TensorDataset(x, x.matmul(tg::tensor({{1.0}, {-2.0}, {0.5}}))),
                   nn::DataLoaderOptions{.batch_size = 8, .shuffle = true});
  }
  nn::Sequential net{nn::Linear{3, 16}, nn::BatchNorm1d{16}, tg::tanh, nn::Dropout{0.2},
                     nn::Linear{16, 1}};
  nn::Adam optimizer{nn::parameters(net), {.lr = 0.003}};
  std::optional<nn::DataLoader<nn::TensorDataset>> loader;
};

bool same(const nn::StateDict& a, const nn::StateDict& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].name != b[i].name || !tg::equal(a[i].value, b[i].value)) return false;
  return a.size() == b.size();
}

}  // namespace

TEST_CASE("find_lr goes from the first rate to the last where nothing explodes") {
  tg::manual_seed(1);
  Regression regression;
  nn::SGD sgd(nn::parameters(regression.net), {.lr = 0.5});
  const nn::LrCurve curve = nn::find_lr(regression.net, nn::mse_loss, sgd, *regression.loader,
                                        {.min_lr = 1e-6, .max_lr = 1e-4, .steps = 20});
  REQUIRE(curve.lr.size() == 20);
  CHECK(curve.lr.front() == Approx(1e-6));
  CHECK(curve.lr.back() == Approx(1e-4));
}

TEST_CASE("find_lr finds a rate at which the loss falls, on the way to one at which it explodes") {
  tg::manual_seed(1);
  Regression regression;
  nn::SGD sgd(nn::parameters(regression.net), {.lr = 0.5});
  const nn::LrCurve curve = nn::find_lr(regression.net, nn::mse_loss, sgd, *regression.loader,
                                        {.min_lr = 1e-5, .max_lr = 1e3});
  REQUIRE(curve.lr.size() == curve.loss.size());
  CHECK(curve.lr.front() == Approx(1e-5));
  CHECK(curve.lr[1] / curve.lr[0] == Approx(curve.lr[9] / curve.lr[8]));
  CHECK(curve.lr.size() < 100);  // it exploded
  CHECK(curve.suggestion > 1e-3);
  CHECK(curve.suggestion < 1);
  CHECK_THAT(curve.csv(), ContainsSubstring("lr,loss\n1e-05,"));
  // It learns with that rate: half of the loss goes within some epochs.
  sgd.set_lr(curve.suggestion);
  nn::Trainer trainer(regression.net, nn::mse_loss, sgd, {.epochs = 20});
  const double first = trainer.evaluate(*regression.loader).loss;
  CHECK(trainer.fit(*regression.loader).epochs.back().training.loss < first / 2);
}

TEST_CASE("find_lr leaves everything as it was") {
  tg::manual_seed(1);
  Regression regression;
  // In the middle of a training, and of an epoch.
  nn::Trainer trainer(regression.net, nn::mse_loss, regression.optimizer,
                      {.epochs = 2, .on_step = [&](const nn::StepRecord& step) {
                         if (step.step != 3) return;
                         const nn::StateDict net = nn::state_dict(regression.net);
                         const nn::StateDict state = regression.optimizer.state();
                         const nn::StateDict place = regression.loader->state();
                         const auto position = tg::default_generator().position();
                         nn::find_lr(regression.net, nn::mse_loss, regression.optimizer,
                                     *regression.loader, {.steps = 30});
                         CHECK(same(nn::state_dict(regression.net), net));
                         CHECK(same(regression.optimizer.state(), state));
                         CHECK(tg::default_generator().position() == position);
                         CHECK(same(regression.loader->state(), place));
                       }});
  trainer.fit(*regression.loader);
}

TEST_CASE("find_lr suggests nothing where nothing was learned") {
  tg::manual_seed(1);
  Regression regression;
  const auto constant = [](const tg::Tensor& outputs, const tg::Tensor&) {
    return (outputs * 0.0).sum() + 1.0;
  };
  const nn::LrCurve curve = nn::find_lr(regression.net, constant, regression.optimizer,
                                        *regression.loader, {.steps = 10});
  CHECK(curve.lr.size() == 10);
  CHECK(std::isnan(curve.suggestion));
}

TEST_CASE("find_lr says what is wrong with its options") {
  Regression regression;
  const auto message = [&](nn::FindLrOptions options) {
    return message_of<tg::ValueError>([&] {
      nn::find_lr(regression.net, nn::mse_loss, regression.optimizer, *regression.loader, options);
    });
  };
  CHECK(message({.min_lr = 1, .max_lr = 1}) ==
        "find_lr: the rate goes from min_lr up to max_lr, both above 0, but they are 1 and 1");
  CHECK(message({.steps = 1}) == "find_lr: steps must be at least 2, but is 1");
  CHECK(message({.smoothing = -1}) == "find_lr: smoothing must be at least 0, but is -1");
  CHECK(message({.stop_ratio = 1}) == "find_lr: stop_ratio must be above 1, but is 1");
}

TEST_CASE("a sweep goes through its grid, the last axis fastest, and shows the best first") {
  std::vector<std::string> seen;
  const nn::SweepResult found =
      nn::sweep({{"lr", {0.1, 0.01}}, {"hidden", {16, 64}}, {"activation", {"relu", "tanh"}}},
                [&](const nn::SweepPoint& p) {
                  seen.push_back(p.text("activation"));
                  if (p.number("lr") == 0.1) return std::nan("");
                  return static_cast<double>(p.integer("hidden")) + (seen.size() % 2 ? 0.5 : 0.25);
                },
                {.max = true, .result = "accuracy"});
  CHECK(seen.size() == 8);
  CHECK(seen[0] == "relu");
  CHECK(seen[1] == "tanh");
  CHECK(found.best().result == 64.5);
  CHECK(found.best().point.text("activation") == "relu");
  CHECK(found.table() ==
        "  lr  hidden  activation  accuracy\n"
        "0.01      64        relu      64.5  best\n"
        "0.01      64        tanh     64.25\n"
        "0.01      16        relu      16.5\n"
        "0.01      16        tanh     16.25\n"
        " 0.1      16        relu       nan\n"
        " 0.1      16        tanh       nan\n"
        " 0.1      64        relu       nan\n"
        " 0.1      64        tanh       nan\n");
  CHECK_THAT(found.csv(), ContainsSubstring("lr,hidden,activation,accuracy\n0.1,16,relu,nan\n"));
}

TEST_CASE("a sweep says what is wrong with its axes, and a point what it does not have") {
  const auto message = [](std::vector<nn::SweepAxis> axes, auto run) {
    return message_of<tg::ValueError>([&] { nn::sweep(axes, run); });
  };
  const auto nothing = [](const nn::SweepPoint&) { return 0.0; };
  CHECK(message({}, nothing) == "sweep: there is nothing to vary; give at least one axis");
  CHECK(message({{"a", {}}}, nothing) == "sweep: the axis 'a' has no values");
  CHECK(message({{"a", {1}}, {"a", {2}}}, nothing) == "sweep: two axes are called 'a'");
  CHECK(message({{"a", {1}}, {"b", {"x"}}}, [](const nn::SweepPoint& p) {
          return p.number("c");
        }) == "sweep: there is no axis 'c'; there are 'a', 'b'");
  CHECK(message({{"b", {"x"}}}, [](const nn::SweepPoint& p) { return p.number("b"); }) ==
        "sweep: 'b' is the text 'x', and no number");
  CHECK(message({{"b", {0.5}}}, [](const nn::SweepPoint& p) { return double(p.integer("b")); }) ==
        "sweep: 'b' is 0.5, and no integer");
  CHECK(message({{"b", {1}}}, [](const nn::SweepPoint& p) { return double(p.text("b").size()); }) ==
        "sweep: 'b' is the number 1, and no text");
}
