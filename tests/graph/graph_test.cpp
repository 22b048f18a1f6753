#include "autograd/graph/graph.h"

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/graph/perceptron.h"

namespace tg = tapegrad;
using Catch::Matchers::ContainsSubstring;
using tg::RecordInput;
using tg::Tensor;

namespace {

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

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
  const Perceptron model;
  std::vector<std::string> scopes;
  for (const auto& info : tg::records(model.loss)) scopes.push_back(info.scope);
  CHECK(scopes == std::vector<std::string>{"net.fc1", "net.fc1", "net.fc2", "net"});
}

TEST_CASE("records: none for leaves and constants, an error for the undefined tensor") {
  CHECK(tg::records(tg::ones({2})).empty());
  CHECK(tg::records(tg::ones({2}).requires_grad_()).empty());
  CHECK_THROWS_AS(tg::records(Tensor()), tg::ValueError);
}

TEST_CASE("records: after backward the list says that the graph was released") {
  const Perceptron model;
  model.loss.backward();
  const auto list = tg::records(model.loss);
  REQUIRE(list.size() == 1);
  CHECK(list[0].released);
  CHECK(list[0].inputs.empty());
  CHECK(list[0].bytes_saved == 0);
  CHECK_THAT(tg::format_records(model.loss), ContainsSubstring("released"));
}

TEST_CASE("records: looking changes nothing") {
  const Tensor x = tg::ones({2}).requires_grad_();
  Tensor y = tg::exp(x);
  const Tensor loss = (y * y).sum();
  const std::int64_t before = tg::live_tensors();
  tg::records(loss);
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
}

TEST_CASE("records: NaN and infinities of the values that the tape has") {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor x = tg::tensor({0.0, -1.0, 1.0, inf}, tg::float64).requires_grad_();
  const Tensor y = tg::log(x + 0.0);             // what add makes, log saves
  const Tensor loss = tg::sum(tg::tanh(y * 2));  // nobody saves what mul makes
  const auto list = tg::records(loss, {.values = true});
  REQUIRE(list.size() == 5);
  REQUIRE(list[0].inputs[0].not_finite);
  CHECK(list[0].inputs[0].not_finite->infinite == 1);
  REQUIRE(list[0].not_finite);
  CHECK(list[0].not_finite->infinite == 1);
  CHECK(list[0].not_finite->nan == 0);
  CHECK_FALSE(list[2].not_finite);
  REQUIRE(list[3].not_finite);  // tanh saves its own
  CHECK(list[3].not_finite->nan == 1);
  CHECK(list[3].not_finite->infinite == 0);
  REQUIRE(list[4].not_finite);  // the result is there
  CHECK(list[4].not_finite->any());
  for (const auto& info : tg::records(loss)) CHECK_FALSE(info.not_finite);
  CHECK_THAT(tg::format_records(loss, {}, {.values = true}), ContainsSubstring("1 inf") &&
                                                                 ContainsSubstring("not kept") &&
                                                                 ContainsSubstring("1 NaN"));
}

TEST_CASE("records: what was changed since it was saved says nothing of its numbers") {
  const Tensor x = tg::ones({2}).requires_grad_();
  Tensor y = tg::exp(x);
  const Tensor z = tg::tanh(y + 1);
  y.fill_(std::numeric_limits<double>::quiet_NaN());
  const auto list = tg::records(z, {.values = true});
  for (const auto& info : list)
    if (info.name == "exp") CHECK_FALSE(info.not_finite);
  CHECK(list.back().not_finite);
}

TEST_CASE("records: norms of gradients, of every record and leaf; nothing is changed") {
  const Tensor w = tg::tensor({3.0, 4.0}, tg::float64).requires_grad_();
  const Tensor square = w * w;
  const Tensor total = tg::sum(square);  // its gradient stands for its broadcast
  const Tensor loss = total * 5;
  const auto list = tg::records(loss, {.gradients = true});
  REQUIRE(list.size() == 3);
  CHECK(list[2].gradient_norm == Approx(1.0));
  CHECK(list[1].gradient_norm == Approx(5.0));
  CHECK(list[0].gradient_norm == Approx(5 * std::sqrt(2.0)));
  CHECK(list[0].inputs[0].gradient_norm == Approx(5 * 2 * 5.0));
  CHECK_FALSE(w.grad().defined());
  CHECK_FALSE(tg::records(loss)[0].gradient_norm);
  CHECK_THAT(tg::format_records(loss, {}, {.gradients = true}), ContainsSubstring("7.07"));
  loss.backward();
  CHECK(w.grad().at<double>({1}) == Approx(40.0));
  CHECK_THROWS_AS(tg::records(loss, {.gradients = true}), tg::GradError);
}

TEST_CASE("records: norms of gradients of operators with several outputs, and where none arrives") {
  const Tensor x = tg::ones({2, 4}, tg::float64).requires_grad_();
  const std::vector<Tensor> parts = tg::split(x * 1, 2, 1);
  const Tensor loss = tg::sum(parts[0] * 3) + tg::sum(parts[1].detach() * parts[1] * 0);
  bool seen = false;
  for (const auto& info : tg::records(loss, {.gradients = true})) {
    if (info.name == "split[0]") {
      CHECK(info.gradient_norm == Approx(6.0));
      seen = true;
    }
    if (info.name == "split[1]") CHECK(info.gradient_norm == Approx(0.0));
    if (info.name == "split") CHECK(info.gradient_norm == Approx(6.0));
  }
  CHECK(seen);
}

TEST_CASE("records: norms neither overflow nor hide NaN") {
  const Tensor x = tg::tensor({1.0, 1.0}, tg::float64).requires_grad_();
  const auto large = tg::records(tg::sum(x * 1e200), {.gradients = true});
  CHECK(*large[0].inputs[0].gradient_norm == Approx(1e200 * std::sqrt(2.0)));
  const Tensor zero = tg::zeros({2}).requires_grad_();
  const auto nan = tg::records(tg::sum(tg::sqrt(zero) * 0), {.gradients = true});
  CHECK(std::isnan(*nan[0].inputs[0].gradient_norm));
}

TEST_CASE("records: what was recorded twice") {
  const Tensor x = tg::ones({2, 3}).requires_grad_();
  const auto block = [&] { return tg::tanh(tg::exp(x) * 2); };
  const auto list = tg::records(block() + block(), {.repeats = true});
  REQUIRE(list.size() == 7);
  std::vector<std::int64_t> same;
  for (const auto& info : list) same.push_back(info.same_as);
  CHECK(same == std::vector<std::int64_t>{-1, -1, -1, 0, 1, 2, -1});
  CHECK_THAT(tg::format_records(block() + block(), {}, {.repeats = true}),
             ContainsSubstring("same as") && ContainsSubstring("#2"));
  // Other numbers, masks or elements are other results.
  CHECK(tg::records(tg::exp(x * 2) + tg::exp(x * 3), {.repeats = true})[2].same_as == -1);
  const Tensor y = tg::arange(6, tg::float32).reshape({2, 3}).requires_grad_();
  for (const auto& info : tg::records(tg::exp(y[0]) * tg::exp(y[1]), {.repeats = true}))
    if (info.name == "exp") CHECK(info.same_as == -1);
  tg::manual_seed(1);
  const Tensor big = tg::ones({100}).requires_grad_();
  const Tensor dropped = tg::dropout(big, 0.5) + tg::dropout(big, 0.5);
  for (const auto& info : tg::records(dropped, {.repeats = true})) CHECK(info.same_as == -1);
}

TEST_CASE("format_records: one line for each record, columns in line, totals") {
  const Perceptron model;
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
