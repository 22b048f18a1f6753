#include "autograd/graph/dot.h"

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/graph/drawn.h"
#include "tests/graph/perceptron.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using tg::DotDirection;
using tg::Tensor;

TEST_CASE("to_dot: operators, leaves, the result, shapes, bytes and frames") {
  const Perceptron model;
  const DotText dot = drawn(model.loss, {.names = model.names()});
  CHECK(dot.frames == std::vector<std::string>{"net", "net/fc1", "net/fc2"});
  CHECK(dot.nodes.size() == 4 + 4 + 2 + 1);
  CHECK(dot.edges.size() == 3 + 1 + 3 + 2 + 1);
  CHECK(dot.node("fc1.weight").text == "fc1.weight|[8, 4]");
  CHECK(dot.node("fc1.weight").frame == "net/fc1");
  CHECK(dot.node("x").frame.empty());  // data
  CHECK(dot.node("labels").text == "labels|[5] int64");
  CHECK(dot.node("relu").text == "relu|[5, 8], keeps 160 B");
  CHECK(dot.node("relu").frame == "net/fc1");
  CHECK(dot.node("cross_entropy").frame == "net");
  CHECK(dot.node("loss").text == "loss|[]");
  CHECK(dot.edge("x", "relu") == "none");
  CHECK(dot.edge("cross_entropy", "loss") != "none");
  CHECK_THAT(dot.legend, ContainsSubstring("operator") && ContainsSubstring("constant") &&
                             !ContainsSubstring("NaN"));
  const DotText plain = drawn(model.loss, {.bytes = false, .legend = false});
  CHECK(plain.legend.empty());
  CHECK(plain.node("relu").text == "relu|[5, 8]");
}

TEST_CASE("to_dot: frames tell parameters and bytes, each leaf once") {
  const Tensor w = tg::ones({50, 50}).requires_grad_();
  Tensor y;
  {
    const tg::Scope net("net");
    y = tg::exp(tg::exp(w * w) * w);
  }
  const std::string dot = tg::to_dot(y);
  CHECK_THAT(dot, ContainsSubstring("2,500 parameters, keeps "));
}

TEST_CASE("to_dot: a leaf is drawn where all its users are") {
  const Tensor w = tg::ones({2}).requires_grad_();
  Tensor y = w;
  {
    const tg::Scope net("net");
    for (const char* layer : {"a", "b"}) {
      const tg::Scope scope(layer);
      y = y * w;
    }
  }
  const DotText dot = drawn(y, {.names = {{"w", w}}});
  CHECK(dot.node("w").frame == "net");
}

TEST_CASE(
    "to_dot: what is used outside all frames too, such as by weight decay, stays in its frame") {
  const Tensor w = tg::ones({2}).requires_grad_();
  const Tensor decay = tg::square(w);
  Tensor y;
  {
    const tg::Scope scope("layer");
    y = w * 3;
  }
  CHECK(drawn(y + decay, {.names = {{"w", w}}}).node("w").frame == "layer");
}

TEST_CASE("to_dot: element types are told where they are not the result's") {
  const Tensor x = tg::ones({2}, tg::float64).requires_grad_();
  const DotText wide = drawn(x * 2, {.bytes = false});
  CHECK(wide.node("mul").text == "mul|[2]");
  CHECK(wide.node("result").text == "result|[2] float64");
  const DotText narrow = drawn((x * 2).to(tg::float32) + 1, {.bytes = false});
  CHECK(narrow.node("mul").text == "mul|[2] float64");
  CHECK(narrow.node("result").text == "result|[2]");
}

TEST_CASE("to_dot: every text is escaped, cut where it is long, and drawn") {
  const Tensor w = tg::ones({}).requires_grad_();
  const tg::Scope scope("a \"quoted\" <b> & \\ scope");
  const DotText dot = drawn(w * 2, {.names = {{"w\"; </td> [\\\n\x01\xff\xe4 \u00e4", w}}});
  CHECK(dot.frames == std::vector<std::string>{"a &#34;quoted&#34; &#60;b&#62; &#38; \\ scope"});
  CHECK(dot.count("w&#34;; &#60;/td&#62; [\\\\x0a\\x01\\xff\\xe4 \u00e4") == 1);
  CHECK(dot.count("2") == 1);
  const DotText long_name = drawn(w * 2, {.names = {{std::string(500, 'm'), w}}});
  CHECK(long_name.count(std::string(60, 'm') + "&#8230;") == 1);
  (void)drawn(w * 2, {.names = {{"", w}}});
}

TEST_CASE("to_dot: a leaf alone is one box; the undefined tensor is none") {
  const DotText dot = drawn(tg::ones({2}, tg::float64).requires_grad_());
  CHECK(dot.nodes.size() == 1);
  CHECK(dot.node("leaf").text == "leaf|[2] float64");
  CHECK(dot.edges.empty());
  CHECK_THROWS_AS(tg::to_dot(Tensor()), tg::ValueError);
}

TEST_CASE("to_dot: shared records are drawn once, and released ones are dashed") {
  Tensor y = tg::ones({}).requires_grad_();
  for (int i = 0; i < 30; ++i) y = y + y;
  const DotText dot = drawn(y);
  CHECK(dot.count("add") == 30);
  CHECK(dot.edges.size() == 2 * 29 + 1 + 1);  // a leaf has one to each box
  const Perceptron model;
  model.loss.backward();
  CHECK(drawn(model.loss).node("cross_entropy").has("dashed"));
}

TEST_CASE("to_dot: backward the arrows turn round, and constants get none") {
  const Perceptron model;
  const DotText dot = drawn(
      model.loss, {.names = model.names(), .direction = DotDirection::backward, .gradients = true});
  CHECK(dot.edge("loss", "cross_entropy") != "none");
  CHECK(dot.edge("relu", "loss") == "none");
  CHECK(dot.count("x") == 0);
  CHECK_THAT(dot.node("cross_entropy").text, ContainsSubstring("gradient 1"));
  CHECK_THAT(dot.node("fc2.bias").text, ContainsSubstring("|gradient "));
  const DotText both = drawn(model.loss, {.names = model.names(), .direction = DotDirection::both});
  CHECK(both.edge("loss", "cross_entropy").find("dashed") != std::string::npos);
  CHECK(both.edge("cross_entropy", "loss").find("dashed") == std::string::npos);
  CHECK(both.edges.size() == 10 + 10 - 2);
}

TEST_CASE("to_dot: the path of a NaN is red: seen, first seen, and between") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = tg::tensor({1.0, -1.0}).requires_grad_();
  const Tensor good = tg::exp(x);
  const Tensor root = tg::sqrt(good - 2);  // saves its output: NaN
  const Tensor scaled = root * 2;          // nobody saves it
  const Tensor loss = tg::sum(tg::tanh(scaled));
  const DotText dot = drawn(loss, {.names = {{"x", x}}});
  const std::string red = "#c5221f";
  CHECK(dot.node("sqrt").has(red));
  CHECK(dot.node("sqrt").has("penwidth=3.2"));
  CHECK_THAT(dot.node("sqrt").text, ContainsSubstring("first seen: 1 NaN"));
  CHECK(dot.node("mul").has(red));
  CHECK(dot.node("mul").has("dashed"));
  CHECK(dot.node("tanh").has(red));
  CHECK_FALSE(dot.node("tanh").has("penwidth=3.2"));
  CHECK_FALSE(dot.node("tanh").has("dashed"));
  CHECK_FALSE(dot.node("exp").has(red));
  CHECK_FALSE(dot.node("x").has(red));
  CHECK(dot.node("result").has(red));
  CHECK(dot.edge("sqrt", "mul").find(red) != std::string::npos);
  CHECK(dot.edge("sqrt", "mul").find("dashed") == std::string::npos);
  CHECK(dot.edge("mul", "tanh").find("dashed") != std::string::npos);
  CHECK(dot.edge("exp", "sub").find(red) == std::string::npos);
  CHECK_THAT(dot.legend, ContainsSubstring("NaN"));
  CHECK(tg::to_dot(loss, {.values = false}).find(red) == std::string::npos);

  const Tensor w = tg::full({2}, nan).requires_grad_();
  const DotText leaf = drawn(tg::sum(tg::exp(w)), {.names = {{"w", w}}});
  CHECK(leaf.node("w").has(red));
  CHECK_FALSE(leaf.node("exp").has("penwidth=3.2"));  // it came from before
}

TEST_CASE("to_dot: an unknown value that nothing bad comes of is not said to be bad") {
  const Tensor x = tg::tensor({1.0, -1.0}).requires_grad_();
  const Tensor chosen = tg::where(x > 0, tg::sqrt(x) * 2, tg::zeros({2}));
  const DotText dot = drawn(tg::sum(tg::tanh(chosen)));
  CHECK(dot.node("sqrt").has("#c5221f"));
  CHECK_FALSE(dot.node("mul").has("dashed"));
  CHECK_FALSE(dot.node("tanh").has("#c5221f"));
}

TEST_CASE("to_dot: backward the path of a gradient that is NaN is red") {
  const Tensor x = tg::zeros({2}).requires_grad_();
  const Tensor loss = tg::sum(tg::sqrt(tg::square(x)) * 2);
  const DotText dot =
      drawn(loss, {.names = {{"x", x}}, .direction = DotDirection::backward, .gradients = true});
  const std::string red = "#c5221f";
  CHECK_FALSE(dot.node("sqrt").has(red));
  CHECK(dot.node("square").has(red));
  CHECK(dot.node("square").has("penwidth=3.2"));
  CHECK_THAT(dot.node("square").text, ContainsSubstring("gradient inf"));
  CHECK_THAT(dot.node("x").text, ContainsSubstring("gradient NaN"));
  CHECK(dot.node("x").has(red));
  CHECK(dot.edge("sqrt", "square").find(red) != std::string::npos);
  CHECK(tg::to_dot(loss).find(red) == std::string::npos);
}

TEST_CASE("to_dot: a module is closed where that is asked for, with its leaves") {
  const Perceptron model;
  const DotText dot = drawn(model.loss, {.names = model.names(), .closed = {"net.fc1"}});
  CHECK(dot.node("fc1").text == "fc1|2 operators|40 parameters|keeps 240 B");
  CHECK(dot.node("fc1").frame == "net");
  CHECK(dot.count("fc1.weight") == 0);
  CHECK(dot.count("fc2.weight") == 1);
  CHECK(dot.edge("x", "fc1") != "none");
  CHECK_THAT(dot.edge("fc1", "linear"), ContainsSubstring("[5, 8]"));
  const DotText one = drawn(model.loss, {.names = model.names(), .closed = {"net"}});
  CHECK(one.node("net").text == "net|4 operators|67 parameters|keeps 380 B");
  CHECK(one.edges.size() == 3);
}

TEST_CASE("to_dot: NaN in a closed module shows") {
  const Tensor x = tg::ones({2}).requires_grad_();
  Tensor y;
  {
    const tg::Scope net("net");
    y = tg::exp(tg::log(x * -1));
  }
  const DotText dot = drawn(y, {.closed = {"net"}});
  CHECK(dot.node("net").has("#c5221f"));
  CHECK_THAT(dot.node("net").text, ContainsSubstring("first seen: 2 NaN"));
}

TEST_CASE("to_dot: the same graph has the same text, light or dark") {
  const auto text = [](bool dark) {
    const Perceptron model;
    return tg::to_dot(model.loss, {.names = model.names(), .gradients = true, .dark = dark});
  };
  CHECK(text(false) == text(false));
  CHECK(text(true) != text(false));
  CHECK_THAT(text(true), ContainsSubstring("bgcolor=\"#14181d\""));
  check_drawn(text(true));
}

TEST_CASE("to_dot: nothing is changed") {
  const Perceptron model;
  const std::int64_t before = tg::live_tensors();
  (void)tg::to_dot(model.loss, {.direction = DotDirection::both, .gradients = true});
  CHECK(tg::live_tensors() == before);
  CHECK_FALSE(model.w1.grad().defined());
  model.loss.backward();
  CHECK_THROWS_AS(tg::to_dot(model.loss, {.gradients = true}), tg::GradError);
}

TEST_CASE("write_dot: the whole file or none") {
  const TempFolder folder;
  const auto files = [&] { return std::distance(fs::directory_iterator(folder.path()), {}); };
  const Perceptron model;
  const std::string file = folder.file("graph.dot");
  tg::write_dot(file, model.loss, {.names = model.names()});
  CHECK(folder.read("graph.dot") == tg::to_dot(model.loss, {.names = model.names()}));
  CHECK(files() == 1);
  tg::write_dot(file, model.w1);
  CHECK(folder.read("graph.dot") == tg::to_dot(model.w1));

  const std::string missing = folder.file("missing/graph.dot");
  CHECK_THROWS_AS(tg::write_dot(missing, model.loss), tg::FileError);
  CHECK_THROWS_WITH(tg::write_dot(missing, model.loss),
                    ContainsSubstring("write_dot: cannot write '" + missing + "': No such file"));
  const std::string blocked = folder.file("blocked");
  fs::create_directories(blocked + "/inside");
  CHECK_THROWS_AS(tg::write_dot(blocked, model.loss), tg::FileError);
  CHECK(fs::is_directory(blocked));
  CHECK(files() == 2);
}

TEST_CASE("render_dot: what the ending says, or an error and no file") {
  const TempFolder folder;
  const auto files = [&] { return std::distance(fs::directory_iterator(folder.path()), {}); };
  const std::string dot = tg::to_dot(Perceptron().loss);
  CHECK_THROWS_WITH(tg::render_dot(dot, folder.file("graph.gif")),
                    ContainsSubstring("must end in .svg, .png or .pdf"));
  CHECK_THROWS_AS(tg::render_dot(dot, "graph"), tg::ValueError);
  CHECK(files() == 0);
  if (!graphviz_is_there()) {
    CHECK_THROWS_WITH(tg::render_dot(dot, folder.file("graph.svg")),
                      ContainsSubstring("install Graphviz"));
    CHECK(files() == 0);
    return;
  }
  tg::render_dot(dot, folder.file("graph.png"));
  CHECK(folder.read("graph.png").substr(1, 3) == "PNG");
  tg::render_dot(dot, folder.file("graph.pdf"));
  CHECK(folder.read("graph.pdf").substr(0, 4) == "%PDF");
  CHECK(files() == 2);
  CHECK_THROWS_WITH(tg::render_dot("no graph", folder.file("bad.svg")),
                    ContainsSubstring("Graphviz says '") && ContainsSubstring("syntax error"));
  CHECK_THROWS_WITH(tg::render_dot(dot, folder.file("missing/graph.svg")),
                    ContainsSubstring("No such file"));
  CHECK(files() == 2);
}

TEST_CASE("render_dot: without Graphviz it says what to do") {
  const char* path = std::getenv("PATH");
  const std::string kept = path ? path : "";
  const TempFolder folder;
  setenv("PATH", folder.path().c_str(), 1);
  CHECK_THROWS_WITH(tg::render_dot("digraph {}", folder.file("graph.svg")),
                    ContainsSubstring("there is no program 'dot'") &&
                        ContainsSubstring("install Graphviz") && ContainsSubstring("write_dot"));
  CHECK_THROWS_AS(tg::render_dot("digraph {}", folder.file("graph.svg")), tg::FileError);
  setenv("PATH", kept.c_str(), 1);
  CHECK(fs::is_empty(folder.path()));
}
