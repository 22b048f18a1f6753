#include "autograd/graph/profile.h"

#include <chrono>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tg::nn;

TEST_CASE("a profile counts calls by operator, module and phase") {
  nn::Linear fc(3, 2);
  const tg::Tensor x = tg::randn({4, 3});
  tg::ProfileScope profile;
  for (int i = 0; i < 5; ++i) {
    const tg::Scope scope("net");
    tg::sum(tg::tanh(fc(x))).backward();
  }
  const auto calls = [&](std::string name, std::string module, std::string phase) {
    for (const tg::ProfileRow& row : profile.rows())
      if (row.name == name && row.module == module && row.phase == phase) return row.calls;
    return std::int64_t{0};
  };
  CHECK(calls("linear", "net", "forward") == 5);
  CHECK(calls("linear", "net", "backward") == 10);  // of weight and bias
  CHECK(calls("tanh", "net", "forward") == 5);
  CHECK(calls("tanh", "net", "backward") == 5);
  CHECK(calls("sum", "net", "forward") == 5);
  CHECK(calls("matmul", "net", "forward") == 0);
  for (const tg::ProfileRow& row : profile.rows()) CHECK(row.seconds >= 0);
  const std::string table = profile.table();
  CHECK(table.starts_with("operator"));
  CHECK(table.find("linear    net     backward") != table.npos);
  CHECK(table.find("together") != table.npos);
}

namespace {

/// Does its work by another operator.
struct Outer {
  static constexpr const char* name = "outer";
  static constexpr tg::Reads reads[] = {tg::kNone};
  static tg::Tensor forward(const tg::Tensor& x) {
    tg::Tensor y = x;
    for (int i = 0; i < 20; ++i) y = tg::tanh(y);
    return y;
  }
  static tg::Tensor vjp(const tg::Tensor& g, auto, auto) { return g; }
};

}  // namespace

TEST_CASE("the time of an operator is without that of those which it calls") {
  const tg::Tensor x = tg::rand({200, 500});
  using Clock = std::chrono::steady_clock;
  tg::ProfileScope profile;
  const Clock::time_point start = Clock::now();
  tg::apply(Outer(), x);
  const double passed = std::chrono::duration<double>(Clock::now() - start).count();
  double together = 0;
  for (const tg::ProfileRow& row : profile.rows()) together += row.seconds;
  // Else nearly all of it would be counted twice.
  CHECK(together <= passed);
}

TEST_CASE("profiles nest, and count calls that throw") {
  tg::ProfileScope outer;
  tg::exp(tg::ones(2));
  {
    tg::ProfileScope inner;
    tg::exp(tg::ones(2));
    CHECK_THROWS_AS(tg::ones(2) + tg::ones(3), tg::ShapeError);
    REQUIRE(inner.rows().size() == 2);
  }
  std::int64_t calls = 0;
  for (const tg::ProfileRow& row : outer.rows()) calls += row.calls;
  CHECK(calls == 3);
}
