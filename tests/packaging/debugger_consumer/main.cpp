// A program in a debugger. After each "gdb: " stands a command, and in the lines after it what gdb
// says at the end of main, which they cut where they are too long for a line.

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <cmath>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

struct Cube {
  static constexpr const char* name = "cube";
  static constexpr tg::Reads reads[] = {tg::kA};
  tg::Tensor forward(const tg::Tensor& x) const { return x * x * x; }
  tg::Tensor vjp(const tg::Tensor& g, const tg::Tensor& x, auto) const { return g * 3 * x * x; }
};

int stop() { return 0; }

}  // namespace

int main() {
  tg::Tensor none;
  // gdb: print none
  // = tensor(undefined)

  tg::Tensor x = tg::tensor({{1.0, 2.5}, {3.0, -4.0}}).requires_grad_();
  // gdb: print x
  // = tensor([[1.0000, 2.5000], [3.0000, -4.0000]]) = {shape = [2, 2], dtype = float32,
  // requires_grad = true, grad = tensor([[2., 5.], [6., -8.]]), history = leaf}

  const tg::Tensor walked = tg::sum(x * x);
  walked.backward();
  // gdb: print walked
  // = tensor(32.2500) = {shape = [], dtype = float32, requires_grad = true, grad = none,
  // history = sum, whose graph was released}

  const tg::Tensor y = tg::sum(tg::exp(tg::tanh(x)) * 2 + tg::matmul(x, x)) - tg::mean(x);
  // gdb: print y.history
  // There is no member or method named history.
  // gdb: python print(gdb.default_visualizer(gdb.parse_and_eval("y")).parts[4][1])
  // sub(sum(add(mul(...), matmul(...))), mean(leaf [2, 2]))

  // An operator of the program's own, and one with several outputs.
  const tg::Tensor cubed = tg::apply(Cube{}, x);
  const tg::Tensor row = tg::split(cubed, 1)[1];
  // gdb: print row
  // = tensor([[27., -64.]]) = {shape = [1, 2], dtype = float32, requires_grad = true, grad = none,
  // history = split[1](split(cube(leaf [2, 2])))}

  const tg::Tensor joined = tg::cat({x, x * 3, cubed, x, x});
  // gdb: python print(gdb.default_visualizer(gdb.parse_and_eval("joined")).parts[4][1])
  // cat(leaf [2, 2], mul(leaf [2, 2], constant), cube(leaf [2, 2]), leaf [2, 2], ...)

  const tg::Tensor far = tg::tensor({1e-5, NAN, -INFINITY}, tg::float64);
  // gdb: print far
  // = tensor([1.0000e-05, nan, -inf]) = {shape = [3], dtype = float64, requires_grad = false,
  // grad = none, history = none}

  const tg::Tensor mask = x > 2, cut = x.detach() * 2;
  // gdb: print mask
  // = tensor([[False, True], [True, False]]) = {shape = [2, 2], dtype = bool,
  // requires_grad = false, grad = none,
  // history = none, it ended at a comparison or conversion}
  // gdb: python print(gdb.default_visualizer(gdb.parse_and_eval("cut")).parts[4][1])
  // none, it ended at a detach()

  const tg::Tensor many = tg::arange(10000).reshape({100, 100}), empty = tg::zeros({0, 3});
  // gdb: print many
  // = tensor([[0, 1, 2, ..., 97, 98, 99], [100, 101, 102, ..., 197, 198, 199],
  // [200, 201, 202, ..., 297, 298, 299], ..., [9700, 9701, 9702, ..., 9797, 9798, 9799],
  // gdb: print empty
  // = tensor([]) = {shape = [0, 3], dtype = float32,

  const tg::Shape shape = x.shape();
  // gdb: print shape
  // = [2, 2]

  nn::Linear linear(1, 2, {.bias = false});
  nn::init::constant_(linear.weight, 0.5);
  nn::Sequential net{linear, tg::tanh};
  // gdb: print linear
  // = Linear(in_features=1, out_features=2, bias=false) = {weight = tensor([[0.5000], [0.5000]])
  // gdb: print net
  // = {layers_ = std::vector of length 2, capacity 2 = {Layer = {layer =
  // Linear(in_features=1, out_features=2, bias=false) = {weight = tensor([[0.5000], [0.5000]])

  // gdb: set var none.impl_ = 8
  // gdb: print none
  // = tensor(none: not made yet, or gone)
  // gdb: set var none.impl_ = 0
  return stop();
}
