#include <autograd/autograd.h>
#include <fmt/format.h>

// An operator of your own: a forward, and a rule that returns the cotangent of the input.
// `verify` proves it: second order too, because the rule is written with operators, and forward
// mode, because the operator says that its Jacobian is symmetric, as that of a function of each
// element is.

namespace tg = tapegrad;

namespace {

/// log(cosh(x)), a smooth absolute value, without overflow. d/dx = tanh(x).
struct LogCosh {
  static constexpr const char* name = "log_cosh";
  static constexpr tg::Reads reads[] = {tg::kA};  // the rule reads x, not the output
  static constexpr bool symmetric = true;
  static constexpr auto leading = tg::Leading::broadcast;

  tg::Tensor forward(const tg::Tensor& x) const {
    return tg::abs(x) + tg::log1p(tg::exp(-2 * tg::abs(x))) - 0.69314718055994531;
  }
  tg::Tensor vjp(const tg::Tensor& g, const tg::Tensor& x, auto) const { return g * tg::tanh(x); }
};

tg::Tensor log_cosh(const tg::Tensor& x) { return tg::apply(LogCosh{}, x); }

/// The same with a slip of the pen, to see what the check says.
struct Slip : LogCosh {
  static constexpr const char* name = "slip";
  tg::Tensor vjp(const tg::Tensor& g, const tg::Tensor& x, auto) const {
    return g * tg::sigmoid(x);
  }
};

}  // namespace

int main() {
  tg::manual_seed(4);
  const tg::Tensor x = tg::randn({3, 4}, tg::float64).requires_grad_();
  const auto right =
      tg::verify({"log_cosh", {{"a matrix", {x}, [](const auto& in) { return log_cosh(in[0]); }}}});
  fmt::print("{}\n\n", right.message());

  // Somewhere in a longer computation, the one to blame is named.
  const auto f = [](const tg::Tensor& t) {
    return tg::mean(tg::exp(tg::apply(Slip{}, tg::sin(t)) * 0.5));
  };
  const tg::GradcheckResult wrong = tg::gradcheck(f, x);
  fmt::print("{}\n\n{}", wrong.message(), wrong.table());

  const tg::Tensor large = tg::tensor({-1000.0, 0.0, 1000.0}).requires_grad_();
  const tg::Tensor y = log_cosh(large);
  y.sum().backward();
  fmt::print("\nlog_cosh  {}\ngradient  {}\n", y.detach(), large.grad());
  return right && !wrong ? 0 : 1;
}
