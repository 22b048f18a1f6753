#include <cmath>
#include <limits>

#include "nn/report/answers.h"
#include "tests/catch.h"
#include "tests/nn/report/histories.h"

namespace nn = tapegrad::nn;
using namespace made_up;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

nn::LabAnswer answer_to(nn::LabQuestion question, const std::vector<nn::Run>& runs) {
  const std::vector<nn::LabAnswer> answers = nn::lab_answers(runs);
  REQUIRE(answers.size() == 5);
  nn::LabAnswer answer = answers[static_cast<std::size_t>(question)];
  CHECK(answer.about == question);
  CHECK(answer.answered == (answer.verdict != "not answered"));
  CHECK_FALSE(answer.text.empty());
  return answer;
}
std::string verdict(nn::LabQuestion question, const std::vector<nn::Run>& runs) {
  return answer_to(question, runs).verdict;
}

nn::Run run_with(nn::History history, std::int64_t layers = 3) {
  return {.name = "net", .history = std::move(history), .layers = layers, .activation = "relu"};
}

}  // namespace

// ---- Does the activation matter?

TEST_CASE("the activation matters where models that differ by it alone differ in their scores") {
  const auto ask = [](const std::vector<nn::Run>& runs) {
    return answer_to(nn::LabQuestion::activation, runs);
  };
  const nn::LabAnswer yes = ask({run_of(2, "relu", 9800), run_of(2, "sigmoid", 9600)});
  CHECK(yes.verdict == "yes");
  CHECK(yes.text ==
        "relu 2 (98.00 %) is 2.00 ± 0.47 points better than sigmoid 2 (96.00 %), p < "
        "0.001.");
  CHECK_THAT(yes.details.back(),
             ContainsSubstring("two-proportion z-test on 10000 test examples, at 5 %;") &&
                 ContainsSubstring("Seeds were not repeated"));
  const nn::LabAnswer no = ask({run_of(2, "relu", 9800), run_of(2, "sigmoid", 9799)});
  CHECK(no.verdict == "no");
  CHECK(no.text ==
        "relu 2 (98.00 %) and sigmoid 2 (97.99 %) are alike (0.01 ± 0.39 points, p = 0.96).");
  // In any number of layers.
  CHECK(ask({run_of(2, "relu", 9800), run_of(2, "tanh", 9800), run_of(3, "relu", 9500),
             run_of(3, "tanh", 9800)})
            .verdict == "yes");
  // By the number of comparisons: p is 0.0094, and 0.028 of three, but 0.056 of six.
  constexpr std::int64_t kExamples = 100'000;
  const std::vector<nn::Run> close{run_of(2, "relu", 98'000, kExamples),
                                   run_of(2, "tanh", 97'834, kExamples),
                                   run_of(2, "gelu", 97'900, kExamples)};
  CHECK(ask(close).verdict == "yes");
  std::vector<nn::Run> more = close;
  for (const nn::Run& run : close) {
    more.push_back(run);
    more.back().layers = 3;
    more.back().test = score_of(98'000, kExamples);
  }
  const nn::LabAnswer corrected = ask(more);
  CHECK(corrected.verdict == "no");
  // The interval has as many as p: it reaches 0 where p is 5 %.
  CHECK_THAT(ask(close).text,
             ContainsSubstring("is 0.17 ± 0.15 points better") && ContainsSubstring("p = 0.028."));
  CHECK_THAT(corrected.text, ContainsSubstring("are alike (0.17 ± 0.17 points, p = 0.056)"));
  CHECK_THAT(corrected.details.back(), ContainsSubstring("6 comparisons at once (Bonferroni)"));
}

TEST_CASE("whether the activation matters is not answered by too little") {
  const auto why = [](const std::vector<nn::Run>& runs) {
    const nn::LabAnswer answer = answer_to(nn::LabQuestion::activation, runs);
    CHECK_FALSE(answer.answered);
    return answer.text;
  };
  CHECK_THAT(why({}), ContainsSubstring("No two models differ by their activation alone"));
  CHECK_THAT(why({run_of(2, "relu", 9800)}), ContainsSubstring("No two models"));
  CHECK_THAT(why({run_of(2, "relu", 9800), run_of(3, "tanh", 9000)}),
             ContainsSubstring("No two models"));
  CHECK_THAT(why({run_of(1, "", 9000), run_of(2, "relu", 9800)}),
             ContainsSubstring("No two models"));
  CHECK_THAT(why({run_of(2, "relu", 98, 100), run_of(2, "tanh", 96, 100)}),
             ContainsSubstring("relu 2 (98.00 %) and tanh 2 (96.00 %) cannot be told apart (2.00 ± "
                               "4.73 points, p = 0.41).") &&
                 ContainsSubstring("so few examples would not show a difference of 1 point"));
  nn::Run untested = run_of(2, "tanh", 9800);
  untested.test.reset();
  CHECK_THAT(why({run_of(2, "relu", 9800), untested}),
             ContainsSubstring("The runs have no score in common"));
}

// ---- Are 2 or 3 layers needed?

TEST_CASE("as many layers are needed as are better than fewer") {
  const auto ask = [](const std::vector<nn::Run>& runs) {
    return verdict(nn::LabQuestion::layers, runs);
  };
  const nn::Run one = run_of(1, "", 9200), two = run_of(2, "relu", 9700),
                three = run_of(3, "relu", 9900);
  CHECK(ask({one, two, three}) == "3 layers are needed");
  CHECK(ask({one, two, run_of(3, "relu", 9702)}) == "2 layers are needed");
  CHECK(ask({one, two, run_of(3, "relu", 9000)}) == "2 layers are needed");
  CHECK(ask({one, run_of(2, "relu", 9210), run_of(3, "relu", 9195)}) == "1 layer is enough");
  CHECK(ask({one, two, run_of(3, "relu", 9730)}) == "2 layers are needed");  // alike within 1 point
  CHECK(ask({run_of(2, "relu", 9700), run_of(3, "relu", 9700)}) == "2 layers are enough");
  CHECK(ask({run_of(1, "", 500, 1000), run_of(2, "relu", 900, 1000),
             run_of(3, "relu", 905, 1000)}) == "2 layers are needed; whether 3 help is open");
  CHECK_THAT(answer_to(nn::LabQuestion::layers, {one, two}).text,
             ContainsSubstring("More layers were not tried."));
  CHECK_THAT(answer_to(nn::LabQuestion::layers, {two, run_of(3, "relu", 9700)}).text,
             ContainsSubstring("Fewer layers were not tried."));
}

TEST_CASE("of several models with as many layers the validation examples choose, never the test") {
  nn::Run lucky = run_of(2, "tanh", 9990), chosen = run_of(2, "relu", 9205);
  chosen.history = history_of({0.5, 0.2});
  CHECK(verdict(nn::LabQuestion::layers, {run_of(1, "", 9200), lucky, chosen}) ==
        "1 layer is enough");
  lucky.history = history_of({0.5, 0.1});
  CHECK(verdict(nn::LabQuestion::layers, {run_of(1, "", 9200), lucky, chosen}) ==
        "2 layers are needed");
}

TEST_CASE("how many layers are needed is not answered by too little") {
  const auto why = [](const std::vector<nn::Run>& runs) {
    const nn::LabAnswer answer = answer_to(nn::LabQuestion::layers, runs);
    CHECK_FALSE(answer.answered);
    return answer.text;
  };
  CHECK_THAT(why({run_of(2, "relu", 9800)}), ContainsSubstring("were not trained"));
  CHECK_THAT(why({run_of(2, "relu", 9800), run_of(2, "tanh", 9000)}),
             ContainsSubstring("were not trained"));
  CHECK_THAT(why({run_of(0, "relu", 9800), run_of(0, "relu", 9000)}),
             ContainsSubstring("it is not known how many"));
  CHECK_THAT(why({run_of(1, "", 95, 100), run_of(2, "relu", 97, 100)}),
             ContainsSubstring("so few examples"));
}

TEST_CASE("seeds that were repeated count with their variance") {
  // Means of 97 and 96 %, which differ on 10,000 examples, but not among these seeds.
  const auto runs = [](std::int64_t spread) {
    std::vector<nn::Run> list;
    for (const auto& [layers, right] : {std::pair(1, 9600), std::pair(2, 9700)}) {
      for (const std::int64_t off : {-spread, std::int64_t{0}, spread}) {
        list.push_back(run_of(layers, layers == 1 ? "" : "relu", right + off));
        list.back().seed = list.size();
      }
    }
    return list;
  };
  const nn::LabAnswer close = answer_to(nn::LabQuestion::layers, runs(5));
  CHECK(close.verdict == "2 layers are needed");
  CHECK_THAT(close.text, ContainsSubstring("relu, 2 layers (mean of 3 seeds: 97.00 %) is 1.00"));
  CHECK_THAT(close.details.back(), ContainsSubstring("Where seeds were repeated"));
  CHECK_FALSE(answer_to(nn::LabQuestion::layers, runs(150)).answered);
}

TEST_CASE("without test scores the validation examples of the best epoch compare, which is said") {
  std::vector<nn::Run> runs{run_of(1, "", 0), run_of(2, "relu", 0)};
  const std::int64_t right[] = {900, 990};
  for (std::size_t i = 0; i < 2; ++i) {
    runs[i].test.reset();
    for (nn::EpochRecord& epoch : runs[i].history.epochs)
      epoch.validation = score_of(500, 1000, epoch.validation->loss);
    runs[i].history.epochs[1].validation = score_of(right[i], 1000, 0.01);
  }
  const nn::LabAnswer answer = answer_to(nn::LabQuestion::layers, runs);
  CHECK(answer.verdict == "2 layers are needed");
  CHECK_THAT(answer.details.back(), ContainsSubstring("1000 validation examples") &&
                                        ContainsSubstring("No test examples were asked"));
}

// ---- Where does overfitting start?

TEST_CASE("overfitting starts where the validation loss rises while the training loss falls") {
  const auto ask = [](const std::vector<double>& losses) {
    return answer_to(nn::LabQuestion::overfitting, {run_with(history_of(losses))});
  };
  const nn::LabAnswer early = ask({1, 0.6, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65});
  CHECK(early.verdict == "after epoch 3");
  CHECK(early.trouble);
  CHECK_THAT(early.text, ContainsSubstring("least in epoch 3 of 8 (0.4); from there to the end the "
                                           "mean of 3 epochs goes from 0.45 to 0.6 (+33.3 %), more "
                                           "than the 0.0 %"));
  const nn::LabAnswer never = ask({1, 0.6, 0.4, 0.35, 0.33, 0.32, 0.315, 0.313});
  CHECK(never.verdict == "not within 8 epochs");
  CHECK_FALSE(never.trouble);
  CHECK_THAT(never.details.front(), ContainsSubstring("least in epoch 8 of 8 (0.313), the last"));
  // A rise that is as large as the noise, or under 1 %, is none.
  CHECK(ask({1, 0.6, 0.4, 0.47, 0.41, 0.48, 0.42, 0.47, 0.41}).verdict == "not within 9 epochs");
  CHECK(ask({1, 0.6, 0.4, 0.4001, 0.4002, 0.4003, 0.4004}).verdict == "not within 7 epochs");
  // The earliest of several.
  CHECK(verdict(nn::LabQuestion::overfitting,
                {run_with(history_of({1, 0.9, 0.8, 0.7, 0.6, 0.7, 0.8, 0.9})),
                 run_with(history_of({1, 0.6, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65}))}) ==
        "after epoch 3 at the earliest");
}

TEST_CASE("a rise that is seen, and that the noise may have made, leaves overfitting open") {
  const std::vector<double> noisy{0.18, 0.15, 0.117, 0.136, 0.123, 0.124, 0.158, 0.137, 0.141};
  const nn::Run open = run_with(history_of(noisy));
  const nn::LabAnswer answer = answer_to(nn::LabQuestion::overfitting, {open});
  CHECK_FALSE(answer.answered);
  CHECK_FALSE(answer.trouble);
  CHECK_THAT(answer.text, ContainsSubstring("from 0.1253 to 0.1453 (+16.0 %), within the") &&
                              ContainsSubstring("More epochs would tell"));
  // Not where another run answers, nor where the training loss rises as well.
  CHECK(verdict(nn::LabQuestion::overfitting,
                {open, run_with(history_of({1, 0.9, 0.8, 0.7, 0.6, 0.7, 0.8, 0.9}))}) ==
        "after epoch 5 at the earliest");
  nn::Run rising = open;
  for (std::size_t i = 0; i < noisy.size(); ++i) rising.history.epochs[i].training.loss = noisy[i];
  CHECK(verdict(nn::LabQuestion::overfitting, {rising}) == "not within 9 epochs");
  // The same rise without the noise is one.
  CHECK(verdict(nn::LabQuestion::overfitting,
                {run_with(history_of({0.18, 0.15, 0.117, 0.122, 0.127, 0.132, 0.137, 0.142,
                                      0.147}))}) == "after epoch 3");
}

TEST_CASE("flat losses with noise are no overfitting, however many epochs there are") {
  std::uint64_t state = 1;  // as of std::minstd_rand, whose numbers are the same everywhere
  const auto uniform = [&state] {
    state = state * 48271 % 2147483647;
    return static_cast<double>(state) / 2147483647;
  };
  int alarms = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> losses{1, 0.7};
    for (int epoch = 0; epoch < 40; ++epoch) losses.push_back(0.4 + 0.02 * uniform());
    const nn::LabAnswer answer =
        answer_to(nn::LabQuestion::overfitting, {run_with(history_of(losses))});
    CHECK(answer.answered);
    alarms += answer.trouble;
  }
  CHECK(alarms <= 10);
}

TEST_CASE("a validation loss that rises with the training loss is no overfitting") {
  nn::History history = history_of({1, 0.6, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9});
  for (nn::EpochRecord& epoch : history.epochs) epoch.training.loss = epoch.validation->loss;
  const nn::LabAnswer answer = answer_to(nn::LabQuestion::overfitting, {run_with(history)});
  CHECK(answer.verdict == "not within 8 epochs");
  CHECK_THAT(answer.details.front(), ContainsSubstring("which is no overfitting"));
}

TEST_CASE("where overfitting starts is not answered without validation or with few epochs") {
  const auto why = [](nn::History history) {
    const nn::LabAnswer answer =
        answer_to(nn::LabQuestion::overfitting, {run_with(std::move(history))});
    CHECK_FALSE(answer.answered);
    return answer.text;
  };
  const std::string text = "No run has 5 epochs with a validation loss that is finite.";
  CHECK(why(history_of({1, 0.5, 0.6, 0.7})) == text);
  CHECK(why({}) == text);
  CHECK(why(history_of({1, 0.5, 0.6, kInfinity, 0.7, 0.7, 0.8})) == text);
  nn::History unvalidated = history_of({1, 0.5, 0.6, 0.7, 0.8, 0.9});
  for (nn::EpochRecord& epoch : unvalidated.epochs) epoch.validation.reset();
  CHECK(why(unvalidated) == text);
  // What is answered by another run is said of this one.
  CHECK_THAT(answer_to(nn::LabQuestion::overfitting,
                       {run_with(history_of({1, 0.5})),
                        run_with(history_of({1, 0.6, 0.4, 0.35, 0.33, 0.32}))})
                 .details[1],
             ContainsSubstring("Not told for net"));
}

// ---- Is there trouble with depth?

TEST_CASE("trouble with depth is gradients that vanish or explode") {
  const auto ask = [](const std::vector<double>& gradients) {
    return answer_to(nn::LabQuestion::depth,
                     {run_with(with_gradients(history_of({1, 0.5, 0.4}), gradients))});
  };
  const nn::LabAnswer fine = ask({0.5, 0.001, 1});
  CHECK(fine.verdict == "no");
  CHECK_FALSE(fine.trouble);
  const nn::LabAnswer vanishing = ask({0.05, 0.1, 1});
  CHECK(vanishing.verdict == "yes, gradients vanish");
  CHECK(vanishing.trouble);
  CHECK_THAT(vanishing.text, ContainsSubstring("has 0.05 times the norm of the last layer's"));
  CHECK(ask({20, 1, 1}).verdict == "yes, gradients explode");
  // Over an even number of epochs the median is the mean of the two in the middle.
  nn::History even = with_gradients(history_of({1, 0.5, 0.4, 0.3}), {1, 1, 1});
  const double ratios[] = {0.06, 5, 0.12, 0.01};
  for (std::size_t i = 0; i < 4; ++i) even.epochs[i].parameters.front().gradient = ratios[i];
  CHECK_THAT(answer_to(nn::LabQuestion::depth, {run_with(even)}).text,
             ContainsSubstring("has 0.09 times the norm"));
  CHECK(ask({0, 1, 1}).verdict == "yes, gradients vanish");
}

TEST_CASE("trouble with depth is a deep network that is worse, or diverges") {
  nn::Run shallow = run_of(2, "relu", 9800), deep = run_of(4, "relu", 9500);
  deep.history = with_gradients(deep.history, {1, 1, 1, 1});
  const nn::LabAnswer worse = answer_to(nn::LabQuestion::depth, {shallow, deep});
  CHECK(worse.verdict == "yes, deeper is worse");
  CHECK_THAT(worse.text, ContainsSubstring("points worse than relu 2 (98.00 %)"));
  deep.test = score_of(9790, 10'000);
  CHECK(verdict(nn::LabQuestion::depth, {shallow, deep}) == "no");
  // Another activation is another question.
  shallow.activation = "tanh";
  deep.test = score_of(9500, 10'000);
  CHECK(verdict(nn::LabQuestion::depth, {shallow, deep}) == "no");
  deep.history.ended = nn::Ended::diverged;
  CHECK(verdict(nn::LabQuestion::depth, {shallow, deep}) == "yes, training diverged");
}

TEST_CASE("whether there is trouble with depth is not answered without depth or gradients") {
  const auto why = [](const nn::Run& run) {
    const nn::LabAnswer answer = answer_to(nn::LabQuestion::depth, {run});
    CHECK_FALSE(answer.answered);
    return answer.text;
  };
  CHECK_THAT(why(run_with(with_gradients(history_of({1, 1}), {0.001, 1}), 2)),
             ContainsSubstring("No model with 3 layers or more was trained"));
  CHECK_THAT(why(run_with(history_of({1, 1}))), ContainsSubstring("No gradients were recorded"));
  CHECK_THAT(why(run_with(with_gradients(history_of({1, 1}), {std::nan(""), std::nan("")}))),
             ContainsSubstring("No gradients were recorded"));
}

// ---- How do the weights behave?

TEST_CASE("weights grow, shrink or stay") {
  const auto run = [](const std::vector<double>& largest) {
    return run_with(with_largest(history_of({1, 1, 1, 1}), largest));
  };
  const auto ask = [&](const std::vector<double>& largest) {
    return verdict(nn::LabQuestion::weights, {run(largest)});
  };
  CHECK(ask({0.2, 0.3, 0.4, 0.5}) == "they grow");
  CHECK(ask({0.5, 0.4, 0.3, 0.2}) == "they shrink");
  CHECK(ask({0.5, 0.9, 0.4, 0.52}) == "they stay as large as they were");
  CHECK(verdict(nn::LabQuestion::weights, {run({0.2, 0.3, 0.4, 0.5}), run({0.5, 0.5, 0.5, 0.5})}) ==
        "they grow in 1 of 2 models");
  const nn::LabAnswer grown = answer_to(nn::LabQuestion::weights, {run({0.2, 0.3, 0.4, 0.5})});
  CHECK_THAT(grown.text, ContainsSubstring("changes by +150 %"));
  CHECK(grown.details.front() ==
        "net: from 0.2 to 0.5 (+150 %), in layer 1 (0.weight), and still grows at the end.");
  CHECK_FALSE(grown.trouble);
  const nn::LabAnswer lost = answer_to(nn::LabQuestion::weights, {run({0.2, 1, 9, std::nan("")})});
  CHECK(lost.trouble);
  CHECK(lost.text == "The largest absolute weight is no longer finite.");
}

TEST_CASE("how the weights behave is not answered without records or with few epochs") {
  const std::string text = "No run has 3 epochs in which the weights were recorded.";
  for (const nn::History& history :
       {nn::History{}, history_of({1, 1, 1, 1}), with_largest(history_of({1, 1}), {1, 2})}) {
    const nn::LabAnswer answer = answer_to(nn::LabQuestion::weights, {run_with(history)});
    CHECK_FALSE(answer.answered);
    CHECK(answer.text == text);
  }
}

TEST_CASE("one run alone answers what it can") {
  nn::Run run =
      run_with(with_gradients(history_of({1, 0.6, 0.4, 0.45, 0.5, 0.55, 0.6}), {1, 1, 1}));
  run.test = score_of(9800, 10'000);
  std::vector<bool> answered;
  for (const nn::LabAnswer& answer : nn::lab_answers({run})) answered.push_back(answer.answered);
  CHECK(answered == std::vector<bool>{false, false, true, true, true});
}
