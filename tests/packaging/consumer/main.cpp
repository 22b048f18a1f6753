// A user's program: learns "exclusive or" with a small network, has an operator of its own, and
// saves and loads; exit status 1 if one of these does not work.

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <cstdio>
#include <span>
#include <string>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

#ifdef PACKAGE_VERSION
static_assert(TAPEGRAD_VERSION == PACKAGE_VERSION);
#endif

namespace {

/// x * x * x by a loop of its own, as an operator of the user's.
struct Cube {
  static constexpr const char* name = "cube";
  static constexpr tg::Reads reads[] = {tg::kA};
  tg::Tensor forward(const tg::Tensor& x) const {
    if (!tg::is_floating_point(x.dtype()))
      tg::fail<tg::DTypeError>("cube: the element type must be floating-point, not {}", x.dtype());
    tg::Tensor result = x.clone();
    tg::visit_floating(x.dtype(), [&]<class T>(T) {
      result.write<T>([](std::span<T> values) {
        for (T& value : values) value = value * value * value;
      });
    });
    return result;
  }
  tg::Tensor vjp(const tg::Tensor& g, const tg::Tensor& x, auto) const { return g * 3 * x * x; }
};

tg::Tensor cube(const tg::Tensor& x) { return tg::apply(Cube{}, x); }

bool operator_of_ones_own_works() {
  try {
    cube(tg::tensor({1, 2}));
    return false;
  } catch (const tg::DTypeError& error) {
    const std::string expected = "cube: the element type must be floating-point, not int64";
    if (error.what() != expected) return false;
  }
  const tg::Tensor x = tg::tensor({1., 2., 3.}, tg::float64).requires_grad_();
  return tg::gradcheck(cube, x, {.second_order = true}).ok;
}

/// Files need the libraries that ours was built with: an archive those of minizip and zlib.
bool files_work(nn::Sequential& net) {
  try {
    nn::save("consumer.npz", net);
    const nn::LoadReport report = nn::load("consumer.npz", net);
    std::remove("consumer.npz");
    return report.missing.empty() && report.unexpected.empty();
  } catch (const tg::FileError& error) {
    return std::string(error.what()).find("this build has no minizip") != std::string::npos;
  }
}

}  // namespace

int main() {
  tg::manual_seed(1);
  const tg::Tensor x = tg::tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}});
  const tg::Tensor y = tg::tensor({0, 1, 1, 0});

  nn::Sequential net{nn::Linear{2, 16}, tg::tanh, nn::Linear{16, 2}};
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.05});
  double loss_value = 0;
  for (int step = 0; step < 200; ++step) {
    optimizer.zero_grad();
    const tg::Tensor loss = tg::cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    loss_value = loss.item();
  }
  std::printf("loss after 200 steps: %.5f\n", loss_value);
  return loss_value < 0.05 && tg::version() == TAPEGRAD_VERSION && operator_of_ones_own_works() &&
                 files_work(net)
             ? 0
             : 1;
}
