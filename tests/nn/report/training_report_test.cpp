#include "nn/report/training_report.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/autograd.h"
#include "nn/layers/dropout.h"
#include "nn/layers/flatten.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/sequential.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/report/histories.h"
#include "tests/nn/report/page_spec.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using namespace made_up;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::json;

namespace {

std::vector<std::string> headings_of(const std::string& html, const std::string& tag) {
  const std::string begin = "<" + tag + ">", end = "</" + tag + ">";
  std::vector<std::string> list;
  for (std::size_t at = html.find(begin); at != html.npos; at = html.find(begin, at)) {
    at += begin.size();
    list.push_back(html.substr(at, html.find(end, at) - at));
  }
  return list;
}

/// Logits are the first pixels: class 0 for a picture that is bright at the left.
struct FirstPixels {
  tg::Tensor operator()(const tg::Tensor& x) const {
    return tg::reshape(x, {x.size(0), 4}).narrow(1, 0, 2);
  }
};

/// Still in training: most of what goes through is dropped.
bool drops(const nn::Sequential& net) {
  return tg::eq(net[1](tg::ones({100})), 0).sum().item() > 50;
}

nn::Run classifier(const std::string& name, std::int64_t layers) {
  nn::Run run{.name = name,
              .history = with_gradients(history_of({1, 0.8, 0.7, 0.6, 0.5}), {1, 2}),
              .test = score_of(90, 100),
              .layers = layers,
              .activation = "relu"};
  for (nn::EpochRecord& epoch : run.history.epochs) {
    epoch.training = score_of(80, 100, epoch.training.loss);
    epoch.validation = score_of(70, 100, epoch.validation->loss);
  }
  return run;
}

}  // namespace

TEST_CASE("a classifier is asked for its mistakes, the surest first") {
  const tg::Tensor x = tg::tensor({{{5.0, 0.0}, {0.0, 0.0}},
                                   {{0.0, 1.0}, {0.0, 0.0}},
                                   {{0.0, 3.0}, {0.0, 0.0}},
                                   {{0.0, 2.0}, {0.0, 1.0}}});
  const tg::Tensor y = tg::tensor({0, 0, 0, 1});
  const nn::Examined seen = nn::examine(FirstPixels{}, x, y);
  CHECK(tg::equal(seen.confusion, tg::tensor({{1, 2}, {0, 1}})));
  CHECK(seen.mistakes_in_all == 2);
  REQUIRE(seen.mistakes.size() == 2);
  CHECK(seen.mistakes[0].example == 2);
  CHECK(seen.mistakes[0].truth == 0);
  CHECK(seen.mistakes[0].thought == 1);
  CHECK(seen.mistakes[0].sureness == Approx(1 / (1 + std::exp(-3.0))));
  CHECK(tg::equal(seen.mistakes[0].image, x[2]));
  CHECK(seen.mistakes[1].example == 1);
  CHECK_FALSE(seen.first_weights.defined());
  CHECK(seen.graph.nodes.size() == 1);  // nothing is trained
  // The same in small batches, and fewer kept.
  const nn::Examined few = nn::examine(FirstPixels{}, x, y, {.mistakes = 1, .batch_size = 3});
  CHECK(tg::equal(few.confusion, seen.confusion));
  CHECK(few.mistakes_in_all == 2);
  CHECK(few.mistakes.size() == 1);
  // Without pictures there are no images.
  CHECK_FALSE(nn::examine(FirstPixels{}, x.reshape({4, 4}), y).mistakes[0].image.defined());
}

TEST_CASE("a model is examined in evaluation mode, with its first weights and its graph") {
  tg::manual_seed(1);
  nn::Sequential net{nn::Flatten{}, nn::Dropout{0.9}, nn::Linear{4, 3}, tg::relu, nn::Linear{3, 2}};
  nn::train(net);
  const tg::Tensor x = tg::rand({20, 2, 2}), y = tg::zeros({20}, tg::int64);
  const nn::Examined seen = nn::examine(net, x, y, {.most_units = 2});
  CHECK(tg::equal(seen.confusion, nn::examine(net, x, y).confusion));
  CHECK(drops(net));
  REQUIRE(seen.first_weights.defined());
  CHECK(seen.first_units == 3);
  CHECK(tg::equal(seen.first_weights.reshape({2, 4}),
                  net[2].get<nn::Linear>()->weight.detach().narrow(0, 0, 2)));
  std::vector<std::string> labels;
  for (const auto& node : seen.graph.nodes) labels.push_back(node.label + "@" + node.group);
  for (const char* label :
       {"linear@2", "relu@3", "2.weight@2", "cross_entropy@", "targets@", "loss@"})
    CHECK(std::ranges::find(labels, label) != labels.end());
  // Asked again by itself, the network has no paths of ours.
  CHECK(tg::records(net(x))[0].scope.empty());
  CHECK_THROWS_AS(nn::examine(net, x, tg::full({20}, 7)), tg::IndexError);
  CHECK(drops(net));
}

TEST_CASE("a report has a section for each kind of data, and none for what is not there") {
  const std::string empty = nn::report_page({.title = "Nothing", .runs = {}}).html();
  CHECK(headings_of(empty, "h2").empty());
  CHECK(specs_of(empty).empty());

  nn::Run regression{.name = "fit", .history = history_of({3, 2, 1})};
  const std::string one =
      nn::report_page({.title = "One", .runs = {regression}, .lab = false}).html();
  CHECK(headings_of(one, "h2") ==
        std::vector<std::string>{"Training and validation", "All numbers"});
  CHECK(headings_of(one, "h3") == std::vector<std::string>{"Loss, training against validation"});
  const Json spec = specs_of(one)[0];
  REQUIRE(spec["panels"].size() == 1);
  CHECK(spec["panels"][0]["series"][0]["name"] == "training");
  CHECK(spec["panels"][0]["series"][1]["y"] == Json{3, 2, 1});
  CHECK(spec["panels"][0]["marks"][0]["x"] == 3);

  nn::Report full{.title = "Two",
                  .data = "Some data.",
                  .runs = {classifier("a", 2), classifier("b", 3)},
                  .loss = "cross-entropy",
                  .examined = "b"};
  full.details.confusion = tg::tensor({{3, 1}, {0, 2}});
  full.details.mistakes = {
      {.image = tg::ones({2, 2}), .truth = 1, .thought = 0, .sureness = 0.875}};
  full.details.first_weights = tg::ones({2, 2, 2});
  full.details.graph.nodes = {{.label = "relu"}};
  full.class_names = {"cat", "dog"};
  const std::string two = nn::report_page(full).html();
  CHECK(headings_of(two, "h2") == std::vector<std::string>{"In short", "Training and validation",
                                                           "Models compared", "Layer by layer",
                                                           "What it gets wrong",
                                                           "What it has learned", "All numbers"});
  CHECK(count_of(body_of(two), "<section class=\"finding") == 5);
  const std::vector<std::string> titles = headings_of(two, "h3");
  const std::vector<std::string> pictures(titles.end() - 12, titles.end());
  CHECK(pictures == std::vector<std::string>{
                        "Loss on the validation examples", "Loss on the training examples",
                        "Loss, training against validation", "Accuracy on the validation examples",
                        "Accuracy on the training examples", "Accuracy on the test examples",
                        "Largest absolute weight of each layer", "Gradient norm of each layer",
                        "Confusion matrix of b", "Worst mistakes of b",
                        "Weights of the first layer of b", "The graph of b"});
  // What is not known is not said: here neither of when the training examples were measured.
  CHECK_THAT(two, ContainsSubstring("<p>Of examples that are learned from, which need not help"));
  CHECK_THAT(two, ContainsSubstring("<p>A picture for each unit: a bright pixel speaks for"));
  CHECK_THAT(two, ContainsSubstring("trained. Layer 1 has 0.weight, layer 2 has 1.weight.</p>"));
  full.details.first_units = 5;
  CHECK_THAT(nn::report_page(full).html(),
             ContainsSubstring("<p>A picture for each of the first 2 of 5 units: a bright"));
  CHECK_THAT(two, ContainsSubstring("dog taken for cat\\n87.5 % sure"));
  CHECK_THAT(two, ContainsSubstring("<td class=\"number\">90.00 % (82.56 % to 94.48 %)</td>"));
}

TEST_CASE("layers have one colour over the whole report, and models too") {
  const auto specs =
      specs_of(nn::report_page({.runs = {classifier("a", 2), classifier("b", 2)}}).html());
  for (const Json& spec : specs) {
    for (const Json& panel : spec.value("panels", Json::array())) {
      for (const Json& series : panel["series"]) {
        CHECK(series["colour"] == series["name"]);
        if (series["name"] == "layer 1") CHECK(series["shade"] == 0);
        if (series["name"] == "layer 2") CHECK(series["shade"] == 1);
      }
    }
  }
}

TEST_CASE("a run that diverged is reported with what is finite of it") {
  nn::Run run = classifier("a", 3);
  run.history.ended = nn::Ended::diverged;
  run.history.epochs.back().training.loss = std::numeric_limits<double>::infinity();
  run.history.epochs.back().validation->loss = std::numeric_limits<double>::quiet_NaN();
  run.history.epochs.back().parameters[0].largest = std::numeric_limits<double>::quiet_NaN();
  const std::string html = nn::report_page({.runs = {run, classifier("b", 2)}}).html();
  CHECK_THAT(html, ContainsSubstring("a: 1 of 5 numbers is infinite"));
  CHECK_THAT(html, ContainsSubstring("a: 1 of 5 numbers is NaN"));
  CHECK_THAT(html, ContainsSubstring("<td>diverged</td>"));
}

TEST_CASE("a report is written whole or not at all") {
  const TempFolder folder;
  const nn::Report report{.title = "Written", .runs = {classifier("a", 2)}};
  nn::write_report(folder.file("report.html"), report);
  CHECK(folder.read("report.html") == nn::report_page(report).html());
  CHECK_THAT(message_of<tg::FileError>([&] { nn::write_report(folder.file("no/x.html"), report); }),
             ContainsSubstring("no/x.html"));
}
