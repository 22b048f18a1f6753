// refused by a comment: a truth value is no index: None adds a dimension, masks are tensors
#include <autograd/autograd.h>

tapegrad::Tensor f(tapegrad::Tensor x) { return x.index({true}); }
