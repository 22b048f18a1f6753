#include "tests/nn/train/doctor_common.h"

// What a doctor finds in the data, before the training.

using namespace doctor_test;

namespace {

/// What is found in these data alone.
template <class... Datasets>
std::vector<nn::Finding> found_in_data(const nn::DoctorOptions& options,
                                       const Datasets&... datasets) {
  nn::Sequential net{nn::Linear{2, 4}};
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.1});
  nn::Doctor doctor(net, optimizer, options);
  doctor.data(datasets...);
  return doctor.findings();
}

constexpr nn::DoctorOptions kQuiet = {.warn = false};

/// `counts[c]` examples of each class c, one class after the other.
nn::TensorDataset of_classes(const std::vector<std::int64_t>& counts, std::uint64_t seed = 1) {
  std::vector<std::int64_t> labels;
  for (std::size_t label = 0; label < counts.size(); ++label)
    labels.insert(labels.end(), static_cast<std::size_t>(counts[label]),
                  static_cast<std::int64_t>(label));
  const auto size = std::ssize(labels);
  tg::Generator generator(seed);
  return {tg::randn({size, 2}, tg::float32, generator), tg::tensor(labels, {size})};
}

/// Draws noise into every batch.
struct Noisy {
  nn::TensorDataset data;
  std::int64_t size() const { return data.size(); }
  nn::Batch batch(std::span<const std::int64_t> indices) const {
    nn::Batch batch = data.batch(indices);
    batch.inputs = batch.inputs + tg::randn(batch.inputs.shape());
    return batch;
  }
};

}  // namespace

TEST_CASE("the doctor finds a class that has nearly all examples", "[doctor]") {
  const auto found = found_in_data(kQuiet, of_classes({12, 380, 8}));
  check_found(found, Kind::unbalanced_classes, "training data",
              "Of 400 training examples that were looked at, 380 are of class 1: 95.0 %.");
  CHECK(found[0].step == 0);
  const nn::TensorDataset yes(tg::randn({100, 2}), (tg::arange(100) < 4).to(tg::float32));
  check_found(found_in_data(kQuiet, yes), Kind::unbalanced_classes, "training data",
              "96 are of class 0: 96.0 %");
  CHECK(kinds(found_in_data(kQuiet, of_classes({40, 320, 40}))) == Names{});
}

TEST_CASE("the doctor finds parts with other classes", "[doctor]") {
  // A file that is sorted by class, split without a shuffle.
  const auto found =
      found_in_data(kQuiet, of_classes({100, 100, 100, 20}), of_classes({0, 0, 0, 80}, 2));
  check_found(found, Kind::unbalanced_classes, "validation data",
              "Class 3 has 6.2 % of the training examples, but 100.0 % of the validation's.");
  CHECK(kinds(found) == Names{"unbalanced_classes"});
}

TEST_CASE("random splits are no finding, small ones neither", "[doctor]") {
  const nn::TensorDataset all = of_classes({70, 80, 90, 60, 60, 50, 40, 70, 80, 100});
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    for (const double share : {0.05, 0.25}) {
      INFO("seed " << seed << ", share " << share);
      const auto [training, validation] = nn::train_test_split(all, share, seed);
      CHECK(kinds(found_in_data(kQuiet, training, validation)) == Names{});
    }
}

TEST_CASE("the doctor finds validation examples in the training set", "[doctor]") {
  const nn::TensorDataset training = of_classes({100, 100}), validation = of_classes({50, 50}, 2);
  CHECK(kinds(found_in_data(kQuiet, training, validation)) == Names{});
  Tensor leaking = validation.inputs().clone();
  for (std::int64_t i = 0; i < 10; ++i) {  // with the same class
    Tensor row = leaking[10 * i];
    row.copy_(training.inputs()[20 * i + 3]);
  }
  check_found(
      found_in_data(kQuiet, training, nn::TensorDataset(leaking, validation.targets())),
      Kind::leaking_split, "validation data",
      "10 of 100 validation examples are among the 200 training examples that were looked at.");
  // The same inputs with other targets, as in measurements that were repeated, are other examples.
  CHECK(kinds(found_in_data(kQuiet, training,
                            nn::TensorDataset(leaking, 1 - validation.targets()))) == Names{});
  // Of large sets a part is looked at.
  check_found(found_in_data({.warn = false, .examples = 50}, training, training),
              Kind::leaking_split, "validation data",
              "50 of 50 validation examples are among the 50 training examples that");
}

TEST_CASE("examples that repeat by nature do not leak", "[doctor]") {
  tg::Generator generator(3);
  const auto questions = [&](std::int64_t count) {  // three of them, answered by yes or no
    return nn::TensorDataset(tg::randint(0, 2, {count, 3}, tg::float32, generator),
                             tg::randint(0, 2, {count}, tg::int64, generator));
  };
  CHECK(kinds(found_in_data(kQuiet, questions(200), questions(100))) == Names{});
}

TEST_CASE("looking at data draws no random numbers, whatever the data draw", "[doctor]") {
  const Noisy noisy{of_classes({50, 50})};
  tg::manual_seed(5);
  const Tensor first = tg::rand({4});
  tg::manual_seed(5);
  CHECK(kinds(found_in_data(kQuiet, noisy, noisy)) == Names{});
  tg::manual_seed(5);
  nn::Sequential net{nn::Linear{2, 4}};
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.1});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  tg::manual_seed(5);
  doctor.data(noisy, noisy);
  CHECK(tg::equal(tg::rand({4}), first));
}

TEST_CASE("data of any kind can be looked at", "[doctor]") {
  const Tensor words = tg::randint(0, 50, {40, 6});
  CHECK(kinds(found_in_data(kQuiet, nn::TensorDataset(words, words))) == Names{});
  const nn::TensorDataset numbers(tg::randn({30, 2}), tg::randn({30, 1}));
  CHECK(kinds(found_in_data(kQuiet, numbers,
                            nn::TensorDataset(tg::randn({9, 2}), tg::randn({9, 1})))) == Names{});
  const nn::TensorDataset nothing(tg::zeros({0, 2}), tg::zeros({0}, tg::int64));
  CHECK(kinds(found_in_data(kQuiet, nothing, nothing)) == Names{});
  CHECK(kinds(found_in_data(kQuiet, numbers, nothing)) == Names{});
  const nn::TensorDataset ids(tg::randn({30, 2}), tg::arange(30) * 1'000'000);
  CHECK(kinds(found_in_data(kQuiet, ids, ids)) == Names{"leaking_split"});
  CHECK_THROWS_AS(found_in_data({.examples = 0}, numbers), tg::ValueError);
}
