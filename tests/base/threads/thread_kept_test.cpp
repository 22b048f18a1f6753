// What a thread keeps between calls is gone when static objects are destroyed; they may compute all
// the same.

#include <cstdio>
#include <cstdlib>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;

namespace {

/// A product large enough to copy its operands, and the walk back through it.
bool computes(const tg::Tensor& weight) {
  const tg::Tensor x = tg::ones({150, 200});
  const tg::Tensor loss = tg::matmul(x, weight, {.transpose_b = true}).sum();
  const tg::Tensor gradient = tg::grad(loss, weight);
  return loss.item() == 150 * 200 * 100 && gradient.at<float>({99, 199}) == 150;
}

/// Is destroyed after everything that `main` and its thread had.
struct Last {
  tg::Tensor weight = tg::ones({100, 200}).requires_grad_();
  ~Last() {
    if (computes(weight)) return;
    std::fputs("a static destructor computed something wrong\n", stderr);
    std::_Exit(1);
  }
};
Last last;

}  // namespace

TEST_CASE("static objects may compute before and after main") { CHECK(computes(last.weight)); }
