// A user's program: exports a small network, with an operator of its own; exit status 1 if the file
// does not hold what it should.

#include <autograd/autograd.h>
#include <nn/nn.h>
#include <nn/onnx/onnx.h>

#include <fstream>
#include <iterator>
#include <string>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

struct Cube {
  static constexpr const char* name = "cube";
  static constexpr tg::Reads reads[] = {tg::kA};
  static constexpr const char* onnx = "y = Pow(a, 3)";
  tg::Tensor forward(const tg::Tensor& x) const { return x * x * x; }
  tg::Tensor vjp(const tg::Tensor& g, const tg::Tensor& x, auto) const { return g * 3 * x * x; }
};

tg::Tensor cube(const tg::Tensor& x) { return tg::apply(Cube{}, x); }

}  // namespace

int main() {
  const nn::Sequential net{nn::Linear{2, 3}, cube, nn::Linear{3, 1}};
  tg::onnx::save("net.onnx", net, tg::rand({1, 2}), {.input_names = {"point"}});
  std::ifstream file("net.onnx", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  for (const char* text : {"tapegrad", "point", "0.weight", "Gemm", "Pow", "batch"})
    if (bytes.find(text) == bytes.npos) return 1;
}
