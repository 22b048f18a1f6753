// refused: needs void visit(nn::Visitor& f), which names them
#include <nn/layers/linear/linear.h>
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

struct Block {
  nn::Linear fc{1, 1};
  tapegrad::Tensor operator()(const tapegrad::Tensor& x) const { return fc(x); }
};
struct Net {
  Block block;
  void visit(nn::Visitor& f) { f("block", block); }
};
