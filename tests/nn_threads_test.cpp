// Training gives the same bits for every number of threads.

#include <string>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

/// Three steps of a network that is large enough for products, elementwise operators, sums and
/// optimizer steps to be shared by threads; its parameters as bytes.
std::string train(int threads) {
  tg::set_num_threads(threads);
  tg::manual_seed(5);
  nn::Sequential net;
  net.push_back(nn::Linear(600, 1100));
  net.push_back(nn::LayerNorm(1100));
  net.push_back(nn::Tanh());
  net.push_back(nn::Dropout(0.2));
  net.push_back(nn::Linear(1100, 10));
  nn::Adam optimizer(nn::parameters(net), {.lr = 1e-2});
  const tg::Tensor x = tg::randn({500, 600});
  const tg::Tensor y = tg::randint(0, 10, {500});
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_grad();
    nn::cross_entropy(net(x), y).backward();
    optimizer.step();
  }
  tg::set_num_threads(1);
  std::string bytes;
  for (const nn::Parameter& parameter : nn::parameters(net)) {
    const auto values = parameter.value.data<float>();
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  return bytes;
}

}  // namespace

TEST_CASE("a network trained by 1, 2, 3 or 8 threads has the same bits in its file") {
  const TempFolder folder;
  folder.write("1", train(1));
  for (const int threads : {2, 3, 8}) {
    CAPTURE(threads);
    const std::string name = std::to_string(threads);
    folder.write(name, train(threads));
    CHECK(folder.read(name) == folder.read("1"));
  }
}
