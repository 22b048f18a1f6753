// A training run, in a process of its own, is killed at each call of the system by which a save
// writes its file, or has that call fail, and goes on in the next process. The file at the end must
// be that of a run that nothing happened to, byte for byte.
//
//     killed_run           the test
//     killed_run FOLDER    trains in FOLDER, saves after each step, goes on with what is there

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "tests/nn/files/training_run.h"
#include "tests/temp_folder.h"

namespace {

// What happens at a call of one of the functions below, counted from 1; 0 is never.
int calls = 0, die_at = 0, fail_at = 0;
// What the system may do at any time: write a part, or nothing, because a signal came.
bool awkward = false;
// The calls of a save, by their first letters.
std::string called;

/// True where the call must not be made.
bool fails(int error) {
  ++calls;
  if (calls == die_at) ::raise(SIGKILL);
  if (calls != fail_at) return false;
  errno = error;
  return true;
}

}  // namespace

// The library calls these in place of the system's.
extern "C" {
ssize_t write(int file, const void* from, size_t size) {
  // Half of it is written before the end comes.
  if (file > 2 && calls + 1 == die_at) ::syscall(SYS_write, file, from, size / 2);
  if (file > 2) {
    called += 'w';
    if (fails(ENOSPC)) return -1;
    if (awkward && calls % 3 == 0) return errno = EINTR, -1;
    if (awkward) size = (size + 1) / 2;
  }
  return ::syscall(SYS_write, file, from, size);
}
int fsync(int file) {
  called += 'f';
  return fails(EIO) ? -1 : static_cast<int>(::syscall(SYS_fsync, file));
}
int rename(const char* from, const char* to) noexcept {
  called += 'r';
  return fails(EACCES)
             ? -1
             : static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
}

namespace {

namespace fs = std::filesystem;
using training_run::kSteps;
using training_run::Run;

constexpr const char* kFile = "run.safetensors";
constexpr const char* kTemporary = ".run.safetensors.tmp";

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "killed_run: %s\n", what.c_str());
  std::_Exit(1);
}

std::string content(const std::string& folder) {
  std::ifstream stream(folder + "/" + kFile, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The names in the folder but the file's own.
std::string others(const std::string& folder) {
  std::string names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().filename() != kFile) names += entry.path().filename().string() + " ";
  return names;
}

/// A save that fails leaves the old file, and no other.
void save(Run& run, const std::string& folder) {
  const std::string before = content(folder);
  try {
    run.checkpoint.save(folder + "/" + kFile);
  } catch (const tapegrad::FileError& error) {
    if (content(folder) != before) fail("the old file has changed, but the save failed");
    if (!others(folder).empty()) fail("a save that failed left " + others(folder));
    if (!std::string(error.what()).starts_with("Checkpoint: cannot write '")) fail(error.what());
    run.checkpoint.save(folder + "/" + kFile);
  }
}

/// From what is there to the end. Calls `after` behind each step.
void train(const std::string& folder, const std::function<void(Run&)>& after) {
  const std::string file = folder + "/" + kFile;
  Run run(fs::exists(file) ? 2 : 1);
  if (fs::exists(file)) run.checkpoint.load(file);
  run.train([&] { after(run); });
}

/// Runs `body` in a process of its own. Returns how that ended.
int in_child(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child < 0) fail("cannot fork");
  if (child == 0) {
    try {
      body();
    } catch (const std::exception& error) {
      fail(error.what());
    }
    std::_Exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

/// The step before the save that is disturbed: in the middle of an epoch, with gradients.
constexpr std::int64_t kStep = 9;

int test() {
  const TempFolder whole;
  const auto save_at = [](const TempFolder& folder, std::int64_t step) {
    return [&folder, step](Run& run) {
      if (run.step == step) save(run, folder.path());
    };
  };
  if (in_child([&] { train(whole.path(), save_at(whole, kSteps)); }) != 0) fail("no run at all");
  const std::string expected = content(whole.path());

  // The file is on the disk before it has its name, and the name when the save returns.
  const TempFolder ordered;
  if (in_child([&] {
        train(ordered.path(), [&](Run& run) {
          awkward = true;
          called.clear();
          run.checkpoint.save(ordered.file(kFile));
          called.erase(0, called.find_first_not_of('w'));
          if (called != "frf") fail("calls behind the writes: " + called);
        });
      }) != 0)
    fail("a save writes, flushes, renames, and flushes the folder");
  if (content(ordered.path()) != expected) fail("other bytes where the system writes parts");

  // Goes on to the end, in a new process, and compares.
  const auto finish = [&](const TempFolder& folder, const std::string& after) {
    if (in_child([&] { train(folder.path(), save_at(folder, kSteps)); }) != 0)
      fail("could not go on after " + after);
    if (content(folder.path()) != expected) fail("the run has other bits after " + after);
    if (!others(folder.path()).empty()) fail("left after " + after + ": " + others(folder.path()));
  };
  // Saves at the step before, and at that step, where the call number `call` of the save is `at`.
  const auto disturbed = [&](const TempFolder& folder, int& at, int call) {
    return in_child([&] {
      train(folder.path(), [&](Run& run) {
        if (run.step < kStep - 1) return;
        calls = 0;
        at = run.step == kStep ? call : 0;
        save(run, folder.path());
        if (run.step == kStep) std::_Exit(calls < call ? 2 : 0);
      });
    });
  };
  int call = 1;
  for (;; ++call) {
    const std::string at = "call " + std::to_string(call);
    const TempFolder killed, failed;
    const int status = disturbed(killed, die_at, call);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) break;  // a save has no more calls
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) fail("not killed at " + at);
    const std::string left = others(killed.path());
    if (!left.empty() && left != std::string(kTemporary) + " ") fail("left " + left + "at " + at);
    finish(killed, "the kill at " + at);
    if (disturbed(failed, fail_at, call) != 0) fail("no recovery from an error at " + at);
    finish(failed, "the error at " + at);
  }
  if (call < 5) fail("a save calls write, fsync, rename, and fsync of the folder");
  for (std::int64_t step = 1; step <= kSteps; ++step) {
    const TempFolder stopped;
    in_child([&] {
      train(stopped.path(), [&](Run& run) {
        if (run.step != step) return;
        save(run, stopped.path());
        std::_Exit(0);
      });
    });
    finish(stopped, "step " + std::to_string(step));
  }
  std::printf("killed_run: killed and failed at each of the %d calls of a save, stopped %d times\n",
              call - 1, static_cast<int>(kSteps));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 1) return test();
  train(arguments[1], [&](Run& run) { save(run, arguments[1]); });
  return 0;
}
