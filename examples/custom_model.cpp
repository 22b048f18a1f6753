#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

// A model of your own: a struct that can be called, and says its members once. No base class. From
// `visit` come its parameters and their names, its state, train and eval, and its summary.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

/// x + f(x): gradients have a way past the layers.
struct Residual {
  nn::LayerNorm norm;
  nn::Linear up, down;

  explicit Residual(std::int64_t width)
      : norm(width), up(width, 2 * width), down(2 * width, width) {}

  tg::Tensor operator()(const tg::Tensor& x) const { return x + down(tg::gelu(up(norm(x)))); }
  void visit(nn::Visitor& f) {
    f("norm", norm);
    f("up", up);
    f("down", down);
  }
};

struct Net {
  nn::Linear in{2, 16};
  std::vector<Residual> blocks{Residual(16), Residual(16)};
  nn::Linear out{16, 1};
  tg::Tensor scale = tg::ones({1}).requires_grad_();  // a bare parameter is a member like any other

  tg::Tensor operator()(const tg::Tensor& x) const {
    tg::Tensor h = in(x);
    for (const Residual& block : blocks) h = block(h);
    return out(h) * scale;
  }
  void visit(nn::Visitor& f) {
    f("in", in);
    f("blocks", blocks);
    f("out", out);
    f("scale", scale);
  }
};

}  // namespace

int main() {
  tg::manual_seed(2);
  Net net;
  nn::name_modules(net, "net");
  fmt::print("{}\n", nn::summary(net));

  // Is x * y positive? (exclusive or)
  const tg::Tensor x = tg::rand({256, 2}) * 2 - 1;
  const tg::Tensor y = (tg::prod(x, 1, true) > 0).to(tg::float32);
  nn::AdamW optimizer(nn::parameters(net), {.lr = 0.01});
  for (int step = 0; step < 200; ++step) {
    optimizer.zero_grad();
    const tg::Tensor loss = nn::binary_cross_entropy_with_logits(net(x), y);
    loss.backward();
    nn::clip_grad_norm_(nn::parameters(net), 1.0);
    optimizer.step();
    if (step % 50 == 0) fmt::print("step {:3}  loss {:.4f}\n", step, loss.item());
  }
  const tg::NoGrad no_grad;
  fmt::print("accuracy {:.1f} %\n\n", 100 * nn::accuracy(net(x), y.to(tg::int64)));

  // A wrong input names the layer it went wrong in.
  try {
    fmt::print("{}\n", net(tg::ones({4, 3})));
  } catch (const tg::ShapeError& error) {
    fmt::print("a wrong input: {}\n", error.what());
  }
}
