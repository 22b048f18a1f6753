// The import direction of the project, read from the #include lines:
// base <- memory <- kernels <- tensor <- tape <- ops <- linalg, transforms <- graph, check
// <- (umbrella) <- nn <- nn/onnx, nn/report <- examples.

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.h"

namespace fs = std::filesystem;

namespace {

const fs::path root = TAPEGRAD_SOURCE_DIR;

struct Room {
  std::string_view path;
  int level;
};

/// A file may include its own room and lower levels; rooms of one level do not know each other.
constexpr std::array<Room, 17> rooms{{
    {"autograd/formula.h", 6},
    {"autograd/scalar_op.h", 6},
    {"autograd/base/", 0},
    {"autograd/memory/", 1},
    {"autograd/kernels/", 2},
    {"autograd/tensor/", 3},
    {"autograd/tape/", 4},
    {"autograd/ops/", 5},
    {"autograd/linalg/", 6},
    {"autograd/transforms/", 7},
    {"autograd/graph/", 8},
    {"autograd/check/", 8},
    {"autograd/", 9},
    {"nn/onnx/", 11},
    {"nn/report/", 11},
    {"nn/", 10},
    {"examples/", 12},
}};

/// The room of a path relative to the root, or rooms.size() for a path outside all of them.
std::size_t room_of(std::string_view path) {
  for (std::size_t room = 0; room < rooms.size(); ++room) {
    if (path.starts_with(rooms[room].path)) return room;
  }
  return rooms.size();
}

struct Include {
  std::string path;
  bool quoted;
};

std::vector<Include> includes_of(const fs::path& file) {
  std::vector<Include> includes;
  std::ifstream in(file);
  REQUIRE(in);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("#include ") || line.size() < 12) continue;
    const bool quoted = line[9] == '"';
    const std::size_t end = line.find(quoted ? '"' : '>', 10);
    if (end != std::string::npos) includes.push_back({line.substr(10, end - 10), quoted});
  }
  return includes;
}

/// All sources and headers below the folders, relative to the root, but for the program of a user
/// that a recipe has.
std::set<std::string> files_below(std::initializer_list<const char*> folders) {
  std::set<std::string> files;
  for (const char* folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp") {
        const std::string file = fs::relative(entry.path(), root).generic_string();
        if (!file.starts_with("autograd/cmake/")) files.insert(file);
      }
    }
  }
  return files;
}

/// The header and what it includes, directly or not.
void add_reachable(const std::string& header, std::set<std::string>& reached) {
  if (!fs::exists(root / header) || !reached.insert(header).second) return;
  for (const Include& include : includes_of(root / header)) add_reachable(include.path, reached);
}

}  // namespace

TEST_CASE("a file includes only its own room and those below") {
  const std::set<std::string> files = files_below({"autograd", "nn", "examples"});
  REQUIRE(files.size() > 10);
  for (const std::string& file : files) {
    for (const Include& include : includes_of(root / file)) {
      const std::size_t own = room_of(file), target = room_of(include.path);
      if (target == rooms.size()) continue;
      INFO(file << " includes " << include.path);
      CHECK((target == own || rooms[target].level < rooms[own].level));
    }
  }
}

TEST_CASE("the project's own headers are included in quotes, from the top, and exist") {
  for (const std::string& file : files_below({"autograd", "nn", "tests"})) {
    for (const Include& include : includes_of(root / file)) {
      if (file.starts_with("tests/packaging/") || file.starts_with("tests/benchmarks/") ||
          file.starts_with("tests/refused/"))
        continue;                                     // written as a user writes
      if (file == "autograd/base/cxx20.h") continue;  // its file is not there on purpose
      INFO(file << " includes " << include.path);
      if (include.quoted) {
        CHECK(fs::exists(root / include.path));
      } else {
        CHECK(room_of(include.path) == rooms.size());
      }
    }
  }
}

TEST_CASE("nn stands on the public face of autograd alone") {
  std::set<std::string> reached;
  add_reachable("autograd/autograd.h", reached);
  REQUIRE(reached.size() > 3);
  // The wordings of errors, which losses share with operators.
  reached.insert("autograd/tensor/require.h");
  // What makes the loops of nn's formulas for every instruction set, and finds them.
  reached.insert("autograd/ops/formula/kernels.h");
  reached.insert("autograd/ops/formula/library.h");
  for (const std::string& file : files_below({"nn"})) {
    for (const Include& include : includes_of(root / file)) {
      if (!include.path.starts_with("autograd/")) continue;
      INFO(file << " includes " << include.path << ", which autograd/autograd.h does not");
      CHECK(reached.count(include.path) == 1);
    }
  }
}

TEST_CASE("elements are reached through the door alone") {
  // Where values get their memory, and where kernels are launched.
  const std::set<std::string> doors{"autograd/tensor/impl.h",
                                    "autograd/tensor/impl.cpp",
                                    "autograd/tensor/tensor.cpp",
                                    "autograd/tensor/create/dlpack.cpp",
                                    "autograd/tensor/door/launch.h",
                                    "autograd/tape/tape.cpp",
                                    "autograd/ops/core/broadcast_loop.h",
                                    "autograd/ops/core/elementwise.cpp",
                                    "autograd/ops/core/broadcast_loop.cpp",
                                    "autograd/ops/formula/region_pass.cpp",
                                    "autograd/ops/formula/update.cpp",
                                    "autograd/ops/elementwise/cast.cpp"};
  for (const std::string& file : files_below({"autograd", "nn"})) {
    std::ifstream stream(root / file);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    if (doors.contains(file)) continue;
    INFO(file);
    CHECK(text.find("Raw::") == text.npos);
  }
}

TEST_CASE("every public header says that it needs C++20") {
  std::set<std::string> headers;
  add_reachable("autograd/autograd.h", headers);
  add_reachable("autograd/scalar_op.h", headers);
  add_reachable("autograd/linalg/linalg.h", headers);
  add_reachable("nn/nn.h", headers);
  add_reachable("nn/onnx/onnx.h", headers);
  add_reachable("nn/report/report.h", headers);
  for (const std::string& header : headers) {
    if (room_of(header) == rooms.size() || !fs::exists(root / header)) continue;
    std::set<std::string> reached;
    add_reachable(header, reached);
    INFO(header);
    CHECK(reached.count("autograd/base/cxx20.h") == 1);
  }
}

TEST_CASE("user programs do not pay for internal headers") {
  std::set<std::string> reached;
  add_reachable("autograd/autograd.h", reached);
  add_reachable("autograd/scalar_op.h", reached);
  add_reachable("autograd/linalg/linalg.h", reached);
  add_reachable("nn/nn.h", reached);
  add_reachable("nn/onnx/onnx.h", reached);
  add_reachable("nn/report/report.h", reached);
  for (const std::string& header : reached) {
    for (const Include& include : includes_of(root / header)) {
      INFO(header << " includes " << include.path);
      CHECK_FALSE(include.path.starts_with("xsimd/"));
      CHECK_FALSE(include.path.starts_with("cblas"));
      CHECK_FALSE(include.path.starts_with("onnx/"));
      CHECK_FALSE(include.path.starts_with("nlohmann/"));
      CHECK_FALSE(include.path.starts_with("Eigen/"));
    }
  }
}

TEST_CASE("the umbrella headers bring every header that is not internal") {
  std::set<std::string> reached;
  add_reachable("autograd/autograd.h", reached);
  add_reachable("autograd/scalar_op.h", reached);
  add_reachable("autograd/linalg/linalg.h", reached);
  add_reachable("nn/nn.h", reached);
  add_reachable("nn/onnx/onnx.h", reached);
  add_reachable("nn/report/report.h", reached);
  int asked = 0;
  for (const std::string& file : files_below({"autograd", "nn"})) {
    if (!file.ends_with(".h")) continue;
    std::ifstream stream(root / file);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    const bool nn = file.starts_with("nn/");
    const bool in_reference = text.find("/// @addtogroup ") != text.npos;
    // In the engine most headers are for its rooms alone; in nn the others say that they are.
    if (!in_reference && (!nn || text.find("// Internal: ") != text.npos)) continue;
    INFO(file << (in_reference ? " adds to the reference" : " does not say \"// Internal: \"")
              << ", so that " << (nn ? "nn/nn.h" : "autograd/autograd.h") << " has to include it");
    CHECK(reached.contains(file));
    ++asked;
  }
  CHECK(asked > 60);
}
