// The paths of scopes: whole while there is room for them, bounded for ever.

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/base/fail.h"
#include "tests/catch.h"
#include "tests/memory/memory.h"

namespace tg = tapegrad;
using memory::resident;
using tg::Scope;

namespace {

std::string path() { return tg::current_scope() ? tg::current_scope() : ""; }

/// Opens `depth` scopes, each inside the one before.
struct Nest {
  explicit Nest(int depth) {
    for (int i = 0; i < depth; ++i) open.push_back(std::make_unique<Scope>("block"));
  }
  ~Nest() {
    while (!open.empty()) open.pop_back();
  }
  std::vector<std::unique_ptr<Scope>> open;
};

/// What `f` gives in a process of its own, so that the names it uses up are there for the others.
template <class F>
bool holds_in_a_child(F f) {
  const pid_t child = fork();
  if (child == 0) _exit(f() ? 0 : 1);
  int status = -1;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("scopes nest, and closing one gives the path that was there") {
  CHECK(tg::current_scope() == nullptr);
  {
    const Scope net("net");
    {
      const Scope fc("fc1");
      CHECK(path() == "net.fc1");
    }
    CHECK(path() == "net");
  }
  CHECK(tg::current_scope() == nullptr);
}

TEST_CASE("the same path is the same text, on every thread, and outlives the thread") {
  const char* there = nullptr;
  std::thread([&] {
    const Scope net("net"), fc("of a thread");
    there = tg::current_scope();
  }).join();
  const Scope net("net"), fc("of a thread");
  CHECK(tg::current_scope() == there);
  CHECK(std::strcmp(there, "net.of a thread") == 0);
}

TEST_CASE(
    "a path of more than 1,000 characters ends in ..., at any depth, and takes no more room") {
  const std::int64_t before = resident();
  {
    const Nest nest(20'000);
    const std::string deep = path();
    CHECK(deep.size() <= 1003);
    CHECK(deep.size() > 990);
    CHECK(deep.starts_with("block.block."));
    CHECK(deep.ends_with("block..."));
  }
  CHECK(resident() - before < (16 << 20));
  CHECK(tg::current_scope() == nullptr);
}

TEST_CASE("a name of more than 1,000 characters is ..., and errors and records say so") {
  const Scope net("net"), name(std::string(5000, 'x')), inner("fc");
  CHECK(path() == "net....fc");
  const tg::Tensor y = tg::ones(2).requires_grad_() * 2;
  CHECK(tg::records(y).at(0).scope == "net....fc");
  CHECK_THROWS_WITH(tg::ones(2).softmax(3), Catch::Matchers::ContainsSubstring("[in net....fc]"));
}

TEST_CASE("ever new names use up their room, and no more; names that were there stay as they are") {
  const bool bounded = holds_in_a_child([] {
    { const Scope net("net"), fc("fc1"); }
    const Scope net("net");
    const std::int64_t before = resident();
    for (int i = 0; i < 400'000; ++i) const Scope step("step " + std::to_string(i));
    bool right = resident() - before < (64 << 20);
    {
      // Longer than those: where one of them had no room, these have none.
      const Scope fresh("a name that was never seen");
      right &= path() == "net...";
      const Scope inner("nor this inside of it");
      right &= path() == "net...";
    }
    {
      const Scope known("step 17");
      right &= path() == "net.step 17";
    }
    const Scope fc("fc1");
    return right && path() == "net.fc1";
  });
  CHECK(bounded);
}
