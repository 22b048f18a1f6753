// What a training step does beside operators and walks, and whole steps.

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/nn.h"
#include "nn/optim.h"
#include "tests/faults/faults.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using faults::Numbers, faults::outcome_of, faults::refuse_each, faults::Refused;
using tg::Tensor;

namespace {

void add(Numbers& numbers, const nn::StateDict& state) {
  for (const auto& [name, value] : state) faults::add(numbers, value);
}

template <class Optimizer, class Options>
struct Parameters {
  explicit Parameters(const Options& options, int steps = 0)
      : optimizer({{"w", w}, {"unused", unused}, {"b", b}}, options) {
    w.set_grad(tg::tensor({0.5f, -1.0f}));
    b.set_grad(tg::tensor(2.0f));
    for (int i = 0; i < steps; ++i) optimizer.step();
  }

  Tensor w = tg::tensor({1.0f, 2.0f}).requires_grad_();
  Tensor b = tg::tensor(3.0f).requires_grad_();
  Tensor unused = tg::tensor(4.0f).requires_grad_();
  Optimizer optimizer;

  Numbers numbers() const {
    Numbers numbers;
    add(numbers, optimizer.state());
    for (const Tensor* each : {&w, &b, &unused}) faults::add(numbers, *each);
    return numbers;
  }
};

struct Momentum : Parameters<nn::SGD, nn::SGDOptions> {
  Momentum() : Parameters({.lr = 0.1, .momentum = 0.9, .dampening = 0.5}) {}
};
struct LaterMomentum : Parameters<nn::SGD, nn::SGDOptions> {
  LaterMomentum() : Parameters({.lr = 0.1, .dampening = 0.5}, 2) {
    optimizer.set_setting("momentum", 0.9);
  }
};
struct AMSGrad : Parameters<nn::Adam, nn::AdamOptions> {
  AMSGrad() : Parameters({.lr = 0.1, .amsgrad = true}) {}
};
struct LaterAMSGrad : Parameters<nn::AdamW, nn::AdamWOptions> {
  LaterAMSGrad() : Parameters({.lr = 0.1}, 2) { optimizer.set_setting("amsgrad", 1); }
};
struct Centered : Parameters<nn::RMSprop, nn::RMSpropOptions> {
  Centered() : Parameters({.lr = 0.1, .momentum = 0.5, .centered = true}) {}
};
struct Adagrad : Parameters<nn::Adagrad, nn::AdagradOptions> {
  Adagrad() : Parameters({.lr = 0.1, .initial_accumulator_value = 0.5}) {}
};
/// Whose parameters have got another type since.
struct Converted : Parameters<nn::Adam, nn::AdamOptions> {
  Converted() : Parameters({.lr = 0.1}, 1) {
    for (Tensor* each : {&w, &b, &unused}) each->to_(tg::float64);
  }
};
struct StepTwo : Parameters<nn::Adam, nn::AdamOptions> {
  StepTwo() : Parameters({.lr = 0.1}, 1) {}
};

constexpr auto step = [](auto& world) { world.optimizer.step(); };

nn::TensorDataset data() {
  tg::Generator generator(5);
  return {tg::randn({7, 4}, tg::float32, generator), tg::randint(0, 3, {7}, tg::int64, generator)};
}

struct Loader {
  nn::DataLoader<nn::TensorDataset> loader{data(), {.batch_size = 3, .shuffle = true, .seed = 1}};
  Numbers seen;

  Numbers numbers() const {
    Numbers numbers = seen;
    add(numbers, loader.state());
    numbers.push_back(static_cast<double>(loader.epoch()));
    return numbers;
  }
};

struct Net {
  nn::Linear fc1{4, 8};
  nn::LayerNorm norm{{8}};
  nn::Dropout dropout{0.5};
  nn::Linear fc2{8, 3};
  Tensor operator()(const Tensor& x) const { return fc2(dropout(tg::relu(norm(fc1(x))))); }
  void visit(nn::Visitor& f) {
    f("fc1", fc1);
    f("norm", norm);
    f("dropout", dropout);
    f("fc2", fc2);
  }
};

struct Training {
  Net net = (tg::manual_seed(4), Net());
  nn::Adam optimizer{nn::parameters(net), {.lr = 0.1}};
  nn::DataLoader<nn::TensorDataset> loader{data(), {.batch_size = 3}};
  double loss = 0;

  Numbers numbers() const {
    Numbers numbers{loss};
    faults::add_generator(numbers);
    add(numbers, optimizer.state());
    for (const auto& [name, value] : optimizer.parameters()) {
      faults::add(numbers, value);
      faults::add(numbers, value.grad());
    }
    return numbers;
  }
};

/// A training step of a program that can be told to do it again.
void train(Training& training) {
  const tg::Generator generator = tg::default_generator();
  try {
    training.optimizer.zero_grad();
    const auto [x, y] = *training.loader.begin();
    const Tensor loss = tg::cross_entropy(training.net(x), y);
    loss.backward();
    training.optimizer.step();
    training.optimizer.zero_grad();
    training.loss = loss.item();
  } catch (const tg::OutOfMemoryError&) {
    training.optimizer.zero_grad();
    tg::default_generator() = generator;
    throw;
  }
}

/// Sixteen steps of which a doctor sees the last one still to come. It finds that the network has been
/// validated in training mode, and that its parameters stand still.
struct Watched : Training {
  Watched() {
    optimizer.set_lr(0);
    for (int i = 0; i < 15; ++i) watch();
  }

  nn::Doctor doctor{net, optimizer, {.warn = false}};
  nn::Batch batch = data().batch(std::vector<std::int64_t>{0, 1, 2});

  void watch() {
    const auto look = doctor.step(batch.inputs, batch.targets);
    train(*this);
  }
};

/// A folder where files are written quickly, if there is one: a whole file waits for the disk.
struct QuickFolder : TempFolder {
  QuickFolder() : QuickFolder(setenv("TMPDIR", "/dev/shm", 0)) {}

 private:
  explicit QuickFolder(int) {}
};

struct InFile : Training {
  InFile() {
    train(*this);
    text = "what is to be found again, and is too long for a small string";
    checkpoint.add("net", net).add("adam", optimizer).add("loader", loader).add("text", text);
  }
  std::string text;
  nn::Checkpoint checkpoint;
};

/// Where there is a file of each kind already, which is made once.
struct Folder : QuickFolder {
  Folder() {
    InFile run;
    run.checkpoint.save(file("checkpoint.safetensors"));
    nn::save(file("model.safetensors"), run.net);
    nn::save(file("model.npz"), run.net);
  }
};

/// A run that is elsewhere than those files.
struct Elsewhere : InFile {
  Elsewhere() {
    train(*this);
    text = "";
  }
};

}  // namespace

TEST_CASE("a step that finds no memory has changed neither parameters nor state") {
  CHECK(refuse_each<Momentum>(step) > 2);
  CHECK(refuse_each<LaterMomentum>(step) > 2);
  CHECK(refuse_each<AMSGrad>(step) > 6);
  CHECK(refuse_each<LaterAMSGrad>(step) >= 2);
  CHECK(refuse_each<Centered>(step) > 6);
  CHECK(refuse_each<Adagrad>(step) > 2);
  CHECK(refuse_each<Converted>(step) >= 4);
  CHECK(refuse_each<StepTwo>(step) == 0);
}

TEST_CASE("where a doctor finds no memory, the training goes on") {
  const auto watched = [](Watched& world) {
    world.watch();
    {
      const auto look = world.doctor.validation();
      const faults::Spared spared;
      const tg::NoGrad no_grad;
      world.net(tg::ones({2, 4}));
    }
    world.doctor.epoch(1);
  };
  Numbers expected;
  {
    Watched world;
    watched(world);
    expected = world.numbers();
    CAPTURE(world.doctor.report());
    CHECK(world.doctor.findings().size() == 2);
  }
  int spared = 0;
  for (const Refused refused : {Refused::one, Refused::rest})
    for (int n = 0;; ++n) {
      CAPTURE(n, refused == Refused::rest);
      const std::int64_t tensors = tg::live_tensors(), records = tg::live_records();
      {
        Watched world;
        const faults::Outcome outcome = outcome_of(n, refused, [&] { watched(world); });
        CHECK(outcome.other == "");
        if (!outcome.refused) break;
        if (!outcome.out_of_memory) {  // by what the training itself asks for
          ++spared;
          const bool right = world.numbers() == expected;
          CHECK(right);
        }
      }
      CHECK(tg::live_tensors() == tensors);
      CHECK(tg::live_records() == records);
    }
  CHECK(spared > 100);
}

TEST_CASE("the state of an optimizer is listed and loaded whole, or not at all") {
  refuse_each<AMSGrad>([](AMSGrad& world) { world.optimizer.state(); });
  struct Loaded : AMSGrad {
    Loaded() : AMSGrad() {
      optimizer.step();
      saved = optimizer.state();
      optimizer.step();
    }
    nn::StateDict saved;
  };
  refuse_each<Loaded>([](Loaded& world) { world.optimizer.load_state(world.saved); });
}

TEST_CASE("a schedule that finds no memory has changed no group") {
  struct Groups : Momentum {
    Tensor other = tg::tensor({1.0f});
    explicit Groups(bool stepped = true) {
      optimizer.add_group({{"other", other}}, {.lr = 0.3, .momentum = 0.5});
      if (stepped) optimizer.step();  // schedules warn where it has not
    }
  };
  struct Scheduled : Groups {
    nn::ExponentialLR schedule{optimizer, {.gamma = 0.5}};
  };
  refuse_each<Scheduled>([](Scheduled& world) { world.schedule.step(); });
  struct Early : Groups {
    nn::ExponentialLR schedule{optimizer, {.gamma = 0.5}};
    Early() : Groups(false) {}
  };
  {
    // It says so where there is memory for that, and its step is done where there is none.
    const tg::WarningHandler before = tg::set_warning_handler([](const std::string&) {});
    refuse_each<Early>([](Early& world) { world.schedule.step(); });
    tg::set_warning_handler(before);
  }
  struct OneCycle : Groups {
    nn::OneCycleLR schedule{optimizer, {.max_lr = 1, .total_steps = 9}};
  };
  refuse_each<OneCycle>([](OneCycle& world) { world.schedule.step(); });
  struct Plateau : Groups {
    nn::ReduceLROnPlateau schedule{optimizer, {.patience = 0}};
    Plateau() { schedule.step(1); }
    Numbers numbers() const {
      Numbers numbers = Groups::numbers();
      add(numbers, schedule.state());
      return numbers;
    }
  };
  refuse_each<Plateau>([](Plateau& world) { world.schedule.step(2); });
}

TEST_CASE("a loader that finds no memory is where it was") {
  refuse_each<Loader>([](Loader& world) { world.loader.begin(); });
  struct InLoop : Loader {
    decltype(loader)::Iterator at = loader.begin();
    InLoop() { ++(*at, at); }
  };
  refuse_each<InLoop>([](InLoop& world) {
    const auto batch = *world.at;
    const faults::Spared spared;
    world.seen.clear();
    faults::add(world.seen, batch.inputs);
  });
  refuse_each<Loader>([](Loader& world) { world.loader.load_state(world.loader.state()); });
}

TEST_CASE("a training step that finds no memory can be done again") {
  CHECK(refuse_each<Training>(train) > 50);
}

TEST_CASE("running statistics and clipped gradients change together, or not at all") {
  struct Layer {
    nn::BatchNorm1d norm{4};
    Tensor x = data().batch(std::vector<std::int64_t>{0, 1, 2}).inputs, y;
    Numbers numbers() const {
      Numbers numbers;
      for (const Tensor* each :
           {&norm.num_batches_tracked, &norm.running_mean, &norm.running_var, &y})
        faults::add(numbers, *each);
      return numbers;
    }
  };
  refuse_each<Layer>([](Layer& layer) { layer.y = layer.norm(layer.x); });

  struct Clipped : Momentum {
    std::vector<nn::Parameter> parameters{{"w", w}, {"b", b}};
    Numbers numbers() const {
      Numbers numbers;
      for (const auto& [name, value] : parameters) faults::add(numbers, value.grad());
      return numbers;
    }
  };
  refuse_each<Clipped>([](Clipped& world) { nn::clip_grad_norm_(world.parameters, 0.5); });
}

TEST_CASE("files are written and read whole, or not at all") {
  const Folder folder;
  const std::string checkpoint = folder.file("checkpoint.safetensors");
  refuse_each<InFile>([&](InFile& world) { world.checkpoint.save(checkpoint); });
  refuse_each<Elsewhere>([&](Elsewhere& world) { world.checkpoint.load(checkpoint); });
  for (const char* name : {"model.safetensors", "model.npz"}) {
    const std::string path = folder.file(name);
    CAPTURE(path);
    refuse_each<InFile>([&](InFile& world) { nn::save(path, world.net); });
    refuse_each<Elsewhere>([&](Elsewhere& world) { nn::load(path, world.net); });
  }
}
