#include <thread>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"

using tapegrad::DType;
using tapegrad::float32;
using tapegrad::float64;
using tapegrad::int64;
using tapegrad::Tensor;
namespace tg = tapegrad;

namespace {

/// What takes the default type when nothing else says one.
std::vector<Tensor> made_by_default() {
  const Tensor whole = tg::tensor({1, 2, 4});
  Tensor asked = 0.5;
  return {tg::empty({2}),
          tg::zeros({2}),
          tg::ones({2}),
          tg::full({2}, 0.1),
          tg::eye(2),
          tg::linspace(0, 1, 3),
          tg::arange(0.0, 1.0, 0.25),
          tg::tensor(0.1),
          tg::tensor({0.1, 0.2}),
          tg::tensor({{1, 2}, {3, 0.5f}}),
          tg::tensor({}),
          tg::rand({2}),
          tg::randn({2}),
          tg::bernoulli(0.5, {2}),
          whole / 2,
          whole * 0.5,
          tg::exp(whole),
          tg::tensor({true}) + 0.5,
          tg::clamp(whole, 1.5, 3),
          tg::where(whole > 1, 1.0, 0.0),
          tg::stack({0.5, 1.5}),
          asked.requires_grad_()};
}

void check_default(DType dtype) {
  const std::vector<Tensor> all = made_by_default();
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO("tensor " << i);
    CHECK(all[i].dtype() == dtype);
  }
}

}  // namespace

TEST_CASE("the default element type is float32, and DefaultDType changes it while it lives") {
  CHECK(tg::get_default_dtype() == float32);
  check_default(float32);
  {
    const tg::DefaultDType doubles(float64);
    CHECK(tg::get_default_dtype() == float64);
    check_default(float64);
    {
      const tg::DefaultDType floats(float32);
      check_default(float32);
    }
    CHECK(tg::get_default_dtype() == float64);
    std::thread([] { CHECK(tg::get_default_dtype() == float32); }).join();
  }
  check_default(float32);
}

TEST_CASE("what has a type keeps it whatever the default is") {
  const tg::DefaultDType doubles(float64);
  CHECK((tg::ones({2}, float32) * 0.5).dtype() == float32);
  CHECK(tg::tensor(std::vector<float>{1}).dtype() == float32);
  CHECK(tg::tensor({1, 2}).dtype() == int64);
  CHECK(tg::tensor({0.5}, float32).dtype() == float32);
  CHECK(tg::zeros_like(tg::ones({1}, float32)).dtype() == float32);
  CHECK(tg::sum(tg::tensor({1, 2})).dtype() == int64);
}

TEST_CASE("set_default_dtype holds for all threads, except where a scope says otherwise") {
  tg::set_default_dtype(float64);
  check_default(float64);
  std::thread([] {
    CHECK(tg::get_default_dtype() == float64);
    const tg::DefaultDType floats(float32);
    CHECK(tg::get_default_dtype() == float32);
  }).join();
  tg::set_default_dtype(float32);
  check_default(float32);
}

TEST_CASE("only floating-point types can be the default") {
  CHECK_THROWS_AS(tg::set_default_dtype(int64), tg::DTypeError);
  CHECK_THROWS_AS(tg::DefaultDType(tg::boolean), tg::DTypeError);
  CHECK(tg::get_default_dtype() == float32);
}
