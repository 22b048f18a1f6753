// A user's program: a system of equations and the gradient of a determinant; exit status 1 if they
// are wrong.

#include <autograd/autograd.h>
#include <autograd/linalg/linalg.h>

#include <cmath>

namespace tg = tapegrad;

int main() {
  tg::Tensor a = tg::tensor({{2.0, 1.0}, {1.0, 3.0}}).requires_grad_();
  const tg::Tensor x = tg::solve(a, tg::tensor({3.0, 4.0}));
  tg::det(a).backward();
  const bool right = tg::allclose(x, tg::ones({2})) &&
                     tg::allclose(a.grad(), tg::tensor({{3.0, -1.0}, {-1.0, 2.0}})) &&
                     std::abs(tg::eigvalsh(a).sum().item() - 5) < 1e-5;
  return right ? 0 : 1;
}
