#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>

#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/files/training_run.h"
#include "tests/temp_folder.h"

using Catch::Matchers::ContainsSubstring;
using training_run::kSteps;
using training_run::Order;
using training_run::Run;
namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

nn::TensorDataset counted(std::int64_t size) { return {tg::zeros({size, 1}), tg::arange(size)}; }

bool same(const tg::Tensor& a, const tg::Tensor& b) {
  return std::ranges::equal(a.data<float>(), b.data<float>());
}

struct Small {
  nn::Linear layer{2, 1};
  nn::SGD optimizer{nn::parameters(layer), {.lr = 0.1, .momentum = 0.9}};
  nn::Checkpoint checkpoint;
};

}  // namespace

TEST_CASE("a run that stops at any step and goes on ends with the same bits", "[checkpoint]") {
  const TempFolder folder;
  const std::string path = folder.file("run.safetensors");
  Run(1).train(path, {kSteps});
  const std::string expected = folder.read("run.safetensors");
  for (std::int64_t stop = 1; stop <= kSteps; ++stop) {
    for (const Order order : {Order::usual, Order::reversed}) {
      INFO("stopped after step " << stop);
      Run(1).train(path, {stop});
      Run second(2, order);
      second.train(folder.file("other.safetensors"), {});  // what it has done is no matter
      second.checkpoint.load(path);
      CHECK(second.step == stop);
      CHECK(second.text == "after step " + std::to_string(stop));
      second.train(path, {kSteps});
      // Parts stand in the file in the order in which they were added.
      Run third(3);
      third.checkpoint.load(path);
      third.train([&] { FAIL("it has ended"); });
      third.checkpoint.save(path);
      CHECK((folder.read("run.safetensors") == expected));
    }
  }
}

TEST_CASE("a run that is saved in a loop, between loops and after a break goes on",
          "[checkpoint]") {
  const TempFolder folder;
  const nn::TensorDataset data = counted(10);
  const auto batches = [](auto& loader, std::size_t most = 100) {
    std::vector<std::int64_t> seen;
    for (const auto& [x, y] : loader) {
      for (const std::int64_t i : y.template data<std::int64_t>()) seen.push_back(i);
      if (seen.size() / 3 == most) break;
    }
    return seen;
  };
  const nn::DataLoaderOptions options{.batch_size = 3, .shuffle = true, .seed = 3};
  nn::DataLoader whole(data, options), loader(data, options);
  const auto first = batches(whole), second = batches(whole), third = batches(whole);
  const auto restart = [&] {
    nn::DataLoader other(data, options);
    other.load_state(loader.state());
    return other;
  };

  std::vector<std::int64_t> seen;
  for (const auto& [x, y] : loader) {
    for (const std::int64_t i : y.data<std::int64_t>()) seen.push_back(i);
    auto other = restart();
    auto rest = batches(other);
    rest.insert(rest.begin(), seen.begin(), seen.end());
    CHECK(rest == first);
    CHECK(batches(other) == second);
    CHECK(other.epoch() == 2);
  }
  auto between = restart();
  CHECK(between.epoch() == 1);
  CHECK(batches(between) == second);
  batches(loader, 1);  // leaves the second epoch by a break
  auto after = restart();
  CHECK(batches(after) == third);
  CHECK(batches(loader) == third);

  // A loop in a loop: the outer one goes on, and the epoch that the inner one had is over.
  for (const auto& [x, y] : loader) {
    (void)x;
    if (loader.epoch() == 4) batches(loader);
    auto inside = restart();
    std::vector<std::int64_t> rest(y.data<std::int64_t>().begin(), y.data<std::int64_t>().end());
    for (const std::int64_t i : batches(inside)) rest.push_back(i);
    CHECK(rest == nn::epoch_order(10, 3, 3));
    CHECK(inside.epoch() == 5);
    break;
  }
  CHECK(loader.epoch() == 5);
  CHECK(message_of<tg::ValueError>([&] { loader.set_epoch(-1); }) ==
        "DataLoader: epochs are counted from 0 to 2^53, so there is no epoch -1");
  // An iterator that was left alone hides nothing.
  auto left = loader.begin();
  *left;
  for (const auto& [x, y] : loader) {
    (void)x, (void)y;
    auto inside = restart();
    CHECK(batches(inside).size() == 7);
    break;
  }
  ++left, ++left, ++left, ++left;
  loader.set_epoch(5);

  // What was loaded goes when another epoch is set, or a copy is made in the middle.
  auto set = restart();
  set.set_epoch(1);
  CHECK(batches(set) == second);
  // Not by the usual call before each loop.
  nn::DataLoader usual(data, options), resumed(data, options);
  for (const auto& [x, y] : usual) {
    (void)x, (void)y;
    resumed.load_state(usual.state());
    break;
  }
  resumed.set_epoch(0);
  CHECK(batches(resumed).size() == 7);
  for ([[maybe_unused]] const auto& [x, y] : loader) {
    nn::DataLoader copy = loader;
    CHECK(copy.state()[6].value.item() == 6);  // the next epoch
    break;
  }
}

TEST_CASE("the state of a loader fits a loader of the same batches only", "[checkpoint]") {
  const nn::TensorDataset data = counted(10);
  const auto load = [&](nn::DataLoaderOptions options, std::int64_t size = 10) {
    const nn::DataLoader saved(data, {.batch_size = 3, .seed = 1});
    nn::DataLoader loader(counted(size), options);
    return message_of<tg::ValueError>([&] { loader.load_state(saved.state()); });
  };
  CHECK(load({.batch_size = 3, .seed = 1}) == "(nothing was thrown)");
  CHECK(load({.batch_size = 4, .seed = 1}) ==
        "DataLoader: the state is of batch_size 3, this loader of batch_size 4; make it with the "
        "same");
  CHECK_THAT(load({.batch_size = 3, .shuffle = true, .seed = 1}),
             ContainsSubstring("of shuffle false, this loader of shuffle true"));
  CHECK_THAT(load({.batch_size = 3, .seed = 2}),
             ContainsSubstring("seed 1, this loader of seed 2"));
  CHECK_THAT(load({.batch_size = 3, .seed = 1, .drop_last = true}), ContainsSubstring("drop_last"));
  CHECK_THAT(load({.batch_size = 3, .seed = 1}, 11), ContainsSubstring("examples 10, this"));
  const std::string all = load({.batch_size = 1, .seed = ~std::uint64_t{0}});
  CHECK_THAT(all, ContainsSubstring("\n  the state is of batch_size 3"));
  CHECK_THAT(all, ContainsSubstring("\n  the state's 'option.seed' must be a list of numbers"));
}

TEST_CASE("a checkpoint holds numbers of every type exactly", "[checkpoint]") {
  const TempFolder folder;
  const std::string path = folder.file("n.safetensors");
  struct {
    bool flag = true;
    std::int8_t small = -7;
    int count = std::numeric_limits<int>::min();
    std::int64_t large = std::numeric_limits<std::int64_t>::max() - 1;
    std::uint64_t seed = std::numeric_limits<std::uint64_t>::max() - 2;
    float third = 1.0F / 3;
    double tenth = 0.1, nan = std::nan(""), infinite = -HUGE_VAL;
    std::string text = "zwölf \"Zeilen\"\n", empty;
  } saved;
  const auto add = [](nn::Checkpoint& checkpoint, auto& n) {
    checkpoint.add("flag", n.flag).add("small", n.small).add("count", n.count);
    checkpoint.add("large", n.large).add("seed", n.seed).add("third", n.third);
    checkpoint.add("tenth", n.tenth).add("nan", n.nan).add("infinite", n.infinite);
    checkpoint.add("text", n.text).add("empty", n.empty);
  };
  nn::Checkpoint checkpoint;
  add(checkpoint, saved);
  tg::Generator generator(11, 3);
  generator.set_position(17);
  checkpoint.add("generator", generator);
  checkpoint.save(path);

  auto loaded = decltype(saved){};
  loaded = {false, 0, 0, 0, 0, 0, 0, 0, 0, "", "not empty"};
  tg::Generator other;
  nn::Checkpoint second;
  add(second, loaded);
  second.add("generator", other).load(path);
  CHECK(loaded.flag);
  CHECK(loaded.small == saved.small);
  CHECK(loaded.count == saved.count);
  CHECK(loaded.large == saved.large);
  CHECK(loaded.seed == saved.seed);
  CHECK(loaded.third == saved.third);
  CHECK(loaded.tenth == saved.tenth);
  CHECK(std::isnan(loaded.nan));
  CHECK(loaded.infinite == saved.infinite);
  CHECK(loaded.text == saved.text);
  CHECK(loaded.empty.empty());
  CHECK(other.seed() == 11);
  CHECK(other.stream() == 3);
  CHECK(other.position() == 17);
}

TEST_CASE("the thread's random numbers go on, and a model's modes and frozen parts",
          "[checkpoint]") {
  const TempFolder folder;
  const std::string path = folder.file("n.safetensors");
  training_run::Net net;
  nn::freeze(net.fc1);
  nn::eval(net.dropout);
  net.fc2.bias.set_grad(tg::tensor({3.0F, 4.0F, 5.0F}));
  nn::Checkpoint checkpoint;
  checkpoint.add("net", net);
  tg::manual_seed(9);
  tg::randn(5);
  checkpoint.save(path);
  const tg::Tensor expected = tg::randn(5);

  nn::unfreeze(net);
  nn::train(net);
  net.fc2.bias.zero_grad();
  net.fc1.bias.set_grad(tg::ones(8));
  tg::manual_seed(1);
  checkpoint.load(path);
  CHECK(same(tg::randn(5), expected));
  CHECK_FALSE(net.fc1.weight.requires_grad());
  CHECK(net.fc2.weight.requires_grad());
  const tg::Tensor x = tg::randn({6, 8});
  CHECK(same(net.dropout(x), x));
  const tg::Tensor by_batch = net.norm(x);
  nn::eval(net.norm);
  CHECK_FALSE(same(by_batch, net.norm(x)));
  CHECK(same(net.fc2.bias.grad(), tg::tensor({3.0F, 4.0F, 5.0F})));
  CHECK_FALSE(net.fc1.bias.grad().defined());
}

TEST_CASE("a run that is cancelled can be kept", "[checkpoint]") {
  const TempFolder folder;
  Run run(1);
  std::atomic<bool> stop = false;
  const tg::CancelScope scope(stop);
  const auto cancelled = [&] {
    run.train([&] {
      stop = run.step == 4;
      if (stop) run.checkpoint.save(folder.file("run.safetensors"));
    });
  };
  CHECK_THROWS_AS(cancelled(), tg::CancelledError);
  CHECK_THROWS_AS(tg::ones(2) + 1, tg::CancelledError);
  stop = false;
  Run other(2);
  other.checkpoint.load(folder.file("run.safetensors"));
  CHECK(other.step == 4);
}

TEST_CASE("the weights of a checkpoint load into a model alone", "[checkpoint]") {
  const TempFolder folder;
  Run run(1);
  run.train(folder.file("run.safetensors"), {kSteps});
  Run other(2);
  nn::load(folder.file("run.safetensors"), other.net, {.prefix = "net"});
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(same(nn::parameters(run.net)[i].value, nn::parameters(other.net)[i].value));
  CHECK(same(run.net.norm.running_var, other.net.norm.running_var));
}

TEST_CASE("what does not fit is listed whole, and nothing changes", "[checkpoint]") {
  const TempFolder folder;
  const std::string path = folder.file("run.safetensors"),
                    before = folder.file("before.safetensors");
  int number = 3;
  Small saved;
  nn::StepLR steps(saved.optimizer, {.step_size = 2});
  saved.checkpoint.add("net", saved.layer).add("optimizer", saved.optimizer).add("steps", steps);
  saved.checkpoint.add("number", number).add("gone", number);
  saved.checkpoint.save(path);

  struct Other {
    nn::Linear layer{3, 1}, more{1, 1};
    void visit(nn::Visitor& f) {
      layer.visit(f);
      f("more", more);
    }
  } other;
  nn::Adam adam(nn::parameters(other));
  nn::StepLR other_steps(adam, {.step_size = 3, .gamma = 0.5});
  double real = 1;
  std::string fresh = "new";
  nn::Checkpoint checkpoint;
  checkpoint.add("net", other).add("optimizer", adam).add("steps", other_steps);
  checkpoint.add("number", real).add("fresh", fresh);
  checkpoint.save(before);
  CHECK(message_of<tg::ValueError>([&] { checkpoint.load(path); }) ==
        "Checkpoint: '" + path +
            "' is not of this run, nothing was loaded\n"
            "  net: model: the state does not fit the model, nothing was loaded\n"
            "    more.weight: missing in the state\n"
            "    more.bias: missing in the state\n"
            "    weight: [1, 3] in the model, [1, 2] in the state\n"
            "  optimizer: Adam: the state is of SGD, not of Adam\n"
            "  steps: StepLR: the state does not fit, nothing was loaded\n"
            "    the state is of step_size 2, this schedule of step_size 3; make it with the same\n"
            "    the state is of gamma 0.1, this schedule of gamma 0.5; make it with the same\n"
            "  number: integer in the file, floating-point number here\n"
            "  fresh: not in the file\n"
            "  gone: integer in the file, nothing here");
  checkpoint.save(path);
  CHECK((folder.read("run.safetensors") == folder.read("before.safetensors")));
}

TEST_CASE("optimizers of other groups and other types are told in full", "[checkpoint]") {
  const TempFolder folder;
  const std::string path = folder.file("run.safetensors");
  Small saved;
  saved.layer.weight.set_grad(tg::ones({1, 2}));
  saved.layer.bias.set_grad(tg::ones(1));
  saved.optimizer.step();
  saved.checkpoint.add("net", saved.layer).add("optimizer", saved.optimizer).save(path);

  nn::Linear layer(2, 1);
  nn::SGD optimizer(std::vector{nn::parameters(layer)[0]}, {.lr = 0.1, .momentum = 0.9});
  optimizer.add_group(std::vector{nn::parameters(layer)[1]}, {.lr = 0.2});
  nn::Checkpoint checkpoint;
  checkpoint.add("net", layer).add("optimizer", optimizer);
  CHECK_THAT(message_of<tg::ValueError>([&] { checkpoint.load(path); }),
             ContainsSubstring("\n    the state has no 'group.1.lr'; it is of another optimizer or "
                               "of fewer groups\n    parameter 'bias' is in group 0 of the state, "
                               "but in group 1 here"));

  nn::Linear wide(2, 1);
  nn::to(wide, tg::float64);
  nn::Checkpoint other;
  other.add("net", wide);
  CHECK_THAT(message_of<tg::ValueError>([&] { other.load(path); }),
             ContainsSubstring("net: model: the file does not fit\n    weight: of another "
                               "floating-point type in the file\n    bias: of another"));
}

TEST_CASE("a checkpoint without a part that training changes is refused", "[checkpoint]") {
  const TempFolder folder;
  const std::string path = folder.file("run.safetensors");
  Small run;
  nn::ReduceLROnPlateau plateau(run.optimizer);
  run.checkpoint.add("plateau", plateau);
  const auto save = [&] { run.checkpoint.save(path); };
  CHECK(
      message_of<tg::ValueError>(save) ==
      "Checkpoint::save: parts of the run are missing; add them, before anything in them is replaced:\n  the optimizer of 'plateau'");
  run.checkpoint.add("optimizer", run.optimizer);
  CHECK(
      message_of<tg::ValueError>(save) ==
      "Checkpoint::save: parts of the run are missing; add them, before anything in them is replaced:\n"
      "  the model of 'weight', which 'optimizer' trains\n"
      "  the model of 'bias', which 'optimizer' trains");
  CHECK_FALSE(std::filesystem::exists(path));
  run.checkpoint.add("net", run.layer).save(path);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("names, endings and files that are no checkpoints are refused", "[checkpoint]") {
  const TempFolder folder;
  nn::Linear layer(2, 1);
  int number = 300;
  nn::Checkpoint checkpoint;
  checkpoint.add("net", layer);
  CHECK(message_of<tg::ValueError>([&] { checkpoint.add("net", number); }) ==
        "Checkpoint: there is a part 'net' already");
  for (const char* name : {"", "a.b", "a/b", "ü"})
    CHECK(message_of<tg::ValueError>([&] { checkpoint.add(name, number); }) ==
          "Checkpoint: '" + std::string(name) +
              "' is no name for a part; use letters, digits, '_' and '-'");
  CHECK_THAT(message_of<tg::FileError>([&] { checkpoint.save(folder.file("run.npz")); }),
             ContainsSubstring("its name must end in \".safetensors\""));

  const std::string weights = folder.file("w.safetensors");
  nn::save(weights, layer);
  CHECK_THAT(message_of<tg::FileError>([&] { checkpoint.load(weights); }),
             ContainsSubstring("has tensors, but is no checkpoint; nn::load reads it"));
  CHECK_THAT(message_of<tg::FileError>([&] { checkpoint.load(folder.write("x", "text")); }),
             ContainsSubstring("is no checkpoint, which is a .safetensors that save() wrote"));
  CHECK_THROWS_AS(checkpoint.load(folder.file("missing")), tg::FileError);
  nn::save_file(weights, {}, {.metadata = {{"tapegrad.checkpoint", "2"}}});
  CHECK_THAT(message_of<tg::FileError>([&] { checkpoint.load(weights); }),
             ContainsSubstring("is of version 2 of the format, and this library reads 1"));
  nn::save_file(weights, {{"a", tg::ones(1)}}, {.metadata = {{"tapegrad.checkpoint", "1"}}});
  CHECK_THAT(message_of<tg::FileError>([&] { checkpoint.load(weights); }),
             ContainsSubstring("the tensor 'a' belongs to no part of the run"));

  std::int8_t small = 0;
  nn::Checkpoint wide, narrow;
  wide.add("n", number).save(weights);
  CHECK_THAT(message_of<tg::ValueError>([&] { narrow.add("n", small).load(weights); }),
             ContainsSubstring("n: 300 in the file, which the variable cannot hold"));
  CHECK(small == 0);
  double large = 1e300;
  float single = 0;
  nn::Checkpoint doubles, floats;
  doubles.add("n", large).save(weights);
  CHECK_THAT(message_of<tg::ValueError>([&] { floats.add("n", single).load(weights); }),
             ContainsSubstring("n: 1e+300 in the file, which the variable cannot hold"));
}
