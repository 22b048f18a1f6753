// As little as a program with gradients can do: linked statically and stripped, it shows what the
// library costs a program in size and at its start.

#include <autograd/autograd.h>

int main() {
  tapegrad::Tensor x = tapegrad::tensor({1.0, 2.0});
  x.requires_grad_();
  (x * x).sum().backward();
  return x.grad().at<float>(1) == 4 ? 0 : 1;
}
