#include "tests/nn/train/doctor_common.h"

// Trainings that are as they should be bring no finding. The digits, MNIST and the example programs,
// with more seeds, were looked at by hand: too long for a test.

using namespace doctor_test;

namespace {

using Activation = Tensor (*)(Tensor);

nn::Sequential mlp(int layers, Activation activation) {
  nn::Sequential net;
  for (int i = 1; i <= layers; ++i) {
    if (i > 1) net.push_back(activation);
    net.push_back(nn::Linear{i == 1 ? 2 : 32, i == layers ? 4 : 32});
  }
  return net;
}

std::unique_ptr<nn::Optimizer> make_optimizer(int kind, const nn::Sequential& net) {
  const auto all = nn::parameters(net);
  switch (kind) {
    case 0:
      return std::make_unique<nn::SGD>(all, nn::SGDOptions{.lr = 0.05, .momentum = 0.9});
    case 1:
      return std::make_unique<nn::Adam>(all, nn::AdamOptions{.lr = 0.01});
    case 2:
      return std::make_unique<nn::AdamW>(all, nn::AdamWOptions{.lr = 0.01});
    case 3:
      return std::make_unique<nn::RMSprop>(all, nn::RMSpropOptions{.lr = 1e-3});
    default:
      return std::make_unique<nn::Adagrad>(all, nn::AdagradOptions{.lr = 0.01});
  }
}

}  // namespace

TEST_CASE("healthy classifiers bring no finding", "[doctor]") {
  const Corners data(360, 7), held_out(60, 8);
  const nn::TensorDataset training(data.x, data.y), validation(held_out.x, held_out.y);
  const Warnings warnings;
  for (const Activation activation : {tg::relu, tg::tanh, tg::sigmoid, tg::gelu})
    for (int layers = 1; layers <= 3; ++layers)
      for (int kind = 0; kind < 5; ++kind)
        for (const int batch : {16, 64, 360}) {
          tg::manual_seed(static_cast<std::uint64_t>(40 + layers));
          nn::Sequential net = mlp(layers, activation);
          const auto optimizer = make_optimizer(kind, net);
          nn::DataLoader loader(training, {.batch_size = batch, .shuffle = true, .seed = 3});
          nn::CosineAnnealingLR schedule(*optimizer, {.T_max = 130});
          nn::Doctor doctor(net, *optimizer);
          doctor.data(training, validation);
          doctor.set_loss(net, cross_entropy_of);
          for (int step = 0; step < 130;) {
            double sum = 0;
            for (const auto& [x, y] : loader) {
              const auto look = doctor.step(x, y);
              optimizer->zero_grad();
              const Tensor loss = nn::cross_entropy(net(x), y);
              loss.backward();
              optimizer->step();
              schedule.step();
              sum += loss.item();
              if (++step == 130) break;
            }
            {
              const auto look = doctor.validation();
              const tg::NoGrad no_grad;
              net(held_out.x);
            }
            doctor.epoch(sum / static_cast<double>(loader.size()));
          }
          INFO("layers " << layers << ", optimizer " << kind << ", batch " << batch);
          CAPTURE(doctor.report());
          CHECK(doctor.findings().empty());
        }
  CHECK(warnings.texts.empty());
}

TEST_CASE("a healthy regression brings no finding", "[doctor]") {
  tg::manual_seed(11);
  const Tensor x = tg::linspace(-2, 2, 100).unsqueeze(1), y = tg::sin(3 * x);
  nn::Sequential net{nn::Linear{1, 32}, tg::tanh, nn::Linear{32, 32}, tg::tanh, nn::Linear{32, 1}};
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  train(doctor, net, optimizer, x, y, 300,
        [](const auto& model, auto& in, auto& out) { return nn::mse_loss(model(in), out); });
  CAPTURE(doctor.report());
  CHECK(doctor.findings().empty());
}

TEST_CASE("two networks that learn from each other bring no finding", "[doctor]") {
  tg::manual_seed(12);
  nn::Sequential maker{nn::Linear{2, 16}, tg::relu, nn::Linear{16, 2}};
  nn::Sequential judge{nn::Linear{2, 16}, tg::relu, nn::Linear{16, 1}};
  nn::Adam maker_optimizer(nn::parameters(maker), {.lr = 1e-3});
  nn::Adam judge_optimizer(nn::parameters(judge), {.lr = 1e-3});
  nn::Doctor of_maker(maker, maker_optimizer, {.warn = false});
  nn::Doctor of_judge(judge, judge_optimizer, {.warn = false});
  const Corners data;
  const Tensor yes = tg::ones({64, 1}), no = tg::zeros({64, 1});
  for (int step = 0; step < 100; ++step) {
    const auto first = of_maker.step(data.x);
    const auto second = of_judge.step(data.x);
    judge_optimizer.zero_grad();
    const Tensor made = maker(tg::randn({64, 2}));
    (nn::binary_cross_entropy_with_logits(judge(data.x), yes) +
     nn::binary_cross_entropy_with_logits(judge(made.detach()), no))
        .backward();
    judge_optimizer.step();
    maker_optimizer.zero_grad();
    nn::binary_cross_entropy_with_logits(judge(made), yes).backward();
    maker_optimizer.step();
  }
  CAPTURE(of_maker.report(), of_judge.report());
  CHECK(of_maker.findings().empty());
  CHECK(of_judge.findings().empty());
}
