// Training gives the same bits for every number of threads.

#include <string>

#include "autograd/autograd.h"
#include "autograd/base/threads/tile.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

/// A few steps of `net` on `rows` random examples; its parameters as bytes.
std::string train(nn::Sequential net, std::int64_t rows, std::int64_t inputs) {
  nn::Adam optimizer(nn::parameters(net), {.lr = 1e-2});
  const tg::Tensor x = tg::randn({rows, inputs});
  const tg::Tensor y = tg::randint(0, 10, {rows});
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_grad();
    nn::cross_entropy(net(x), y).backward();
    optimizer.step();
  }
  std::string bytes;
  for (const nn::Parameter& parameter : nn::parameters(net)) {
    const auto values = parameter.value.data<float>();
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  return bytes;
}

/// Two networks that are just large enough for threads to share the work: the first its products,
/// elementwise operators, rows and sums, the second its optimizer step.
std::string train(int threads) {
  const std::int64_t wide = tg::kernels::tile_size(900, 90), rows = wide * 2 / 3;
  tg::set_num_threads(threads);
  tg::manual_seed(5);
  std::string bytes = train(nn::Sequential{nn::Linear(16, wide), nn::LayerNorm(wide), nn::Tanh(),
                                           nn::Dropout(0.2), nn::Linear(wide, 10)},
                            rows, 16);
  bytes += train(nn::Sequential{nn::Linear(rows, wide), nn::ReLU(), nn::Linear(wide, 10)}, 4, rows);
  tg::set_num_threads(1);
  return bytes;
}

}  // namespace

TEST_CASE("a network trained by 1, 2, 3 or 8 threads has the same bits in its file", "[threads]") {
  const TempFolder folder;
  folder.write("1", train(1));
  for (const int threads : {2, 3, 8}) {
    CAPTURE(threads);
    const std::string name = std::to_string(threads);
    folder.write(name, train(threads));
    CHECK(folder.read(name) == folder.read("1"));
  }
}
