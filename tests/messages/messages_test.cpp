// What is said about mistakes: each row of the tables, and that the tables have all there is. One
// kind of mistake has one wording, whatever the function.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/messages/messages_check.h"
#include "tests/messages/tables.h"

namespace fs = std::filesystem;

namespace {

const fs::path root = TAPEGRAD_SOURCE_DIR;

/// A message in the sources: `fail<type>("text")`.
struct Message {
  std::string file, type, text;
};

/// The string literals, one after the other, that `text` has from `at` on, put together.
std::string literals(std::string_view text, std::size_t at) {
  std::string result;
  while (true) {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at]))) ++at;
    if (at >= text.size() || text[at] != '"') return result;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] != '\\')
        result += text[at];
      else
        result += text[++at] == 'n' ? '\n' : text[at];
    }
    ++at;
  }
}

std::vector<Message> messages_in(const fs::path& file) {
  std::ifstream in(file);
  std::string text;
  for (std::string line; std::getline(in, line);)  // without comments
    text += line.substr(0, line.find("//")) + "\n";
  std::vector<Message> found;
  constexpr std::string_view fail = "fail<";
  for (std::size_t at = 0; (at = text.find(fail, at)) != text.npos;) {
    at += fail.size();
    const std::size_t end = text.find(">(", at);
    if (end == text.npos || end - at > 40) continue;
    std::string type = text.substr(at, end - at);
    type = type.substr(type.find_last_of(':') + 1);
    std::string message = literals(text, end + 2);
    if (!message.empty())
      found.push_back({fs::relative(file, root).generic_string(), type, message});
  }
  return found;
}

std::vector<Message> all_messages() {
  std::vector<Message> all;
  for (const char* folder : {"autograd", "nn"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      const std::vector<Message> some = messages_in(entry.path());
      all.insert(all.end(), some.begin(), some.end());
    }
  }
  return all;
}

/// The text of a format between its arguments, which may be anything.
std::vector<std::string> pieces_of(const std::string& format) {
  std::vector<std::string> pieces(1);
  for (std::size_t i = 0; i < format.size(); ++i) {
    if ((format[i] == '{' || format[i] == '}') && i + 1 < format.size() &&
        format[i + 1] == format[i]) {
      pieces.back() += format[i++];
    } else if (format[i] == '{') {
      i = format.find('}', i);
      pieces.emplace_back();
    } else {
      pieces.back() += format[i];
    }
  }
  return pieces;
}

/// Whether `text` is that format with some arguments.
bool is_made_by(std::string_view text, const std::vector<std::string>& pieces) {
  if (pieces.size() == 1) return text == pieces[0];
  if (!text.starts_with(pieces.front())) return false;
  text.remove_prefix(pieces.front().size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const std::size_t at = text.find(pieces[i]);
    if (at == text.npos) return false;
    text.remove_prefix(at + pieces[i].size());
  }
  return text.ends_with(pieces.back());
}

/// True for a format that only puts together what was written elsewhere.
bool says_nothing(const std::vector<std::string>& pieces) {
  for (const std::string& piece : pieces)
    if (std::count_if(piece.begin(), piece.end(), [](unsigned char c) { return std::isalpha(c); }) >
        2)
      return false;
  return true;
}

/// What has no row, and where its text is looked at instead.
struct Exception {
  std::string file;  ///< begins so
  std::string text;  ///< has these words, if any
  const char* reason;
};
const std::vector<Exception> exceptions{
    {"nn/files/safetensors.cpp", "", "damaged files: tests/nn/files/hostile_test.cpp"},
    {"nn/files/npy.cpp", "", "damaged, or not read: tests/nn/files/numpy_test.cpp"},
    {"nn/files/pickle.cpp", "", "damaged, or not read: tests/nn/files/pytorch_test.cpp"},
    {"nn/files/pytorch.cpp", "", "damaged, or not read: tests/nn/files/pytorch_test.cpp"},
    {"nn/files/zip.cpp", "", "damaged, or not read: tests/nn/files/hostile_archives_test.cpp"},
    {"nn/files/source.cpp", "", "damaged: tests/nn/files/hostile_test.cpp"},
    {"nn/files/elements.cpp", "", "damaged: tests/nn/files/elements_test.cpp"},
    {"nn/files/checkpoint.cpp", "", "tests/nn/files/checkpoint_test.cpp"},
    {"nn/onnx/", "", "a library of its own: tests/nn/onnx/onnx_refusals_test.cpp"},
    {"nn/report/", "", "a library of its own: tests/nn/report"},
    {"nn/data/idx.cpp", "is no element type", "a number that is none of its enum"},
    {"nn/data/images.cpp", "load_mnist: '{}' has", "names its folder: tests/nn/data/idx_test.cpp"},
    {"nn/data/file.cpp", "", "of the system, or of zlib: tests/nn/data/idx_test.cpp"},
    {"nn/files/files.cpp", "gunzip", "is more without zlib: tests/nn/files/hostile_test.cpp"},
    {"nn/files/files.cpp", "the archive has", "with minizip: hostile_archives_test.cpp"},
    {"nn/train/training_run.cpp", "the checkpoint is not", "a file put together by hand"},
    {"nn/train/parameter_watch.cpp", "the checkpoint is", "a file put together by hand"},
    {"autograd/ops/formula/region.cpp", "cannot be repeated",
     "for no program: tests/ops/formula/scalar_op_test.cpp"},
    {"autograd/ops/core/leading.cpp", "", "for no program: tests/ops/core/batched_call_test.cpp"},
    {"autograd/kernels/simd/cpu.cpp", "round to nearest", "of Debug builds alone"},
    {"autograd/transforms/claims.cpp", "", "two threads: tests/transforms/walk_threads_test.cpp"},
};

}  // namespace

TEST_CASE("every mistake in the tables is answered to the letter, and changes nothing") {
  for (const messages::Section& section : messages::all_sections()) {
    INFO(section.title);
    CHECK(section.rows.size() > 0);
    messages::check(section.rows);
  }
}

TEST_CASE("no row stands in the tables twice") {
  std::set<std::string> calls, titles;
  for (const messages::Section& section : messages::all_sections()) {
    CHECK(titles.insert(section.title).second);
    for (const messages::Mistake& row : section.rows) {
      INFO(row.what);
      CHECK(calls.insert(row.what + row.text).second);
    }
  }
}

TEST_CASE("every message in the sources has a row in the tables, or a reason why not") {
  std::vector<messages::Mistake> rows;
  for (const messages::Section& section : messages::all_sections())
    rows.insert(rows.end(), section.rows.begin(), section.rows.end());
  std::vector<bool> used(exceptions.size());
  std::size_t with_row = 0;
  for (const Message& message : all_messages()) {
    // Those about memory are made by the state of the machine.
    if (message.type == "OutOfMemoryError") continue;
#if !defined(TAPEGRAD_TEST_LINALG)
    if (message.file.starts_with("autograd/linalg/")) continue;
#endif
    const std::vector<std::string> pieces = pieces_of(message.text);
    if (says_nothing(pieces)) continue;
    std::vector<std::string> in_a_scope = pieces;  // or with the path behind it
    in_a_scope.back() += " [in ";
    in_a_scope.emplace_back("]");
    const bool has_row = std::any_of(rows.begin(), rows.end(), [&](const messages::Mistake& row) {
      return row.type_name == message.type &&
             (is_made_by(row.text, pieces) || is_made_by(row.text, in_a_scope));
    });
    with_row += has_row;
    if (has_row) continue;
    bool excepted = false;
    for (std::size_t i = 0; i < exceptions.size(); ++i) {
      if (!message.file.starts_with(exceptions[i].file) ||
          message.text.find(exceptions[i].text) == message.text.npos)
        continue;
      excepted = used[i] = true;
    }
    INFO(message.file << ": " << message.type << " \"" << message.text
                      << "\": put a call that makes it into tests/messages/tables");
    CHECK(excepted);
  }
  CHECK(with_row > 350);
  for (std::size_t i = 0; i < exceptions.size(); ++i) {
    INFO(exceptions[i].file << " " << exceptions[i].text << ": no message needs that any more");
    CHECK(used[i]);
  }
}
