// refused: data_
#include <autograd/autograd.h>

void change(const tapegrad::Tensor& x) {
  static_cast<float*>(tapegrad::detail::impl_of(x)->data_)[0] = 5;
}
