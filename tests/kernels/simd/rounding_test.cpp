// The floating-point environment of the host: what holds in another one than that of a new thread.

#include <cfenv>
#include <string>
#include <vector>
#if defined(TAPEGRAD_X86)
#include <xmmintrin.h>
#endif

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

namespace {

/// Rounds in another way while it lives.
struct Rounding {
  explicit Rounding(int mode) : before(std::fegetround()) { std::fesetround(mode); }
  Rounding(const Rounding&) = delete;
  Rounding& operator=(const Rounding&) = delete;
  ~Rounding() { std::fesetround(before); }
  int before;
};

}  // namespace

#if defined(TAPEGRAD_CHECK_ROUNDING)
TEST_CASE("debug builds refuse to compute in another rounding mode, and go on after it") {
  const Tensor x = tg::linspace(-2, 2, 9).requires_grad_();
  const Tensor m = tg::rand({3, 3});
  const auto in_mode = [](int mode, auto f) {
    const Rounding rounding(mode);
    f();
  };
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    CHECK_THROWS_AS(in_mode(mode, [&] { tg::tanh(x); }), tg::ValueError);
    CHECK_THROWS_WITH(in_mode(mode,
                              [&] {
                                const tg::Scope net("net");
                                tg::tanh(x);
                              }),
                      ContainsSubstring("does not round to nearest") &&
                          ContainsSubstring("std::fesetround(FE_TONEAREST)") &&
                          ContainsSubstring("[in net]"));
    CHECK_THROWS_AS(in_mode(mode, [&] { tg::softmax(x, 0); }), tg::ValueError);
    CHECK_THROWS_AS(in_mode(mode, [&] { tg::sum(x); }), tg::ValueError);
    CHECK_THROWS_AS(in_mode(mode, [&] { tg::matmul(m, m); }), tg::ValueError);
  }
  CHECK(std::fegetround() == FE_TONEAREST);
  const Tensor y = tg::tanh(x);
  tg::sum(y).backward();
  CHECK(tg::allclose(x.grad(), 1 - y.detach().square()));
}

TEST_CASE("debug builds refuse another rounding mode with several threads, too") {
  const Tensor x = tg::zeros({1 << 21});
  tg::set_num_threads(2);
  {
    const Rounding rounding(FE_UPWARD);
    CHECK_THROWS_AS(tg::tanh(x), tg::ValueError);
    CHECK_THROWS_AS(tg::softmax(x.reshape({1 << 11, 1 << 10}), 1), tg::ValueError);
  }
  CHECK(tg::all(tg::tanh(x) == 0).item<bool>());
  tg::set_num_threads(1);
}
#endif

#if defined(TAPEGRAD_X86)
TEST_CASE("with denormals flushed to zero all that is none keeps its bits") {
  const auto compute = [](tg::DType dtype) {
    const Tensor x = tg::linspace(-3, 3, 601).to(dtype).requires_grad_();
    std::vector<Tensor> all = {tg::tanh(x),       tg::exp(x),     tg::log(tg::abs(x) + 0.5),
                               tg::sin(x),        tg::sigmoid(x), tg::erf(x),
                               tg::softmax(x, 0), tg::gelu(x),    tg::sqrt(tg::abs(x) + 0.5)};
    all.push_back(tg::grad(tg::sum(tg::stack(all)), x));
    return all;
  };
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const std::vector<Tensor> usual = compute(dtype);
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u);  // results and operands
    const std::vector<Tensor> flushed = compute(dtype);
    const bool kept = (_mm_getcsr() & 0x8040u) == 0x8040u;
    _mm_setcsr(before);
    CHECK(kept);
    for (std::size_t i = 0; i < usual.size(); ++i) {
      CAPTURE(i, dtype);
      CHECK(tg::all(usual[i] == flushed[i]).item<bool>());
    }
  }
}
#endif
