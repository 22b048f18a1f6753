// Optimizers, schedules and training.

#include <cmath>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

std::string path(const char* name) { return messages::folder().file(name); }
std::vector<nn::Parameter> parameters() { return {{"w", tg::ones({2}).requires_grad_()}}; }
std::vector<nn::Parameter> with_gradient(double g) {
  Tensor w = tg::ones({2}).requires_grad_();
  w.set_grad(tg::full({2}, g));
  return {{"w", w}};
}
struct Setup {
  nn::Linear net{3, 3};
  nn::SGD optimizer{nn::parameters(net), {.lr = 0.1}};
  nn::TensorDataset data{tg::ones({4, 3}), tg::ones({4, 3})};
  nn::DataLoader<nn::TensorDataset> loader{data, {.batch_size = 2}};
};
Tensor mean_loss(const Tensor& a, const Tensor& b) { return nn::mse_loss(a, b); }
Tensor each_loss(const Tensor& a, const Tensor& b) {
  return nn::mse_loss(a, b, {.reduction = tg::Reduction::none});
}

}  // namespace

messages::Sections messages::of_training() {
  return {
      {"Optimizers",
       "`parameters()` is a list of one parameter, and `with_gradient(g)` the same "
       "with the gradient g.",
       {
           TAPEGRAD_MISTAKE(ValueError, "SGD: there are no parameters; pass nn::parameters(model)",
                            const std::vector<nn::Parameter> none;
                            nn::SGD sgd(none)),
           TAPEGRAD_MISTAKE(ValueError, "SGD: parameter 'w' is undefined",
                            nn::SGD({{"w", Tensor()}})),
           TAPEGRAD_MISTAKE(DTypeError, "SGD: parameter 'w' must be floating-point, but is int64",
                            nn::SGD({{"w", ints}})),
           TAPEGRAD_MISTAKE(
               GradError,
               "SGD: parameter 'w' was made by an operator; pass a leaf, or its detach()",
               nn::SGD({{"w", x * 2}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "SGD: there are two parameters named 'w'; in one model, give each member a name "
               "of its own in visit; for two models in one optimizer give each a prefix: {nn::parameters(a, \"a\"), nn::parameters(b, \"b\")}",
               nn::SGD({{"w", x}, {"w", tg::ones({2}).requires_grad_()}})),
           TAPEGRAD_MISTAKE(ValueError, "SGD: parameter 'v' is there already under another name",
                            nn::SGD({{"w", x}, {"v", x}})),
           TAPEGRAD_MISTAKE(ValueError, "SGD: lr must be finite and at least 0, but is -1",
                            nn::SGD(parameters(), {.lr = -1})),
           TAPEGRAD_MISTAKE(ValueError, "SGD: dampening must be finite, but is nan",
                            nn::SGD(parameters(), {.dampening = NAN})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "SGD: nesterov needs momentum above 0 and dampening 0, but they are 0 and 0",
               nn::SGD(parameters(), {.nesterov = true})),
           TAPEGRAD_MISTAKE(ValueError, "Adam: beta1 must be in [0, 1), but is 1",
                            nn::Adam(parameters(), {.betas = {1, 0.999}})),
           TAPEGRAD_MISTAKE(
               GradError,
               "SGD: step() without any gradient, nothing was trained: w have none. Call "
               "backward() first; if it was called, these are not the tensors of the model "
               "that made the loss: make the optimizer from nn::parameters(model) again when "
               "a part of the model was replaced",
               nn::SGD sgd(parameters());
               sgd.step()),
           TAPEGRAD_MISTAKE(
               ValueError,
               "step: the closure returned an undefined tensor; it must return the loss",
               nn::SGD sgd(parameters());
               static_cast<nn::Optimizer&>(sgd).step([] { return Tensor(); })),
           TAPEGRAD_MISTAKE(IndexError, "SGD: there is no parameter group 1, only 1",
                            nn::SGD sgd(parameters());
                            sgd.set_lr(0.1, 1)),
           TAPEGRAD_MISTAKE(ValueError,
                            "SGD: there is no setting 'rate'; there are: lr momentum dampening "
                            "weight_decay nesterov maximize",
                            nn::SGD sgd(parameters());
                            sgd.set_setting("rate", 0.1)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Adam: the gradient of parameter 'w' has an infinity or NaN, so the step "
               "would, too; nothing was changed. Look at the loss, lower the learning rate, "
               "or clip gradients",
               nn::Adam adam(with_gradient(HUGE_VAL), {.check_finite = true});
               adam.step()),
           TAPEGRAD_MISTAKE(
               ValueError,
               "SGD: step 1 made parameter 'w' infinite or NaN, from a finite gradient; lower "
               "the learning rate, or go back to a saved state",
               nn::SGD sgd(with_gradient(1e30), {.lr = 1e30, .check_finite = true});
               sgd.step()),
           TAPEGRAD_MISTAKE(
               ValueError,
               "SGD: parameter 'w' has an infinity or NaN before the first step; nothing was "
               "changed. Look at how it was made or loaded",
               Tensor w = tg::full({2}, INFINITY).requires_grad_();
               w.set_grad(tg::ones({2})); nn::SGD sgd({{"w", w}}, {.check_finite = true});
               sgd.step()),
       }},
      {"Clipping",
       "",
       {
           TAPEGRAD_MISTAKE(ValueError, "clip_grad_norm_: max_norm must be at least 0, but is -1",
                            nn::clip_grad_norm_(with_gradient(1), -1)),
           TAPEGRAD_MISTAKE(ValueError, "clip_grad_norm_: norm_type must be above 0, but is 0",
                            nn::clip_grad_norm_(with_gradient(1), 1, 0)),
           TAPEGRAD_MISTAKE(ValueError, "clip_grad_norm_: the gradient of 'w' has a norm of inf",
                            nn::clip_grad_norm_(with_gradient(HUGE_VAL), 1, 2, true)),
           TAPEGRAD_MISTAKE(ValueError,
                            "clip_grad_value_: clip_value must be at least 0, but is -1",
                            nn::clip_grad_value_(with_gradient(1), -1)),
       }},
      {"Schedules",
       "",
       {
           TAPEGRAD_MISTAKE(ValueError, "StepLR: step_size must be at least 1, but is 0",
                            nn::SGD sgd(parameters());
                            nn::StepLR schedule(sgd, {.step_size = 0})),
           TAPEGRAD_MISTAKE(ValueError, "StepLR: gamma must be finite and at least 0, but is -1",
                            nn::SGD sgd(parameters());
                            nn::StepLR schedule(sgd, {.step_size = 1, .gamma = -1})),
           TAPEGRAD_MISTAKE(ValueError, "LinearLR: start_factor must be in (0, 1], but is 0",
                            nn::SGD sgd(parameters());
                            nn::LinearLR schedule(sgd, {.start_factor = 0})),
           TAPEGRAD_MISTAKE(ValueError, "LinearLR: end_factor must be in [0, 1], but is 2",
                            nn::SGD sgd(parameters());
                            nn::LinearLR schedule(sgd, {.end_factor = 2})),
           TAPEGRAD_MISTAKE(ValueError, "OneCycleLR: max_lr must be finite and above 0, but is 0",
                            nn::SGD sgd(parameters());
                            nn::OneCycleLR schedule(sgd, {.max_lr = 0, .total_steps = 10})),
           TAPEGRAD_MISTAKE(ValueError, "OneCycleLR: total_steps must be at least 1, but is 0",
                            nn::SGD sgd(parameters());
                            nn::OneCycleLR schedule(sgd, {.max_lr = 1, .total_steps = 0})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "OneCycleLR: this optimizer has no momentum to cycle; set cycle_momentum to "
               "false",
               nn::Adagrad adagrad(parameters());
               nn::OneCycleLR schedule(adagrad, {.max_lr = 1, .total_steps = 10})),
           TAPEGRAD_MISTAKE(
               ValueError, "OneCycleLR: pct_start must be in [0, 1], but is 2",
               nn::SGD sgd(parameters());
               nn::OneCycleLR schedule(sgd, {.max_lr = 1, .total_steps = 10, .pct_start = 2})),
           TAPEGRAD_MISTAKE(
               ValueError, "OneCycleLR: max_momentum must be in [0, 1), but is 1",
               nn::SGD sgd(parameters(), {.momentum = 0.9});
               nn::OneCycleLR schedule(sgd, {.max_lr = 1, .total_steps = 10, .max_momentum = 1})),
           TAPEGRAD_MISTAKE(ValueError, "OneCycleLR: step 2 is past the total_steps of 1",
                            nn::SGD sgd(parameters(), {.momentum = 0.9});
                            nn::OneCycleLR cycle(sgd, {.max_lr = 1, .total_steps = 1});
                            cycle.step(); cycle.step()),
           TAPEGRAD_MISTAKE(ValueError, "ReduceLROnPlateau: factor must be in [0, 1), but is 1",
                            nn::SGD sgd(parameters());
                            nn::ReduceLROnPlateau schedule(sgd, {.factor = 1})),
           TAPEGRAD_MISTAKE(ValueError, "ReduceLROnPlateau: patience must be at least 0, but is -1",
                            nn::SGD sgd(parameters());
                            nn::ReduceLROnPlateau schedule(sgd, {.patience = -1})),
       }},
      {"Training",
       "`Setup` has a network, an optimizer, a data set and a loader; `mean_loss` is "
       "one number, `each_loss` one for each element. `path(name)` is in a folder that may be "
       "written to.",
       {
           TAPEGRAD_MISTAKE(ValueError, "Trainer: epochs must be at least 0, but is -1", Setup s;
                            nn::Trainer(s.net, mean_loss, s.optimizer, {.epochs = -1})),
           TAPEGRAD_MISTAKE(
               ValueError, "Trainer: a metric cannot be called 'loss'", Setup s;
               nn::Trainer(s.net, mean_loss, s.optimizer, {.metrics = {{"loss", nn::correct}}})),
           TAPEGRAD_MISTAKE(ValueError, "Trainer: two metrics are called 'a'", Setup s;
                            nn::Trainer(s.net, mean_loss, s.optimizer,
                                        {.metrics = {{"a", nn::correct}, {"a", nn::correct}}})),
           TAPEGRAD_MISTAKE(
               ValueError, "Trainer: there is no 'accuracy' to monitor; there are: training_loss",
               Setup s;
               nn::Trainer trainer(s.net, mean_loss, s.optimizer, {.monitor = "accuracy"});
               trainer.fit(s.loader)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Trainer: the loss must be one number, the mean over the examples, but is of "
               "shape [2, 3]",
               Setup s;
               nn::Trainer trainer(s.net, each_loss, s.optimizer); trainer.fit(s.loader)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "metric 'all': it returns a number for each example, [N], but returned []; "
               "take means over all dimensions but the first",
               Setup s;
               nn::Trainer trainer(
                   s.net, mean_loss, s.optimizer,
                   {.metrics = {{"all", [](const Tensor& output,
                                           const Tensor&) { return output.sum(); }}}});
               trainer.fit(s.loader)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Trainer: the loader has no batches: no examples, or fewer than batch_size", Setup s;
               nn::DataLoader none(s.data, {.batch_size = 9, .drop_last = true});
               nn::Trainer trainer(s.net, mean_loss, s.optimizer); trainer.fit(none)),
           TAPEGRAD_MISTAKE(ValueError, "Doctor: examples must be at least 1, but is 0", Setup s;
                            nn::Doctor(s.net, s.optimizer, {.examples = 0})),
           TAPEGRAD_MISTAKE(ValueError,
                            "History::from_json: not the JSON of a history: "
                            "[json.exception.out_of_range.403] key 'ended' not found",
                            nn::History::from_json("{}")),
           TAPEGRAD_MISTAKE(ValueError,
                            "History::from_json: 'bored' is no reason for which a training ends",
                            nn::History::from_json("{\"ended\": \"bored\"}")),
           TAPEGRAD_MISTAKE(ValueError, "History::from_json: 'fast' is no number",
                            const char* epoch = "{\"epoch\": 1, \"steps\": 2, \"lr\": \"fast\"}";
                            nn::History::from_json(fmt::format(
                                "{{\"ended\": \"stopped\", \"epochs\": [{}]}}", epoch))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "Trainer: fit goes on with the loader that it began with, since the file of the "
               "option checkpoint has that; make another Trainer for another loader",
               Setup s;
               nn::DataLoader other(s.data, {.batch_size = 4});
               nn::Trainer trainer(s.net, mean_loss, s.optimizer,
                                   {.epochs = 1, .checkpoint = path("fit.safetensors")});
               trainer.fit(s.loader); trainer.fit(other)),
           TAPEGRAD_MISTAKE(
               ValueError, "Trainer: the checkpoint is of a training with 0 metrics, this has 1",
               Setup s;
               nn::Trainer plain(s.net, mean_loss, s.optimizer,
                                 {.epochs = 1, .checkpoint = path("plain.safetensors")});
               plain.fit(s.loader); nn::Trainer measured(s.net, mean_loss, s.optimizer,
                                                         {.epochs = 1,
                                                          .metrics = {{"a", nn::correct}},
                                                          .checkpoint = path("plain.safetensors")});
               measured.fit(s.loader)),
       }},
      {"Searching for a learning rate and other settings",
       "",
       {
           TAPEGRAD_MISTAKE(
               ValueError,
               "find_lr: the rate goes from min_lr up to max_lr, both above 0, but they are 1 "
               "and 1",
               Setup s;
               nn::find_lr(s.net, mean_loss, s.optimizer, s.loader, {.min_lr = 1, .max_lr = 1})),
           TAPEGRAD_MISTAKE(ValueError, "find_lr: steps must be at least 2, but is 1", Setup s;
                            nn::find_lr(s.net, mean_loss, s.optimizer, s.loader, {.steps = 1})),
           TAPEGRAD_MISTAKE(
               ValueError, "find_lr: smoothing must be at least 0, but is -1", Setup s;
               nn::find_lr(s.net, mean_loss, s.optimizer, s.loader, {.smoothing = -1})),
           TAPEGRAD_MISTAKE(
               ValueError, "find_lr: stop_ratio must be above 1, but is 1", Setup s;
               nn::find_lr(s.net, mean_loss, s.optimizer, s.loader, {.stop_ratio = 1})),
           TAPEGRAD_MISTAKE(ValueError, "find_lr: the loader has no batches", Setup s;
                            nn::DataLoader none(s.data, {.batch_size = 9, .drop_last = true});
                            nn::find_lr(s.net, mean_loss, s.optimizer, none)),
           TAPEGRAD_MISTAKE(ValueError, "sweep: there is nothing to vary; give at least one axis",
                            nn::sweep({}, [](const nn::SweepPoint&) { return 0.0; })),
           TAPEGRAD_MISTAKE(ValueError, "sweep: the axis 'lr' has no values",
                            nn::sweep({{"lr", {}}}, [](const nn::SweepPoint&) { return 0.0; })),
           TAPEGRAD_MISTAKE(
               ValueError, "sweep: two axes are called 'lr'",
               nn::sweep({{"lr", {1}}, {"lr", {2}}}, [](const nn::SweepPoint&) { return 0.0; })),
           TAPEGRAD_MISTAKE(
               ValueError, "sweep: there is no axis 'rate'; there are 'lr'",
               nn::sweep({{"lr", {1}}}, [](const nn::SweepPoint& p) { return p.number("rate"); })),
           TAPEGRAD_MISTAKE(
               ValueError, "sweep: 'lr' is the text '1', and no number",
               nn::sweep({{"lr", {"1"}}}, [](const nn::SweepPoint& p) { return p.number("lr"); })),
           TAPEGRAD_MISTAKE(
               ValueError, "sweep: 'lr' is 0.5, and no integer",
               nn::sweep({{"lr", {0.5}}},
                         [](const nn::SweepPoint& p) { return double(p.integer("lr")); })),
           TAPEGRAD_MISTAKE(
               ValueError, "sweep: 'lr' is the number 1, and no text",
               nn::sweep({{"lr", {1}}},
                         [](const nn::SweepPoint& p) { return double(p.text("lr").size()); })),
           TAPEGRAD_MISTAKE(ValueError, "sweep: there is no run", nn::SweepResult().best()),
       }},
  };
}
