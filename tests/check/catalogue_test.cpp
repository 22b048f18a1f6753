#include "autograd/check/catalogue.h"

#include <algorithm>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;

namespace {

const tg::CatalogueEntry& entry_of(const std::vector<tg::CatalogueEntry>& all, const char* name) {
  const auto found =
      std::ranges::find(all, std::string(name), [](const auto& entry) { return entry.name; });
  REQUIRE(found != all.end());
  return *found;
}

}  // namespace

TEST_CASE("the catalogue has every operator, with what it is and can") {
  const std::vector<tg::CatalogueEntry> all = tg::catalogue();
  const std::vector<tg::OperatorInfo> operators = tg::operators();
  REQUIRE(all.size() == operators.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(all[i].name);
    CHECK(all[i].name == operators[i].name);
    CHECK_FALSE(all[i].family.empty());
    CHECK(all[i].orders >= 1);  // one where the gradient is constant, as of sign
    CHECK(all[i].forward_mode != "none");
    CHECK(all[i].sparsity != tg::Sparsity::unknown);
    CHECK(std::ranges::count(all[i].dtypes, tg::float32) == 1);
    CHECK(std::ranges::count(all[i].dtypes, tg::float64) == 1);
  }
}

TEST_CASE("the catalogue says of an operator what its struct says") {
  const std::vector<tg::CatalogueEntry> all = tg::catalogue();
  const tg::CatalogueEntry& tanh = entry_of(all, "tanh");
  CHECK(tanh.family == "functions");
  CHECK(tanh.arguments == 1);
  CHECK(tanh.promotes);
  CHECK(tanh.orders == 2);
  CHECK(entry_of(all, "sign").orders == 1);
  CHECK(tanh.forward_mode == "formula");
  CHECK(tanh.onnx == "y = Tanh(a)");
  CHECK(tanh.note == "0 far out, of both orders");
  CHECK(entry_of(all, "sin").note.empty());
  const tg::CatalogueEntry& linear = entry_of(all, "linear");
  CHECK(linear.family == "products");
  CHECK(linear.arguments == 3);
  CHECK(linear.sparsity == tg::Sparsity::dense);
  CHECK(std::ranges::count(linear.dtypes, tg::int64) == 0);
  CHECK(std::string(tg::name(entry_of(all, "reshape").sparsity)) == "index");
  CHECK(entry_of(all, "sub").dtypes == std::vector<tg::DType>{tg::float32, tg::float64, tg::int64});
  CHECK(entry_of(all, "dropout").onnx.starts_with("none: "));
  CHECK(std::string(tg::name(tg::Leading::broadcast)) == "broadcast");
}
