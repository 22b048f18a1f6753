// Layers, losses, metrics and models.

#include <cmath>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

struct Model {
  Tensor weight = tg::ones({2, 3}).requires_grad_();
  void visit(nn::Visitor& f) { f("weight", weight); }
};
nn::Sequential small() { return nn::Sequential{nn::Linear{3, 3}, tg::tanh}; }
std::vector<nn::Parameter> parameters() { return {{"w", tg::ones({2}).requires_grad_()}}; }

}  // namespace

messages::Sections messages::of_models() {
  return {
      {"Layers",
       "",
       {
           TAPEGRAD_MISTAKE(ShapeError, "Linear: out_features must not be negative, but is -2",
                            nn::Linear(3, -2)),
           TAPEGRAD_MISTAKE(DTypeError,
                            "Linear: the element type must be float32 or float64, not int64",
                            nn::Linear(3, 2, {.dtype = tg::int64})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "linear: the last dimension of the input must be 784 features, but the input "
               "is [32, 28, 28] and the weight is [10, 784]; flatten it first: nn::Flatten{} "
               "before this layer, or flatten(x, 1)",
               nn::Linear net(784, 10);
               net(tg::zeros({32, 28, 28}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "linear: the last dimension of the input must be 784 features, but the input "
               "is [32, 1, 28, 28] and the weight is [10, 784]; flatten it first: "
               "nn::Flatten{} before this layer, or flatten(x, 1)",
               nn::Linear net(784, 10);
               net(tg::zeros({32, 1, 28, 28}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "linear: the last dimension of the input must be 784 features, but the input "
               "is [28, 28] and the weight is [10, 784]; flatten it first: flatten(x, 0)",
               nn::Linear net(784, 10);
               net(tg::zeros({28, 28}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "linear: the last dimension of the input must be 784 features, but the input "
               "is [32, 700] and the weight is [10, 784] [in net.0]",
               nn::Sequential net{nn::Linear(784, 10)};
               nn::name_modules(net, "net"); net(tg::zeros({32, 700}))),
           TAPEGRAD_MISTAKE(ValueError, "Dropout: p must be a probability, in [0, 1], but is 1.5",
                            nn::Dropout(1.5)),
           TAPEGRAD_MISTAKE(ShapeError, "BatchNorm1d: num_features must not be negative, but is -1",
                            nn::BatchNorm1d(-1)),
           TAPEGRAD_MISTAKE(ValueError,
                            "BatchNorm1d: momentum must be in [0, 1], or std::nullopt, but is 2",
                            nn::BatchNorm1d(3, {.momentum = 2})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "BatchNorm1d: one value per channel has no variance, so a batch of shape [1, "
               "3] cannot be used in training; use a larger batch, or eval()",
               nn::BatchNorm1d norm(3);
               norm(tg::ones({1, 3}))),
           TAPEGRAD_MISTAKE(ShapeError,
                            "BatchNorm1d: the input must be [N, 3] or [N, 3, L], got [3]",
                            nn::BatchNorm1d norm(3);
                            norm(tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "BatchNorm1d: the layer was made for 3 channels, but the input [2, 4] has 4",
               nn::BatchNorm1d norm(3);
               norm(tg::ones({2, 4}))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "LayerNorm: the normalized shape needs one or more sizes of at least 0, got []",
               nn::LayerNorm(tg::Shape{})),
           TAPEGRAD_MISTAKE(IndexError, "Sequential: there is no layer 1; it has 1",
                            nn::Sequential net{tg::relu};
                            net[1]),
           TAPEGRAD_MISTAKE(ValueError, "layer: it is empty, because it was moved to another place",
                            nn::Layer layer(tg::relu);
                            const nn::Layer other = std::move(layer); layer(x)),
       }},
      {"Initialisation",
       "",
       {
           TAPEGRAD_MISTAKE(
               DTypeError,
               "constant_: needs a float32 or float64 tensor, not int64; convert it with "
               "to(float32)",
               nn::init::constant_(ints, 1)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "normal_: needs a float32 or float64 tensor, not int64; convert it with "
               "to(float32)",
               nn::init::normal_(ints)),
           TAPEGRAD_MISTAKE(ValueError, "uniform_: from 2 to 1 is no finite range of float32",
                            nn::init::uniform_(y, 2, 1)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "xavier_uniform_: a weight [out, in, ...] of at least 2 dimensions is needed, "
               "got [3]",
               Tensor bias = tg::ones({3});
               nn::init::xavier_uniform_(bias)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "trunc_normal_: std must be above 0 and a below b, got std 0, a -2 and b 2",
               nn::init::trunc_normal_(y, 0, 0)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "trunc_normal_: [50, 60] is too many deviations from the mean 0 to have any "
               "probability",
               nn::init::trunc_normal_(y, 0, 1, 50, 60)),
       }},
      {"Losses",
       "",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "mse_loss: input [2, 3] and target [2, 1] must have the same shape; reshape "
               "one of them, or set options.broadcast",
               nn::mse_loss(y, tg::ones({2, 1}))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "mse_loss: input and target are int64 and int64; convert the input to float32 "
               "or float64",
               nn::mse_loss(ints, ints)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "binary_cross_entropy: the input must be probabilities, between 0 and 1, but "
               "they go from 2 to 2; for logits use binary_cross_entropy_with_logits",
               nn::binary_cross_entropy(y * 2, y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "binary_cross_entropy: shapes [5] and [2, 3] do not broadcast: sizes 3 and 5 "
               "at dimension 1 from the end differ and neither is 1",
               nn::binary_cross_entropy(y, y, {.weight = tg::ones({5})})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "binary_cross_entropy: the weight of shape [5, 2, 3] does not broadcast to the "
               "shape [2, 3] of the input",
               nn::binary_cross_entropy(y, y, {.weight = tg::ones({5, 2, 3})})),
           TAPEGRAD_MISTAKE(ValueError, "hinge_embedding_loss: each target must be 1 or -1",
                            nn::hinge_embedding_loss(y, y * 0)),
           TAPEGRAD_MISTAKE(ValueError, "huber_loss: delta must be above 0, got 0",
                            nn::huber_loss(x, y, {.delta = 0})),
           TAPEGRAD_MISTAKE(ValueError, "smooth_l1_loss: beta must be at least 0, got -1",
                            nn::smooth_l1_loss(x, y, {.beta = -1})),
       }},
      {"Metrics",
       "",
       {
           TAPEGRAD_MISTAKE(ValueError, "accuracy: the scores" + kIsUndefined,
                            nn::accuracy(Tensor(), ints)),
           TAPEGRAD_MISTAKE(ValueError, "accuracy: the target" + kIsUndefined,
                            nn::accuracy(y, Tensor())),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "accuracy: the target must be int64 classes, not float32; convert classes with "
               "to(int64), and take those of one-hot rows with argmax(target, 1)",
               nn::accuracy(y, tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "accuracy: a target of int64 is classes, of shape [2] for scores of shape [2, "
               "3], not one-hot rows; take the classes with argmax(target, 1)",
               nn::accuracy(y, tg::tensor({{0, 0, 1}, {1, 0, 0}}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "accuracy: the target has shape [2] but the prediction has shape [3]; they "
               "must be the same",
               nn::accuracy(tg::ones({3}), tg::tensor({0, 1}))),
           TAPEGRAD_MISTAKE(IndexError,
                            "accuracy: target 1 is class 3, but there are 3 classes (0 to 2)",
                            nn::accuracy(y, tg::tensor({0, 3}))),
           TAPEGRAD_MISTAKE(IndexError,
                            "accuracy: target 0 is class -1, but classes are not negative",
                            nn::accuracy(tg::tensor({0}), tg::tensor({-1}))),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "accuracy: scores are floating-point [N, C], [N, 1] or [N], or int64 classes "
               "[N]; got float32 [2, 3, 4]",
               nn::accuracy(tg::ones({2, 3, 4}), ints)),
           TAPEGRAD_MISTAKE(ValueError, "accuracy: the threshold is NaN",
                            nn::accuracy(y, tg::tensor({0, 1}), {.threshold = NAN})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "accuracy: a threshold of 0.5 is for one column of scores, but they are "
               "float32 [2, 3]; leave it out",
               nn::accuracy(y, tg::tensor({0, 1}), {.threshold = 0.5})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "confusion_matrix: classes for scores of shape [2, 3] must have shape [2], not "
               "[3]",
               nn::confusion_matrix(y, ints)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "confusion_matrix: num_classes must be at most 32768, or -1, but is 1048576",
               nn::confusion_matrix(y, tg::tensor({0, 1}), 1 << 20)),
           TAPEGRAD_MISTAKE(
               IndexError,
               "confusion_matrix: class 1048576 is too large for a matrix of at most 32768 "
               "classes",
               nn::confusion_matrix(tg::tensor({1 << 20}), tg::tensor({0}))),
           TAPEGRAD_MISTAKE(ValueError, "wilson_interval: 3 successes of 2 trials are impossible",
                            nn::wilson_interval(3, 2)),
       }},
      {"Hooks of layers",
       "`Model` has a parameter, and calls no hooks; `small()` is a `Linear` and `tanh`.",
       {
           TAPEGRAD_MISTAKE(
               ValueError, "register_forward_hook: the model has no module \"fc1\"; it has 0, 1",
               nn::Sequential net = small();
               nn::register_forward_hook(net, "fc1", [](const Tensor&, const Tensor&) {})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "register_forward_pre_hook: the model is Model, which does not call hooks; hold it "
               "as an nn::Layer, put it into a Sequential, or take a layer within it",
               Model model;
               nn::register_forward_pre_hook(model, [](const Tensor&) {})),
           TAPEGRAD_MISTAKE(
               GradError,
               "register_full_backward_hook: a hook returned a tensor of shape [] and type float32 "
               "for the input's gradient of shape [2, 3] and type float32; it returns one of the "
               "same shape and type, or nothing",
               nn::Sequential net = small();
               nn::register_full_backward_hook(
                   net, "1", [](const Tensor& g, const Tensor&) { return sum(g); });
               sum(net(x)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "register_full_backward_hook: a hook returned a gradient for an input that requires "
               "none",
               nn::Sequential net = small();
               nn::register_full_backward_hook(net, "0",
                                               [](const Tensor&, const Tensor& g) { return g; });
               sum(net(y)).backward()),
       }},
      {"Models and their state",
       "`Model` has one parameter, `weight`; `parameters()` lists one, of two "
       "elements.",
       {
           TAPEGRAD_MISTAKE(
               GradError,
               "freeze: parameter weight was computed by an operator, so it cannot be frozen "
               "or unfrozen; use its detach() as the parameter",
               Model model;
               model.weight = x * 2; nn::freeze(model)),
           TAPEGRAD_MISTAKE(DTypeError,
                            "to: a model cannot be converted to int64; use float32 or float64",
                            Model model;
                            nn::to(model, tg::int64)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "parameter weight is int64, but only float32 and float64 can be trained; visit "
               "it with f.buffer(\"weight\", ...)",
               Model model;
               model.weight = ints; nn::parameters(model)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "load_state_dict: the state does not fit the model, nothing was loaded\n  "
               "weight: missing in the state",
               Model model;
               nn::load_state_dict(model, nn::StateDict())),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "load_state_dict: the state does not fit the model, nothing was loaded\n  "
               "weight: [2, 3] in the model, [5] in the state",
               Model model;
               nn::load_state_dict(model, {{"weight", tg::ones({5})}})),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "load_state_dict: the state does not fit the model, nothing was loaded\n  "
               "weight: float32 in the model, int64 in the state",
               Model model;
               nn::load_state_dict(model, {{"weight", tg::zeros({2, 3}, tg::int64)}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Adam: the state does not say what it is of; it has no 'optimizer.Adam' (states "
               "of PyTorch's optimizers are not read)",
               nn::Adam adam(parameters());
               adam.load_state({})),
           TAPEGRAD_MISTAKE(ValueError, "Adam: the state is of SGD, not of Adam",
                            nn::Adam adam(parameters());
                            adam.load_state(nn::SGD(parameters()).state())),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Adam: the state does not fit, nothing was loaded\n  the state has no "
               "'group.0.lr'; it is of another optimizer or of fewer groups\n  the state has "
               "no 'state.w.group'",
               nn::Adam adam(parameters());
               adam.load_state({{"optimizer.Adam", tg::tensor(1.0)}})),
       }},
  };
}
