#include <cmath>

#include "autograd/autograd.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/sequential.h"
#include "nn/module/module.h"
#include "nn/report/page.h"
#include "nn/report/pictures.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/report/page_spec.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace report = tapegrad::report;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::json;

namespace {

template <class Picture>
Json spec_of(const Picture& picture) {
  return specs_of(report::Page("Page").add(picture).html()).at(0);
}
template <class E, class Picture>
std::string refusal(const Picture& picture) {
  return message_of<E>([&] { report::Page("Page").add(picture); });
}

const report::Grid kSmall{.left = 0, .right = 2, .bottom = -1, .top = 1, .columns = 3, .rows = 2};

report::Field field_of(tg::Tensor values, std::vector<std::string> classes = {"a", "b"}) {
  return {.title = "F",
          .grid = kSmall,
          .frames = {{"epoch 1", std::move(values)}},
          .class_names = std::move(classes)};
}
std::string bytes_of(const report::Field& field) {
  return spec_of(field)["frames"][0]["bytes"].get<std::string>();
}

}  // namespace

TEST_CASE("the places of a grid go row after row from the bottom, each from the left") {
  const tg::Tensor points = kSmall.points();
  CHECK(tg::equal(
      points,
      tg::tensor({{0.0, -1.0}, {1.0, -1.0}, {2.0, -1.0}, {0.0, 1.0}, {1.0, 1.0}, {2.0, 1.0}})));
  CHECK(points.dtype() == tg::float32);
  CHECK_THROWS_AS((report::Grid{.columns = 1}.points()), tg::ValueError);
  CHECK_THROWS_AS((report::Grid{.left = 1, .right = 1}.points()), tg::ValueError);
}

TEST_CASE("a field of classes is a byte for each place: the class, and how sure it is") {
  // Six places: class * 16 + 15 * (p - 1/2) / (1/2).
  const std::string expected = "DwAfABgQ";  // 0x0f 0x00 0x1f 0x00 0x18 0x10
  const tg::Tensor second = tg::tensor({0.0, 0.5, 1.0, 0.5, 0.75, 0.51});
  CHECK(bytes_of(field_of(second)) == expected);
  CHECK(bytes_of(field_of(second.reshape({2, 3}))) == expected);
  CHECK(bytes_of(field_of(tg::stack({1 - second, second}, 1))) == expected);
  CHECK(bytes_of(field_of(tg::tensor({0, 1, 2, 0, 1, 2}), {"a", "b", "c"})) == "Dx8vDx8v");
  const Json spec = spec_of(field_of(second));
  CHECK(spec["names"] == Json{"a", "b"});
  CHECK(spec["columns"] == 3);
  CHECK(spec["frames"][0]["label"] == "epoch 1");
}

TEST_CASE("a field of numbers goes from the least of all frames to the greatest") {
  report::Field field = field_of(tg::tensor({0.0, 1.0, 2.0, 3.0, 4.0, std::nan("")}), {});
  field.frames.push_back({"", tg::full({6}, 5.0)});
  const Json spec = spec_of(field);
  CHECK(spec["low"] == 0);
  CHECK(spec["high"] == 5);
  CHECK(spec["frames"][0]["bytes"] == "ADNmmcwA");
  CHECK(spec["frames"][1]["bytes"] == "////////");
}

TEST_CASE("a field says what does not fit") {
  CHECK_THAT(refusal<tg::ShapeError>(field_of(tg::ones({5}))),
             ContainsSubstring("report::Field 'F': the frame 'epoch 1' has the shape [5]; for 6 "
                               "places and 2 classes it is [6, 2], or [6]"));
  CHECK_THAT(refusal<tg::ShapeError>(field_of(tg::ones({6}), {"a", "b", "c"})),
             ContainsSubstring("one probability for each place, but there are 3 classes"));
  CHECK_THAT(refusal<tg::ValueError>(field_of(3 * tg::ones({6, 2}))),
             ContainsSubstring("has 3, which is no probability; apply softmax or sigmoid"));
  CHECK_THAT(refusal<tg::ValueError>(field_of(tg::full({6}, std::nan("")))),
             ContainsSubstring("no probability"));
  CHECK_THAT(refusal<tg::IndexError>(field_of(tg::full({6}, 2))),
             ContainsSubstring("has the class 2, of 2"));
  CHECK_THAT(refusal<tg::ValueError>(field_of(tg::ones({6}), {"a"})),
             ContainsSubstring("1 classes cannot be shown"));
  CHECK_THROWS_AS(report::Page("P").add(report::Field{.grid = {.rows = 1}}), tg::ValueError);
  CHECK_THROWS_AS(report::Page("P").add(report::Field{.grid = {.columns = 1 << 20}}),
                  tg::ValueError);
  CHECK(spec_of(report::Field{})["frames"].empty());
}

TEST_CASE("pictures go from their least pixel to the largest, or about 0") {
  const tg::Tensor pixels = tg::tensor({{-1.0, 0.0}, {1.0, 3.0}});
  const Json grey = spec_of(report::Images{.images = {{pixels, "one"}}});
  CHECK(grey["images"][0] ==
        Json::parse(R"({"width": 2, "height": 2, "caption": "one", "bytes": "AECA/w=="})"));
  const Json fixed = spec_of(report::Images{.images = {{pixels}}, .low = 0, .high = 2});
  CHECK(fixed["images"][0]["bytes"] == "AACA/w==");
  const Json signs = spec_of(report::Images{.images = {{pixels}, {pixels / 3}}, .diverging = true});
  CHECK(signs["largest"] == 3);
  CHECK(signs["images"][0]["bytes"] == "VYCq/w==");
  CHECK(spec_of(report::Images{.images = {{tg::ones({1, 2, 3})}}})["images"][0]["width"] == 3);
  CHECK_THAT(refusal<tg::ShapeError>(report::Images{.title = "I", .images = {{tg::ones({4})}}}),
             ContainsSubstring("report::Images 'I': a picture is [height, width]"));
  CHECK_THROWS_AS(report::Page("P").add(report::Images{.images = {{tg::ones({3, 2, 2})}}}),
                  tg::ShapeError);
  CHECK_THROWS_AS(report::Page("P").add(report::Images{.size = 0}), tg::ValueError);
}

TEST_CASE("the graph behind a tensor has its operators, leaves and named constants") {
  nn::Sequential net{nn::Linear{2, 3}, tg::relu};
  nn::name_modules(net, "net");
  const tg::Tensor x = tg::ones({4, 2});
  const tg::Tensor loss = net(x).sum();
  const auto parameters = nn::parameters(net);
  const report::Graph graph =
      report::graph_of(loss, {{"x", x}, {"w", parameters[0].value}, {"loss", loss}}, "Net");
  const Json spec = spec_of(graph);
  std::vector<std::string> nodes;
  for (const Json& node : spec["nodes"])
    nodes.push_back(node["label"].get<std::string>() + "|" + node["detail"].get<std::string>() +
                    "|" + node["kind"].get<std::string>() + "|" + node["group"].get<std::string>());
  CHECK(nodes == std::vector<std::string>{"linear|[4, 3]|operation|net.0",
                                          "relu|[4, 3]|operation|net.1", "sum|[]|operation|",
                                          "x|[4, 2]|constant|", "w|[3, 2]|leaf|net.0",
                                          "[3]||leaf|net.0", "loss|[]|result|"});
  CHECK(spec["edges"].size() == 6);
  CHECK(spec["edges"].back() == Json::parse(R"({"from": 2, "to": 6, "label": ""})"));
  CHECK(report::graph_of(x).nodes.size() == 1);
  CHECK_THROWS_AS(report::graph_of(tg::Tensor()), tg::ValueError);
}

TEST_CASE("an edge of a graph goes from node to node") {
  CHECK_THAT(refusal<tg::IndexError>(report::Graph{
                 .title = "G", .nodes = {{.label = "a"}}, .edges = {{.from = 0, .to = 1}}}),
             ContainsSubstring("report::Graph 'G': an edge goes from node 0 to node 1, but there "
                               "are 1"));
}
