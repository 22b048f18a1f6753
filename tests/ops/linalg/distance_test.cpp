// Distances and angles: near, far, equal and huge rows, ties, and what cannot be. tests/values
// compares with PyTorch.

#include "autograd/ops/linalg/distance.h"

#include "autograd/check/verify.h"
#include "tests/message_of.h"
#include "tests/ops/both_orders.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;
using Tensors = std::vector<Tensor>;

TEST_CASE("cdist passes the battery of operators") {
  const tg::VerifyResult result = tg::verify(tg::detail::cdist_cases());
  INFO(result.message());
  CHECK(result.ok());
}

TEST_CASE("distances are those of vector_norm, for every order") {
  for (const double p : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 40.0, inf}) {
    const Tensor a = samples({2, 3, 37}, 1), b = samples({4, 37}, 2);
    const Tensor found = tg::cdist(a, b, p);
    const Tensor expected = tg::vector_norm(tg::unsqueeze(a, -2) - b, p, -1);
    INFO("order " << p);
    CHECK(tg::allclose(found, expected, 1e-13, 0));
    if (p == 0) continue;
    const Tensor cotangent = samples({2, 3, 4}, 3).detach();
    const Tensors right = tg::grad({expected}, {a, b}, {.grad_outputs = {cotangent}});
    for (const bool create_graph : {false, true}) {
      const Tensors own = tg::grad({tg::cdist(a, b, p)}, {a, b},
                                   {.grad_outputs = {cotangent}, .create_graph = create_graph});
      CHECK(tg::allclose(own[0], right[0], 1e-12, 1e-13));
      CHECK(tg::allclose(own[1], right[1], 1e-12, 1e-13));
    }
  }
}

TEST_CASE("equal rows have distance 0 and gradient 0, of second order, too") {
  for (const double p : {0.5, 1.0, 1.5, 2.0, 3.0, inf}) {
    const Tensor x = tg::tensor({{1.0, 2.0}, {1.0, 2.0}}, tg::float64).requires_grad_();
    const Tensor y = tg::cdist(x, x, p);
    INFO("order " << p);
    check_values("distance", y, {0, 0, 0, 0});
    check_values("gradient", tg::grad({tg::sum(y)}, {x}, {.retain_graph = true})[0], {0, 0, 0, 0});
    const Tensor g = tg::grad({tg::sum(y)}, {x}, {.create_graph = true})[0];
    check_values("recorded", g, {0, 0, 0, 0});
    check_values("second order", tg::grad({tg::sum(g * g)}, {x})[0], {0, 0, 0, 0});
    const Tensor one = leaf({1, 2});
    const Tensor d = tg::pairwise_distance(one, one.detach(), {.p = p, .eps = 0});
    check_values("pairwise", tg::grad({d}, {one})[0], {0, 0});
  }
}

TEST_CASE("near rows far from the origin keep their digits") {
  // A product of matrices would give 0, or a root of rounding errors.
  const Tensor a = tg::tensor({{4096.0, 4096.0}}), b = tg::tensor({{4096.001953125, 4096.0}});
  CHECK(tg::cdist(a, b).item() == 0.001953125);
}

TEST_CASE("distances neither overflow nor vanish") {
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const double most = dtype == tg::float32 ? 1e30 : 1e280;
    for (const double scale : {1 / most, 1e-20, 1.0, 1e20, most}) {
      for (const double p : {1.0, 2.0, 3.0, 20.0}) {
        const Tensor x = (tg::tensor({{3.0, -4.0}}, dtype) * scale).requires_grad_();
        const Tensor zero = tg::zeros({1, 2}, dtype);
        const Tensor one = tg::tensor({{3.0, -4.0}}, dtype).requires_grad_();
        const Tensor y = tg::cdist(x, zero, p), unit = tg::cdist(one, zero, p);
        INFO(scale << ", " << p << ", " << tg::name(dtype));
        const double eps = dtype == tg::float32 ? 1e-6 : 1e-14;
        CHECK(std::abs(y.item() - unit.item() * scale) <= eps * unit.item() * scale);
        CHECK(tg::allclose(tg::grad({y}, {x})[0], tg::grad({unit}, {one})[0], 40 * eps, 0));
      }
    }
  }
}

TEST_CASE("ties of infinite order share the gradient; NaN and infinity stay") {
  const Tensor x = tg::tensor({{1.0, -1.0, 0.5}}, tg::float64).requires_grad_();
  const Tensor y = tg::cdist(x, tg::zeros({1, 3}, tg::float64), inf);
  check_values("ties", tg::grad({y}, {x})[0], {0.5, -0.5, 0});
  for (const double p : {0.5, 1.0, 2.0, 3.0, inf}) {
    const Tensor rows = tg::tensor({{NaN, 1.0}, {inf, 0.0}, {inf, NaN}});
    check_values("not finite", tg::cdist(rows, tg::zeros({1, 2}), p), {NaN, inf, NaN});
  }
}

TEST_CASE("the cosine of vectors of zeros is 0, and so are its gradients") {
  check_at("zeros", [](const Tensors& in) { return tg::cosine_similarity(in[0], in[1], 0); },
           {Input({0, 0}, {0, 0}), Input({3, 4}, {0, 0})}, {0});
  check_at("eps 0", [](const Tensors& in) { return tg::cosine_similarity(in[0], in[1], 0, 0); },
           {Input({0, 0}, {0, 0}), Input({0, 0}, {0, 0})}, {0});
  const Tensor x = leaf({0, 0});
  const Tensor y = tg::cosine_similarity(x, tg::tensor({3.0, 4.0}, tg::float64), 0);
  const Tensor g = tg::grad({y}, {x}, {.create_graph = true})[0];
  check_values("second order", tg::grad({tg::sum(g * g)}, {x})[0], {0, 0});
}

TEST_CASE("angles do not depend on how long vectors are") {
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const Tensor a = tg::tensor({1.0, 2.0, -1.0}, dtype), b = tg::tensor({2.0, 1.0, 1.0}, dtype);
    const double most = dtype == tg::float32 ? 1e30 : 1e280;
    for (const double scale : {1 / most, 1.0, most})
      CHECK(std::abs(tg::cosine_similarity(a * scale, b / scale, 0, 0).item() - 0.5) < 1e-7);
  }
}

TEST_CASE("distances have the gradients that differences give") {
  for (const double p : {1.0, 1.5, 2.0, 3.0})
    check_both_orders("pairwise_distance",
                      [p](const Tensors& in) {
                        return tg::pairwise_distance(in[0], in[1], {.p = p, .keepdim = true});
                      },
                      {samples({2, 3}, 1), samples({3}, 2)});
  check_both_orders("cosine_similarity",
                    [](const Tensors& in) { return tg::cosine_similarity(in[0], in[1], 0); },
                    {samples({2, 3}, 1), samples({2, 1}, 2)});
  // Along a dimension that one of both has not, and below eps.
  check_both_orders("cosine_similarity",
                    [](const Tensors& in) { return tg::cosine_similarity(in[0], in[1], 0, 100); },
                    {samples({3}, 1), samples({2, 3}, 2)});
}

TEST_CASE("distances of nothing, of numbers, and of many threads") {
  CHECK(tg::cdist(tg::zeros({0, 3}), tg::zeros({2, 3})).shape() == tg::Shape({0, 2}));
  for (const double p : {0.0, 1.0, 2.0, inf})
    check_values("rows of nothing", tg::cdist(tg::zeros({1, 0}), tg::zeros({2, 0}), p), {0, 0});
  check_values("numbers", tg::pairwise_distance(tg::tensor(2.0), tg::tensor(5.0), {.eps = 0}), {3});
  const Tensor many = samples({300, 50}, 7).to(tg::float32).detach();
  const Tensor all = tg::cdist(many, many);
  CHECK(tg::allclose(all, tg::transpose(all, 0, 1), 0, 0));
  CHECK(all.at<float>({299, 299}) == 0);
}

TEST_CASE("distances name themselves in errors") {
  const Tensor x = tg::zeros({2, 3});
  const auto throws = [](auto run, const std::string& text) {
    CHECK_THAT(message_of<tg::Error>(run), ContainsSubstring(text));
  };
  throws([&] { tg::cdist(x, tg::zeros({3})); }, "cdist: shapes [2, 3] and [3]; both need rows");
  throws(
      [&] {
        tg::cdist(x, tg::zeros({2, 2}));
      },
      "cdist: shapes [2, 3] and [2, 2]: rows of 3 and of 2 elements have no distance");
  throws(
      [&] {
        tg::cdist(tg::zeros({2, 1, 1}), tg::zeros({3, 1, 1}));
      },
      "cdist: shapes [2] and [3] do not broadcast");
  throws([&] { tg::cdist(x, x, -1); }, "cdist: the order p is -1; it must be 0 or above");
  throws([&] { tg::cdist(x, x, NaN); }, "cdist: the order p is nan");
  throws([&] { tg::cdist(x, x.to(tg::float64)); }, "cdist: the second argument is float64");
  throws([&] { tg::cdist(tg::ones({2, 2}, tg::int64), x); }, "cdist: needs a float32 or float64");
  throws([&] { tg::pairwise_distance(x, tg::zeros({2})); },
         "pairwise_distance: shapes [2, 3] and [2] do not broadcast");
  throws([&] { tg::pairwise_distance(x, x, {.p = NaN}); }, "pairwise_distance: the order p is NaN");
  throws([&] { tg::cosine_similarity(x, x, 2); }, "cosine_similarity: dimension 2 is out of range");
  throws([&] { tg::cosine_similarity(x, tg::tensor({1, 2, 3})); }, "cosine_similarity: needs");
}
