#include "nn/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include "autograd/base/warning.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "nn/layers/dropout.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/norm/batch_norm.h"
#include "nn/layers/sequential.h"
#include "nn/losses/losses.h"
#include "nn/optim.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Two classes of points that a line parts, 50 of them.
nn::TensorDataset points(std::uint64_t seed = 1) {
  tg::Generator generator(seed);
  const tg::Tensor x = tg::randn({50, 2}, tg::float32, generator);
  return {x, (x.select(1, 0) > x.select(1, 1)).to(tg::int64)};
}

nn::Sequential small_net() {
  tg::manual_seed(3);
  return nn::Sequential{nn::Linear{2, 8}, tg::tanh, nn::Dropout{0.1}, nn::Linear{8, 2}};
}

/// All that a training of 50 points in batches of 8 needs.
struct Setting {
  nn::Sequential net = small_net();
  nn::Adam optimizer{nn::parameters(net), {.lr = 0.01}};
  nn::DataLoader<nn::TensorDataset> training{points(),
                                             {.batch_size = 8, .shuffle = true, .seed = 5}};
  nn::DataLoader<nn::TensorDataset> validation{points(2), {.batch_size = 16}};
};

std::vector<float> weights(const nn::Sequential& net) {
  std::vector<float> list;
  for (const nn::Parameter& parameter : nn::parameters(net))
    for (const float x : parameter.value.data<float>()) list.push_back(x);
  return list;
}

}  // namespace

TEST_CASE("a trainer computes what the plain loop does, bit by bit") {
  Setting plain, trained;
  double loss_sum = 0;
  tg::manual_seed(9);
  for (int epoch = 0; epoch < 3; ++epoch) {
    loss_sum = 0;
    for (const auto& [x, y] : plain.training) {
      plain.optimizer.zero_grad();
      const tg::Tensor loss = nn::cross_entropy(plain.net(x), y);
      loss.backward();
      plain.optimizer.step();
      loss_sum += loss.item() * static_cast<double>(y.size(0));
    }
  }
  tg::manual_seed(9);
  nn::Trainer trainer(trained.net, nn::cross_entropy, trained.optimizer, {.epochs = 3});
  const nn::History& history = trainer.fit(trained.training);
  CHECK(weights(trained.net) == weights(plain.net));
  REQUIRE(history.epochs.size() == 3);
  CHECK(history.ended == nn::Ended::all_epochs);
  CHECK(history.epochs[2].training.loss == Approx(loss_sum / 50).epsilon(1e-12));
  CHECK(history.epochs[2].training.examples == 50);
  CHECK(history.epochs[2].steps == 21);
  CHECK(history.epochs[2].lr == 0.01);
  CHECK_FALSE(history.epochs[2].validation.has_value());
  CHECK(history.best() == &history.epochs[2]);
}

TEST_CASE("validation is in evaluation, and leaves modes, loader and numbers as they were") {
  Setting with, without;
  nn::eval(with.net[2].get<nn::Dropout>() ? nn::ModuleRef(with.net[2]) : with.net);
  nn::eval(without.net[2]);
  with.validation = nn::DataLoader(points(2), {.batch_size = 16, .shuffle = true});
  nn::Trainer one(with.net, nn::cross_entropy, with.optimizer,
                  {.epochs = 2, .metrics = {{"accuracy", nn::correct}}});
  nn::Trainer other(without.net, nn::cross_entropy, without.optimizer, {.epochs = 2});
  one.fit(with.training, with.validation);
  other.fit(without.training);
  CHECK(weights(with.net) == weights(without.net));
  CHECK(with.validation.epoch() == 0);

  const tg::NoGrad no_grad;
  const nn::TensorDataset data = points(2);
  const nn::Score& score = *one.history().epochs[1].validation;
  CHECK(score.examples == 50);
  CHECK(score.loss == Approx(nn::cross_entropy(with.net(data.inputs()), data.targets()).item()));
  const nn::Measured& accuracy = score.metrics.at(0);
  CHECK(accuracy.value == nn::accuracy(with.net(data.inputs()), data.targets()));
  CHECK(accuracy.share);
  const auto interval = nn::wilson_interval(std::lround(50 * accuracy.value), 50);
  CHECK(accuracy.interval->low == interval.low);
  CHECK(accuracy.interval->high == interval.high);
}

TEST_CASE("a layer in training is in evaluation while the trainer evaluates") {
  Setting setting;
  const nn::TensorDataset data = points(2);
  nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer);
  const double first = trainer.evaluate(setting.validation).loss;
  CHECK(trainer.evaluate(setting.validation).loss == first);  // no dropout
  const tg::NoGrad no_grad;
  const auto loss = [&] { return nn::cross_entropy(setting.net(data.inputs()), data.targets()); };
  CHECK(loss().item() != Approx(first));
  nn::eval(setting.net);
  CHECK(loss().item() == Approx(first));
}

TEST_CASE("a layer that stands in two places is in training again after an evaluation") {
  struct Twice {
    nn::Linear linear{2, 2};
    nn::Dropout dropout{0.5};
    tg::Tensor operator()(const tg::Tensor& x) const { return dropout(linear(dropout(x))); }
    void visit(nn::Visitor& f) {
      f("first", dropout);
      f("linear", linear);
      f("second", dropout);
    }
  };
  Twice net;
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.1});
  nn::DataLoader loader(points(), {.batch_size = 50});
  nn::Trainer trainer(net, nn::cross_entropy, optimizer);
  trainer.evaluate(loader);
  for (const bool* flag : nn::detail::content_of(net).training) CHECK(*flag);
}

TEST_CASE("batches that are accumulated make the step of one batch of all of them") {
  for (const std::int64_t accumulate : {3, 100}) {
    Setting one, several;
    nn::eval(one.net);
    nn::eval(several.net);
    // 50 examples: in batches of 8 the last is smaller, and so is the last group.
    nn::DataLoader large(points(), {.batch_size = 8 * accumulate, .shuffle = true, .seed = 5});
    nn::Trainer(one.net, nn::cross_entropy, one.optimizer, {.epochs = 2}).fit(large);
    nn::Trainer trainer(several.net, nn::cross_entropy, several.optimizer,
                        {.epochs = 2, .accumulate = accumulate});
    trainer.fit(several.training);
    const auto a = weights(one.net), b = weights(several.net);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).margin(1e-5));
    CHECK(trainer.history().epochs[0].steps == large.size());
  }
}

TEST_CASE("a training that is stopped at any step goes on from its file with the same bits") {
  const TempFolder folder;
  const auto train = [](Setting& setting, nn::TrainerOptions options, int stop_at) {
    nn::CosineAnnealingLR schedule(setting.optimizer, {.T_max = 28});
    nn::ReduceLROnPlateau plateau(setting.optimizer, {.patience = 0});
    options.step_schedule = &schedule;
    options.plateau = &plateau;
    options.epochs = 4;
    options.keep_best = true;
    options.metrics = {{"accuracy", nn::correct}};
    nn::Trainer* self = nullptr;
    options.on_step = [&](const nn::StepRecord& step) {
      if (step.step == stop_at) self->stop();
    };
    nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer, options);
    self = &trainer;
    nn::History history = trainer.fit(setting.training, setting.validation);
    for (nn::EpochRecord& epoch : history.epochs) epoch.seconds = 0;
    return history;
  };
  Setting whole;
  const nn::History expected = train(whole, {}, 0);
  for (const int stop_at : {1, 6, 7, 8, 20, 28}) {
    INFO("stopped at step " << stop_at);
    const std::string file = folder.file(std::to_string(stop_at) + ".safetensors");
    Setting first;
    CHECK(train(first, {.checkpoint = file}, stop_at).ended == nn::Ended::stopped);
    Setting second;  // as another program would
    tg::manual_seed(77);
    const nn::History history = train(second, {.checkpoint = file}, 0);
    CHECK(history.json() == expected.json());
    CHECK(weights(second.net) == weights(whole.net));
  }
}

TEST_CASE("a training that was stopped goes on in memory, too") {
  Setting whole, parts;
  nn::Trainer all(whole.net, nn::cross_entropy, whole.optimizer, {.epochs = 2});
  tg::manual_seed(4);
  all.fit(whole.training);
  nn::Trainer trainer(parts.net, nn::cross_entropy, parts.optimizer,
                      {.epochs = 2, .on_step = [&](const nn::StepRecord&) { trainer.stop(); }});
  tg::manual_seed(4);
  int calls = 1;
  while (trainer.fit(parts.training).ended == nn::Ended::stopped) ++calls;
  CHECK(calls >= 14);
  CHECK(weights(parts.net) == weights(whole.net));
  CHECK(trainer.history().epochs[1].training.loss == all.history().epochs[1].training.loss);
}

TEST_CASE("a limit of steps ends within an epoch, and a larger one goes on there") {
  const TempFolder folder;
  const std::string file = folder.file("run.safetensors");
  Setting whole, first, second;
  const auto run = [&](Setting& setting, std::int64_t steps, const std::string& checkpoint) {
    tg::manual_seed(checkpoint.empty() || !std::filesystem::exists(checkpoint) ? 5 : 6);
    nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer,
                        {.epochs = 9, .steps = steps, .checkpoint = checkpoint});
    nn::History history = trainer.fit(setting.training);
    CHECK(history.ended == nn::Ended::all_epochs);
    CHECK(history.epochs.back().steps == steps);
    return history;
  };
  CHECK(run(whole, 17, "").epochs.size() == 3);
  const nn::History part = run(first, 10, file);
  CHECK(part.epochs.size() == 2);
  CHECK(part.epochs[1].training.examples == 24);
  CHECK(run(second, 17, file).epochs.size() == 3);
  CHECK(weights(second.net) == weights(whole.net));
}

TEST_CASE("a training ends when no epoch is better any more, and keeps the best weights") {
  Setting setting;
  std::vector<std::vector<float>> seen;
  // The rate is far too high, so that the loss soon goes up and down.
  setting.optimizer.set_lr(1);
  nn::Trainer trainer(
      setting.net, nn::cross_entropy, setting.optimizer,
      {.epochs = 200, .patience = 4, .keep_best = true, .on_epoch = [&](const nn::EpochRecord&) {
         seen.push_back(weights(setting.net));
       }});
  const nn::History& history = trainer.fit(setting.training, setting.validation);
  CHECK(history.ended == nn::Ended::early_stopping);
  const auto best = static_cast<std::size_t>(history.best()->epoch);
  CHECK(history.epochs.size() == best + 4);
  CHECK(weights(setting.net) == seen[best - 1]);
  for (const nn::EpochRecord& epoch : history.epochs)
    CHECK(epoch.validation->loss >= history.best()->validation->loss);
}

TEST_CASE("what is monitored may be a metric of which more is better") {
  Setting setting;
  nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer,
                      {.epochs = 6,
                       .metrics = {{"accuracy", nn::correct}},
                       .monitor = "validation_accuracy",
                       .monitor_max = true});
  const nn::History& history = trainer.fit(setting.training, setting.validation);
  double best = -1;
  for (const nn::EpochRecord& epoch : history.epochs) {
    const double accuracy = epoch.validation->find("accuracy")->value;
    CHECK(epoch.best == (accuracy > best));
    best = std::max(best, accuracy);
  }
}

TEST_CASE("a loss that is not finite ends a training before it spoils weights and file") {
  const TempFolder folder;
  Setting setting;
  int calls = 0;
  const auto loss = [&](const tg::Tensor& outputs, const tg::Tensor& targets) {
    const tg::Tensor found = nn::cross_entropy(outputs, targets);
    return ++calls == 10 ? found / 0.0 : found;
  };
  const std::string file = folder.file("run.safetensors");
  nn::Trainer trainer(setting.net, nn::stateless(loss).function, setting.optimizer,
                      {.epochs = 3, .checkpoint = file});
  const nn::History& history = trainer.fit(setting.training);
  CHECK(history.ended == nn::Ended::diverged);
  REQUIRE(history.epochs.size() == 2);
  CHECK(std::isinf(history.epochs[1].training.loss));
  CHECK(history.epochs[1].steps == 9);
  CHECK_FALSE(history.epochs[1].best);
  for (const float weight : weights(setting.net)) CHECK(std::isfinite(weight));
  CHECK(trainer.fit(setting.training).epochs.size() == 2);

  Setting again;
  nn::Trainer second(again.net, nn::cross_entropy, again.optimizer,
                     {.epochs = 1, .checkpoint = file});
  CHECK(second.fit(again.training).epochs.size() == 1);
}

TEST_CASE("a trainer that goes on from a file says from where, if it shows how it goes") {
  const TempFolder folder;
  const std::string file = folder.file("run.safetensors");
  int runs = 0;
  const auto shown = [&](nn::TrainerOptions options) {
    const std::string log = folder.file("log" + std::to_string(++runs));
    Setting setting;
    options.checkpoint = file;
    options.progress = std::fopen(log.c_str(), "w");
    REQUIRE(options.progress);
    nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer, options);
    trainer.fit(setting.training);
    trainer.fit(setting.training);  // in one program it is known where it is
    std::fclose(options.progress);
    const std::string text = folder.read("log" + std::to_string(runs));
    return text.substr(0, text.find('\n'));
  };
  CHECK_THAT(shown({.epochs = 2}), ContainsSubstring("epoch 1/2  loss"));
  CHECK(shown({.epochs = 2}) == file + ": all 2 epochs are done; remove the file to begin anew");
  CHECK(shown({.epochs = 9, .steps = 14}) ==
        file + ": all 14 steps are done; remove the file to begin anew");
  CHECK(shown({.epochs = 3}) == file + ": goes on after epoch 2");
  Setting stopped;
  nn::Trainer trainer(
      stopped.net, nn::cross_entropy, stopped.optimizer,
      {.epochs = 5, .checkpoint = file, .on_step = [&](const nn::StepRecord& record) {
         if (record.step == 24) trainer.stop();
       }});
  trainer.fit(stopped.training);
  CHECK(shown({.epochs = 5}) == file + ": goes on in epoch 4, after 3 batches");
  std::filesystem::remove(file);
  shown({.epochs = 9, .min_delta = 9, .patience = 2});
  CHECK(shown({.epochs = 9, .min_delta = 9, .patience = 2}) ==
        file + ": the run ended early, after epoch 3; remove the file to begin anew");
}

TEST_CASE("gradients are clipped before a step") {
  Setting setting;
  double largest = 0;
  nn::SGD optimizer(nn::parameters(setting.net), {.lr = 1});
  const auto before = weights(setting.net);
  nn::Trainer trainer(setting.net, nn::cross_entropy, optimizer,
                      {.steps = 1, .clip_norm = 1e-3, .clip_value = 5e-4});
  trainer.fit(setting.training);
  const auto after = weights(setting.net);
  double square = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double change = std::abs(double(after[i]) - before[i]);
    largest = std::max(largest, change);
    square += change * change;
  }
  CHECK(std::sqrt(square) < 1.01e-3);
  CHECK(largest > 1e-4);
  CHECK(largest < 5.1e-4);
}

TEST_CASE("parameters are seen in each epoch, by their norms, gradients and updates") {
  Setting setting;
  nn::SGD optimizer(nn::parameters(setting.net), {.lr = 0.5});
  nn::Trainer trainer(setting.net, nn::cross_entropy, optimizer, {.epochs = 2});
  const nn::EpochRecord& epoch = trainer.fit(setting.training).epochs[1];
  REQUIRE(epoch.parameters.size() == 4);
  const nn::ParameterRecord& record = epoch.parameters[0];
  CHECK(record.name == "0.weight");
  const tg::NoGrad no_grad;
  const tg::Tensor& weight = setting.net[0].get<nn::Linear>()->weight;
  CHECK(record.largest == tg::amax(tg::abs(weight)).item());
  CHECK(record.norm == Approx(tg::norm(weight).item()));
  CHECK(record.gradient > 0);
  CHECK(record.update == Approx(0.5 * record.gradient).epsilon(1e-3));
}

TEST_CASE("a metric of numbers has the interval of a mean") {
  Setting setting;
  const nn::Metric metric{
      "first", [](const tg::Tensor& outputs, const tg::Tensor&) { return outputs.select(1, 0); }};
  nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer, {.metrics = {metric}});
  const nn::Measured found = trainer.evaluate(setting.validation).metrics[0];
  nn::eval(setting.net);
  const tg::NoGrad no_grad;
  const tg::Tensor first = setting.net(points(2).inputs()).select(1, 0);
  const double half = 1.96 * tg::std(first).item() / std::sqrt(50.0);
  CHECK_FALSE(found.share);
  CHECK(found.value == Approx(first.mean().item()));
  CHECK(found.interval->low == Approx(first.mean().item() - half));
  CHECK(found.interval->high == Approx(first.mean().item() + half));
}

TEST_CASE("the training score may be measured at the end of the epoch") {
  Setting setting;
  nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer,
                      {.measure_training = true});
  const nn::History& history = trainer.fit(setting.training);
  CHECK(history.epochs[0].training.loss == trainer.evaluate(setting.training).loss);
  CHECK(setting.training.epoch() == 1);
}

TEST_CASE("what a callback throws ends the epoch, which can be trained again") {
  Setting setting;
  int calls = 0;
  nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer,
                      {.epochs = 2, .on_step = [&](const nn::StepRecord&) {
                         if (++calls == 9) throw std::runtime_error("enough");
                       }});
  CHECK_THROWS_WITH(trainer.fit(setting.training), "enough");
  CHECK(trainer.history().epochs.size() == 1);
  const nn::History& history = trainer.fit(setting.training);
  CHECK(history.epochs.size() == 2);
  CHECK(history.epochs[1].training.examples == 50);
  CHECK(history.epochs[1].steps == 7 + 2 + 7);
  CHECK(setting.training.epoch() == 2);
}

TEST_CASE("a trainer's doctor finds what is wrong, and changes no bit") {
  const auto before = tg::set_warning_handler([](const std::string&) {});
  Setting plain, watched;
  tg::manual_seed(5);
  nn::Trainer(plain.net, nn::cross_entropy, plain.optimizer, {.epochs = 12}).fit(plain.training);
  tg::manual_seed(5);
  nn::Trainer healthy(watched.net, nn::cross_entropy, watched.optimizer,
                      {.epochs = 12, .doctor = true});
  healthy.fit(watched.training, watched.validation);
  CHECK(weights(watched.net) == weights(plain.net));
  CHECK(healthy.findings().empty());

  Setting wrong;
  const auto twice = [](const tg::Tensor& outputs, const tg::Tensor& targets) {
    return nn::cross_entropy(tg::softmax(outputs, 1), targets);
  };
  nn::Trainer trainer(wrong.net, twice, wrong.optimizer, {.epochs = 2, .doctor = true});
  trainer.fit(wrong.training, wrong.training);
  tg::set_warning_handler(before);
  std::vector<nn::Finding::Kind> kinds;
  for (const nn::Finding& finding : trainer.findings()) kinds.push_back(finding.kind);
  CHECK(std::ranges::count(kinds, nn::Finding::Kind::activation_before_loss) == 1);
  CHECK(std::ranges::count(kinds, nn::Finding::Kind::leaking_split) == 1);

  Setting dropping;
  dropping.net.push_back([](const tg::Tensor& x) { return tg::dropout(x, 0.1); });
  nn::Trainer third(dropping.net, nn::cross_entropy, dropping.optimizer,
                    {.epochs = 1, .doctor = true});
  const auto quiet = tg::set_warning_handler([](const std::string&) {});
  third.fit(dropping.training, dropping.validation);
  tg::set_warning_handler(quiet);
  REQUIRE(third.findings().size() == 1);
  CHECK(third.findings()[0].kind == nn::Finding::Kind::training_mode);
}

TEST_CASE("mistakes in a trainer's options are said") {
  Setting setting;
  const auto message = [&](nn::TrainerOptions options) {
    return message_of<tg::ValueError>([&] {
      nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer, options);
      trainer.fit(setting.training);
    });
  };
  CHECK(message({.epochs = -1}) == "Trainer: epochs must be at least 0, but is -1");
  CHECK(message({.accumulate = 0}) == "Trainer: accumulate must be at least 1, but is 0");
  CHECK(message({.min_delta = std::nan("")}) ==
        "Trainer: min_delta must be at least 0, but is nan");
  CHECK(message({.metrics = {{"loss", nn::correct}}}) ==
        "Trainer: a metric cannot be called 'loss'");
  CHECK(message({.metrics = {{"a", nn::correct}, {"a", nn::correct}}}) ==
        "Trainer: two metrics are called 'a'");
  CHECK(message({.metrics = {{"a", nn::correct}}, .monitor = "validation_a"}) ==
        "Trainer: there is no 'validation_a' to monitor; there are: training_loss, training_a");
  CHECK_THAT(message_of<tg::ValueError>([&] {
               nn::Trainer trainer(
                   setting.net,
                   [](const tg::Tensor& outputs, const tg::Tensor& targets) {
                     return nn::cross_entropy(outputs, targets, {.reduction = tg::Reduction::none});
                   },
                   setting.optimizer);
               trainer.fit(setting.training);
             }),
             ContainsSubstring("the loss must be one number, the mean over the examples, but is "
                               "of shape [8]"));
  CHECK_THAT(message_of<tg::ValueError>([&] {
               nn::DataLoader none(points(), {.batch_size = 51, .drop_last = true});
               nn::Trainer trainer(setting.net, nn::cross_entropy, setting.optimizer);
               trainer.fit(none);
             }),
             ContainsSubstring("the loader has no batches"));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               nn::Trainer trainer(
                   setting.net, nn::cross_entropy, setting.optimizer,
                   {.metrics = {{"all", [](const tg::Tensor& outputs, const tg::Tensor&) {
                                   return outputs;
                                 }}}});
               trainer.fit(setting.training);
             }),
             ContainsSubstring("metric 'all': it returns a number for each example, [N], but "
                               "returned [8, 2]"));
}
