#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/layers/dropout.h"
#include "nn/layers/init.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/norm/batch_norm.h"
#include "nn/layers/sequential.h"
#include "nn/metrics/metrics.h"
#include "nn/module/module.h"
#include "nn/optim.h"
#include "tests/catch.h"
#include "tests/message_of.h"

// What nn says to mistakes that are often made: what came, what was expected, the way out, and the
// module path where there is one. One row for each.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

struct Mistake {
  const char* what;
  std::function<void()> make;
  std::string message;
};

nn::Sequential named_net() {
  nn::Sequential net{nn::Linear{784, 10}};
  nn::name_modules(net, "net");
  return net;
}

std::vector<nn::Parameter> one_parameter(double gradient) {
  Tensor w = tg::ones(2).requires_grad_();
  w.set_grad(tg::full(2, gradient));
  return {{"w", w}};
}

}  // namespace

TEST_CASE("what nn and the operators both can be given has one wording") {
  Tensor ints = tg::arange(4), floats = tg::ones(3);
  const Tensor scores = tg::zeros({2, 3});
  const char* undefined =
      " is an undefined tensor: one that was never assigned, that was moved from, or the grad() of "
      "a tensor that no backward() has reached; ask with defined()";
  const Mistake mistakes[] = {
      {"no probability", [] { nn::Dropout(1.5); },
       "Dropout: p must be a probability, in [0, 1], but is 1.5"},
      {"a Linear of a negative size", [] { nn::Linear(3, -2); },
       "Linear: out_features must not be negative, but is -2"},
      {"a Linear of integers", [] { nn::Linear(3, 2, {.dtype = tg::int64}); },
       "Linear: the element type must be float32 or float64, not int64"},
      {"nothing into a Linear", [] { nn::Linear(3, 2)(Tensor()); },
       "linear: the input" + std::string(undefined)},
      {"a BatchNorm of a negative size", [] { nn::BatchNorm1d(-1); },
       "BatchNorm1d: num_features must not be negative, but is -1"},
      {"integers are not initialised", [&] { nn::init::constant_(ints, 1); },
       "constant_: needs a float32 or float64 tensor, not int64; convert it with to(float32)"},
      {"nor normally", [&] { nn::init::normal_(ints); },
       "normal_: needs a float32 or float64 tensor, not int64; convert it with to(float32)"},
      {"a range upside down", [&] { nn::init::uniform_(floats, 2, 1); },
       "uniform_: from 2 to 1 is no finite range of float32"},
      {"a negative deviation", [&] { nn::init::normal_(floats, 0, -1); },
       "normal_: mean 0 and standard deviation -1 must be finite, and the latter not negative"},
      {"no scores", [&] { nn::accuracy(Tensor(), ints); },
       "accuracy: the scores" + std::string(undefined)},
      {"no target", [&] { nn::accuracy(scores, Tensor()); },
       "accuracy: the target" + std::string(undefined)},
      {"targets that are no classes", [&] { nn::accuracy(scores, floats); },
       "accuracy: the target must be int64 classes, not float32; convert classes with to(int64), "
       "and take those of one-hot rows with argmax(target, 1)"},
      {"one-hot targets",
       [&] {
         nn::accuracy(scores, tg::tensor({{0, 0, 1}, {1, 0, 0}}));
       },
       "accuracy: a target of int64 is classes, of shape [2] for scores of shape [2, 3], not "
       "one-hot rows; take the classes with argmax(target, 1)"},
      {"another number of targets", [&] { nn::confusion_matrix(scores, ints); },
       "confusion_matrix: classes for scores of shape [2, 3] must have shape [2], not [4]"},
      {"another number of targets for logits of one column", [&] { nn::accuracy(floats, ints); },
       "accuracy: the target has shape [4] but the prediction has shape [3]; they must be the "
       "same"},
      {"a target that is too large",
       [&] {
         nn::accuracy(scores, tg::tensor({0, 3}));
       },
       "accuracy: target 1 is class 3, but there are 3 classes (0 to 2)"},
      {"a negative target", [] { nn::accuracy(tg::tensor({0}), tg::tensor({-1})); },
       "accuracy: target 0 is class -1, but classes are not negative"},
  };
  for (const auto& [what, make, message] : mistakes) {
    INFO(what);
    CHECK(message_of<tg::Error>(make) == message);
  }
}

TEST_CASE("nn says what came, what was expected, and the way out") {
  const Mistake mistakes[] = {
      {"images into a Linear",
       [] {
         named_net()(tg::zeros({32, 28, 28}));
       },
       "linear: the last dimension of the input must be 784 features, but the input is [32, 28, "
       "28] and the weight is [10, 784]; flatten it first: nn::Flatten{} before this layer, or "
       "flatten(x, 1) [in net.0]"},
      {"images with a channel into a Linear",
       [] {
         named_net()(tg::zeros({32, 1, 28, 28}));
       },
       "linear: the last dimension of the input must be 784 features, but the input is [32, 1, 28, "
       "28] and the weight is [10, 784]; flatten it first: nn::Flatten{} before this layer, or "
       "flatten(x, 1) [in net.0]"},
      {"one image into a Linear",
       [] {
         named_net()(tg::zeros({28, 28}));
       },
       "linear: the last dimension of the input must be 784 features, but the input is [28, 28] "
       "and the weight is [10, 784]; flatten it first: flatten(x, 0) [in net.0]"},
      {"another number of features",
       [] {
         named_net()(tg::zeros({32, 700}));
       },
       "linear: the last dimension of the input must be 784 features, but the input is [32, 700] "
       "and the weight is [10, 784] [in net.0]"},
      {"a gradient that is infinite",
       [] { nn::Adam(one_parameter(HUGE_VAL), {.check_finite = true}).step(); },
       "Adam: the gradient of parameter 'w' has an infinity or NaN, so the step would, too; "
       "nothing was changed. Look at the loss, lower the learning rate, or clip gradients"},
      {"a step that makes a parameter infinite",
       [] { nn::SGD(one_parameter(1e30), {.lr = 1e30, .check_finite = true}).step(); },
       "SGD: step 1 made parameter 'w' infinite or NaN, from a finite gradient; lower the learning "
       "rate, or go back to a saved state"},
      {"a step before backward",
       [] {
         nn::SGD({{"w", tg::ones(2).requires_grad_()}}).step();
       },
       "SGD: step() without any gradient, nothing was trained: w have none. Call backward() first; "
       "if it was called, these are not the tensors of the model that made the loss: make the "
       "optimizer from nn::parameters(model) again when a part of the model was replaced"},
  };
  for (const auto& [what, make, message] : mistakes) {
    INFO(what);
    CHECK(message_of<tg::Error>(make) == message);
  }
}
