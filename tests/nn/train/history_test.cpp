#include "nn/train/history.h"

#include <cmath>
#include <limits>

#include "tests/catch.h"
#include "tests/message_of.h"

namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

nn::History two_epochs() {
  nn::History history{.epochs = {}, .ended = nn::Ended::diverged};
  nn::EpochRecord first{.epoch = 1,
                        .steps = 10,
                        .lr = 0.1,
                        .seconds = 0.5,
                        .training = {.examples = 3, .loss = 1.0 / 3, .metrics = {}},
                        .parameters = {},
                        .best = true};
  first.training.metrics.push_back({.name = "accuracy", .value = 0.5, .interval = {{0.25, 0.75}}});
  first.parameters.push_back(
      {.name = "0.weight", .largest = 2, .norm = 3, .gradient = 4, .update = 5});
  nn::EpochRecord second = first;
  second.epoch = 2;
  second.best = false;
  second.training.loss = kInfinity;
  second.validation = {.examples = 7, .loss = std::nan(""), .metrics = {}};
  second.validation->metrics.push_back({.name = "within 10 %, at most", .value = -kInfinity});
  history.epochs = {first, second};
  return history;
}

}  // namespace

TEST_CASE("a history comes back from its JSON bit by bit") {
  const nn::History history = two_epochs();
  const nn::History back = nn::History::from_json(history.json());
  CHECK(back.ended == nn::Ended::diverged);
  REQUIRE(back.epochs.size() == 2);
  CHECK(back.epochs[0].training.loss == 1.0 / 3);
  CHECK(back.epochs[0].training.find("accuracy")->interval->high == 0.75);
  CHECK(back.epochs[0].training.find("loss") == nullptr);
  CHECK(back.epochs[0].parameters[0].update == 5);
  CHECK_FALSE(back.epochs[0].validation.has_value());
  CHECK(back.epochs[1].training.loss == kInfinity);
  CHECK(std::isnan(back.epochs[1].validation->loss));
  CHECK(back.epochs[1].validation->metrics[0].value == -kInfinity);
  CHECK_FALSE(back.epochs[1].validation->metrics[0].interval.has_value());
  CHECK(back.json() == history.json());
}

TEST_CASE("a history is a table, in which an epoch may lack a column") {
  CHECK(two_epochs().csv() ==
        "epoch,steps,lr,seconds,training_loss,training_accuracy,largest.0.weight,norm.0.weight,"
        "gradient.0.weight,update.0.weight,best,validation_loss,\"validation_within 10 %, at "
        "most\"\n"
        "1,10,0.1,0.5,0.3333333333333333,0.5,2,3,4,5,1,,\n"
        "2,10,0.1,0.5,inf,0.5,2,3,4,5,0,nan,-inf\n");
  CHECK(nn::History{}.csv().empty());
}

TEST_CASE("the best epoch of a history is the last that was marked") {
  nn::History history = two_epochs();
  CHECK(history.best()->epoch == 1);
  history.epochs[1].best = true;
  CHECK(history.best()->epoch == 2);
  CHECK(nn::History{}.best() == nullptr);
}

TEST_CASE("what is no history's JSON is an error that says where") {
  const auto message = [](const char* text) {
    return message_of<tapegrad::ValueError>([&] { nn::History::from_json(text); });
  };
  CHECK_THAT(message("{"), ContainsSubstring("not the JSON of a history"));
  CHECK_THAT(message("{}"), ContainsSubstring("ended"));
  CHECK_THAT(message(R"({"ended": "never", "epochs": []})"),
             ContainsSubstring("'never' is no reason for which a training ends"));
  CHECK_THAT(message(R"({"ended": "stopped", "epochs": [{"epoch": 1}]})"),
             ContainsSubstring("steps"));
  CHECK_THAT(message(R"({"ended": "stopped", "epochs": [{"epoch": "x"}]})"),
             ContainsSubstring("must be number"));
}
