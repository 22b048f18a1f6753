// Products of matrices: broadcast batches and flags have the gradients that differences give.

#include "autograd/check/gradcheck.h"
#include "tests/ops/both_orders.h"
#include "tests/point_gradients.h"

using namespace point_gradients;

TEST_CASE("batched matmul: broadcast batches get sums, on both sides") {
  const auto product = [](const std::vector<Tensor>& in) { return tg::matmul(in[0], in[1]); };
  const std::pair<tg::Shape, tg::Shape> shapes[] = {{{2, 2, 3}, {2, 3, 2}},
                                                    {{2, 3}, {2, 3, 2}},
                                                    {{2, 2, 3}, {3, 2}},
                                                    {{2, 1, 2, 3}, {3, 2}},
                                                    {{1, 2, 3}, {3, 3, 2}},
                                                    {{2, 1, 2, 2}, {1, 2, 2, 1}},
                                                    {{3}, {3}},
                                                    {{3}, {3, 2}},
                                                    {{2, 3}, {3}},
                                                    {{3}, {2, 3, 2}},
                                                    {{2, 2, 3}, {3}},
                                                    {{1, 3}, {2, 1, 3, 1}}};
  std::uint64_t seed = 20;
  for (const auto& [a, b] : shapes) {
    check_both_orders(to_string(a) + " @ " + to_string(b), product,
                      {samples(a, seed), samples(b, seed + 1)});
    seed += 2;
  }
}

TEST_CASE("matmul by flags has the gradients of the transposed product") {
  for (const bool flip_a : {false, true}) {
    for (const bool flip_b : {false, true}) {
      const tg::Shape a = flip_a ? tg::Shape{2, 3, 2} : tg::Shape{2, 2, 3};
      const tg::Shape b = flip_b ? tg::Shape{4, 3} : tg::Shape{3, 4};
      check_both_orders("matmul",
                        [=](const auto& in) {
                          return tg::matmul(in[0], in[1],
                                            {.transpose_a = flip_a, .transpose_b = flip_b});
                        },
                        {samples(a, 30), samples(b, 31)});
    }
  }
}
