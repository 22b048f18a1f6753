// refused by a comment: a tensor is no number: x.item<float>() is its only element
#include <autograd/autograd.h>

void mistake(const tapegrad::Tensor& x) { static_cast<void>(static_cast<double>(x)); }
