// refused by a comment: a number, no truth value (a mode comes later, or is set by train and eval)
#include <autograd/ops/ops.h>

void drop(tapegrad::Tensor x, bool training) { tapegrad::dropout(x, training); }
