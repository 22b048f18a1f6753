// What is said about arguments that do not fit. One kind of mistake has one wording, whatever the
// operator.

#include "tests/messages/messages.h"

#include "nn/nn.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using messages::mistake;
using messages::World;
using tg::DTypeError;
using tg::IndexError;
using tg::ShapeError;
using tg::Tensor;
using tg::ValueError;

TEST_CASE("shapes that do not broadcast") {
  const auto text = [](const char* name) {
    return std::string(name) +
           ": shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dimension 1 from the end "
           "differ and neither is 1";
  };
  messages::check({
      mistake<ShapeError>("a sum", text("add"), [](World& w) { w.x + tg::ones({2}); }),
      mistake<ShapeError>("a temporary", text("mul"), [](World& w) { (w.y + 1) * tg::ones({2}); }),
      mistake<ShapeError>("a comparison", text("lt"), [](World& w) { lt(w.x, tg::ones({2})); }),
      mistake<ShapeError>("one that is computed from the right", text("ge"),
                          [](World& w) { ge(w.x, tg::ones({2})); }),
      mistake<ShapeError>("in place", text("add_"), [](World& w) { w.y.add_(tg::ones({2})); }),
      mistake<ShapeError>("a loss", text("mse_loss"),
                          [](World& w) { nn::mse_loss(w.x, tg::ones({2}), {.broadcast = true}); }),
      mistake<ShapeError>("in a layer of a model", text("add") + " [in net.fc]",
                          [](World& w) {
                            const tg::Scope net("net"), fc("fc");
                            w.x + tg::ones({2});
                          }),
  });
}

TEST_CASE("a dimension or an index that is not there") {
  const auto text = [](const char* name) {
    return std::string(name) +
           ": dimension 2 is out of range for a tensor of 2 dimensions (-2 to 1)";
  };
  const auto index = [](const char* name) {
    return std::string(name) +
           ": index 7 is out of range for dimension 1 of shape [2, 3] (-3 to 2)";
  };
  messages::check({
      mistake<IndexError>("size", text("size"), [](World& w) { w.x.size(2); }),
      mistake<IndexError>("sum", text("sum"), [](World& w) { w.x.sum(2); }),
      mistake<IndexError>("argmax", text("argmax"), [](World& w) { w.x.argmax(2); }),
      mistake<IndexError>("max", text("max"), [](World& w) { w.x.max(2); }),
      mistake<IndexError>("softmax", text("softmax"), [](World& w) { w.x.softmax(2); }),
      mistake<IndexError>("permute", text("permute"),
                          [](World& w) {
                            w.x.permute({0, 2});
                          }),
      mistake<IndexError>("transpose", text("transpose"), [](World& w) { w.x.transpose(0, 2); }),
      mistake<IndexError>("select", text("select"), [](World& w) { w.x.select(2, 0); }),
      mistake<IndexError>("narrow", text("narrow"), [](World& w) { w.x.narrow(2, 0, 1); }),
      mistake<IndexError>("cat", text("cat"),
                          [](World& w) {
                            tg::cat({w.x, w.y}, 2);
                          }),
      mistake<IndexError>("gather", text("gather"), [](World& w) { w.x.gather(2, w.ints); }),
      mistake<IndexError>("twice", "sum: dimension -2 is named twice in [0, -2]",
                          [](World& w) {
                            w.x.sum({0, -2});
                          }),
      mistake<IndexError>("twice, in another order",
                          "permute: dimension -2 is named twice in [0, -2]",
                          [](World& w) {
                            w.x.permute({0, -2});
                          }),
      mistake<IndexError>("select an entry", index("select"), [](World& w) { w.x.select(1, 7); }),
      mistake<IndexError>("at", index("at"),
                          [](World& w) {
                            w.x.at<float>({0, 7});
                          }),
      mistake<IndexError>("an index among many",
                          "index_select: index 2 at position [2] is out of range for dimension 0 "
                          "of shape [2, 3] (0 to 1)",
                          [](World& w) { w.x.index_select(0, w.ints); }),
  });
}

TEST_CASE("element types that do not mix, or that an operator does not take") {
  messages::check({
      mistake<DTypeError>("matmul",
                          "matmul: the second argument is float64 but the first argument is "
                          "float32; convert one of them with to()",
                          [](World& w) { w.x.matmul(w.wide.t()); }),
      mistake<DTypeError>("linear",
                          "linear: the weight is float64 but the input is float32; convert one of "
                          "them with to()",
                          [](World& w) { linear(w.x, w.wide); }),
      mistake<DTypeError>("linear with a bias",
                          "linear: the bias is float64 but the input is float32; convert one of "
                          "them with to()",
                          [](World& w) { linear(w.x, w.y, tg::ones({2}, tg::float64)); }),
      mistake<DTypeError>("layer_norm",
                          "layer_norm: the weight is float64 but the input is float32; convert one "
                          "of them with to()",
                          [](World& w) { layer_norm(w.x, 3, tg::ones({3}, tg::float64)); }),
      mistake<DTypeError>("scatter_add",
                          "scatter_add: the source is float64 but the tensor is float32; convert "
                          "one of them with to()",
                          [](World& w) {
                            scatter_add(w.x, 0, tg::zeros({2, 3}, tg::int64), w.wide);
                          }),
      mistake<DTypeError>("set_grad",
                          "set_grad: the gradient is float64 but the tensor is float32; convert "
                          "one of them with to()",
                          [](World& w) { w.x.set_grad(w.wide); }),
      mistake<DTypeError>("a mean of integers",
                          "mean: needs a float32 or float64 tensor, not int64; convert it with "
                          "to(float32)",
                          [](World& w) { w.ints.mean(); }),
      mistake<DTypeError>("random integers by randn",
                          "randn: the element type must be float32 or float64, not int64",
                          [](World&) { tg::randn({2}, tg::int64); }),
      mistake<DTypeError>("linspace of integers",
                          "linspace: the element type must be float32 or float64, not int64",
                          [](World&) { tg::linspace(0, 1, 3, tg::int64); }),
      mistake<DTypeError>("an index that is none",
                          "gather: the index must be int64, not float32; convert with to(int64)",
                          [](World& w) { w.x.gather(0, w.y); }),
      mistake<DTypeError>("classes that are none",
                          "one_hot: the classes must be int64, not float32; convert with to(int64)",
                          [](World& w) { one_hot(w.y); }),
  });
}

TEST_CASE("shapes that must be the same, and sizes") {
  messages::check({
      mistake<ShapeError>("set_grad",
                          "set_grad: the gradient has shape [3] but the tensor has shape [2, 3]; "
                          "they must be the same",
                          [](World& w) { w.x.set_grad(tg::ones({3})); }),
      mistake<ShapeError>("layer_norm",
                          "layer_norm: the bias has shape [2] but the normalized_shape has shape "
                          "[3]; they must be the same",
                          [](World& w) { layer_norm(w.x, 3, {}, tg::ones({2})); }),
      mistake<ShapeError>(
          "item of a vector",
          "item: the tensor of shape [3] has 3 elements, not one; choose one with "
          "at<T>({...}), reduce it with sum() or mean(), or take all with data<T>()",
          [](World& w) { w.ints.item(); }),
      mistake<ShapeError>(
          "item of a vector, as an integer",
          "item: the tensor of shape [3] has 3 elements, not one; choose one with "
          "at<T>({...}), reduce it with sum() or mean(), or take all with data<T>()",
          [](World& w) { w.ints.item<int>(); }),
      mistake<ShapeError>("inner sizes",
                          "matmul: [2, 3] times [2, 3]: the inner sizes 3 and 2 differ",
                          [](World& w) { w.x.matmul(w.y); }),
      mistake<ShapeError>("inner sizes of a vector",
                          "matmul: [2, 3] times [2]: the inner sizes 3 and 2 differ",
                          [](World& w) { w.x.matmul(tg::ones({2})); }),
      mistake<ShapeError>("eye", "eye: n must not be negative, but is -1",
                          [](World&) { tg::eye(-1); }),
      mistake<ShapeError>("eye, columns", "eye: m must not be negative, but is -2",
                          [](World&) { tg::eye(3, -2); }),
      mistake<ShapeError>("linspace", "linspace: steps must not be negative, but is -1",
                          [](World&) { tg::linspace(0, 3, -1); }),
      mistake<ShapeError>("randperm", "randperm: n must not be negative, but is -1",
                          [](World&) { tg::randperm(-1); }),
      mistake<ShapeError>("a negative size", "zeros: shape [2, -1] has a negative size",
                          [](World&) {
                            tg::zeros({2, -1});
                          }),
      mistake<ShapeError>("nothing to choose from",
                          "amax: a tensor of shape [2, 0] has no element to choose from over "
                          "dimensions [1]",
                          [](World&) {
                            tg::zeros({2, 0}).amax(1);
                          }),
      mistake<ShapeError>("nothing to choose from, by index",
                          "argmax: a tensor of shape [2, 0] has no element to choose from over "
                          "dimensions [1]",
                          [](World&) {
                            tg::zeros({2, 0}).argmax(1);
                          }),
      mistake<ValueError>("no probability",
                          "dropout: p must be a probability, in [0, 1], but is 1.5",
                          [](World& w) { dropout(w.x, 1.5); }),
      mistake<ValueError>("no probability, drawn",
                          "bernoulli: p must be a probability, in [0, 1], but is -1",
                          [](World&) { tg::bernoulli(-1, {2}); }),
  });
}

TEST_CASE("targets that are no classes name the way out") {
  messages::check({
      mistake<DTypeError>("swapped arguments",
                          "cross_entropy: the first argument is int64 [3] and the second float32 "
                          "[3, 4]; the logits come first, then the target: cross_entropy(logits, "
                          "target)",
                          [](World& w) {
                            cross_entropy(w.ints, tg::ones({3, 4}));
                          }),
      mistake<DTypeError>(
          "swapped arguments of nll_loss",
          "nll_loss: the first argument is int64 [3] and the second float32 [3, 4]; the "
          "log-probabilities come first, then the target: nll_loss(log-probabilities, target)",
          [](World& w) {
            nn::nll_loss(w.ints, tg::ones({3, 4}));
          }),
      mistake<ShapeError>("labels in a column",
                          "cross_entropy: classes for logits of shape [2, 3] must have shape [2], "
                          "not [2, 1]; use squeeze(1)",
                          [](World& w) {
                            cross_entropy(w.x, tg::tensor({{0}, {2}}));
                          }),
      mistake<ShapeError>("labels in a column, for nll_loss",
                          "nll_loss: classes for log-probabilities of shape [2, 3] must have shape "
                          "[2], not [2, 1]; use squeeze(1)",
                          [](World& w) {
                            nn::nll_loss(w.x, tg::tensor({{0}, {2}}));
                          }),
      mistake<ShapeError>(
          "one-hot rows of integers",
          "cross_entropy: a target of int64 is classes, of shape [2] for logits of "
          "shape [2, 3], not one-hot rows; take the classes with argmax(target, 1), "
          "or make them probabilities with to(float32)",
          [](World& w) {
            cross_entropy(w.x, one_hot(tg::tensor({0, 2}), 3));
          }),
      mistake<ShapeError>("one-hot rows of integers, for nll_loss",
                          "nll_loss: a target of int64 is classes, of shape [2] for "
                          "log-probabilities of shape [2, 3], not one-hot rows; take the classes "
                          "with argmax(target, 1)",
                          [](World& w) {
                            nn::nll_loss(w.x, one_hot(tg::tensor({0, 2}), 3));
                          }),
      mistake<DTypeError>(
          "one-hot rows of floats, for nll_loss",
          "nll_loss: the target must be int64 classes, not float32; convert classes "
          "with to(int64), and take those of one-hot rows with argmax(target, 1)",
          [](World& w) { nn::nll_loss(w.x, w.y); }),
      mistake<DTypeError>("a mask for classes",
                          "cross_entropy: the target must be int64 classes or floating-point "
                          "probabilities, not bool; convert classes with to(int64)",
                          [](World& w) { cross_entropy(w.x, w.bools); }),
      mistake<ShapeError>("too many classes for the rows",
                          "cross_entropy: classes for logits of shape [2, 3] must have shape [2], "
                          "not [3]",
                          [](World& w) { cross_entropy(w.x, w.ints); }),
      mistake<ShapeError>("probabilities of another shape",
                          "cross_entropy: probabilities of shape [3] for logits of shape [2, 3]; "
                          "give the same shape, or int64 classes of shape [2]",
                          [](World& w) { cross_entropy(w.x, tg::ones({3})); }),
      mistake<ShapeError>(
          "a pixel's class, in images",
          "cross_entropy: classes for logits of shape [2, 3, 4] must have shape [2, "
          "4], not [2, 1, 4]; use squeeze(1)",
          [](World&) {
            cross_entropy(tg::ones({2, 3, 4}), tg::zeros({2, 1, 4}, tg::int64));
          }),
      mistake<IndexError>("a class that is not there",
                          "cross_entropy: target 1 is class 3, but there are 3 classes (0 to 2)",
                          [](World& w) {
                            cross_entropy(w.x, tg::tensor({0, 3}));
                          }),
      mistake<IndexError>("a class that is not there, for nll_loss",
                          "nll_loss: target 1 is class 3, but there are 3 classes (0 to 2)",
                          [](World& w) {
                            nn::nll_loss(w.x, tg::tensor({0, 3}));
                          }),
      mistake<IndexError>("a negative class, where their number is to be found",
                          "one_hot: the entry at [0] is class -1, but classes are numbered from 0",
                          [](World&) {
                            one_hot(tg::tensor({-1, -2}));
                          }),
      mistake<IndexError>("a class of none", "nll_loss: target 0 is class 1, but there are none",
                          [](World&) {
                            nn::nll_loss(tg::ones({1, 0}), tg::tensor({1}));
                          }),
      mistake<IndexError>("a class that is not there, for one_hot",
                          "one_hot: the entry at [1] is class 3, but there are 3 classes (0 to 2)",
                          [](World&) {
                            one_hot(tg::tensor({0, 3}), 3);
                          }),
      mistake<ShapeError>(
          "weights of other classes",
          "cross_entropy: the weight has shape [2], but there are 3 classes: it must be [3]",
          [](World& w) {
            cross_entropy(w.x, tg::tensor({0, 1}), {.weight = tg::ones({2})});
          }),
      mistake<ShapeError>("weights of other classes, for nll_loss",
                          "nll_loss: the weight has shape [2], but there are 3 classes: it must be "
                          "[3]",
                          [](World& w) {
                            nn::nll_loss(w.x, tg::tensor({0, 1}), {.weight = tg::ones({2})});
                          }),
  });
}
