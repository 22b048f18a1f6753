#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "autograd/base/fail.h"
#include "autograd/graph/sketch.h"
#include "autograd/tensor/require.h"

// Files of pictures, and Graphviz' program, which draws them.

extern char** environ;

namespace tapegrad {

namespace {

namespace fs = std::filesystem;

/// A file that is gone at the end, if it is still there.
struct Temporary {
  std::string path;
  explicit Temporary(std::string name) : path(std::move(name)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

[[noreturn]] void fail_file(const char* caller, const std::string& path,
                            const std::string& reason) {
  fail<FileError>("{}: cannot write '{}': {}", caller, path, reason);
}

void write_plainly(const std::string& path, const std::string& text, const char* caller,
                   const std::string& named) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    fail_file(caller, named,
              std::error_code(errno ? errno : EIO, std::generic_category()).message());
}

void put_in_place(const Temporary& from, const std::string& path, const char* caller) {
  std::error_code error;
  fs::rename(from.path, path, error);
  if (error) fail_file(caller, path, error.message());
}

/// Runs `dot` and waits; what it complains of goes to the file `complaints`. Returns the status, or
/// -1 where there is no such program.
int run_dot(const std::string& format, const std::string& in, const std::string& out,
            const std::string& complaints) {
  std::string name = "dot", kind = "-T" + format, to = "-o" + out, from = in;
  std::array<char*, 5> arguments{name.data(), kind.data(), to.data(), from.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, complaints.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t process = 0;
  const int error = posix_spawnp(&process, "dot", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return -1;
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return 0;  // the host program waits for all; the file tells
  }
  return WIFEXITED(status) ? (WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status)) : 1;
}

}  // namespace

void detail::write_text(const std::string& path, const std::string& text, const char* caller) {
  const Temporary temporary(path + ".tmp");
  write_plainly(temporary.path, text, caller, path);
  put_in_place(temporary, path, caller);
}

void render_dot(const std::string& dot, const std::string& path) try {
  constexpr const char* caller = "render_dot";
  const std::string ending = fs::path(path).extension().string();
  if (ending != ".svg" && ending != ".png" && ending != ".pdf")
    fail<ValueError>("{}: '{}' must end in .svg, .png or .pdf, which say what is drawn", caller,
                     path);
  const Temporary text(path + ".tmp.dot"), drawn(path + ".tmp"), complaints(path + ".tmp.txt");
  write_plainly(text.path, dot, caller, path);
  const int status = run_dot(ending.substr(1), text.path, drawn.path, complaints.path);
  if (status < 0)
    fail_file(caller, path,
              "there is no program 'dot' where the system looks for programs; install Graphviz "
              "(Debian: graphviz), or write the text with write_dot");
  if (status > 0 || !fs::exists(drawn.path)) {
    std::ifstream file(complaints.path);
    std::string line;
    std::getline(file, line);
    fail_file(caller, path,
              fmt::format("Graphviz says '{}'", line.empty() ? "nothing" : line.c_str()));
  }
  put_in_place(drawn, path, caller);
} catch (...) {
  detail::rethrow_for("render_dot");
}

}  // namespace tapegrad
