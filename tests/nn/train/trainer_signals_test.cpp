// What a trainer has to do with the process around it: Ctrl-C, and where it shows its progress.

#include <signal.h>

#include <cstdio>
#include <regex>
#include <string>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/layers/linear/linear.h"
#include "nn/losses/losses.h"
#include "nn/optim.h"
#include "nn/train/trainer.h"
#include "tests/catch.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

volatile sig_atomic_t own_calls = 0;
void own_handler(int) { own_calls = own_calls + 1; }

/// A handler of the program's, for as long as it lives.
class OwnHandler {
 public:
  OwnHandler() {
    own_calls = 0;
    before_ = signal(SIGINT, own_handler);
  }
  ~OwnHandler() { signal(SIGINT, before_); }
  static bool is_there() {
    struct sigaction now {};
    sigaction(SIGINT, nullptr, &now);
    return now.sa_handler == own_handler;
  }

 private:
  void (*before_)(int);
};

struct LineFit {
  nn::Linear net{1, 1};
  nn::SGD optimizer{nn::parameters(net), {.lr = 0.1}};
  nn::DataLoader<nn::TensorDataset> loader{
      nn::TensorDataset(tg::linspace(0, 1, 10).unsqueeze(1), tg::ones({10, 1})), {.batch_size = 2}};
};

}  // namespace

TEST_CASE("Ctrl-C ends a training that handles it, and the program's handler comes back") {
  const OwnHandler own;
  const TempFolder folder;
  const std::string file = folder.file("run.safetensors");
  LineFit fit;
  nn::Trainer trainer(fit.net, nn::mse_loss, fit.optimizer,
                      {.epochs = 2,
                       .checkpoint = file,
                       .handle_interrupt = true,
                       .on_step = [](const nn::StepRecord& step) {
                         if (step.step == 7) raise(SIGINT);
                       }});
  CHECK(trainer.fit(fit.loader).ended == nn::Ended::interrupted);
  CHECK(own_calls == 0);
  CHECK(OwnHandler::is_there());
  LineFit second;
  std::int64_t steps = 0;
  nn::Trainer again(second.net, nn::mse_loss, second.optimizer,
                    {.epochs = 2, .checkpoint = file, .on_step = [&](const nn::StepRecord& step) {
                       if (steps++ == 0) CHECK(step.step == 8);
                     }});
  CHECK(again.fit(second.loader).ended == nn::Ended::all_epochs);
  CHECK(steps == 3);
}

TEST_CASE("a second Ctrl-C finds the program's own handler") {
  const OwnHandler own;
  LineFit fit;
  nn::Trainer trainer(fit.net, nn::mse_loss, fit.optimizer,
                      {.handle_interrupt = true, .on_step = [](const nn::StepRecord&) {
                         raise(SIGINT);
                         raise(SIGINT);
                       }});
  CHECK(trainer.fit(fit.loader).ended == nn::Ended::interrupted);
  CHECK(own_calls == 1);
  CHECK(OwnHandler::is_there());
}

TEST_CASE("a trainer takes no signals unasked") {
  const OwnHandler own;
  LineFit fit;
  nn::Trainer trainer(fit.net, nn::mse_loss, fit.optimizer,
                      {.on_step = [](const nn::StepRecord& step) {
                        CHECK(OwnHandler::is_there());
                        if (step.step == 1) raise(SIGINT);
                      }});
  CHECK(trainer.fit(fit.loader).ended == nn::Ended::all_epochs);
  CHECK(own_calls == 1);
}

TEST_CASE("trainers within each other share a Ctrl-C, and the last gives the handler back") {
  const OwnHandler own;
  LineFit outer, inner;
  nn::Trainer inside(
      inner.net, nn::mse_loss, inner.optimizer,
      {.handle_interrupt = true, .on_step = [](const nn::StepRecord&) { raise(SIGINT); }});
  nn::Trainer outside(outer.net, nn::mse_loss, outer.optimizer,
                      {.handle_interrupt = true, .on_step = [&](const nn::StepRecord&) {
                         CHECK(inside.fit(inner.loader).ended == nn::Ended::interrupted);
                       }});
  CHECK(outside.fit(outer.loader).ended == nn::Ended::interrupted);
  CHECK(outside.history().epochs.empty());
  CHECK(OwnHandler::is_there());
}

TEST_CASE("progress in a file is a line for each epoch, without control characters") {
  const TempFolder folder;
  std::FILE* file = std::fopen(folder.file("log").c_str(), "w");
  LineFit fit;
  const nn::Metric close{"within 0.1", [](const tg::Tensor& outputs, const tg::Tensor& targets) {
                           return (tg::abs(outputs - targets) < 0.1).flatten();
                         }};
  nn::Trainer trainer(fit.net, nn::mse_loss, fit.optimizer,
                      {.epochs = 10, .metrics = {close}, .progress = file});
  trainer.fit(fit.loader, fit.loader);
  std::fclose(file);
  const std::string text = folder.read("log");
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  const std::regex first(
      R"(epoch  1/10  loss \d\.\d{4}  within 0\.1 \d+\.\d\d %   validation loss \d\.\d{4}  within )"
      R"(0\.1 \d+\.\d\d %  \d+k?/s  \d+:\d\d left)");
  CHECK(std::regex_match(text.substr(0, text.find('\n')), first));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\r') == std::string::npos);
}
