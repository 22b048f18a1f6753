// refused: visit takes the visitor by reference and is not const: void visit(nn::Visitor& f)
#include <nn/layers/linear/linear.h>
#include <nn/layers/sequential.h>
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

struct Block {
  nn::Linear fc{1, 1};
  tapegrad::Tensor operator()(const tapegrad::Tensor& x) const { return fc(x); }
  void visit(auto f) { f("fc", fc); }
};

nn::Sequential net{Block()};
