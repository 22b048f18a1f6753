#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "nn/nn.h"

// A training run with everything that has a state of its own, in 20 steps over three epochs and a
// bit: dropout, batch normalisation, AMSGrad, two groups of parameters, warm-up and then cosine, a
// shuffled loader whose last batch is small, gradients that are gathered over two batches.

namespace training_run {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

inline constexpr std::int64_t kSteps = 20, kWarmUp = 4;

/// The order in which the parts are made and added.
enum class Order { usual, reversed };

inline nn::TensorDataset data() {
  tg::Generator generator(5);
  const tg::Tensor x = tg::randn({22, 4}, tg::float32, generator);
  return {x, tg::argmax(tg::matmul(x, tg::randn({4, 3}, tg::float32, generator)), 1)};
}

struct Net {
  nn::Linear fc1{4, 8};
  nn::BatchNorm1d norm{8};
  nn::Dropout dropout{0.5};
  nn::Linear fc2{8, 3};
  tg::Tensor operator()(const tg::Tensor& x) const { return fc2(dropout(relu(norm(fc1(x))))); }
  void visit(nn::Visitor& f) {
    f("fc1", fc1);
    f("norm", norm);
    f("dropout", dropout);
    f("fc2", fc2);
  }
};

struct Run {
  Net net;
  nn::DataLoader<nn::TensorDataset> loader;
  nn::Adam optimizer;
  std::vector<std::unique_ptr<nn::Schedule>> schedules{2};
  std::int64_t epoch = 0, step = 0;
  double loss_sum = 0;
  std::string text = "begun";
  nn::StateDict best;
  nn::Checkpoint checkpoint;

  /// `seed`: of what is about to be loaded over.
  explicit Run(std::uint64_t seed, Order order = Order::usual)
      : net((tg::manual_seed(seed), Net())),
        loader(data(), {.batch_size = 4, .shuffle = true, .seed = 7}),
        optimizer(split().first, {.lr = 0.05, .amsgrad = true}) {
    optimizer.add_group(split().second, {.lr = 0.02, .weight_decay = 0.1, .amsgrad = true});
    const auto warm_up = [&] {
      schedules[0] = std::make_unique<nn::LinearLR>(
          optimizer, nn::LinearLROptions{.start_factor = 0.25, .total_iters = kWarmUp});
    };
    const auto cosine = [&] {
      schedules[1] = std::make_unique<nn::CosineAnnealingLR>(
          optimizer, nn::CosineAnnealingLROptions{.T_max = kSteps / 2 - kWarmUp});
    };
    if (order == Order::usual) {
      warm_up();
      cosine();
      checkpoint.add("net", net).add("optimizer", optimizer).add("warm-up", *schedules[0]);
      checkpoint.add("cosine", *schedules[1]).add("loader", loader).add("epoch", epoch);
      checkpoint.add("step", step).add("loss_sum", loss_sum).add("text", text).add("best", best);
    } else {
      cosine();
      warm_up();
      checkpoint.add("best", best).add("text", text).add("loss_sum", loss_sum).add("step", step);
      checkpoint.add("epoch", epoch).add("loader", loader).add("cosine", *schedules[1]);
      checkpoint.add("warm-up", *schedules[0]).add("optimizer", optimizer).add("net", net);
    }
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  std::pair<std::vector<nn::Parameter>, std::vector<nn::Parameter>> split() {
    return nn::split_parameters(nn::parameters(net),
                                [](const nn::Parameter& p) { return p.value.dim() > 1; });
  }

  /// Goes on to the end; calls `after` behind each step, in the loop.
  template <class F>
  void train(const F& after) {
    for (; step < kSteps; ++epoch) {
      for (const auto& [x, y] : loader) {
        const tg::Tensor loss = tg::cross_entropy(net(x), y);
        loss.backward();
        loss_sum += loss.item();
        if (step % 2 == 1) {
          optimizer.step();
          optimizer.zero_grad();
          schedules[step / 2 < kWarmUp ? 0 : 1]->step();
        }
        if (step == 9) best = nn::state_dict(net);
        text = "after step " + std::to_string(++step);
        after();
        if (step == kSteps) return;
      }
    }
  }
  /// Goes on to the end, and saves at some steps.
  void train(const std::string& path, std::initializer_list<std::int64_t> steps) {
    train([&] {
      for (const std::int64_t i : steps)
        if (i == step) checkpoint.save(path);
    });
  }
};

}  // namespace training_run
