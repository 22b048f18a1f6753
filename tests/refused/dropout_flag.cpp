// refused: p comes first: dropout(x, p, training)
#include <autograd/ops/ops.h>

void drop(tapegrad::Tensor x, bool training) { tapegrad::dropout(x, training); }
