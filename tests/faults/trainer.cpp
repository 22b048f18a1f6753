// A training by a Trainer, in which an allocation fails.

#include "nn/nn.h"
#include "tests/faults/faults.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using faults::Refused;

namespace {

/// Two epochs of three steps, with everything that needs memory.
struct Fit {
  nn::Sequential net =
      (tg::manual_seed(4), nn::Sequential{nn::Linear{4, 6}, nn::BatchNorm1d{6}, nn::Linear{6, 3}});
  nn::Adam optimizer{nn::parameters(net), {.lr = 0.1}};
  nn::DataLoader<nn::TensorDataset> training = loader(8), validation = loader(5);
  nn::Trainer trainer{net,
                      nn::cross_entropy,
                      optimizer,
                      {.epochs = 2, .metrics = {{"accuracy", nn::correct}}, .keep_best = true}};

  static nn::DataLoader<nn::TensorDataset> loader(std::int64_t size) {
    tg::Generator generator(5);
    return nn::DataLoader(nn::TensorDataset(tg::randn({size, 4}, tg::float32, generator),
                                            tg::randint(0, 3, {size}, tg::int64, generator)),
                          {.batch_size = 3, .shuffle = true});
  }
  void fit() { trainer.fit(training, validation); }
};

}  // namespace

TEST_CASE("a training that finds no memory says so, and can be gone on with") {
  Fit().fit();  // much happens for the first time
  for (const Refused refused : {Refused::one, Refused::rest}) {
    for (int n = 0;; n += 5) {
      CAPTURE(n, refused == Refused::rest);
      const std::int64_t tensors = tg::live_tensors(), records = tg::live_records();
      faults::Outcome outcome;
      {
        Fit world;
        outcome = faults::outcome_of(n, refused, [&] { world.fit(); });
        CHECK(outcome.other == "");
        world.fit();
        const nn::History& history = world.trainer.history();
        CHECK(history.ended == nn::Ended::all_epochs);
        CHECK(history.epochs.size() == 2);
        for (const nn::EpochRecord& epoch : history.epochs) CHECK(epoch.training.examples == 8);
        for (const bool* flag : nn::detail::content_of(world.net).training) CHECK(*flag);
      }
      CHECK(tg::live_tensors() == tensors);
      CHECK(tg::live_records() == records);
      if (!outcome.refused) break;
    }
  }
}
