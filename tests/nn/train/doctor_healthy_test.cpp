#include <string_view>

#include "examples/digits/optical_digits_data.h"
#include "tests/nn/train/doctor_common.h"

// Trainings that are as they should be bring no finding, on seeds that no threshold was chosen with.
// MNIST and the example programs, with more seeds, were looked at by hand: too long for a test.

using namespace doctor_test;

namespace {

using Activation = Tensor (*)(Tensor);

struct Widths {
  int inputs, hidden, outputs;
};

nn::Sequential mlp(const Widths& widths, int layers, Activation activation) {
  nn::Sequential net;
  for (int i = 1; i <= layers; ++i) {
    if (i > 1) net.push_back(activation);
    net.push_back(nn::Linear{i == 1 ? widths.inputs : widths.hidden,
                             i == layers ? widths.outputs : widths.hidden});
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

/// What is found in `steps` steps of a classifier, with a validation after each epoch.
template <class Training, class Validation>
void check_healthy(nn::Sequential& net, int kind, const Training& training,
                   const Validation& validation, int batch, int steps) {
  const auto optimizer = make_optimizer(kind, net);
  nn::DataLoader loader(training, {.batch_size = batch, .shuffle = true, .seed = 7303});
  nn::CosineAnnealingLR schedule(*optimizer, {.T_max = steps});
  nn::Doctor doctor(net, *optimizer);
  doctor.data(training, validation);
  doctor.set_loss(net, cross_entropy_of);
  const auto held_out = *nn::DataLoader(validation, {.batch_size = validation.size()}).begin();
  for (int step = 0; step < steps;) {
    double sum = 0;
    for (const auto& [x, y] : loader) {
      const auto look = doctor.step(x, y);
      optimizer->zero_grad();
      const Tensor loss = nn::cross_entropy(net(x), y);
      loss.backward();
      optimizer->step();
      schedule.step();
      sum += loss.item();
      if (++step == steps) break;
    }
    {
      const auto look = doctor.validation();
      const tg::NoGrad no_grad;
      net(held_out.inputs);
    }
    doctor.epoch(sum / static_cast<double>(loader.size()));
  }
  INFO("layers " << (net.size() + 1) / 2 << ", optimizer " << kind << ", batch " << batch);
  CAPTURE(doctor.report());
  CHECK(doctor.findings().empty());
}

/// The 1,797 images of digits that are in the example: see optical_digits_data.h for the code.
nn::TensorDataset optical_digits() {
  std::vector<float> pixels;
  std::vector<std::int64_t> labels;
  for (std::string_view line : digits::kOpticalDigits)
    for (; !line.empty(); line.remove_prefix(41)) {
      labels.push_back(line[0] - '0');
      for (std::size_t row = 0; row < 8; ++row) {
        std::uint64_t number = 0;
        for (const char c : line.substr(1 + 5 * row, 5))
          number = 94 * number + static_cast<std::uint64_t>(c - '!');
        pixels.resize(pixels.size() + 8);
        for (auto pixel = pixels.rbegin(); pixel != pixels.rbegin() + 8; ++pixel, number /= 17)
          *pixel = static_cast<float>(number % 17) / 16;
      }
    }
  return {tg::tensor(pixels, {std::ssize(labels), 64}), tg::tensor(labels, {std::ssize(labels)})};
}

}  // namespace

TEST_CASE("healthy classifiers bring no finding", "[doctor]") {
  const Corners data(360, 7301), held_out(60, 7302);
  const nn::TensorDataset training(data.x, data.y), validation(held_out.x, held_out.y);
  const Warnings warnings;
  for (const Activation activation : {tg::relu, tg::tanh, tg::sigmoid, tg::gelu})
    for (int layers = 1; layers <= 3; ++layers)
      for (int kind = 0; kind < 5; ++kind)
        for (const int batch : {16, 64, 360}) {
          tg::manual_seed(static_cast<std::uint64_t>(7310 + layers));
          nn::Sequential net = mlp({2, 32, 4}, layers, activation);
          check_healthy(net, kind, training, validation, batch, 130);
        }
  CHECK(warnings.texts.empty());
}

TEST_CASE("networks that learn digits bring no finding", "[doctor]") {
  const auto [training, validation] = nn::train_test_split(optical_digits(), 0.1, 7304);
  const Warnings warnings;
  for (const Activation activation : {tg::relu, tg::tanh, tg::sigmoid})
    for (int layers = 1; layers <= 3; ++layers)
      for (int kind = 0; kind < 2; ++kind) {
        tg::manual_seed(static_cast<std::uint64_t>(7320 + layers));
        nn::Sequential net = mlp({64, 32, 10}, layers, activation);
        check_healthy(net, kind, training, validation, 32, 100);
      }
  CHECK(warnings.texts.empty());
}

TEST_CASE("a healthy regression brings no finding", "[doctor]") {
  tg::manual_seed(7331);
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
  tg::manual_seed(7332);
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
