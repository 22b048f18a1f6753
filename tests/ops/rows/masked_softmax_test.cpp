// masked_softmax is what `where` and `softmax` make together, in one operator.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;
using tg::Shape;
using tg::Tensor;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// The definition, by plain operators.
Tensor composed(const Tensor& x, const Tensor& mask, int dim) {
  const Tensor kept = tg::where(mask, x, -kInf);
  if (kept.numel() == 0) return kept;
  const Tensor empty = tg::amax(kept.detach(), dim, true) == -kInf;
  return tg::where(mask & !empty, tg::softmax(tg::where(empty, 0, kept), dim), 0);
}

/// Equal up to a few roundings; NaN and 0 in the same places.
void check_same(const Tensor& found, const Tensor& expected) {
  INFO("found " << found << ", expected " << expected);
  CHECK(found.dtype() == expected.dtype());
  REQUIRE(found.shape() == expected.shape());
  CHECK(tg::all((found == 0) == (expected == 0)).item<bool>());
  CHECK(tg::allclose(found, expected, found.dtype() == tg::float32 ? 1e-5 : 1e-13, 1e-30, true));
}

/// Value, gradient (fused and recorded) and second gradient are those of the definition.
void check_definition(const Tensor& data, const Tensor& mask, int dim) {
  const auto check = [&](bool create_graph) {
    CAPTURE(create_graph, mask.shape(), dim);
    Tensor all[2][3];
    for (const bool plain : {false, true}) {
      const Tensor x = data.detach().clone().requires_grad_();
      const Tensor y = plain ? composed(x, mask, dim) : tg::masked_softmax(x, mask, dim);
      const Tensor g = tg::reshape(
          tg::sin(tg::arange(0.0, static_cast<double>(y.numel()), 1.0, data.dtype())), y.shape());
      const Tensor dx = tg::grad({y}, {x}, {.grad_outputs = {g}, .create_graph = create_graph})[0];
      all[plain][0] = y.detach();
      all[plain][1] = dx.detach();
      if (create_graph) all[plain][2] = tg::grad({tg::sum(dx * dx)}, {x})[0];
    }
    check_same(all[0][0], all[1][0]);
    check_same(all[0][1], all[1][1]);
    if (create_graph) {
      CHECK(tg::allclose(all[0][2], all[1][2], data.dtype() == tg::float32 ? 1e-4 : 1e-12,
                         data.dtype() == tg::float32 ? 1e-6 : 1e-14));
    }
  };
  check(false);
  check(true);
}

}  // namespace

TEST_CASE("masked_softmax is where, softmax and where, for every shape of the mask") {
  tg::manual_seed(5);
  struct Shapes {
    Shape x, mask;
  };
  const Shapes all[] = {{{7, 5}, {7, 5}},
                        {{7, 5}, {5}},
                        {{7, 5}, {1, 5}},
                        {{7, 5}, {7, 1}},
                        {{7, 5}, {1, 1}},
                        {{3, 5, 5}, {5, 5}},
                        {{3, 2, 4, 5}, {3, 1, 1, 5}},
                        {{3, 2, 4, 5}, {1, 2, 1, 5}},
                        {{3, 2, 4, 5}, {3, 1, 4, 5}},
                        {{3, 2, 4, 5}, {2, 4, 5}},
                        {{1, 9}, {1, 9}},
                        {{9}, {9}},
                        {{4, 1}, {4, 1}},
                        {{2, 1000}, {2, 1000}},
                        {{1, 5}, {3, 5}},
                        {{5}, {4, 5}},
                        {{}, {}}};
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    for (const Shapes& shapes : all) {
      const Tensor x = tg::randn(shapes.x).to(dtype);
      const int rank = std::max(shapes.x.rank(), shapes.mask.rank());
      for (const double share : {0.0, 0.3, 1.0}) {
        const Tensor mask = tg::rand(shapes.mask) < share;
        for (int dim = -1; dim < rank; ++dim) check_definition(x, mask, dim);
      }
    }
  }
}

TEST_CASE("masked_softmax of many rows gives the same with any number of threads, and each mask") {
  const Tensor x = tg::randn({64, 8, 100});
  for (const Shape& shape : {Shape{64, 8, 100}, Shape{8, 100}, Shape{64, 1, 100}, Shape{100}}) {
    const Tensor mask = tg::rand(shape) < 0.5;
    tg::set_num_threads(3);
    const Tensor shared = tg::masked_softmax(x, mask, -1);
    tg::set_num_threads(1);
    const Tensor alone = tg::masked_softmax(x, mask, -1);
    CHECK(tg::all(shared == alone).item<bool>());
    check_same(alone, composed(x, mask, -1));
  }
}

TEST_CASE("behind the mask nothing matters: neither values, nor the gradient that comes there") {
  const Tensor mask = tg::tensor({{true, false, true}, {false, false, false}, {true, true, true}});
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    for (const bool recorded : {false, true}) {
      for (const double anything : {kNan, kInf, -kInf, 1e300}) {
        CAPTURE(dtype, recorded, anything);
        const Tensor clean = tg::tensor({{1.0, 0.0, 2.0}, {0.0, 0.0, 0.0}, {3.0, 1.0, 2.0}}, dtype);
        const auto both = [&](double other) {
          const Tensor x = tg::where(mask, clean, other).to(dtype).requires_grad_();
          const Tensor y = tg::masked_softmax(x, mask, 1);
          const Tensor g = tg::where(mask, clean, other).to(dtype);
          const tg::GradOptions options{.grad_outputs = {g}, .create_graph = recorded};
          return std::pair{y.detach(), tg::grad({y}, {x}, options)[0].detach()};
        };
        const auto [y, dx] = both(anything);
        const auto [y0, dx0] = both(0);
        CHECK(tg::all(y == y0).item<bool>());
        CHECK(tg::all(dx == dx0).item<bool>());
        CHECK(tg::all(tg::isfinite(dx)).item<bool>());
      }
    }
  }
}

TEST_CASE("a row of -inf alone is a row of 0 and has gradient 0, whatever comes back") {
  for (const bool recorded : {false, true}) {
    const Tensor x = tg::full({2, 9}, -kInf).requires_grad_();
    const Tensor y = tg::masked_softmax(x, tg::ones({2, 9}) > 0, 1);
    const Tensor dx =
        tg::grad({y}, {x}, {.grad_outputs = {tg::full({2, 9}, kNan)}, .create_graph = recorded})[0];
    CHECK(tg::all(y == 0).item<bool>());
    CHECK(tg::all(dx == 0).item<bool>());
  }
}

TEST_CASE("NaN or +inf within the mask makes its entries NaN, and those behind the mask stay 0") {
  const Tensor mask = tg::tensor({{true, true, false}});
  for (const double bad : {kNan, kInf}) {
    const Tensor y = tg::masked_softmax(tg::tensor({{bad, 1.0, 2.0}}), mask, 1);
    CHECK(std::isnan(y.at({0, 0}).item()));
    CHECK(y.at({0, 2}).item() == 0);
  }
}

TEST_CASE("one NaN makes a row NaN wherever it stands, and whatever stands beside it") {
  const auto all_nan = [](const Tensor& t) { return tg::all(tg::isnan(t)).item<bool>(); };
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    for (const double others : {-kInf, -1.0, 5.0, kInf}) {
      for (const std::int64_t n : {1, 2, 7, 16, 33, 70}) {
        for (std::int64_t at = 0; at < n; ++at) {
          CAPTURE(dtype, others, n, at);
          const Tensor here = tg::arange(n) == at;
          Tensor x = tg::where(here, kNan, tg::full({1, n}, others, dtype)).requires_grad_();
          const Tensor half = tg::cat({tg::ones({n}) > 0, tg::ones({n}) < 0}, 0);
          const Tensor y = tg::masked_softmax(tg::cat({x, tg::zeros({1, n}, dtype)}, 1), half, 1);
          CHECK(all_nan(tg::softmax(x, 1)));
          CHECK(all_nan(tg::log_softmax(x, 1)));
          CHECK(all_nan(tg::cross_entropy(x, tg::zeros({1}, tg::int64))));
          CHECK(all_nan(tg::narrow(y, 1, 0, n)));
          CHECK(tg::all(tg::narrow(y, 1, n, n) == 0).item<bool>());
          for (const Tensor& result : {tg::softmax(x, 1), tg::log_softmax(x, 1), y,
                                       tg::cross_entropy(x, tg::zeros({1}, tg::int64))})
            CHECK(all_nan(
                tg::grad({result}, {x}, {.grad_outputs = {tg::ones(result.shape(), dtype)}})[0]));
        }
      }
    }
  }
}

TEST_CASE("masked_softmax of nothing is nothing, along any dimension") {
  for (const Shape& shape : {Shape{3, 0}, Shape{0, 3}, Shape{0}, Shape{2, 0, 3}}) {
    for (int dim = 0; dim < shape.rank(); ++dim) {
      for (const bool recorded : {false, true}) {
        const Tensor x = tg::ones(shape).requires_grad_();
        const Tensor y = tg::masked_softmax(x, tg::ones(shape) > 0, dim);
        CHECK(y.shape() == shape);
        const Tensor dx =
            tg::grad({y}, {x}, {.grad_outputs = {tg::ones(shape)}, .create_graph = recorded})[0];
        CHECK(dx.shape() == shape);
      }
    }
  }
}

TEST_CASE("masked_softmax is one record") {
  const Tensor x = tg::rand({2, 3}).requires_grad_();
  const auto records = tg::records(tg::masked_softmax(x, x.detach() > 0.5, 1));
  REQUIRE(records.size() == 1);
  CHECK(records[0].name == "masked_softmax");
}

TEST_CASE("masked_softmax takes integers as the default type") {
  const Tensor y = tg::masked_softmax(tg::tensor({1, 1, 5}), tg::tensor({true, true, false}), 0);
  CHECK(y.dtype() == tg::float32);
  CHECK(tg::all(y == tg::tensor({0.5, 0.5, 0.0})).item<bool>());
}

TEST_CASE("masked_softmax says what is wrong with a mask") {
  const Tensor x = tg::rand({2, 3});
  CHECK_THROWS_AS(tg::masked_softmax(x, tg::ones({2, 3}), 1), tg::DTypeError);
  CHECK_THROWS_WITH(tg::masked_softmax(x, tg::ones({2, 3}), 1),
                    "masked_softmax: the mask must be bool, not float32; write mask != 0");
  CHECK_THROWS_AS(tg::masked_softmax(x, tg::ones({2, 2}) > 0, 1), tg::ShapeError);
  CHECK_THROWS_WITH(tg::masked_softmax(x, tg::ones({2, 2}) > 0, 1),
                    Catch::Matchers::ContainsSubstring("masked_softmax") &&
                        Catch::Matchers::ContainsSubstring("[2, 3]") &&
                        Catch::Matchers::ContainsSubstring("[2, 2]"));
  CHECK_THROWS_AS(tg::masked_softmax(x, x > 0, 2), tg::IndexError);
}
