#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <future>
#include <thread>
#include <vector>

// Trains one network on two threads. Each computes the gradients of its half of every minibatch
// with grad(), which hands them out and touches no `.grad`, so that the threads share nothing but
// the parameters, which they only read. The main thread adds the halves, always in the same order,
// and steps. So it does not matter which thread is first: the trained network is that of one
// thread, bit for bit, which the program checks.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

constexpr std::int64_t kHalf = 128;  // of a minibatch

/// How the two halves are computed: after each other, or at once.
enum class Threads { one, two };

/// Points in the plane: is x * y positive?
nn::TensorDataset points(std::int64_t count) {
  const tg::Tensor x = tg::rand({count, 2}) * 2 - 1;
  return {x, (tg::prod(x, 1) > 0).to(tg::int64)};
}

struct Trained {
  nn::Sequential net;
  double loss;  ///< of the last minibatch
};

/// What one half of a minibatch says: its loss, and the gradients of the parameters.
struct Half {
  double loss;
  std::vector<tg::Tensor> gradients;
};

Half learn(const nn::Sequential& net, const std::vector<tg::Tensor>& parameters,
           const tg::Tensor& x, const tg::Tensor& y) {
  const tg::Tensor loss = nn::cross_entropy(net(x), y);
  return {loss.item(), tg::grad({loss}, parameters)};
}

Trained train(const nn::TensorDataset& data, int epochs, Threads threads) {
  tg::manual_seed(4);  // both runs start from the same weights
  nn::Sequential net{nn::Linear{2, 64}, tg::tanh, nn::Linear{64, 64}, tg::tanh, nn::Linear{64, 2}};
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::DataLoader loader(data, {.batch_size = 2 * kHalf, .shuffle = true, .seed = 5});
  std::vector<tg::Tensor> parameters;
  for (const nn::Parameter& p : nn::parameters(net)) parameters.push_back(p.value);

  double loss = 0;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (const nn::Batch& batch : loader) {
      const auto half = [&](std::int64_t start) {
        return learn(net, parameters, batch.inputs.narrow(0, start, kHalf),
                     batch.targets.narrow(0, start, kHalf));
      };
      std::packaged_task<Half()> task([&] { return half(kHalf); });
      std::future<Half> second = task.get_future();
      std::jthread thread;
      if (threads == Threads::two)
        thread = std::jthread(std::move(task));
      else
        task();
      const Half a = half(0), b = second.get();  // which throws here what was thrown there

      for (std::size_t i = 0; i < parameters.size(); ++i)
        parameters[i].set_grad((a.gradients[i] + b.gradients[i]) / 2);
      optimizer.step();
      loss = (a.loss + b.loss) / 2;
    }
  }
  return {net, loss};
}

/// The same numbers to the last bit.
bool same(const nn::Sequential& a, const nn::Sequential& b) {
  const auto p = nn::parameters(a), q = nn::parameters(b);
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!tg::equal(p[i].value, q[i].value)) return false;
  return p.size() == q.size();
}

int run(int argc, char** argv) {
  CLI::App app{
      "Trains one network with the halves of each minibatch on two threads, and again on one, and\n"
      "checks that both are the same, bit for bit. Exit status 1 when they are not."};
  int epochs = 20;
  bool quick = false;
  app.add_option("--epochs", epochs, "How often all points are shown (20)")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--quick", quick, "Three epochs");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "two_threads: {}\nRun 'two_threads --help' for all flags.\n", error.what());
    return 2;
  }
  if (quick) epochs = 3;

  tg::manual_seed(1);
  const nn::TensorDataset training = points(16 * kHalf), test = points(1000);
  const Trained two = train(training, epochs, Threads::two);
  const Trained one = train(training, epochs, Threads::one);

  const auto report = [&](const char* name, const Trained& trained) {
    const tg::NoGrad no_grad;
    fmt::print("{:<12} loss {:.9f}   test accuracy {:.1f} %\n", name, trained.loss,
               100 * nn::accuracy(trained.net(test.inputs()), test.targets()));
  };
  fmt::print("{} epochs, each half of a minibatch of {} by itself\n", epochs, 2 * kHalf);
  report("two threads", two);
  report("one thread", one);
  const bool is_same = two.loss == one.loss && same(two.net, one.net);
  fmt::print("{}\n", is_same ? "Two threads learned the same network as one, bit for bit: grad() "
                               "shares nothing\nbut parameters that are read, and halves are added "
                               "in one order."
                             : "WRONG: two threads learned another network than one.");
  return is_same ? 0 : 1;
}

}  // namespace

// Exit status: 2 for wrong flags, 1 for a difference and whatever else fails.
int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "two_threads: {}\n", error.what());
    return 1;
  }
}
