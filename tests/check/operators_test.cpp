#include "nn/losses/operators.h"

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "autograd/autograd.h"
#include "tests/all_operators.h"
#include "tests/catch.h"
#include "tests/operator_types.h"

namespace tg = tapegrad;

TEST_CASE("the cases of an operator put that operator on the tape") {
  for (const tg::OperatorInfo& op : all_operators()) {
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

namespace {

/// Tells how far the program was moved from the addresses of its symbols.
extern "C" {
int tapegrad_tests_marker = 0;
}

/// The symbols in `files` that hold `text`, with their addresses.
std::map<std::string, std::uintptr_t> symbols_with(const std::string& text,
                                                   const std::string& files) {
  std::map<std::string, std::uintptr_t> addresses;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
      popen((TAPEGRAD_NM " -C " + files).c_str(), "r"), pclose);
  std::string line;
  for (int c; pipe && (c = std::fgetc(pipe.get())) != EOF;) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    if (line.size() > 19 && line.find(text) != line.npos)
      addresses[line.substr(19)] = std::stoull(line.substr(0, 16), nullptr, 16);
    line.clear();
  }
  return addresses;
}

}  // namespace

// An operator that exists is an operator that is checked: what the libraries hold, whatever its
// name and place, against what the cases call. (What nobody calls is not in the program.)
TEST_CASE("every operator of the library is called by a case") {
  std::set<std::uintptr_t> addresses;
  for (const auto* type : types_of_cases())
    addresses.insert(reinterpret_cast<std::uintptr_t>(type));

  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto markers = symbols_with("tapegrad_tests_marker", program);
  const auto marker = markers.find("tapegrad_tests_marker");  // a sanitizer adds names like it
  REQUIRE(marker != markers.end());
  const std::uintptr_t moved =
      reinterpret_cast<std::uintptr_t>(&tapegrad_tests_marker) - marker->second;
  int found = 0;
  for (const char* kind : {"tapegrad::detail::operator_type<tapegrad::",
                           "tapegrad::detail::list_operator_type<tapegrad::",
                           "tapegrad::detail::elementwise_info<tapegrad::"}) {
    auto linked = symbols_with(kind, program);
    for (const auto& [name, address] : symbols_with(kind, TAPEGRAD_LIBRARIES)) {
      if (!name.starts_with(kind)) continue;  // such as a guard
      ++found;
      INFO(name << ": no case calls it; its family's header lists the cases, and what has no "
                << "gradient is called above");
      CHECK((linked.contains(name) && addresses.contains(linked[name] + moved)));
    }
  }
  CHECK(found >= 70);
}

TEST_CASE("every operator of the library says what it is in ONNX, or why it is nothing there") {
  const auto types = types_of_cases();
  CHECK(types.size() >= 70);
  for (const auto* type : types) {
    INFO(type->name << ": its struct has no onnx; see apply.h");
    CHECK(type->onnx.defined());
  }
}
