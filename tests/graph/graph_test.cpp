#include "autograd/graph/graph.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using tg::RecordInput;
using tg::Tensor;

namespace {

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder of its own, gone at the end.
struct Folder {
  fs::path path;
  Folder() : path(fs::temp_directory_path() / "tapegrad_graph_test") {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
};

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

/// A multi-layer perceptron with its loss, and what to call the tensors.
struct Model {
  Tensor w1 = tg::ones({8, 4}).requires_grad_(), b1 = tg::zeros({8}).requires_grad_();
  Tensor w2 = tg::ones({3, 8}).requires_grad_(), b2 = tg::zeros({3}).requires_grad_();
  Tensor x = tg::ones({5, 4});
  Tensor labels = tg::zeros({5}, tg::int64);
  Tensor loss;

  Model() {
    const tg::Scope net("net");
    Tensor h, logits;
    {
      const tg::Scope layer("fc1");
      h = tg::relu(tg::linear(x, w1, b1));
    }
    {
      const tg::Scope layer("fc2");
      logits = tg::linear(h, w2, b2);
    }
    loss = tg::cross_entropy(logits, labels);
  }
  tg::TensorNames names() const {
    return {{"fc1.weight", w1}, {"fc1.bias", b1},   {"fc2.weight", w2}, {"fc2.bias", b2},
            {"x", x},           {"labels", labels}, {"loss", loss}};
  }
};

}  // namespace

TEST_CASE("records: every operator once, in the order of the tape, with what it got") {
  const Tensor x = tg::ones({2, 3}).requires_grad_();
  const Tensor c = tg::ones({3}, tg::float64);
  const Tensor a = tg::exp(x);
  const Tensor b = a * c;
  const Tensor loss = (a.to(tg::float64) + b).sum();
  const auto list = tg::records(loss);
  REQUIRE(list.size() >= 4);
  for (std::size_t i = 1; i < list.size(); ++i) CHECK(list[i - 1].sequence < list[i].sequence);
  CHECK(list.front().name == "exp");
  CHECK(list.front().shape == tg::Shape{2, 3});
  CHECK(list.front().dtype == tg::float32);
  CHECK(list.front().scope.empty());
  CHECK_FALSE(list.front().released);
  REQUIRE(list.front().inputs.size() == 1);
  CHECK(list.front().inputs[0].kind == RecordInput::Kind::leaf);
  CHECK(list.front().inputs[0].id == x.id());
  CHECK(list.front().inputs[0].shape == tg::Shape{2, 3});
  CHECK(list.back().name == "sum");
  CHECK(list.back().shape == tg::Shape{});
  CHECK(list.back().dtype == tg::float64);
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (const RecordInput& input : list[i].inputs) {
      if (input.kind == RecordInput::Kind::record) {
        CHECK(input.record >= 0);
        CHECK(input.record < static_cast<std::int64_t>(i));
      }
    }
  }
}

TEST_CASE("records: constants are known where the operator saved them") {
  const Tensor x = tg::ones({2}).requires_grad_();
  const Tensor c = tg::ones({2});
  const auto product = tg::records(x * c);
  REQUIRE(product.size() == 1);
  CHECK(product[0].inputs[1].kind == RecordInput::Kind::constant);
  CHECK(product[0].inputs[1].id == c.id());
  CHECK(product[0].inputs[1].shape == tg::Shape{2});
  CHECK_FALSE(product[0].inputs[1].value);
  const auto scaled = tg::records(x * 2.5);
  CHECK(scaled[0].inputs[1].value == 2.5);
  const auto sum = tg::records(x + c);
  CHECK(sum[0].inputs[1].kind == RecordInput::Kind::constant);
  CHECK(sum[0].inputs[1].id == nullptr);
}

TEST_CASE("records: bytes are those of the saved values, and shared ones are added once") {
  const Tensor x = tg::ones({10}).requires_grad_();
  const Tensor product = tg::exp(x) * x;
  const auto list = tg::records((product + tg::sin(x)).sum());
  REQUIRE(list.size() == 5);
  CHECK(list[0].bytes_saved == 40);  // exp keeps its output
  CHECK(list[0].bytes_added == 40);
  CHECK(list[1].name == "mul");
  CHECK(list[1].bytes_saved == 80);  // the output of exp, and the leaf
  CHECK(list[1].bytes_added == 0);
  CHECK(list[2].bytes_saved == 40);
  CHECK(list[2].bytes_added == 0);
  CHECK(list[3].bytes_saved == 0);
  const auto square = tg::records(tg::exp(x) * tg::exp(x));
  CHECK(square.size() == 3);
  const Tensor y = x * 3;
  CHECK(tg::records(y * y)[1].bytes_saved == 40);
}

TEST_CASE("records: scopes are paths") {
  const Model model;
  std::vector<std::string> scopes;
  for (const auto& info : tg::records(model.loss)) scopes.push_back(info.scope);
  CHECK(scopes == std::vector<std::string>{"net.fc1", "net.fc1", "net.fc2", "net"});
}

TEST_CASE("records: none for leaves and constants, an error for the undefined tensor") {
  CHECK(tg::records(tg::ones({2})).empty());
  CHECK(tg::records(tg::ones({2}).requires_grad_()).empty());
  CHECK_THROWS_AS(tg::records(Tensor()), tg::ValueError);
  CHECK_THROWS_AS(tg::to_dot(Tensor()), tg::ValueError);
}

TEST_CASE("records: after backward the list says that the graph was released") {
  const Model model;
  model.loss.backward();
  const auto list = tg::records(model.loss);
  REQUIRE(list.size() == 1);
  CHECK(list[0].released);
  CHECK(list[0].inputs.empty());
  CHECK(list[0].bytes_saved == 0);
  CHECK_THAT(tg::format_records(model.loss), ContainsSubstring("released"));
  CHECK_THAT(tg::to_dot(model.loss), ContainsSubstring("dashed"));
}

TEST_CASE("records: looking changes nothing") {
  const Tensor x = tg::ones({2}).requires_grad_();
  Tensor y = tg::exp(x);
  const Tensor loss = (y * y).sum();
  const std::int64_t before = tg::live_tensors();
  tg::records(loss);
  tg::to_dot(loss);
  tg::format_records(loss);
  CHECK(tg::live_tensors() == before);
  loss.backward();
  CHECK(x.grad().at<float>({0}) == Approx(2 * std::exp(2.0)));
}

TEST_CASE("records: a chain of a million needs no deep stack") {
  Tensor y = tg::ones({}).requires_grad_();
  for (int i = 0; i < 1'000'000; ++i) y = y + 1;
  const auto list = tg::records(y);
  CHECK(list.size() == 1'000'000);
  CHECK(list.back().inputs[0].record == 999'998);
}

TEST_CASE("records: shared nodes are listed once") {
  Tensor y = tg::ones({}).requires_grad_();
  for (int i = 0; i < 60; ++i) y = y + y;
  CHECK(tg::records(y).size() == 60);
  CHECK(count_of(tg::to_dot(y), "shape=ellipse") == 60);
}

TEST_CASE("format_records: one line for each record, columns in line, totals") {
  const Model model;
  const std::string table = tg::format_records(model.loss, model.names());
  INFO(table);
  CHECK(count_of(table, "\n") == 1 + 4 + 1);
  CHECK_THAT(table, ContainsSubstring("x, fc1.weight, fc1.bias"));
  CHECK_THAT(table, ContainsSubstring("#1, fc2.weight, fc2.bias"));
  CHECK_THAT(table, ContainsSubstring("[5, 8] float32"));
  CHECK_THAT(table, ContainsSubstring("4 records; they keep "));
  std::set<std::size_t> widths;
  for (std::size_t start = 0, line = 0; line < 5; ++line) {
    const std::size_t end = table.find('\n', start);
    widths.insert(end - start);
    start = end + 1;
  }
  CHECK(widths.size() == 1);
}

TEST_CASE("format_records: bytes in readable units") {
  const Tensor x = tg::ones({1000, 100}).requires_grad_();
  CHECK_THAT(tg::format_records(tg::exp(x)), ContainsSubstring("400.0 kB"));
  CHECK_THAT(tg::format_records(tg::exp(x.narrow(0, 0, 1))), ContainsSubstring(" 400 B"));
  CHECK_THAT(tg::format_records(x), ContainsSubstring("0 records; they keep 0 B"));
}

TEST_CASE("to_dot: operators, leaves, the result, shapes and frames") {
  const Model model;
  const std::string dot = tg::to_dot(model.loss, model.names());
  INFO(dot);
  CHECK_THAT(dot, ContainsSubstring("digraph tapegrad {"));
  CHECK(count_of(dot, "subgraph cluster") == 3);
  CHECK_THAT(dot, ContainsSubstring("label=\"net\";") && ContainsSubstring("label=\"fc1\";") &&
                      ContainsSubstring("label=\"fc2\";"));
  CHECK_THAT(dot, ContainsSubstring("[label=\"cross_entropy\"") &&
                      ContainsSubstring("[label=\"fc1.weight\\n[8, 4]\"") &&
                      ContainsSubstring("[label=\"x\\n[5, 4]\"") &&
                      ContainsSubstring("[label=\"loss\\n[]\"") &&
                      ContainsSubstring("[label=\" [5, 8]\"]"));
  CHECK(count_of(dot, "{") == count_of(dot, "}"));
  CHECK(count_of(dot, " -> ") == 3 + 1 + 3 + 2 + 1);
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
  const std::string dot = tg::to_dot(y, {{"w", w}});
  INFO(dot);
  CHECK(count_of(dot, "label=\"w\\n[2]\"") == 1);
  const std::size_t frame = dot.find("label=\"net\"");
  const std::size_t leaf = dot.find("label=\"w\\n[2]\"");
  CHECK(frame < leaf);
  CHECK(leaf < dot.find("label=\"a\""));
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
  const std::string dot = tg::to_dot(y + decay, {{"w", w}});
  INFO(dot);
  const std::size_t frame = dot.find("label=\"layer\"");
  const std::size_t leaf = dot.find("label=\"w\\n[2]\"");
  CHECK(frame < leaf);
  CHECK(leaf < dot.find("  }", frame));
}

TEST_CASE("to_dot: element types are told where they are not the result's") {
  const Tensor x = tg::ones({2}, tg::float64).requires_grad_();
  const std::string wide = tg::to_dot(x * 2);
  CHECK_THAT(wide, ContainsSubstring("label=\"[2]\"") && ContainsSubstring("result\\n[2] float64"));
  const std::string narrow = tg::to_dot((x * 2).to(tg::float32) + 1);
  CHECK_THAT(narrow,
             ContainsSubstring("label=\"[2] float64\"") && ContainsSubstring("result\\n[2]\""));
}

TEST_CASE("to_dot: names are escaped") {
  const Tensor w = tg::ones({}).requires_grad_();
  const tg::Scope scope("a \"quoted\" \\ scope");
  const std::string dot = tg::to_dot(w * 2, {{"w\"; evil [\\", w}});
  INFO(dot);
  CHECK_THAT(dot, ContainsSubstring(R"(label="a \"quoted\" \\ scope")") &&
                      ContainsSubstring(R"(label="w\"; evil [\\\n[]")") &&
                      ContainsSubstring("label=\"2\""));
}

TEST_CASE("to_dot: a leaf alone is one box") {
  const std::string dot = tg::to_dot(tg::ones({2}, tg::float64).requires_grad_());
  CHECK_THAT(dot, ContainsSubstring("leaf\\n[2] float64"));
  CHECK(count_of(dot, "->") == 0);
}

TEST_CASE("write_dot: the whole file or none") {
  const Folder folder;
  const Model model;
  const fs::path file = folder.path / "graph.dot";
  tg::write_dot(file.string(), model.loss, model.names());
  CHECK(text_of(file) == tg::to_dot(model.loss, model.names()));
  CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
  tg::write_dot(file.string(), model.w1);
  CHECK(text_of(file) == tg::to_dot(model.w1));

  const std::string missing = (folder.path / "missing" / "graph.dot").string();
  CHECK_THROWS_AS(tg::write_dot(missing, model.loss), tg::FileError);
  CHECK_THROWS_WITH(tg::write_dot(missing, model.loss),
                    ContainsSubstring("write_dot: cannot write '" + missing + "': No such file"));
  const fs::path blocked = folder.path / "blocked";
  fs::create_directories(blocked / "inside");
  CHECK_THROWS_AS(tg::write_dot(blocked.string(), model.loss), tg::FileError);
  CHECK(fs::is_directory(blocked));
  CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 2);
}
