// Takes weights that PyTorch wrote into a model of the same layers, and evaluates it.
//
//     from_pytorch [FILE]      FILE: a state dict of that model; without one, that of this example
//
// In Python:
//
//     net = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 4))
//     torch.save(net.state_dict(), "mlp.pt")

#include <autograd/autograd.h>
#include <fmt/core.h>
#include <nn/nn.h>

#include <cmath>
#include <exception>
#include <string_view>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

// An input, and what PyTorch's network of the file mlp.pt makes of it.
constexpr float kInput[] = {-0.67437577F, -3.0205958F, 0.40142551F, -1.0603160F,
                            -1.4534521F,  0.42989901F, -1.1240031F, -0.46964455F};
constexpr float kLogits[] = {-0.012894586F, 0.023676679F, 0.095843554F, 0.27965769F};

int run(const char* file) {
  nn::Sequential net{nn::Linear{8, 16}, tg::relu, nn::Linear{16, 4}};
  // The names are PyTorch's, so nothing has to be renamed: "0.weight", "0.bias", "2.weight" ...
  nn::load(file ? file : TAPEGRAD_EXAMPLE_FOLDER "/mlp.pt", net);
  nn::eval(net);
  fmt::print("{}\n", nn::summary(net));

  const tg::NoGrad no_grad;
  const tg::Tensor logits = net(tg::tensor(kInput).reshape({1, 8}));
  fmt::print("logits        {}\n", tg::to_string(logits));
  fmt::print("probabilities {}\n", tg::to_string(tg::softmax(logits, 1)));
  if (file) return 0;

  const double error = tg::amax(tg::abs(logits - tg::tensor(kLogits))).item();
  fmt::print("PyTorch's logits differ by {:.1e} at most\n", error);
  return error < 1e-6 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 && std::string_view(argv[1]) != "--quick" ? argv[1] : nullptr);
  } catch (const std::exception& error) {
    fmt::print(stderr, "from_pytorch: {}\n", error.what());
    return 1;
  }
}
