// refused by a comment: name all indices at once, `x.index_put_({0, mask}, y)`
#include <autograd/autograd.h>

void change(tapegrad::Tensor x) { x[0].index_put_({1}, 5); }
