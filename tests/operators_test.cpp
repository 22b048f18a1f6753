#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;

TEST_CASE("every operator has the gradients that differences give, at first and second order") {
  for (const tg::OperatorInfo& op : tg::operators()) {
    for (const tg::OperatorCase& example : op.cases) {
      const auto first = tg::gradcheck(example.call, example.inputs);
      INFO(op.name << ", " << example.label << ": " << first.message());
      CHECK(first.ok);
      const auto second = tg::gradgradcheck(example.call, example.inputs);
      INFO(op.name << ", " << example.label << ": " << second.message());
      CHECK(second.ok);
    }
  }
}

TEST_CASE("the cases of an operator put that operator on the tape") {
  for (const tg::OperatorInfo& op : tg::operators()) {
    REQUIRE_FALSE(op.cases.empty());
    bool seen = false;
    for (const tg::OperatorCase& example : op.cases) {
      for (const tg::RecordInfo& record : tg::records(example.call(example.inputs)))
        seen |= record.name == op.name;
    }
    INFO(op.name);
    CHECK(seen);
  }
}

// An operator that exists is an operator that is checked: names in the source against names in the
// list.
TEST_CASE("every operator in the source is in the list of operators") {
  std::set<std::string> listed;
  for (const tg::OperatorInfo& op : tg::operators()) listed.insert(op.name);
  const std::regex name(
      R"re(static constexpr const char\* name\s*=\s*[^;]*?"(\w+)"(?:\s*:\s*"(\w+)")?;)re");
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(TAPEGRAD_SOURCE_DIR) / "autograd" / "ops")) {
    if (entry.path().filename() == "custom.h") continue;  // its example
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) {
      for (const auto& match : {(*it)[1], (*it)[2]}) {
        if (!match.matched) continue;
        ++found;
        INFO(match.str() << " in " << entry.path().filename().string());
        CHECK(listed.contains(match.str()));
      }
    }
  }
  CHECK(found >= 50);
}
