// What functions of each element give, and their gradients, at the points where libraries disagree.

#include "tests/point_gradients.h"

using namespace point_gradients;

namespace {

using Unary = std::function<Tensor(const Tensor&)>;

struct Row {
  double x;
  double value;
  double gradient;
};

/// Full vectors and a rest, so that each lane of a kernel is asked.
constexpr std::size_t count = 37;

void check_rows(const std::string& name, const Unary& f, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::vector<double> x(count, row.x);
    const Function function = [&f](const std::vector<Tensor>& in) { return f(in[0]); };
    check_at(name + " at " + std::to_string(row.x), function,
             {Input(x, std::vector<double>(count, row.gradient))},
             std::vector<double>(count, row.value));
  }
}

}  // namespace

TEST_CASE("relu: gradient 0 at 0, NaN flows forward with gradient 1") {
  check_rows("relu", tg::relu, {{0, 0, 0}, {-0.0, 0, 0}, {2, 2, 1}, {-2, 0, 0}, {NaN, NaN, 1}});
  check_rows("relu", tg::relu, {{inf, inf, 1}, {-inf, 0, 0}});
  CHECK_FALSE(std::signbit(tg::relu(tg::tensor(0.0)).item()));
  CHECK(std::signbit(tg::relu(tg::tensor(-0.0)).item()));
}

TEST_CASE("leaky_relu: gradient is the slope at 0") {
  for (const double slope : {0.01, 0.25, 3.0})
    check_rows("leaky_relu", [=](const Tensor& x) { return tg::leaky_relu(x, slope); },
               {{0, 0, slope}, {1, 1, 1}, {-1, -slope, slope}});
}

TEST_CASE("elu: gradient is alpha at 0") {
  for (const double alpha : {1.0, 2.0, 0.5})
    check_rows("elu", [=](const Tensor& x) { return tg::elu(x, alpha); },
               {{0, 0, alpha}, {3, 3, 1}, {1000, 1000, 1}, {-1000, -alpha, 0}, {-inf, -alpha, 0}});
}

TEST_CASE("abs: gradient 0 at 0 and at NaN") {
  check_rows("abs", tg::abs, {{0, 0, 0}, {-0.0, 0, 0}, {NaN, NaN, 0}, {-3, 3, -1}, {inf, inf, 1}});
}

TEST_CASE("sign: gradient 0 everywhere, and no error") {
  check_rows("sign", tg::sign, {{-2, -1, 0}, {0, 0, 0}, {5, 1, 0}, {inf, 1, 0}});
}

TEST_CASE("sqrt: infinite gradient at 0, NaN below") {
  check_rows("sqrt", tg::sqrt, {{0, 0, inf}, {-1, NaN, NaN}, {4, 2, 0.25}, {inf, inf, 0}});
  check_rows("sqrt times 0", [](const Tensor& x) { return tg::sqrt(x) * 0; }, {{0, 0, NaN}});
}

TEST_CASE("log: gradient 1/x, also below 0 where the value is NaN") {
  check_rows("log", tg::log, {{-1, NaN, -1}, {-4, NaN, -0.25}, {0, -inf, inf}, {inf, inf, 0}});
  check_rows("log1p", tg::log1p, {{-1, -inf, inf}, {-2, NaN, -1}, {0, 0, 1}});
}

TEST_CASE("rsqrt and reciprocal: gradient -inf at 0") {
  check_rows("rsqrt", tg::rsqrt, {{0, inf, -inf}, {4, 0.5, -1.0 / 16}, {-1, NaN, NaN}});
  check_rows("reciprocal", tg::reciprocal, {{0, inf, -inf}, {-0.0, -inf, -inf}, {2, 0.5, -0.25}});
}

TEST_CASE("exp: overflow gives inf with gradient inf, underflow 0 with gradient 0") {
  check_rows("exp", tg::exp, {{800, inf, inf}, {-800, 0, 0}, {0, 1, 1}, {-inf, 0, 0}});
  check_rows("expm1", tg::expm1, {{800, inf, inf}, {-800, -1, 0}, {0, 0, 1}, {-inf, -1, 0}});
}

TEST_CASE("tanh, sigmoid, erf: gradient 0 far out, without overflow") {
  check_rows("tanh", tg::tanh,
             {{1000, 1, 0}, {-1000, -1, 0}, {inf, 1, 0}, {-inf, -1, 0}, {0, 0, 1}});
  check_rows("sigmoid", tg::sigmoid, {{1000, 1, 0}, {-1000, 0, 0}, {inf, 1, 0}, {-inf, 0, 0}});
  check_rows("sigmoid", tg::sigmoid, {{0, 0.5, 0.25}, {NaN, NaN, NaN}});
  check_rows("erf", tg::erf,
             {{1000, 1, 0}, {-1000, -1, 0}, {inf, 1, 0}, {0, 0, 1.1283791670955126}});
}

TEST_CASE("softplus: linear only above the threshold") {
  const Unary softplus = [](const Tensor& x) { return tg::softplus(x); };
  check_rows("softplus", softplus,
             {{20, 20.000000002061153620189, 0.99999999793884638181}, {20.0001, 20.0001, 1}});
  check_rows("softplus", softplus, {{1000, 1000, 1}, {-1000, 0, 0}, {inf, inf, 1}, {-inf, 0, 0}});
  check_rows("softplus, beta 2, threshold 4", [](const Tensor& x) { return tg::softplus(x, 2, 4); },
             {{2, 2.0090749639589047, 0.98201379003790845}, {2.001, 2.001, 1}});
}

TEST_CASE("logsigmoid: linear far below 0, without overflow") {
  check_rows("logsigmoid", tg::logsigmoid,
             {{-1000, -1000, 1}, {1000, 0, 0}, {0, -0.69314718055994531, 0.5}, {inf, 0, 0}});
}

TEST_CASE("gelu: the limits at the infinities") {
  check_rows("gelu", tg::gelu, {{0, 0, 0.5}, {-inf, 0, 0}, {inf, inf, 1}, {1000, 1000, 1}});
  check_rows("gelu", tg::gelu, {{-1000, 0, 0}, {NaN, NaN, NaN}});
}

TEST_CASE("silu: the limits at the infinities") {
  check_rows("silu", tg::silu, {{-inf, 0, 0}, {inf, inf, 1}, {0, 0, 0.5}, {-1000, 0, 0}});
  check_rows("silu", tg::silu, {{NaN, NaN, NaN}});
}

TEST_CASE("x to a constant power: gradient n x^(n-1), and 0 for n = 0 also at 0") {
  const auto power = [](double n) { return [n](const Tensor& x) { return tg::pow(x, n); }; };
  check_rows("x^0", power(0), {{0, 1, 0}, {3, 1, 0}, {NaN, 1, 0}, {inf, 1, 0}});
  check_rows("x^1", power(1), {{0, 0, 1}, {-3, -3, 1}});
  check_rows("x^2", power(2), {{0, 0, 0}, {-2, 4, -4}});
  check_rows("x^0.5", power(0.5), {{0, 0, inf}, {-1, NaN, NaN}, {-inf, inf, 0}, {-0.0, 0, inf}});
  check_rows("x^-1", power(-1), {{0, inf, -inf}});
  const auto integer_power = [](int n) { return [n](const Tensor& x) { return tg::pow(x, n); }; };
  check_rows("x^0", integer_power(0), {{0, 1, 0}});
  check_rows("x^1", integer_power(1), {{0, 0, 1}});
  check_rows("x^2", integer_power(2), {{0, 0, 0}, {-3, 9, -6}});
  check_rows("square", tg::square, {{0, 0, 0}, {-3, 9, -6}});
}

TEST_CASE("a constant to the power x: for the constant 0 the gradient is 0 up from 0") {
  const auto power = [](double c) { return [c](const Tensor& x) { return tg::pow(c, x); }; };
  check_rows("0^x", power(0), {{0, 1, 0}, {2, 0, 0}, {-1, inf, -inf}});
  check_rows("2^x", power(2), {{0, 1, 0.69314718055994531}, {3, 8, 5.5451774444795625}});
}

TEST_CASE("clamp by numbers: the gradient passes in the closed interval") {
  const Unary clamp = [](const Tensor& x) { return tg::clamp(x, -1, 2); };
  check_rows("clamp", clamp, {{-1, -1, 1}, {2, 2, 1}, {0, 0, 1}, {-1.5, -1, 0}, {2.5, 2, 0}});
  check_rows("clamp", clamp, {{NaN, NaN, 0}, {inf, 2, 0}, {-inf, -1, 0}});
  const Unary crossed = [](const Tensor& x) { return tg::clamp(x, 2, -1); };
  check_rows("clamp, min > max", crossed, {{0, -1, 0}, {2, -1, 0}, {-1, -1, 0}, {5, -1, 0}});
  check_rows("clamp from below", [](const Tensor& x) { return tg::clamp(x, 1); },
             {{1, 1, 1}, {0, 1, 0}, {inf, inf, 1}, {NaN, NaN, 0}});
  check_rows("clamp from above", [](const Tensor& x) { return tg::clamp(x, {}, 1); },
             {{1, 1, 1}, {2, 1, 0}, {-inf, -inf, 1}, {NaN, NaN, 0}});
}
